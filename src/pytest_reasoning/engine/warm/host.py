"""The process that keeps a model loaded between runs: `python -m pytest_reasoning.engine.warm.host SOCKET KEY`.

It listens at a socket, starts the engine's child for the first run that asks, and passes messages between child
and run. When the run has left, the child drops its requests and waits for the next run. Only one run uses the child
at a time. The host ends when nobody has used it for as long as the last run said, or when its child has ended.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_reasoning.engine.process.child import Child
from pytest_reasoning.engine.process.dialog import ChildFailed, ChildLost
from pytest_reasoning.engine.process.wire import Message, decode, encode
from pytest_reasoning.engine.warm.folder import connected, locked

READY, TAKEN = "ready", "taken"
"What the host prints when it listens, or when another one does."
GREETING_S = 5.0
"Seconds that whoever connects has to say what it wants."
LONGEST_LINE = 1 << 24
"Bytes of the longest first line, so that nobody can fill the memory without having said what it wants."
LEAVING_S = 0.5
"Seconds to wait for a run to leave: the one before may have closed its connection just now."
POLL_S = 0.2


class WarmHost:
    """One child, and the run that uses it."""

    def __init__(self, path: Path, key: str) -> None:
        """Take the path of the socket, and the key of what the child is started for."""
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        "Notified when a run has left."
        self._child: Child | None = None
        self._model = ""
        self._user: socket.socket | None = None
        "The connection of the run that uses the child."
        self._uses = 0
        "How many runs have come and gone: each use begins and ends with a message `renew` that has the number."
        self._heard_of = 0
        "The use that the child's messages are about."
        self._keep_s = GREETING_S
        self._left_at = time.monotonic()
        self._lost = False
        "Whether the child has ended, so that nobody else may be given it."
        self._over = threading.Event()
        "Set when the host must end."

    def run(self) -> None:
        """Listen until nobody needs the child any more."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._over.set())
        with locked(self._path.parent):
            other = connected(self._path, GREETING_S)
            if other is not None:
                other.close()
                print(TAKEN, flush=True)
                return
            self._path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            os.umask(0o177)
            listener.bind(str(self._path))
            os.umask(0o077)
            listener.listen(8)
        print(READY, flush=True)
        # Whoever started this process may read until the end of the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        listener.settimeout(POLL_S)
        while not self._over.is_set() and not self._forgotten():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._greet, args=(connection,), daemon=True).start()
        with locked(self._path.parent), contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        listener.close()
        if self._child is not None:
            self._child.close()

    def _forgotten(self) -> bool:
        with self._lock:
            if self._user is not None or time.monotonic() - self._left_at < self._keep_s:
                return False
            # From now on nobody is given the child.
            self._over.set()
            return True

    def _greet(self, connection: socket.socket) -> None:
        """Do what a first message asks for."""
        with connection, connection.makefile("rb") as stream:
            connection.settimeout(GREETING_S)
            with contextlib.suppress(OSError, ValueError):
                message = decode(stream.readline(LONGEST_LINE))
                if message["op"] == "use" and message.get("key") == self._key:
                    self._use(message, connection, stream)
                elif message["op"] == "stop":
                    connection.sendall(encode(self._stop()))
                elif message["op"] == "status" and not self._over.is_set():
                    connection.sendall(encode(self._status()))

    def _status(self) -> Message:
        with self._lock:
            left_s = max(0.0, self._keep_s - (time.monotonic() - self._left_at))
            return {
                "op": "status",
                "model": self._model,
                "pid": self._child.pid if self._child is not None else None,
                "in_use": self._user is not None,
                "left_s": left_s,
            }

    def _stop(self) -> Message:
        with self._lock:
            if self._freed.wait_for(self._free, LEAVING_S):
                self._over.set()
        return self._status()

    def _free(self) -> bool:
        return self._user is None

    def _use(self, message: Message, connection: socket.socket, lines: Iterator[bytes]) -> None:
        """Pass on what a run sends, until it leaves."""
        with self._lock:
            if not self._freed.wait_for(self._free, LEAVING_S) or self._lost or self._over.is_set():
                connection.sendall(encode({"op": "busy"}))
                return
            self._user = connection
            self._keep_s = float(message["keep_s"])
            child = self._renewed(message["task"])
            connection.sendall(encode({"op": "welcome", "pid": child.pid}))
        connection.settimeout(None)
        try:
            for line in lines:
                child.send(decode(line))
        finally:
            with self._lock:
                self._user = None
                self._left_at = time.monotonic()
                self._uses += 1
                self._freed.notify()
                child.send({"op": "renew", "use": self._uses})

    def _renewed(self, task: Message) -> Child:
        """Return the child, started now or free of all earlier requests."""
        self._model = str(task["model"])
        if self._child is None:
            self._child = Child(task)
            threading.Thread(target=self._pass_on, args=(self._child,), daemon=True).start()
        else:
            self._uses += 1
            self._child.send({"op": "renew", "use": self._uses})
        return self._child

    def _pass_on(self, child: Child) -> None:
        """Pass on what the child says to the run that it is meant for; end when the child ends."""
        try:
            for message in child.messages(math.inf):
                if message["op"] == "ready":
                    self._heard_of = message.get("use", 0)
                self._tell(message)
        except ChildFailed as failure:
            last = {"op": "failed", "message": str(failure)}
        except ChildLost as loss:
            last = {"op": "lost", "how": str(loss)}
        with self._lock:
            # Before the run is told: it may ask for a child again at once.
            self._lost = True
            self._heard_of = self._uses
        self._tell(last)
        self._over.set()

    def _tell(self, message: Message) -> None:
        with self._lock:
            user = self._user if self._heard_of == self._uses else None
        if user is not None:
            with contextlib.suppress(OSError):
                user.sendall(encode(message))


if __name__ == "__main__":
    WarmHost(Path(sys.argv[1]), sys.argv[2]).run()
    # Not sys.exit: threads may wait for whoever is still connected.
    os._exit(0)
