"""Remembers content hashes of files, so that models of many GB are read again only after a change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from pathlib import Path

from pytest_reasoning.text.files import write_whole

CHUNK_BYTES = 1 << 20
SETTLED_NS = 2_000_000_000
"A file changed less than this long ago may change again without new time stamps, so its hash is not remembered."


class FileHashes:
    """SHA-256 of files, kept in a JSON file by path, size, time stamps and inode; it may be lost or shared."""

    def __init__(self, path: Path | None) -> None:
        """Take the file that keeps the hashes; None keeps none."""
        self._path = path
        self._known: dict[str, str] | None = None

    def sha256(self, path: Path) -> str:
        """Return the hash of a file's content, in hexadecimal; raises OSError if it cannot be read."""
        before = _state(path)
        known = self._load().get(before)
        if known is not None:
            return known
        digest = sha256_of(path)
        if _state(path) == before and _settled(path):
            self._keep(before, digest)
        return digest

    def _load(self) -> dict[str, str]:
        if self._known is None:
            self._known = {}
            try:
                read = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
            except (OSError, ValueError):
                read = {}
            if isinstance(read, dict):
                self._known = {key: value for key, value in read.items() if isinstance(value, str)}
        return self._known

    def _keep(self, state: str, digest: str) -> None:
        known = self._load()
        place = state.rpartition("\t")[0]
        for old in [key for key in known if key.rpartition("\t")[0] == place]:
            del known[old]
        known[state] = digest
        if self._path is None:
            return
        with contextlib.suppress(OSError):  # If the file cannot be written, the next run hashes again.
            write_whole(self._path, json.dumps(known, indent=0), private=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal, reading all of it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _state(path: Path) -> str:
    # The time of the last status change is included because it cannot be set back.
    found = path.stat()
    return f"{path.resolve()}\t{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _settled(path: Path) -> bool:
    found = path.stat()
    return time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > SETTLED_NS
