"""Warnings about quantized files in which some matrices do not have the type that the file's name says."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.records import Gguf, Model
from pytest_reasoning.text.wording import listed, printable


def fallback_lines(models: Iterable[Model]) -> list[str]:
    """Return one line for each model in which matrices have another type than its quantization names."""
    return [
        f"reasoning: {printable(model.name)}: {_text(model)}, {model.bits_per_weight:.2f} bits per weight"
        for model in models
        if isinstance(model, Gguf) and model.fallbacks
    ]


def _text(model: Gguf) -> str:
    """Return how many and which, as in `… so 4 of 15 matrices fell back (Q4_K → Q5_0: attn_q, attn_k)`."""
    count = sum(fallback.tensors for fallback in model.fallbacks)
    of = sum(sum(types.values()) for types in model.tensor_types.values())
    rows = " and ".join(str(row) for row in sorted({fallback.row for fallback in model.fallbacks}))
    changes: dict[tuple[str, str], list[str]] = {}
    for fallback in model.fallbacks:
        changes.setdefault((fallback.asked, fallback.type), []).append(printable(fallback.kind))
    asked = listed(sorted({fallback.asked for fallback in model.fallbacks}))
    which = "; ".join(
        f"{meant} → {got}: {', '.join(dict.fromkeys(kinds))}" for (meant, got), kinds in sorted(changes.items())
    )
    return (
        f"rows of {rows} numbers do not fit the blocks of {asked}, so {count} of {of} matrices fell back ({which})"
    )
