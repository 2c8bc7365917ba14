"""The run's side of a Ray cluster: one child process that talks to Ray, and a conversation with each actor.

Ray itself is not imported here (`ray_host.py`).
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from pytest_reasoning.engine.elsewhere.files import FileGroup, paths_of
from pytest_reasoning.engine.elsewhere.variables import common_variables
from pytest_reasoning.engine.process.child import Child, Program
from pytest_reasoning.engine.process.dialog import POLL_S, Dialog
from pytest_reasoning.engine.process.wire import Message
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import RayNeeds
from pytest_reasoning.text.versions import installed_version

MODULE = "pytest_reasoning.engine.elsewhere.ray_host"
CLOSE_S = 10.0
"Seconds that the cluster on this machine has to end before its processes are killed."
START_S = 300.0
"How long a node with room for an actor is waited for; a cluster may have to start one."
Overhear = Callable[[Message], None]


@cache
def cluster(address: str) -> Cluster:
    """Return the cluster with an address, which stays connected until this process ends."""
    found = Cluster(address)
    atexit.register(found.close)
    return found


class Cluster:
    """A Ray cluster; its process starts with the first actor, and again if it was lost."""

    def __init__(self, address: str) -> None:
        """Take the address; `ray` starts a cluster on this machine."""
        self.address = address
        self._lock = threading.Lock()
        self._host: _Host | None = None
        self._seats: dict[int, _ActorSeat] = {}
        self._numbers = 0

    def place(self, settings: EngineSettings, groups: Sequence[FileGroup]) -> ClusterPlace:
        """Return the place where the replicas of one model run."""
        return ClusterPlace(self, settings, groups)

    @property
    def host_pid(self) -> int | None:
        """The process that talks to Ray, if it runs."""
        return self._host.pid if self._host is not None else None

    def seat(self, asked: Message, overhear: Overhear) -> Dialog:
        """Start an actor and return the conversation with it."""
        with self._lock:
            if self._host is None or self._host.lost:
                if self._host is not None:
                    self._host.close()
                self._host = _Host(self.address, self._route, self._gone)
            self._numbers += 1
            seat = self._seats[self._numbers] = _ActorSeat(self, self._numbers, overhear)
            self._host.send({**asked, "op": "open", "seat": self._numbers})
            return seat

    def say(self, number: int, message: Message) -> None:
        """Send a message to an actor."""
        if self._host is not None:
            self._host.send({"op": "say", "seat": number, "message": message})

    def shut(self, number: int) -> None:
        """End an actor."""
        if self._seats.pop(number, None) is not None and self._host is not None:
            self._host.send({"op": "shut", "seat": number})

    def close(self) -> None:
        """End all actors, the process that talks to Ray, and the cluster if it was started here."""
        with self._lock:
            if self._host is not None:
                self._host.close()
                self._host = None

    def _route(self, message: Message) -> None:
        """Give each message of the host to the conversation that it belongs to; on the reading thread."""
        if message["op"] == "failed":
            error = f"the Ray cluster '{self.address}' cannot be used: {message['message']}"
            remedy = "see whether it runs, and with the Ray and Python of this machine"
            for seat in list(self._seats.values()):
                seat.deliver({"op": "failed", "message": f"{error} ({remedy})"})
            return
        found = self._seats.get(message["seat"])
        if found is None:
            return
        if message["op"] == "lost":
            found.end(message["how"])
        else:
            found.deliver(message["message"])

    def _gone(self, last_words: str) -> None:
        said = f"; its last words: {last_words}" if last_words else ""
        for seat in list(self._seats.values()):
            seat.end(f"was lost (the connection to the Ray cluster '{self.address}' ended{said})")


class ClusterPlace:
    """Starts the replicas of one model as actors."""

    def __init__(self, on: Cluster, settings: EngineSettings, groups: Sequence[FileGroup]) -> None:
        self._cluster = on
        self._groups = groups
        self._needs = settings.model.ray or RayNeeds()
        self._replicas = settings.replicas
        self._threads = settings.model.threads

    def start(self, task: Message, overhear: Overhear) -> Dialog:
        """Start an actor and give it its task."""
        settings = dict(task["settings"])
        model = dict(settings["model"])
        if model["threads"] is None and self._needs.num_cpus:
            model["threads"] = max(1, int(self._needs.num_cpus))
        if not self._needs.num_gpus:
            model["gpu_layers"] = 0
        whole = {
            **task,
            "settings": {**settings, "model": model},
            "files": [asdict(group) for group in self._groups],
            "version": installed_version("pytest-reasoning"),
        }
        asked = {
            "task": whole,
            "needs": asdict(self._needs),
            "replicas": self._replicas,
            "files": paths_of(self._groups),
            "start_s": START_S,
        }
        return self._cluster.seat(asked, overhear)


class _Host(Child):
    """The process that talks to Ray."""

    def __init__(self, address: str, route: Overhear, gone: Callable[[str], None]) -> None:
        self._gone = gone
        self.lost = False
        variables = {**common_variables(os.environ, "RAY_", "HF_"), "RAY_USAGE_STATS_ENABLED": "0"}
        self._folder: str | None = None
        if address == "ray":
            # Sockets lie there, whose paths may have 107 bytes; Ray itself would leave its logs behind.
            self._folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp" if Path("/tmp").is_dir() else None)
            variables["RAY_TMPDIR"] = self._folder
        super().__init__(
            {"op": "cluster", "address": address},
            overhear=route,
            # Ctrl-C in the terminal is for the run, which ends this process in order.
            program=Program(
                command=(sys.executable, "-m", MODULE), variables=variables, own_session=True, close_s=CLOSE_S
            ),
        )

    def close(self) -> None:
        """End the process, and delete what a cluster on this machine leaves."""
        super().close()
        until = time.monotonic() + CLOSE_S
        # Processes of the cluster that are still ending may write once more.
        while self._folder is not None and Path(self._folder).exists() and time.monotonic() < until:
            shutil.rmtree(self._folder, ignore_errors=True)
            time.sleep(POLL_S)

    def _read(self) -> None:
        super()._read()
        self.lost = True
        self._gone(self._last_words())


class _ActorSeat(Dialog):
    """The conversation with one actor."""

    def __init__(self, on: Cluster, number: int, overhear: Overhear) -> None:
        super().__init__()
        self._cluster = on
        self._number = number
        self._overhear = overhear
        self._how = ""

    def deliver(self, message: Message) -> None:
        """Take a message of the actor; called on the reading thread."""
        self._overhear(message)
        self._inbox.put(message)

    def end(self, how: str) -> None:
        """Take the news that no more will come."""
        self._how = how
        self._inbox.put(None)

    def close(self) -> None:
        """End the actor."""
        self._cluster.shut(self._number)

    def _queue(self, message: Message) -> None:
        self._cluster.say(self._number, message)

    def _kill(self) -> None:
        self._cluster.shut(self._number)

    def _ended(self) -> str:
        return self._how

    def _last_words(self) -> str:
        return ""
