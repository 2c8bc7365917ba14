"""Shows during a wait which model the run waits for and how far it is: on a terminal, or once a minute in a log."""

from __future__ import annotations

import contextlib
import sys
import time

import pytest

from pytest_reasoning.engine import EngineProgress
from pytest_reasoning.report import ProgressLine
from pytest_reasoning.session.settings import is_worker

EVERY_S = 60.0
"Seconds between two lines in a log."


class Progress:
    """Shows progress after pytest's own line on a color terminal, else as a line a minute; nothing with `-q`."""

    def __init__(self, config: pytest.Config) -> None:
        """Take the config at the start of the session, while pytest does not capture output yet."""
        self._config = config
        self._writer = config.get_terminal_writer()
        self.enabled = self._writer.hasmarkup and config.get_verbosity() >= 0
        # a worker of pytest-xdist speaks with its controller over its output
        self._logs = not self.enabled and config.get_verbosity() >= 0 and not is_worker(config)
        self._logged_s = time.monotonic()
        # Bypasses pytest's writer, which would count control sequences as part of its line.
        self.line = ProgressLine(sys.stdout, self._writer.fullwidth, enabled=self.enabled)

    def show(self, what: str, progress: EngineProgress | None) -> None:
        """Show the progress of a model; None clears the line."""
        if self._logs and progress is not None:
            self._log(what, progress)
        if progress is None and not self.line.shown:
            return
        with self._uncaptured():
            if progress is None:
                self.line.clear()
            else:
                self.line.show(_text(what, progress), self._writer.width_of_current_line)

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
    rate = progress.completion_tokens / progress.elapsed_s if progress.elapsed_s else 0.0
    text = f"{what}: {progress.done}/{progress.total} completions, {rate:,.0f} tokens/s"
    if progress.done and progress.elapsed_s:
        left_s = (progress.total - progress.done) * progress.elapsed_s / progress.done
        text += f", about {left_s / 60:.0f} min left" if left_s >= 90 else f", about {left_s:.0f} s left"
    return text
