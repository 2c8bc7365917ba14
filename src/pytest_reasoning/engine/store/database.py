"""The database of the response store: its tables, its rows and its size."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine.process.wire import from_wire
from pytest_reasoning.records import Completion

LOCK_S = 30.0
"Longest wait for another process's write, in seconds."
ROOM_AFTER_PRUNING = 0.8

_LAYOUT = """
CREATE TABLE IF NOT EXISTS completions
    (key BLOB PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL, used_day INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS by_use ON completions (used_day);
CREATE TABLE IF NOT EXISTS starts (model TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that any thread may use and that commits each statement by itself."""
    return sqlite3.connect(path, timeout=LOCK_S, isolation_level=None, check_same_thread=False)


def lay_out(database: sqlite3.Connection) -> None:
    """Make the tables if they do not exist; two runs may do so at the same moment."""
    give_up = time.monotonic() + LOCK_S
    while True:
        try:
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")
            # Here SQLite does not wait for a lock, whatever the timeout.
            database.execute("PRAGMA journal_mode = WAL")
            # With this a killed process loses nothing; a power cut may lose the last completions but not the file.
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_LAYOUT)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def prune(database: sqlite3.Connection, max_bytes: int) -> None:
    """Delete the least recently used rows, and free their pages, until the file has at most `max_bytes`."""
    (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
    if _used_bytes(database, page_bytes) <= max_bytes:
        return
    with transaction(database):
        while _used_bytes(database, page_bytes) > ROOM_AFTER_PRUNING * max_bytes:
            statement = (
                "DELETE FROM completions WHERE key IN (SELECT key FROM completions ORDER BY used_day LIMIT 100)"
            )
            if database.execute(statement).rowcount == 0:
                break
    # execute() would stop after the first page.
    database.executescript("PRAGMA incremental_vacuum")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _used_bytes(database: sqlite3.Connection, page_bytes: int) -> int:
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    return int((pages - free) * page_bytes)


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one transaction, with other processes kept from writing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def packed(completion: Completion) -> bytes:
    """Return the body of a row for a completion."""
    return zlib.compress(json.dumps(asdict(completion), separators=(",", ":")).encode("ascii"), 1)


def unpacked(body: bytes) -> Completion | None:
    """Return the completion of a row's body, marked as cached; None if it cannot be read."""
    try:
        return from_wire(Completion, {**json.loads(zlib.decompress(body)), "cached": True})
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError):
        return None


def checksum(key: bytes, body: bytes) -> int:
    """Return a checksum that shows whether a row is intact and stored under its own key."""
    return zlib.crc32(body, zlib.crc32(key))
