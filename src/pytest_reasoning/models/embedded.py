"""The models that come with the package: `zoo/NAME.gguf`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.text.wording import nearest

ZOO = Path(__file__).parent / "zoo"
_LADDER = ("nano", "wide", "small", "medium", "large")
"Names of the embedded models, smallest first."


def embedded_names() -> tuple[str, ...]:
    """Return the names of the embedded models, smallest first."""
    return tuple(name for name in _LADDER if (ZOO / f"{name}.gguf").is_file())


def embedded_path(name: str) -> Path | None:
    """Return the file of an embedded model, or None if no embedded model has that name."""
    return ZOO / f"{name}.gguf" if name in embedded_names() else None


def no_such_name(name: str, own: Sequence[str]) -> str:
    """Return the message for an unknown model name, with the known ones; `own` are the names of the models file."""
    names = (*own, *embedded_names())
    close = nearest(name, names)
    hint = f"did you mean {close!r}? " if close else ""
    there_are = f"there are {', '.join(names)}" if names else "none is embedded"
    what = (
        "no model of that name in the models file, and no embedded one" if own else "no embedded model of that name"
    )
    return f"{what} ({hint}{there_are}; a file needs its path: ./{name}.gguf)"
