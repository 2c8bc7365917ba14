"""Model names as a user writes them → the files they mean, each with a name that can stand in node ids."""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_reasoning.errors import ModelError
from pytest_reasoning.models.gguf_header import read_facts, recorded_facts
from pytest_reasoning.records import ModelFacts

ZOO = Path(__file__).parent / "zoo"
_LADDER = ("nano", "wide", "small", "medium", "large")


def embedded_names() -> tuple[str, ...]:
    """Return the names of the embedded models, smallest first."""
    return tuple(name for name in _LADDER if (ZOO / f"{name}.gguf").is_file())


def resolve(references: Sequence[str], base: Path) -> tuple[ModelFacts, ...]:
    """Return the facts of every model that `references` name, in that order, duplicates left out.

    A reference is the name of an embedded model (`small` or `zoo:small`), the path of a GGUF file or of
    recorded completions (`.jsonl`), or a glob of such paths, relative to the folder `base`.

    Raises:
        ModelError: a reference names nothing, or something that is no GGUF file; or two different files
            would get the same name.
    """
    found: dict[str, ModelFacts] = {}
    for reference in references:
        for name, path in _files(reference, base):
            known = found.get(name)
            if known is None:
                read = recorded_facts if path.suffix == ".jsonl" else read_facts
                found[name] = read(path, name=name, reference=reference)
            elif Path(known.path) != path.resolve():
                raise ModelError(
                    f"model {reference!r}: two files would be named {name!r}: {known.path} and {path} "
                    "(rename one of them)"
                )
    return tuple(found.values())


def _files(reference: str, base: Path) -> Iterable[tuple[str, Path]]:
    name = reference.removeprefix("zoo:")
    if name in embedded_names():
        return [(name, ZOO / f"{name}.gguf")]
    if reference.startswith("zoo:") or not _looks_like_a_path(reference):
        raise ModelError(f"model {reference!r}: {_no_such_name(name)}")
    path = base / Path(reference).expanduser()
    if path.is_dir():
        raise ModelError(
            f"model {reference!r}: is a folder (name a file in it, or '{reference.rstrip('/')}/*.gguf')"
        )
    if path.exists():
        return [(_safe_name(path.stem), path)]
    if glob.has_magic(reference):
        matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
        if matches:
            return [(_safe_name(match.stem), match) for match in matches]
        raise ModelError(f"model {reference!r}: no file matches (searched from {base})")
    raise ModelError(f"model {reference!r}: no such file{_similar_file(path)} (searched from {base})")


def _looks_like_a_path(reference: str) -> bool:
    return "/" in reference or "\\" in reference or reference.lower().endswith((".gguf", ".jsonl")) or glob.has_magic(reference)


def _no_such_name(name: str) -> str:
    names = embedded_names()
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    there_are = f"there are {', '.join(names)}" if names else "none is embedded"
    return f"no embedded model of that name ({hint}{there_are}; a file needs its path: ./{name}.gguf)"


def _similar_file(path: Path) -> str:
    siblings = [sibling.name for sibling in path.parent.glob("*.gguf")]
    close = difflib.get_close_matches(path.name, siblings, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _safe_name(stem: str) -> str:
    """Return `stem` with what would break a node id replaced by `_`."""
    return re.sub(r"[^\w.+@=-]", "_", stem)
