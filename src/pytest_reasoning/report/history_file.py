"""The history of runs: an SQLite file to which a run appends the results of its cases, night by night."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from pytest_reasoning.records import Cell, Outcome, by_cell
from pytest_reasoning.report.document import ReportError
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.unicode import valid_text
from pytest_reasoning.verdict.fingerprints import machine_of
from pytest_reasoning.verdict.trends import Night

_VERSION = 2
_TABLES = """
CREATE TABLE nights (
  id INTEGER PRIMARY KEY, started TEXT NOT NULL, suite TEXT NOT NULL, strategy TEXT NOT NULL, model TEXT NOT NULL,
  content TEXT NOT NULL, cause TEXT NOT NULL, machine TEXT NOT NULL
) STRICT;
CREATE TABLE cases (
  night INTEGER NOT NULL REFERENCES nights (id), name TEXT NOT NULL, rate REAL NOT NULL,
  PRIMARY KEY (night, name)
) STRICT, WITHOUT ROWID;
"""


def append_run(path: Path, results: Results) -> int:
    """Append every cell that ran whole, without errors, and asked the model anything; return how many.

    A cell whose answers all came from the store was not measured again, so it says nothing about this night.

    Raises:
        ReportError: the file cannot be written, or is not a history.
    """
    rows = list(_rows(results))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(_opened(path)) as connection, connection:
            for cell, content, cause, machine, rates in rows:
                night = connection.execute(
                    "INSERT INTO nights (started, suite, strategy, model, content, cause, machine) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (results.started, *map(valid_text, cell), content, cause, valid_text(machine)),
                ).lastrowid
                connection.executemany(
                    "INSERT INTO cases VALUES (?, ?, ?)",
                    [(night, valid_text(name), rate) for name, rate in rates.items()],
                )
    except (sqlite3.Error, OSError) as error:
        raise ReportError(f"--reasoning-history: cannot write {path}: {error}") from None
    return len(rows)


def read_history(path: Path) -> dict[Cell, list[Night]]:
    """Return the nights of every cell, oldest first.

    Raises:
        ReportError: there is no such file, or it is not a history.
    """
    if not path.is_file():
        raise ReportError(f"{path}: no such file (write it with --reasoning-history={path})")
    found: dict[Cell, list[Night]] = {}
    try:
        with closing(_opened(path)) as connection:
            nights = connection.execute(
                "SELECT id, started, suite, strategy, model, content, cause, machine FROM nights "
                "ORDER BY started, id"
            ).fetchall()
            for night, started, suite, strategy, model, content, cause, machine in nights:
                rights = dict(connection.execute("SELECT name, rate FROM cases WHERE night = ?", (night,)))
                one = Night(started=started, content=content, cause=cause, machine=machine, rights=rights)
                found.setdefault(Cell(suite, strategy, model), []).append(one)
    except sqlite3.Error as error:
        raise ReportError(f"{path}: not a history of runs: {error}") from None
    return found


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"version {version}, not {_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _rows(results: Results) -> Iterator[tuple[Cell, str, str, str, dict[str, float]]]:
    facts = results.fingerprints
    rates = {
        (row.suite, row.strategy, model): rate for row in results.rates.rows for model, rate in row.cells.items()
    }
    for cell, outcomes in by_cell(results.outcomes).items():
        rate = rates[cell]
        errors = any(one.status == "error" for one in outcomes)
        if errors or rate.not_run or rate.is_part or all(one.cached for one in outcomes):
            continue
        own = facts.get(cell.model, {})
        yield cell, _content(outcomes), _cause(outcomes, own), machine_of(own), _rights(outcomes)


def _rights(outcomes: Sequence[Outcome]) -> dict[str, float]:
    cases: dict[str, list[bool]] = {}
    for one in outcomes:
        cases.setdefault(one.case, []).append(one.status == "correct")
    return {case: sum(right) / len(right) for case, right in cases.items()}


def _content(outcomes: Sequence[Outcome]) -> str:
    return _hash(sorted({(one.case, one.fingerprints.get("content", "")) for one in outcomes}))


def _cause(outcomes: Sequence[Outcome], model: Mapping[str, str]) -> str:
    return _hash(
        [sorted(model.items()), sorted({(one.case, *sorted(one.fingerprints.items())) for one in outcomes})]
    )


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
