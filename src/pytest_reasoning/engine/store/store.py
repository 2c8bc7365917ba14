"""The response store: finished completions in one SQLite file, shared by runs that happen at the same time.

Nothing in it is precious. Whatever is wrong with the file, it is set aside or the store switches itself off, with a
warning, and the run goes on without it.
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
"The number is the layout's: another layout is another file."
FINISHED = frozenset({"stop", "next_question", "eos", "length", "context", "overflow"})
"Only what came to its own end is kept; an error or a deadline may go otherwise next time."
DEFAULT_BYTES = 512 << 20
DAY_S = 86_400.0
CHUNK = 500
"Most variables in one statement of SQLite."

Warn = Callable[[str], None]
T = TypeVar("T")


class Store:
    """Completions by key; every method may be called from any thread and never raises for the file's sake."""

    def __init__(self, folder: Path, *, warn: Warn, max_bytes: int = DEFAULT_BYTES) -> None:
        """Take the folder, made when needed; `warn` is told once what is wrong, if anything is."""
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
        """Return those of `keys` that are there, marked as cached."""
        return self._safely(lambda database: self._read(database, keys), {})

    def bodies(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return those of `keys` that `put_body` has put there."""
        return self._safely(lambda database: self._read_bodies(database, keys), {})

    def put_body(self, key: bytes, body: bytes) -> None:
        """Keep something that is no completion, under a key of its own kind."""
        row = (key, body, checksum(key, body), _today())
        self._safely(lambda d: d.execute("INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?)", row), None)
        self._wrote = True

    def put(self, key: bytes, completion: Completion) -> None:
        """Keep a completion if it came to its own end."""
        if completion.finish in FINISHED:
            self.put_body(key, packed(completion))

    def facts(self, model: str) -> dict[str, Any] | None:
        """Return what the engine said of itself when it last ran the model of this key."""
        row = self._safely(
            lambda d: d.execute("SELECT facts FROM starts WHERE model = ?", (model,)).fetchone(), None
        )
        try:
            return dict(json.loads(row[0])) if row else None
        except ValueError:
            return None

    def put_facts(self, model: str, facts: dict[str, Any]) -> None:
        """Keep what the engine says of itself."""
        row = (model, json.dumps(facts))
        self._safely(lambda d: d.execute("INSERT OR REPLACE INTO starts VALUES (?, ?)", row), None)

    def prune(self, max_bytes: int) -> None:
        """Drop what was not used for longest until the file has at most `max_bytes`, if it has more."""
        self._safely(lambda database: prune(database, max_bytes), None)

    def close(self) -> None:
        """Note what was used and bring the file to its size; it is opened again if needed."""
        with self._lock:
            if self._database is None:
                return
            self._safely(self._note_use, None)
            if self._wrote:
                self.prune(self.max_bytes)
            self._shut()

    def _safely(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something with the database; set it aside and try once more if it is damaged, else do without it."""
        with self._lock:
            for attempt in range(2):
                if self._off:
                    break
                try:
                    return act(self._open())
                except sqlite3.OperationalError as error:
                    self._switch_off(str(error))
                except sqlite3.DatabaseError as error:
                    if attempt:
                        self._switch_off(str(error))
                    else:
                        self._set_aside(str(error))
                except OSError as error:
                    self._switch_off(error.strerror or str(error))
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # What models say of private cases is nobody else's to read.
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
                if checksum(key, body) == expected:
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
        """Rename the damaged file, unless another run has done so already."""
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
