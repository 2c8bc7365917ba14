"""The parent's end of a child process: pipes that never block the caller, its log, and how it ended."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pytest_reasoning.engine.process.wire import Message, decode, encode

PACKAGE_ROOT = Path(__file__).resolve().parents[3]
WORKER = "pytest_reasoning.engine.process.child"
ENVIRONMENT = {
    # Threads sleep at a barrier: spinning, two of them on one free core are up to 100 times slower. But not before
    # some microseconds have gone by: most barriers are over by then, and to be woken takes longer.
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "400",
    # No debugger is started on a failed assertion.
    "GGML_NO_BACKTRACE": "1",
    # Else ggml takes another kernel for 8 rows and more, and in a mixture of experts it depends on what else is in
    # the batch how many rows an expert gets.
    "GGML_CPU_TILED_MM_FORCE": "1",
}
"What llama.cpp is told besides its parameters."
CLOSE_S = 0.5
"How long a child may take to end by itself."
LOG_TAIL_BYTES = 8192
TELLING = re.compile(r"assert|abort|error|fail|exception|out of memory|cannot|unable", re.IGNORECASE)
REASON = re.compile(
    r"(?:error loading model(?: \w+)*|failed to apply lora adapter|llama_init_from_model"
    r"|failed to initialize the context): (?!.*failed to load model from)(.+)"
)
HIDDEN = re.compile(r"[^\x20-\x7e]")


def environment() -> dict[str, str]:
    """Return the variables of a child; what the user has set stands."""
    chosen = dict(ENVIRONMENT)
    if "OMP_WAIT_POLICY" in os.environ:
        # libgomp would follow the count.
        del chosen["GOMP_SPINCOUNT"]
    return {**chosen, **os.environ}


class Child:
    """A running worker; `ended` is True once it has closed its output."""

    def __init__(self, log_path: str | None, overhear: Callable[[Message], None], *, module: str = WORKER) -> None:
        """Start it; `overhear` is told each message as it arrives, on the thread that reads."""
        self._overhear = overhear
        self._own_log = log_path is None
        if log_path is None:
            handle, log_path = tempfile.mkstemp(prefix="pytest-reasoning-", suffix=".log")
            os.close(handle)
        self.log_path = Path(log_path)
        self._log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            # The folder of the package is the child's: it is found there and nothing of the user's hides a module.
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PACKAGE_ROOT,
                env=environment(),
            )
        self.pid = self._process.pid
        self.ended = False
        self.heard = time.monotonic()
        "When it last said something."
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def send(self, message: Message) -> None:
        """Queue a message; never blocks."""
        self._outbox.put(encode(message))

    def receive(self, timeout_s: float) -> Message | None:
        """The next message, or None if none came in time or the child has ended."""
        try:
            message = self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if message is None:
            self.ended = True
        else:
            self.heard = time.monotonic()
        return message

    def close(self) -> str:
        """End the process and wait for it; how it ended, in words (`SIGKILL`, `exit status 1`)."""
        self._outbox.put(None)
        if not self.ended:
            self._writer.join(CLOSE_S)
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        status = self._process.returncode
        if self._process.stdout is not None:
            self._process.stdout.close()
        if status < 0:
            try:
                return signal.Signals(-status).name
            except ValueError:
                return f"signal {-status}"
        return f"exit status {status}"

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def reason(self) -> str:
        """Why llama.cpp refused a model, adapter or context, in its own words; empty if it gave none."""
        found = [match[1] for line in self._last_lines() if (match := REASON.search(line))]
        return found[-1].rstrip(".") if found else ""

    def last_words(self) -> str:
        """The most telling of the last lines of its log, in printable characters; empty if there is none."""
        lines = self._last_lines()
        telling = [line for line in lines if TELLING.search(line)]
        return (telling or lines or [""])[-1]

    def _last_lines(self) -> list[str]:
        try:
            with self.log_path.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, size - LOG_TAIL_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except OSError:
            return []
        return [HIDDEN.sub("?", line.strip())[:300] for line in text.splitlines() if line.strip(" .\t")]

    def forget_log(self) -> None:
        """Delete the log if it is a temporary one."""
        if self._own_log:
            self.log_path.unlink(missing_ok=True)

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                message = decode(line)
                self._overhear(message)
                self._inbox.put(message)
        except ValueError:
            # A line cut short by the child's death, or the pipe closed by `close`.
            pass
        self._inbox.put(None)

    def _write(self) -> None:
        assert self._process.stdin is not None
        try:
            while (data := self._outbox.get()) is not None:
                self._process.stdin.write(data)
                self._process.stdin.flush()
        except (OSError, ValueError):
            pass
        with contextlib.suppress(OSError):
            self._process.stdin.close()
