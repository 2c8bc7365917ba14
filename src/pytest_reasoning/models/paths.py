"""Finds the files that a path or glob names."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from pytest_reasoning.models.gguf.facts import model_name, part_of
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.files import home_expanded, is_file, is_folder, is_there
from pytest_reasoning.text.unicode import is_valid
from pytest_reasoning.text.wording import did_you_mean


def model_files(reference: str, pattern: str, folder: Path) -> list[Path]:
    """Return the GGUF files that a path or glob names; for a split model only the first part.

    Raises:
        ModelError: there is no such file.
    """
    path = folder / home_expanded(pattern)
    if is_folder(path):
        if not any(path.glob("*.gguf")):
            raise ModelError(f"model {reference!r}: is a folder without a GGUF file (name a .gguf file)")
        raise ModelError(
            f"model {reference!r}: is a folder (name a file in it, or '{reference.rstrip('/')}/*.gguf')"
        )
    if is_there(path):
        _check_usable(path, reference)
        return [path]
    if glob.has_magic(pattern):
        matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
        firsts = [match for match in matches if (part_of(match) or (1, 1))[0] == 1 and not is_folder(match)]
        if firsts:
            for first in firsts:
                _check_usable(first, reference)
            return firsts
        raise ModelError(f"model {reference!r}: no file matches (searched from {folder})")
    raise ModelError(f"model {reference!r}: no such file{_similar_file(path)} (searched from {folder})")


def recorded_file(reference: str, text: str, folder: Path) -> Path:
    """Return the file of recorded completions; raises ModelError if there is no such file."""
    path = folder / home_expanded(text)
    if is_folder(path):
        raise ModelError(f"model {reference!r}: is a folder (name a file of recorded completions in it)")
    if not is_there(path):
        raise ModelError(f"model {reference!r}: no such file{_similar_file(path)} (searched from {folder})")
    _check_usable(path, reference)
    return path


def _check_usable(path: Path, reference: str) -> None:
    """Refuse pipes and devices: to open one may wait for ever, and to read one may never end.

    A name that is not UTF-8 is refused too: neither the process that loads the model nor a report can be told it.
    """
    if not is_valid(str(path)):
        raise ModelError(f"model {reference!r}: the path {str(path)!r} is not UTF-8 (rename it)")
    if not is_file(path):
        raise ModelError(f"model {reference!r}: is a pipe or a device (name a regular file)")


def safe_name(path: Path | str) -> str:
    """Return a model's name from its file's; characters that would break a node id become `_`."""
    return re.sub(r"[^\w.+@=-]", "_", model_name(path) if isinstance(path, Path) else path)


def _similar_file(path: Path) -> str:
    if not is_folder(path.parent):
        return ""
    siblings = [sibling.name for sibling in path.parent.glob(f"*{path.suffix or '.gguf'}")]
    return did_you_mean(path.name, siblings)
