"""The outcomes of every case in earlier runs, kept in a small file beside the response store.

A run with a time budget uses them to decide what runs first.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from pytest_reasoning.records import Cell, Outcome, cell_of
from pytest_reasoning.text.files import write_whole

HISTORY_FILE = "history.json"
LONGEST = 16
"How many runs of a case are remembered."
MOST_CASES = 100_000
"How many cases are remembered; those measured longest ago are dropped first."
RIGHT, WRONG = "+", "-"


class History:
    """One sign per run for each case of a cell; losing, damaging or sharing the file does no harm."""

    def __init__(self, path: Path | None) -> None:
        """Take the path of the file; with None nothing is remembered."""
        self._path = path
        self._known: dict[str, str] | None = None

    def of(self, cell: Cell, case: str) -> str:
        """Return a case's outcomes in the runs that generated its answer, oldest first: `+` correct, `-` not."""
        return self._read().get(_key(cell, case), "")

    def keep(self, outcomes: Iterable[Outcome]) -> None:
        """Add the outcomes of a run, without stored answers (nothing new) and errors (not the model's fault).

        A case with several samples counts as correct if most of them are.
        """
        samples: dict[str, list[bool]] = {}
        for outcome in outcomes:
            if not outcome.cached and outcome.status != "error":
                key = _key(cell_of(outcome), outcome.case)
                samples.setdefault(key, []).append(outcome.status == "correct")
        if self._path is None or not samples:
            return
        self._known = None  # read again: another run may have written the file meanwhile
        known = self._read()
        for key, right in samples.items():
            sign = RIGHT if 2 * sum(right) > len(right) else WRONG
            known[key] = (known.pop(key, "") + sign)[-LONGEST:]
        for key in list(known)[: max(0, len(known) - MOST_CASES)]:
            del known[key]
        with contextlib.suppress(OSError):  # The history is safe to lose.
            write_whole(self._path, json.dumps(known, indent=0), private=True)

    def _read(self) -> dict[str, str]:
        if self._known is None:
            try:
                read = json.loads(self._path.read_text(encoding="utf-8")) if self._path is not None else {}
            except (OSError, ValueError):
                read = {}
            pairs = read.items() if isinstance(read, dict) else ()
            self._known = {key: value for key, value in pairs if isinstance(value, str)}
        return self._known


def flips(signs: str) -> int:
    """Return how often a case changed from correct to not correct or back."""
    return sum(before != now for before, now in pairwise(signs))


def _key(cell: Cell, case: str) -> str:
    return "\t".join((*cell, case))
