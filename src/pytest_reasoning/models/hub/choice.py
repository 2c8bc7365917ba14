"""Chooses, by their names, the files of a hub repository that a reference means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from pytest_reasoning.models.gguf.facts import part_of
from pytest_reasoning.models.reference import Hub
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.wording import suggestion

PREFERRED = ("Q4_K_M", "Q8_0")
"Quantizations to take, in this order, if the reference names none; the same as llama.cpp's -hf."


def choose(names: Sequence[str], hub: Hub, reference: str) -> tuple[str, ...]:
    """Return the files of a repository that a reference means: all parts of one model, in order.

    Raises:
        ModelError: no file fits, or several models do.
    """
    models = sorted(name for name in names if is_model_file(PurePosixPath(name)))
    if not models:
        raise ModelError(f"model {reference!r}: {hub.repo} has no GGUF file (name one that has; many end in -GGUF)")
    fitting = _fitting(models, hub.choice)
    if not fitting:
        short = sorted({_quantization(name) or PurePosixPath(name).name for name in models})
        raise ModelError(
            f"model {reference!r}: {hub.repo} has no file {hub.choice!r} ({suggestion(str(hub.choice), short)})"
        )
    if len(fitting) > 1:
        shown = ", ".join(fitting[:4]) + (f" and {len(fitting) - 4} more" if len(fitting) > 4 else "")
        raise ModelError(f"model {reference!r}: {len(fitting)} files of {hub.repo} fit: {shown} (name one of them)")
    first = fitting[0]
    part = part_of(PurePosixPath(first))
    if part is None:
        return (first,)
    stem = first.removesuffix(f"-00001-of-{part[1]:05}.gguf")
    parts = tuple(f"{stem}-{number:05}-of-{part[1]:05}.gguf" for number in range(1, part[1] + 1))
    missing = sorted(set(parts) - set(names))
    if missing:
        raise ModelError(f"model {reference!r}: {hub.repo} lacks the part {missing[0]} (name another file)")
    return parts


def is_model_file(path: PurePosixPath) -> bool:
    """Return whether a file of a repository is a language model or the first part of one."""
    name = path.name.lower()
    return name.endswith(".gguf") and "mmproj" not in name and (part_of(path) or (1, 1))[0] == 1


def _fitting(models: Sequence[str], choice: str | None) -> list[str]:
    if choice is not None:
        exact = [name for name in models if choice in (name, PurePosixPath(name).name)]
        return exact or [name for name in models if _has_quantization(name, choice)]
    if len(models) == 1:
        return list(models)
    for preferred in PREFERRED:
        found = [name for name in models if _has_quantization(name, preferred)]
        if found:
            return found
    return list(models)


def _has_quantization(name: str, choice: str) -> bool:
    return re.search(rf"(?:^|[-._/]){re.escape(choice)}(?:[-.]|$)", name, re.IGNORECASE) is not None


def _quantization(name: str) -> str | None:
    match = re.search(
        r"[-._]((?:UD-)?(?:I?Q\d\w*|BF16|F16|F32|MXFP4\w*|TQ\d\w*))(?:-\d{5}-of-\d{5})?\.gguf\Z",
        name,
        re.IGNORECASE,
    )
    return match[1] if match else None
