"""Shows during a wait how far the run is: bars on a terminal, or a line once a minute in a log."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pytest

from pytest_reasoning.engine import EngineProgress
from pytest_reasoning.records import Outcome
from pytest_reasoning.report import ModelBar, ProgressBars, ProgressLine, time_left
from pytest_reasoning.session.settings import is_worker
from pytest_reasoning.text.wording import printable

EVERY_S = 60.0
"Seconds between two lines in a log."
_CI = ("CI", "BUILD_NUMBER")
"Environment variables that tell of a CI job, by which pytest too knows one; its log keeps every line."


class Progress:
    """Shows bars below pytest's own line on a color terminal, else a line a minute; nothing with `-q`."""

    def __init__(self, config: pytest.Config) -> None:
        """Take the config at the start of the session, while pytest does not capture output yet."""
        self._config = config
        self._writer = config.get_terminal_writer()
        seen = config.get_verbosity() >= 0
        terminal = self._writer.hasmarkup and sys.stdout.isatty() and not any(os.environ.get(name) for name in _CI)
        self.enabled = seen and terminal
        # a worker of pytest-xdist speaks with its controller over its output
        self._logs = seen and not terminal and not is_worker(config)
        self._logged_s = time.monotonic()
        # Both bypass pytest's writer, which would count control sequences as part of its line.
        width = self._writer.fullwidth
        self.line = ProgressLine(sys.stdout, width, enabled=self.enabled)
        self._bars = ProgressBars(sys.stdout, width, shutil.get_terminal_size().lines)
        self._selected: Mapping[str, int] = {}
        self._outcomes: Callable[[], Iterable[Outcome]] = tuple

    def expect(self, selected: Mapping[str, int], outcomes: Callable[[], Iterable[Outcome]]) -> None:
        """Take the number of cases that each model is asked, and what returns the outcomes so far."""
        self._selected = selected
        self._outcomes = outcomes

    def show(self, what: str, progress: EngineProgress | None) -> None:
        """Show the progress of a model; None clears what is shown."""
        if self._logs and progress is not None:
            self._log(what, progress)
        if not self.enabled or (progress is None and not (self.line.shown or self._bars.shown)):
            return
        with self._uncaptured():
            if progress is None:
                self.line.clear()
                self._bars.clear()
            elif what in self._selected:
                self._bars.show(self._of_models(what, progress), self._writer.width_of_current_line)
            else:
                self.line.show(_text(what, progress), self._writer.width_of_current_line)

    def _of_models(self, running: str, progress: EngineProgress) -> list[ModelBar]:
        outcomes = list(self._outcomes())
        cases = Counter(model for model, _ in {(one.model, one.nodeid) for one in outcomes})
        judged = Counter(one.model for one in outcomes if one.status != "error")
        correct = Counter(one.model for one in outcomes if one.status == "correct")
        bars = [
            ModelBar(name=name, done=cases[name], total=total, correct=correct[name], judged=judged[name])
            for name, total in self._selected.items()
        ]
        return [
            replace(
                bar,
                done=progress.done,
                total=progress.total,
                pace=_pace(progress),
                left_s=_left_s(progress),
                nodes=_nodes(progress),
            )
            if bar.name == running
            else bar
            for bar in bars
        ]

    def _log(self, what: str, progress: EngineProgress) -> None:
        """Write a line of its own, unless the last one is less than a minute old."""
        if time.monotonic() - self._logged_s < EVERY_S:
            return
        self._logged_s = time.monotonic()
        with self._uncaptured():
            if self._writer.width_of_current_line:
                self._writer.line()
            self._writer.line(f"reasoning: {_text(what, progress)}")
            self._writer.flush()

    def _uncaptured(self) -> contextlib.AbstractContextManager[None]:
        """Suspend pytest's capture, so that the line reaches the terminal."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        return contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled()


def _text(what: str, progress: EngineProgress) -> str:
    text = f"{what}: {progress.done}/{progress.total} completions, {_pace(progress)}"
    left_s = _left_s(progress)
    parts = [text, *([] if left_s is None else [time_left(left_s)]), *filter(None, [_nodes(progress)])]
    return ", ".join(parts)


def _nodes(progress: EngineProgress) -> str:
    """Return how many answers each other machine has given; empty if fewer than two have given one."""
    shares = [f"{printable(name)} {count:,}" for name, count in progress.nodes]
    return " + ".join(shares) if len(shares) > 1 else ""


def _pace(progress: EngineProgress) -> str:
    """Return the speed, and while hardly anything is decoded how much of the prompts is evaluated."""
    pace = progress.completion_tokens / progress.elapsed_s if progress.elapsed_s else 0
    if pace >= 1 or not progress.prompt_tokens:
        return f"{pace:,.0f} tokens/s"
    read = f"{progress.prompt_tokens:,} prompt tokens read"
    return f"{read}, {pace:.1f} tokens/s" if progress.completion_tokens else read


def _left_s(progress: EngineProgress) -> float | None:
    if not progress.done or not progress.elapsed_s:
        return None
    return (progress.total - progress.done) * progress.elapsed_s / progress.done
