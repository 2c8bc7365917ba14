"""SHA-256 of model files; large ones are read once per change of theirs, wherever the run was started."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from pytest_reasoning.text import file_hashes

REMEMBERED_BYTES = 32 << 20
"Below this size a file is hashed again: looking the hash up would cost more."


def cache_folder() -> Path:
    """Return this plugin's folder in the user's cache, where all that can be made again is kept."""
    return user_cache_path("pytest-reasoning", appauthor=False)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal; raises OSError if it cannot be read."""
    if path.stat().st_size < REMEMBERED_BYTES:
        return file_hashes.sha256_of(path)
    return _hashes(cache_folder() / "sha256.json").sha256(path)


@cache
def _hashes(kept_in: Path) -> file_hashes.FileHashes:
    return file_hashes.FileHashes(kept_in)
