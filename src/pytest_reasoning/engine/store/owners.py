"""Who has claimed what in the response store: runs that are alive, told from those that were killed."""

from __future__ import annotations

import os
import platform
import time
import uuid


class Owner:
    """One run; its name tells every other run on this machine whether its process still lives."""

    BEAT_S = 3.0
    ALIVE_S = 15.0
    "So long after its last sign a run on another machine counts as dead."

    def __init__(self) -> None:
        self.name = f"{platform.node()} {os.getpid()} {uuid.uuid4().hex}"

    def until_s(self) -> float:
        """Return the time, in seconds since the epoch, until which the run counts as alive without another sign."""
        return time.time() + self.ALIVE_S

    @staticmethod
    def alive(name: str, until_s: float) -> bool:
        """Return whether the run of that name may still be at work."""
        if until_s < time.time():
            return False
        node, process, _ = name.rsplit(" ", 2)
        # On Windows a signal 0 would end the process.
        if node != platform.node() or os.name == "nt":
            return True
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return False
        except (PermissionError, ValueError, OverflowError):
            pass
        return True
