"""The response store: finished completions in one SQLite file, which several runs may use at the same time.

It is only a cache. If anything is wrong with the file, the store sets it aside or switches itself off with a
warning, and the run goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pytest_reasoning.engine.store.database import checksum, connect, lay_out, packed, prune, transaction, unpacked
from pytest_reasoning.records import Completion

FILE = "responses-1.sqlite"
"The number is the version of the file's layout."
FINISHED = frozenset({"stop", "next_question", "eos", "length", "context", "overflow"})
"Finish reasons of completions that are kept; an error or a deadline may not happen the next time."
DEFAULT_BYTES = 512 << 20
DAY_S = 86_400.0
CHUNK = 500
"Most variables in one SQLite statement."

Warn = Callable[[str], None]
T = TypeVar("T")


class Store:
    """Completions by key; methods may be called from any thread and do not raise if the file is unusable."""

    def __init__(self, folder: Path, *, warn: Warn, max_bytes: int = DEFAULT_BYTES) -> None:
        """Take the store's folder, created when needed; `warn` is called once if something is wrong."""
        self.path = folder / FILE
        self.max_bytes = max_bytes
        self._warn = warn
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._off = False
        self._wrote = False
        self._hits: set[bytes] = set()
        self._inode = 0

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Completion]:
        """Return the stored completions of `keys`, marked as cached."""
        return self._safely(lambda database: self._read(database, keys), {})

    def bodies(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the stored bodies of `keys`, as given to `put_body`."""
        return self._safely(lambda database: self._read_bodies(database, keys), {})

    def put_body(self, key: bytes, body: bytes) -> None:
        """Store data other than a completion; its key must be of another kind."""
        row = (key, body, checksum(key, body), _today())
        self._safely(lambda d: d.execute("INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?)", row), None)
        self._wrote = True

    def put(self, key: bytes, completion: Completion) -> None:
        """Store a completion, unless it ended with an error or deadline."""
        if completion.finish in FINISHED:
            self.put_body(key, packed(completion))

    def facts(self, model: str) -> dict[str, Any] | None:
        """Return the facts that the engine reported when it last ran the model with this key."""
        row = self._safely(
            lambda d: d.execute("SELECT facts FROM starts WHERE model = ?", (model,)).fetchone(), None
        )
        try:
            return dict(json.loads(row[0])) if row else None
        except (ValueError, TypeError, RecursionError):
            return None

    def put_facts(self, model: str, facts: dict[str, Any]) -> None:
        """Store the facts that the engine reports."""
        row = (model, json.dumps(facts))
        self._safely(lambda d: d.execute("INSERT OR REPLACE INTO starts VALUES (?, ?)", row), None)

    def prune(self, max_bytes: int) -> None:
        """Delete the least recently used rows until the file has at most `max_bytes`."""
        self._safely(lambda database: prune(database, max_bytes), None)

    def close(self) -> None:
        """Record which rows were used, prune, and close the file; the next call opens it again."""
        with self._lock:
            if self._database is None:
                return
            self._safely(self._note_use, None)
            if self._wrote:
                self.prune(self.max_bytes)
            self._shut()

    def _safely(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Call `act` with the database; if it is damaged, set it aside and try once more with a new one."""
        with self._lock:
            for attempt in range(2):
                if self._off:
                    break
                try:
                    return act(self._open())
                except sqlite3.OperationalError as error:
                    self._switch_off(str(error))
                except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the second, if its tables' names are
                    if attempt:
                        self._switch_off(str(error))
                    else:
                        self._set_aside(str(error))
                except OSError as error:
                    self._switch_off(error.strerror or str(error))
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # Completions of private cases must not be readable by others.
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            database = connect(self.path)
            self._database = database
            self._inode = self.path.stat().st_ino if self.path.exists() else 0
            lay_out(database)
        return self._database

    def _read(self, database: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Completion]:
        bodies = self._read_bodies(database, keys)
        completions = {key: unpacked(body) for key, body in bodies.items()}
        self._drop(database, [key for key, completion in completions.items() if completion is None])
        return {key: completion for key, completion in completions.items() if completion is not None}

    def _read_bodies(self, database: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        broken: list[bytes] = []
        for chunk in _chunks(keys):
            marks = ",".join("?" * len(chunk))
            rows = database.execute(f"SELECT key, body, checksum FROM completions WHERE key IN ({marks})", chunk)
            for key, body, expected in rows:
                if isinstance(body, bytes) and checksum(key, body) == expected:
                    found[key] = body
                else:
                    broken.append(key)
        self._drop(database, broken)
        self._hits.update(found)
        return found

    def _drop(self, database: sqlite3.Connection, keys: Sequence[bytes]) -> None:
        for key in keys:
            database.execute("DELETE FROM completions WHERE key = ?", (key,))

    def _note_use(self, database: sqlite3.Connection) -> None:
        today = _today()
        with transaction(database):
            for chunk in _chunks(sorted(self._hits)):
                marks = ",".join("?" * len(chunk))
                statement = f"UPDATE completions SET used_day = ? WHERE used_day < ? AND key IN ({marks})"
                database.execute(statement, (today, today, *chunk))
        self._hits.clear()

    def _set_aside(self, why: str) -> None:
        """Rename the damaged file, unless another run has already done so."""
        self._shut()
        kept = self.path.with_name(f"{self.path.stem}-damaged.sqlite")
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.replace(kept)
                for ending in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
                self._warn(
                    f"response store: {self.path} is damaged ({why}); set aside as {kept.name}, a new one begun"
                )

    def _switch_off(self, why: str) -> None:
        self._off = True
        self._shut()
        self._warn(
            f"response store: {self.path} cannot be used ({why}); every completion is made anew "
            "(name another folder with --reasoning-store=DIR)"
        )

    def _shut(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            with contextlib.suppress(sqlite3.Error):
                database.close()


def _today() -> int:
    return int(time.time() // DAY_S)


def _chunks(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    listed = list(keys)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
