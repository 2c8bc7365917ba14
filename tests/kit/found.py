"""`resolve` for tests in which every reference names GGUF files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_reasoning import models
from pytest_reasoning.records import Gguf


def resolve(references: Sequence[str], base: Path, **options: Any) -> tuple[Gguf, ...]:
    found = models.resolve(references, base, **options)
    files = tuple(model for model in found if isinstance(model, Gguf))
    assert files == found
    return files
