"""`reasoning-models.lock`: the files that each reference meant, in blocks of lines that are easy to merge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.text.errors import ModelError, ModelsFileError, Problem
from pytest_reasoning.text.files import write_whole

DEFAULT_NAME = "reasoning-models.lock"
_HEAD = "# What each model reference meant; written by --reasoning-lock, checked by --reasoning-locked.\n"
_FILE = re.compile(r"  file (?P<sha256>[0-9a-f]{64}) (?P<size>\d+) (?P<name>\S.*)\Z")
_REVISION = re.compile(r"  revision (?P<revision>[0-9a-f]{40})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """One file of a model, or of one of its adapters."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The files that one reference meant."""

    reference: str
    files: tuple[PinnedFile, ...]
    revision: str | None = None
    "The commit, for a hub reference."


def pin(reference: str, paths: Iterable[Path], revision: str | None = None) -> Pin:
    """Return the pin of what a reference means now."""
    files = tuple(
        PinnedFile(name=path.name, size_bytes=path.stat().st_size, sha256=sha256_of(path)) for path in paths
    )
    return Pin(reference=reference, files=files, revision=revision)


def read_lock(path: Path) -> dict[str, Pin]:
    """Return the pins of a lock file by reference; raises ModelsFileError, with the line, if it is not valid."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise _bad(path, 0, f"cannot be read: {why} (write it anew with --reasoning-lock)") from None
    pins: dict[str, Pin] = {}
    reference: str | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            raise _bad(path, number, "a merge conflict is left (keep one side's blocks)")
        if not line.startswith(" "):
            reference = line.strip()
            if reference in pins:
                raise _bad(path, number, f"'{reference}' stands twice (keep one block)")
            pins[reference] = Pin(reference=reference, files=())
            continue
        file, revision = _FILE.match(line), _REVISION.match(line)
        if reference is None or not (file or revision):
            raise _bad(path, number, "is not a line of a lock file (write it anew with --reasoning-lock)")
        known = pins[reference]
        if revision:
            pins[reference] = Pin(reference=reference, files=known.files, revision=revision["revision"])
        elif file:
            one = PinnedFile(name=file["name"], size_bytes=int(file["size"]), sha256=file["sha256"])
            pins[reference] = Pin(reference=reference, files=(*known.files, one), revision=known.revision)
    return pins


def lock_text(pins: Mapping[str, Pin]) -> str:
    """Return the text of a lock file, with its blocks sorted by reference."""
    blocks = [_HEAD]
    for reference in sorted(pins):
        one = pins[reference]
        lines = [reference]
        if one.revision is not None:
            lines.append(f"  revision {one.revision}")
        lines += [f"  file {file.sha256} {file.size_bytes} {file.name}" for file in one.files]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def write_lock(path: Path, pins: Mapping[str, Pin]) -> None:
    """Write a lock file in one step; raises ModelError if that fails."""
    try:
        write_whole(path, lock_text(pins))
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror} (check the folder)") from None


def check_pin(found: Pin, pins: Mapping[str, Pin], lock_name: str) -> None:
    """Raise ModelError unless `found` equals the lock file's pin of the same reference."""
    reference = found.reference
    known = pins.get(reference)
    if known is None:
        raise ModelError(
            f"model {reference!r}: is not in {lock_name} (run once with --reasoning-lock and keep the file)"
        )
    if found == known:
        return
    raise ModelError(
        f"model {reference!r}: {_difference(found, known)} (run with --reasoning-lock if this is meant)"
    )


def _difference(found: Pin, known: Pin) -> str:
    if found.revision != known.revision:
        return f"is revision {found.revision}, and the lock file has {known.revision}"
    if [file.name for file in found.files] != [file.name for file in known.files]:
        return (
            f"is {', '.join(file.name for file in found.files)}, "
            f"and the lock file has {', '.join(file.name for file in known.files) or 'no file'}"
        )
    changed = next(file for file, old in zip(found.files, known.files, strict=True) if file != old)
    old = next(old for file, old in zip(found.files, known.files, strict=True) if file != old)
    return f"{changed.name} has SHA-256 {changed.sha256[:12]}…, and the lock file has {old.sha256[:12]}…"


def _bad(path: Path, line: int, message: str) -> ModelsFileError:
    return ModelsFileError([Problem(file=path.name, line=line, message=message)])
