"""What is waited for and how far it is, shown on the terminal while it lasts."""

from __future__ import annotations

import contextlib
import sys

import pytest

from pytest_reasoning.engine import EngineProgress
from pytest_reasoning.report import ProgressLine


class Progress:
    """Shows progress beside pytest's own line, where pytest writes to a terminal in color and is not quiet."""

    def __init__(self, config: pytest.Config) -> None:
        """Take the config of a session that begins; pytest captures no output yet."""
        self._config = config
        self._writer = config.get_terminal_writer()
        self.enabled = self._writer.hasmarkup and config.get_verbosity() >= 0
        # Around the writer, which would take control sequences for part of its line.
        self.line = ProgressLine(sys.stdout, self._writer.fullwidth, enabled=self.enabled)

    def show(self, what: str, progress: EngineProgress | None) -> None:
        """Show how far a model is; None takes the line away."""
        if progress is None and not self.line.shown:
            return
        with self._uncaptured():
            if progress is None:
                self.line.clear()
            else:
                self.line.show(_text(what, progress), self._writer.width_of_current_line)

    def _uncaptured(self) -> contextlib.AbstractContextManager[None]:
        """Reach the terminal while pytest captures a test's output."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        return contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled()


def _text(what: str, progress: EngineProgress) -> str:
    rate = progress.completion_tokens / progress.elapsed_s if progress.elapsed_s else 0.0
    text = f"{what}: {progress.done}/{progress.total} completions, {rate:,.0f} tokens/s"
    if progress.done and progress.elapsed_s:
        left_s = (progress.total - progress.done) * progress.elapsed_s / progress.done
        text += f", about {left_s / 60:.0f} min left" if left_s >= 90 else f", about {left_s:.0f} s left"
    return text
