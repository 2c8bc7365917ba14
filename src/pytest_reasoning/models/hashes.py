"""SHA-256 of model files; a large file is read again only after it has changed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from pytest_reasoning.text import file_hashes

REMEMBERED_BYTES = 32 << 20
"Below this size, rehash; the cache lookup costs more."


def cache_folder() -> Path:
    """Return this plugin's folder in the user's cache, which holds only what can be made again."""
    return user_cache_path("pytest-reasoning", appauthor=False)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal; raises OSError if it cannot be read."""
    if path.stat().st_size < REMEMBERED_BYTES:
        return file_hashes.sha256_of(path)
    return _hashes(cache_folder() / "sha256.json").sha256(path)


@cache
def _hashes(kept_in: Path) -> file_hashes.FileHashes:
    return file_hashes.FileHashes(kept_in)
