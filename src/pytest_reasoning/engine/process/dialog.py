"""The parent's end of a conversation with a process that runs a model, wherever that process is."""

from __future__ import annotations

import queue
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

from pytest_reasoning.engine.process.wire import Message

POLL_S = 0.25
"Seconds after which a caller that waits for a message is called back."


class ChildLost(Exception):
    """The child died, or was killed because it was silent for too long; the message is a clause that says which."""

    def __init__(self, how: str, last_words: str, *, hung: bool) -> None:
        super().__init__(how + (f"; its last words: {last_words}" if last_words else ""))
        self.hung = hung


class ChildFailed(Exception):
    """The child reports that it cannot do its task, and why."""


class Dialog(ABC):
    """Messages from a process, in order, with a limit to its silence."""

    pid: int | None = None
    "The process on this machine that runs the model or leads to it; None if there is none."

    def __init__(self) -> None:
        self.heard = time.monotonic()
        "Time of the last message from or to the process, in seconds of `time.monotonic`."
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        "What has arrived; None when nothing more will."

    def send(self, message: Message) -> None:
        """Queue a message; never blocks."""
        self._queue(message)
        self.heard = time.monotonic()

    def next(self, wait_s: float, patience_s: float) -> Message | None:
        """Return the next message, or None if none arrives within `wait_s` seconds.

        Raises:
            ChildFailed: the process cannot do its task; the message has llama.cpp's own reason before the remedy.
            ChildLost: the process died, or was silent for more than `patience_s` seconds and was killed.
        """
        try:
            message = self._inbox.get(timeout=wait_s)
        except queue.Empty:
            if time.monotonic() - self.heard <= patience_s:
                return None
            self._kill()
            raise ChildLost(f"said nothing for {patience_s:.0f} s", self._last_words(), hung=True) from None
        if message is None:
            raise ChildLost(self._ended(), self._last_words(), hung=False)
        self.heard = time.monotonic()
        if message["op"] == "failed":
            raise ChildFailed(self._with_reason(str(message["message"])))
        return message

    def messages(self, patience_s: float) -> Iterator[Message]:
        """Yield messages as they arrive; raises as `next` does."""
        while True:
            message = self.next(POLL_S, patience_s)
            if message is not None:
                yield message

    @abstractmethod
    def close(self) -> None:
        """End the process and wait for it."""

    @abstractmethod
    def _queue(self, message: Message) -> None:
        """Take a message to the process without waiting."""

    @abstractmethod
    def _kill(self) -> None:
        """End a process that does not answer."""

    @abstractmethod
    def _ended(self) -> str:
        """Return how the process has ended, as a clause such as `died (SIGKILL)`."""

    @abstractmethod
    def _last_words(self) -> str:
        """Return what native code printed last; empty if it is unknown."""

    def _with_reason(self, message: str) -> str:
        return message
