"""SIGTERM → the same end as by Ctrl-C: what was measured so far is summarized and written into the reports.

Continuous integration, schedulers and `timeout` end a run that takes too long by this signal. Without a handler the
process would be gone at once, and hours of answers with it.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

import pytest


class Termination:
    """Heeds SIGTERM from its making until `restore`; does nothing where another handler is set."""

    def __init__(self) -> None:
        self._heeds = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )
        if self._heeds:
            signal.signal(signal.SIGTERM, _end)

    def hold_off(self) -> None:
        """Let nothing more end the run but SIGKILL: what remains takes seconds, and loses all if it is cut short.

        Some end a run by SIGINT and send SIGTERM a few seconds later, when reports are being written.
        """
        if self._heeds:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def restore(self) -> None:
        """Leave the signal as it was."""
        if self._heeds:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    pytest.exit("ended by SIGTERM")
