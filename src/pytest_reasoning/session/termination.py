"""Makes SIGTERM end a run as Ctrl-C does: what was measured so far is summarized and written into the reports.

Continuous integration, schedulers and `timeout` end a run that takes too long by this signal. Without a handler the
process would be gone at once, and hours of answers with it.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

import pytest


class Termination:
    """Handles SIGTERM from its construction until `restore`; does nothing if another handler is set."""

    def __init__(self) -> None:
        self._heeds = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )
        if self._heeds:
            signal.signal(signal.SIGTERM, _end)

    def hold_off(self) -> None:
        """Ignore SIGTERM while reports are written: that takes seconds, and cutting it short would lose the run.

        Some systems send SIGINT first and SIGTERM a few seconds later, when reports are being written.
        """
        if self._heeds:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def restore(self) -> None:
        """Restore the default handling of the signal."""
        if self._heeds:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    pytest.exit("ended by SIGTERM")
