"""The parent's view of a child process: starting it with a task, exchanging messages, and ending it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pytest_reasoning.engine.process.dialog import POLL_S, ChildFailed, ChildLost, Dialog
from pytest_reasoning.engine.process.native_log import NativeLog
from pytest_reasoning.engine.process.wire import Message, decode, encode
from pytest_reasoning.engine.protocol import EngineProgress, OnProgress
from pytest_reasoning.text.errors import EngineError

PACKAGE_ROOT = Path(__file__).resolve().parents[3]
MODULE = "pytest_reasoning.engine"
"The module that a child runs (`engine/__main__.py`); its first message names its task."
ENVIRONMENT = {
    # ggml sets this in every process that loads it; set here, all children have the same variables (store keys).
    "KMP_BLOCKTIME": "200",
    # Keeps ggml from starting a debugger after a failed assertion.
    "GGML_NO_BACKTRACE": "1",
    # Otherwise ggml uses another kernel for 8 rows and more, and in a mixture of experts the number of rows of an
    # expert depends on what else is in the batch.
    "GGML_CPU_TILED_MM_FORCE": "1",
}
"Environment variables for llama.cpp; those that the user has set take precedence."
CLOSE_S = 0.5
"Seconds a child has to end by itself before it is killed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is run as a child, and how."""

    command: tuple[str, ...] = ()
    "Empty for the engine in this Python."
    variables: Mapping[str, str] | None = None
    "All its environment variables; None: this process's own and ours."
    own_session: bool = False
    "Whether Ctrl-C in the terminal does not reach it and what it starts."
    close_s: float = CLOSE_S
    noisy: bool = False
    "Whether other lines may come before its first message, such as a remote shell's greeting."


def environment() -> dict[str, str]:
    """Return a child's environment variables; the user's take precedence over ours."""
    return {**ENVIRONMENT, **os.environ}


class Child(Dialog):
    """A running child process; it ends when its `with` block does."""

    def __init__(
        self,
        task: Message,
        *,
        log_path: str | None = None,
        overhear: Callable[[Message], None] | None = None,
        variables: Mapping[str, str] | None = None,
        program: Program | None = None,
    ) -> None:
        """Start the process and give it its task.

        Args:
            task: the first message to the child.
            log_path: file that keeps what native code prints; None discards it at the end.
            overhear: called with each message as it arrives, on the reading thread.
            variables: environment variables of this child alone.
            program: what to run; None is the engine.

        Raises:
            OSError: there is no such program.
        """
        super().__init__()
        self._program = program = program or Program()
        self._overhear = overhear
        self._log = NativeLog(log_path)
        common = environment() if program.variables is None else program.variables
        try:
            # The child runs in the package's folder, so that no module in the user's folder hides one of ours.
            self._process = subprocess.Popen(
                program.command or (sys.executable, "-m", MODULE),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log.writer,
                cwd=PACKAGE_ROOT,
                env={**common, **(variables or {})},
                start_new_session=program.own_session,
            )
        except OSError:
            self._log.close()
            raise
        finally:
            os.close(self._log.writer)
        self.pid = self._process.pid
        self._at_end = False
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()
        self.send(task)

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, wait for it, and close its log."""
        self._end()
        self._log.close()

    def _queue(self, message: Message) -> None:
        self._outbox.put(encode(message))

    def _kill(self) -> None:
        self._process.kill()

    def _ended(self) -> str:
        self._at_end = True
        return f"died ({self._end()})"

    def _last_words(self) -> str:
        return self._log.last_words()

    def _end(self) -> str:
        """End the process and wait for it; return how it ended, such as `SIGKILL` or `exit status 1`."""
        self._outbox.put(None)
        if not self._at_end:
            self._writer.join(CLOSE_S)
        try:
            self._process.wait(self._program.close_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        status = self._process.returncode
        if status >= 0:
            return f"exit status {status}"
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"

    def _with_reason(self, message: str) -> str:
        what, bracket, remedy = message.rpartition(" (")
        reason = self._log.reason()
        return f"{what}: {reason}{bracket}{remedy}" if reason and bracket else message

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            noisy = self._program.noisy
            for line in self._process.stdout:
                try:
                    message = decode(line)
                except ValueError:
                    if noisy:
                        continue
                    raise
                noisy = False
                if self._overhear is not None:
                    self._overhear(message)
                self._inbox.put(message)
        except ValueError:
            # The child died in the middle of a line, or `close` has closed the pipe.
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


def answers(
    task: Message,
    patience_s: float,
    *,
    whose: str = "its",
    total: int = 0,
    tokens_in: Callable[[Message], int] = lambda message: 0,  # noqa: ARG005
    on_progress: OnProgress | None = None,
) -> Generator[Message, None, None]:
    """Do a task in a child of its own; yield what it says up to its message `end`, and end it when closed.

    Args:
        task: the child's first message.
        patience_s: longest silence, in seconds.
        whose: the process in an error message: `its`, or `their` for a task about two models.
        total: how many messages are awaited, for the progress.
        tokens_in: returns the completion tokens that a message speaks of, for the progress.
        on_progress: called now and then, when a message has been taken.

    Raises:
        EngineError: the child cannot do the task, or its process died.
    """
    done = tokens = 0
    began = told = time.monotonic()
    try:
        with Child(task) as child:
            for message in child.messages(patience_s):
                if message["op"] == "end":
                    break
                if message["op"] == "alive":  # it only shows that a long task goes on
                    continue
                yield message
                done, tokens, now = done + 1, tokens + tokens_in(message), time.monotonic()
                if on_progress is not None and now - told >= POLL_S:
                    told = now
                    on_progress(
                        EngineProgress(
                            done=done,
                            total=total,
                            prompt_tokens=0,
                            completion_tokens=tokens,
                            elapsed_s=now - began,
                        )
                    )
    except ChildFailed as failure:
        raise EngineError(str(failure)) from None
    except ChildLost as loss:
        raise EngineError(f"{whose} process {loss}") from None
