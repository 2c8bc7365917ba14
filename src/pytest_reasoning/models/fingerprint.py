"""SHA-256 of a file's content; large files are read once per change of theirs."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

REMEMBERED_BYTES = 32 << 20
"Smaller files are hashed again: that is quicker than to be careful."
MOST_ENTRIES = 1000
_CHUNK_BYTES = 1 << 20


def cache_folder() -> Path:
    """Return where this plugin keeps what can be made again: `$XDG_CACHE_HOME` or `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pytest-reasoning"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal; raises OSError if it cannot be read."""
    status = path.stat()
    if status.st_size < REMEMBERED_BYTES:
        return _hash(path)
    # Inode and change time too: a file copied over with its old modification time has another content.
    mark = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    store = cache_folder() / "sha256.json"
    known = _read(store)
    key = str(path.resolve())
    entry = known.get(key)
    if isinstance(entry, dict) and entry.get("mark") == mark and isinstance(entry.get("sha256"), str):
        return str(entry["sha256"])
    digest = _hash(path)
    # Read again: other processes hash other files meanwhile.
    known = _read(store)
    known.pop(key, None)
    known[key] = {"mark": mark, "sha256": digest}
    _write(store, dict(list(known.items())[-MOST_ENTRIES:]))
    return digest


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _read(store: Path) -> dict[str, object]:
    try:
        known = json.loads(store.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(store: Path, known: dict[str, object]) -> None:
    """Replace the store in one step; a cache that cannot be written is no error."""
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=store.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=0)
        Path(temporary).replace(store)
    except OSError:
        pass
