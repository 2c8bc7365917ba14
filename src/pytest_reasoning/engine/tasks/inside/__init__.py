"""Looks inside a model: where between its blocks the answer can be read."""
