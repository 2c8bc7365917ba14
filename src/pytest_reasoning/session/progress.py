"""Shows on the terminal, during a wait, which model the run waits for and how far it is."""

from __future__ import annotations

import contextlib
import sys

import pytest

from pytest_reasoning.engine import EngineProgress
from pytest_reasoning.report import ProgressLine


class Progress:
    """Shows progress after pytest's own line, if pytest writes to a color terminal and is not quiet."""

    def __init__(self, config: pytest.Config) -> None:
        """Take the config at the start of the session, while pytest does not capture output yet."""
        self._config = config
        self._writer = config.get_terminal_writer()
        self.enabled = self._writer.hasmarkup and config.get_verbosity() >= 0
        # Bypasses pytest's writer, which would count control sequences as part of its line.
        self.line = ProgressLine(sys.stdout, self._writer.fullwidth, enabled=self.enabled)

    def show(self, what: str, progress: EngineProgress | None) -> None:
        """Show the progress of a model; None clears the line."""
        if progress is None and not self.line.shown:
            return
        with self._uncaptured():
            if progress is None:
                self.line.clear()
            else:
                self.line.show(_text(what, progress), self._writer.width_of_current_line)

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
