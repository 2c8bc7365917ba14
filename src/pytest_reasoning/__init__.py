"""Reasoning regression tests for local language models, as pytest tests."""
