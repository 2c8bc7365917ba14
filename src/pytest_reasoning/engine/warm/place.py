"""Starts the child of a model in a host that outlives the run, or takes the one that an earlier run left there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from pytest_reasoning.engine.process.child import PACKAGE_ROOT, Child, environment
from pytest_reasoning.engine.process.dialog import ChildFailed, Dialog
from pytest_reasoning.engine.process.wire import Message, decode, encode
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.engine.store.keys import NEVER_DECIDES, deciding_environment, machine, native_library
from pytest_reasoning.engine.warm.folder import SUFFIX, connected, own_folder
from pytest_reasoning.engine.warm.host import GREETING_S, LONGEST_LINE, READY, TAKEN
from pytest_reasoning.text.errors import EngineError
from pytest_reasoning.text.versions import installed_version

HOST = "pytest_reasoning.engine.warm.host"
START_S = 30.0
"Seconds that a host may take to listen; it starts no model before that."
CLOSE_S = 0.5
"Seconds for the last messages to leave."


class WarmPlace:
    """Starts the child of one model where the next run finds it."""

    def __init__(
        self, sha256: str, settings: EngineSettings, *, number: int, variables: Mapping[str, str] | None = None
    ) -> None:
        """Take the model.

        Args:
            sha256: hash of the model file's content.
            settings: how to run it; they say how long it stays loaded.
            number: which of the model's replicas this is.
            variables: environment variables of its child, beside those that all have.
        """
        assert settings.keep_warm_s is not None
        self._keep_s = settings.keep_warm_s
        self._variables = dict(variables or {})
        self._key = key(sha256, settings, number=number, variables={**environment(), **self._variables})

    def start(self, task: Message, overhear: Callable[[Message], None]) -> Dialog:
        """Return a loaded model's child, or a new one; one of this run alone where another run uses that.

        Raises:
            ChildFailed: the folder of the sockets cannot be used.
        """
        try:
            path = own_folder() / f"{self._key[:16]}{SUFFIX}"
        except EngineError as error:
            raise ChildFailed(str(error)) from None
        found = self._used(path, task)
        if found is None and self._hosted(path):
            found = self._used(path, task)
        if found is None:
            return Child(task, overhear=overhear, variables=self._variables)
        return _Warm(*found, overhear)

    def _used(self, path: Path, task: Message) -> tuple[socket.socket, BinaryIO, int] | None:
        """Ask the host at a path for its child; return None if none listens there, or if its answer is not ours."""
        connection = connected(path, GREETING_S)
        if connection is None:
            return None
        stream = connection.makefile("rb")
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            connection.sendall(encode({"op": "use", "key": self._key, "keep_s": self._keep_s, "task": task}))
            answer = decode(stream.readline(LONGEST_LINE))
            if answer["op"] == "welcome":
                connection.settimeout(None)
                return connection, stream, int(answer["pid"])
        stream.close()
        connection.close()
        return None

    def _hosted(self, path: Path) -> bool:
        """Start a host unless another one listens at the path; return whether one does now."""
        process = subprocess.Popen(
            (sys.executable, "-m", HOST, str(path), self._key),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PACKAGE_ROOT,
            env={**environment(), **self._variables},
            # Ctrl-C in this run's terminal must not reach it.
            start_new_session=True,
        )
        timer = threading.Timer(START_S, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            with process.stdout as said:
                word = said.readline().decode("ascii", errors="replace").strip()
        finally:
            timer.cancel()
        if word != READY:
            process.wait()
        else:
            # It ends by itself, and nobody here waits for it.
            process.returncode = 0
        return word in (READY, TAKEN)


class _Warm(Dialog):
    """Messages to and from a child by way of its host."""

    def __init__(
        self, connection: socket.socket, stream: BinaryIO, pid: int, overhear: Callable[[Message], None]
    ) -> None:
        super().__init__()
        self.pid = pid
        self._connection = connection
        self._stream = stream
        self._overhear = overhear
        self._how = "died"
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Leave the child to the next run; what it still does for this one, it drops."""
        self._outbox.put(None)
        self._writer.join(CLOSE_S)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _queue(self, message: Message) -> None:
        self._outbox.put(encode(message))

    def _kill(self) -> None:
        if self.pid:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)

    def _ended(self) -> str:
        return self._how

    def _last_words(self) -> str:
        return ""

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._stream:
            for line in self._stream:
                message = decode(line)
                if message["op"] == "lost":
                    self._how = str(message["how"])
                    break
                self._overhear(message)
                self._inbox.put(message)
        self._inbox.put(None)

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (data := self._outbox.get()) is not None:
                self._connection.sendall(data)


def key(sha256: str, settings: EngineSettings, *, number: int, variables: Mapping[str, str]) -> str:
    """Return a hash of all that a loaded model depends on, so that no run is answered by another model or version.

    Args:
        sha256: hash of the model file's content.
        settings: how it is run.
        number: which of the model's replicas it is.
        variables: the environment variables of its child.
    """
    chosen = {name: value for name, value in asdict(settings).items() if name not in NEVER_DECIDES}
    decides = [
        sha256,
        {**chosen, "timeout_s": settings.timeout_s},
        number,
        deciding_environment(variables),
        native_library(_signature),
        machine(),
        sys.executable,
        [installed_version(name) for name in ("pytest-reasoning", "numpy")],
        _sources(),
    ]
    return hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()


def _signature(path: Path) -> str:
    """Return what tells that a file has changed, without reading it."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _sources() -> list[str]:
    """Return the signature of each module of this package: a version does not change while one works on it."""
    root = PACKAGE_ROOT / "pytest_reasoning"
    return [f"{path.relative_to(root)} {_signature(path)}" for path in sorted(root.rglob("*.py"))]
