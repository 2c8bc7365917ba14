"""The child's end of the pipes: messages use stdin and stdout, native output goes to the log."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from pytest_reasoning.engine.process.wire import Message, decode, encode

OOM_SCORE = "500"
"When memory runs out, the kernel should kill this process and not the one that runs the tests."
PARENT_POLL_S = 1.0


class ChildPipes:
    """Keeps native code off stdout, and ends the process when its parent ends; created once, first of all."""

    def __init__(self) -> None:
        """Take over stdin and stdout."""
        self.on_orphaned: Callable[[], None] = lambda: None
        "Called on another thread when the parent has gone, just before this process ends."
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # llama.cpp may write to stdout, so the pipe gets another descriptor and stdout is directed to stderr.
        self._outbox = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        adjustment = Path("/proc/self/oom_score_adj")
        if adjustment.exists():
            adjustment.write_text(OOM_SCORE, encoding="ascii")
        self._returned: deque[Message] = deque()
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._watch, args=(os.getppid(),), daemon=True).start()

    def receive(self) -> Message:
        """Wait for the next message."""
        return self._returned.popleft() if self._returned else self._inbox.get()

    def give_back(self, messages: Iterable[Message]) -> None:
        """Take messages that `receive` returns before all others."""
        self._returned.extend(messages)

    def end_line(self) -> None:
        """End the line that something else may have begun."""
        self._outbox.write(b"\n")

    @property
    def empty(self) -> bool:
        """Return whether `receive` would wait."""
        return not self._returned and self._inbox.empty()

    def send(self, message: Message) -> None:
        """Write a message at once."""
        self._outbox.write(encode(message))
        self._outbox.flush()

    def _read(self) -> None:
        for line in sys.stdin.buffer:
            self._inbox.put(decode(line))
        self._end()

    def _watch(self, parent: int) -> None:
        """End with the parent even if something else still holds the pipe open."""
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_S)
        self._end()

    def _end(self) -> None:
        self.on_orphaned()
        # sys.exit would wait for a native call, which may last minutes.
        os._exit(0)
