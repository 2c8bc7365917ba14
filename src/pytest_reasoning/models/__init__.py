"""A model reference → a file and its facts; `zoo/` holds the embedded GGUF files."""

from pytest_reasoning.models.resolve import embedded_names, resolve

__all__ = ["embedded_names", "resolve"]
