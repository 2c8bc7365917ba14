"""Continuous batching: requests become rows of native calls, laid out so that no answer depends on another."""
