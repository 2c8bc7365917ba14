"""SHA-256 of model files; large ones are read once per change of theirs, wherever the run was started."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pytest_reasoning.text import file_hashes

REMEMBERED_BYTES = 32 << 20
"Smaller files are hashed again: that is quicker than to be careful."


def cache_folder() -> Path:
    """Return where this plugin keeps what can be made again: `$XDG_CACHE_HOME` or `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pytest-reasoning"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal; raises OSError if it cannot be read."""
    if path.stat().st_size < REMEMBERED_BYTES:
        return file_hashes.sha256_of(path)
    return _hashes(cache_folder() / "sha256.json").sha256(path)


@cache
def _hashes(kept_in: Path) -> file_hashes.FileHashes:
    return file_hashes.FileHashes(kept_in)
