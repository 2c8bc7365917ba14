"""A model of which a test needs little more than the name."""

from __future__ import annotations

from functools import cache

from pytest_reasoning.records import Gguf


@cache
def model_facts(name: str, chat_template: str | None = None) -> Gguf:
    """A GGUF file of which nothing else is known."""
    return Gguf(
        name=name,
        reference=name,
        path="",
        sha256="",
        architecture="",
        n_params=0,
        n_layers=0,
        n_embd=0,
        n_ctx_train=0,
        quantization="",
        size_bytes=0,
        chat_template=chat_template,
    )
