"""Rewrites the HTML page while the run goes on, with what has been answered so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pytest_reasoning.report import Results
from pytest_reasoning.text.files import write_whole
from pytest_reasoning.text.wording import counted, printable

EVERY_S = 5.0
"Fewest seconds between two writes."
SHARE = 0.02
"Most of the run's time that writing may take."
_GUESS_S = 0.2
"How long the first write is taken to last."


class LivePage:
    """The page of a run that goes on; the run replaces it by the whole report at its end."""

    def __init__(
        self,
        path: Path,
        measure: Callable[[], tuple[Results, str]],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is needed to write it.

        Args:
            path: the page's file.
            measure: returns what has been measured so far, and how far the run is.
            warn: called with a line if the page cannot be written.
            clock: returns the time in seconds.
        """
        self._path = path
        self._measure = measure
        self._warn = warn
        self._clock = clock
        self._began_s = clock()
        self._spent_s = 0.0
        self._due_s = self._next_s(_GUESS_S)

    def consider(self) -> None:
        """Write the page if it is time; a failure ends the rewriting, and loses nothing."""
        if self._clock() < self._due_s:
            return
        # The libraries are not counted, because the page at the end needs them too.
        from pytest_reasoning.report.html import html_report

        began_s = self._clock()
        try:
            if self._path.exists() and not self._path.is_file():  # /dev/stdout would get many pages
                self._due_s = float("inf")
                return
            results, progress = self._measure()
            write_whole(self._path, html_report(results, running=progress))
        except Exception as error:  # whatever went wrong with a draft must not cost the run
            said = printable(str(getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"))
            self._warn(f"--reasoning-html: cannot rewrite {self._path} during the run: {said}")
            self._due_s = float("inf")
            return
        took_s = self._clock() - began_s
        self._spent_s += took_s
        self._due_s = max(self._next_s(took_s), self._clock() + EVERY_S)

    def _next_s(self, expected_s: float) -> float:
        """Return when a write that lasts so long keeps all of them together below their share of the time."""
        return self._began_s + (self._spent_s + expected_s) / SHARE


def progress_text(answered: int, asked: int | None) -> str:
    """Return how far a run is; `asked` is None until a worker process has said what it selected."""
    if asked is None:
        return f"{counted(answered, 'case')} answered"
    return f"{answered:,} of {counted(asked, 'case')} answered"
