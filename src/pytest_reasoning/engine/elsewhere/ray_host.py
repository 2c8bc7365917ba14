"""The process between a run and a Ray cluster: `python -m pytest_reasoning.engine.elsewhere.ray_host`.

Ray prints, sets signal handlers and ends its process when the cluster's head is lost; none of that may happen to a
run of pytest, so it lives in a child. It ends with its parent, and its actors end with it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from pytest_reasoning.engine.elsewhere.files import piece
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message

LISTEN_S = 1.0
"How long one call waits for messages of an actor."
STORE_BYTES = 100_000_000
"Object store of a cluster on this machine; files are found there and need not pass through it."
CONNECT_S = 120.0
"How long an answer of the cluster is waited for; Ray itself may wait for one for ever."
MOST_CHARS = 600
"Characters of an error of Ray that are shown."
END_S = 8.0
"Seconds that the cluster on this machine has to end."

Tell = Callable[[Message], None]


class Host:
    """The actors of one run."""

    def __init__(self, ray: Any, pipes: ChildPipes) -> None:
        """Take Ray, which is connected."""
        self._ray = ray
        self._pipes = pipes
        self._lock = threading.Lock()
        self._seats: dict[int, _Seat] = {}

    def tell(self, message: Message) -> None:
        """Send a message to the run; may be called on any thread."""
        with self._lock:
            self._pipes.send(message)

    def end(self) -> None:
        """End all actors, and stop listening to them: Ray does not shut down while a call waits."""
        for seat in list(self._seats.values()):
            seat.shut()
        for seat in list(self._seats.values()):
            seat.listener.join(2 * LISTEN_S)

    def serve(self) -> None:
        """Do what the run asks for, until this process is ended."""
        while True:
            message = self._pipes.receive()
            number = message["seat"]
            if message["op"] == "open":
                try:
                    self._seats[number] = _Seat(self._ray, number, message, self.tell)
                except Exception as error:  # whatever Ray finds wrong with what is asked for
                    refusal = {"op": "failed", "message": f"Ray starts no actor: {_in_a_line(error)}"}
                    self.tell({"op": "heard", "seat": number, "message": refusal})
            elif message["op"] == "say" and number in self._seats:
                self._seats[number].say(message["message"])
            elif message["op"] == "shut" and number in self._seats:
                self._seats.pop(number).shut()


class _Seat:
    """One actor, and the thread that listens to it."""

    def __init__(self, ray: Any, number: int, asked: Message, tell: Tell) -> None:
        from pytest_reasoning.engine.elsewhere.seat import GROUPS, EngineSeat  # imports Ray

        self._ray = ray
        self._number = number
        self._files: dict[str, str] = asked["files"]
        self._tell = tell
        self._shut = False
        self._start_s: float = asked["start_s"]
        needs = asked["needs"]
        nodes = [node for node in ray.nodes() if node["Alive"]]
        here = -(-asked["replicas"] // max(1, len(nodes)))
        # What is not asked for is not passed: with any amount given, Ray holds a CPU as long as the actor lives.
        options = {name: amount for name, amount in needs.items() if amount}
        amounts = {"CPU": needs["num_cpus"], "GPU": needs["num_gpus"], **needs["resources"]}
        self._needs = ", ".join(f"{amount:g} {name}" for name, amount in amounts.items() if amount)
        self._actor = (
            ray.remote(concurrency_groups=GROUPS)(EngineSeat)
            .options(max_restarts=0, scheduling_strategy="SPREAD", **options)
            .remote({**asked["task"], "replicas_here": here}, bool(needs["num_gpus"]))
        )
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def say(self, message: Message) -> None:
        """Send a message to the actor; messages to one that is still starting wait there."""
        self._actor.say.remote(message)

    def shut(self) -> None:
        """End the actor, and its child with it."""
        self._shut = True
        self._ray.kill(self._actor, no_restart=True)

    def _listen(self) -> None:
        try:
            self._wait()
            while not self._shut:
                for message in self._ray.get(self._hear(LISTEN_S)):
                    self._take(message)
        except Exception as error:  # of Ray: the actor, its node or the cluster is lost
            if not self._shut:
                self._tell({"op": "lost", "seat": self._number, "how": f"was lost ({_in_a_line(error)})"})

    def _hear(self, wait_s: float) -> Any:
        return self._actor.hear.remote(wait_s)

    def _wait(self) -> None:
        """Wait until the actor runs."""
        first, until = self._hear(0.0), time.monotonic() + self._start_s
        while not self._ray.wait([first], timeout=LISTEN_S)[0]:
            if self._shut:
                return
            if time.monotonic() > until:
                message = (
                    f"no node of the Ray cluster had room for an actor with {self._needs or '1 CPU'} "
                    f"within {self._start_s:.0f} s "
                    "(ask for less under `ray` in the models file, or for fewer replicas)"
                )
                self._heard({"op": "failed", "message": message})
                return
            self._heard({"op": "alive"})
        for message in self._ray.get(first):
            self._take(message)

    def _take(self, message: Message) -> None:
        if message["op"] == "need":
            self.say({"op": "piece", "data": piece(self._files, message)})
        elif message["op"] == "lost":
            self._tell({**message, "seat": self._number})
        else:
            self._heard(message)

    def _heard(self, message: Message) -> None:
        self._tell({"op": "heard", "seat": self._number, "message": message})


def _in_a_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:MOST_CHARS]}"


def main() -> None:
    """Connect to the cluster, or start one, and serve."""
    pipes = ChildPipes()
    address = pipes.receive()["address"]
    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": logging.ERROR}
    if address == "ray":
        options |= {"address": "local", "include_dashboard": False, "object_store_memory": STORE_BYTES}

    def give_up() -> None:
        pipes.send({"op": "failed", "message": f"no answer within {CONNECT_S:.0f} s"})
        os._exit(1)

    clock = threading.Timer(CONNECT_S, give_up)
    clock.daemon = True
    clock.start()
    try:
        import ray

        ray.init(**options)
        clock.cancel()
    except BaseException as error:
        pipes.send({"op": "failed", "message": _in_a_line(error)})
        os._exit(1)

    host = Host(ray, pipes)

    def end() -> None:
        clock = threading.Timer(END_S, os._exit, args=(1,))
        clock.daemon = True
        clock.start()
        host.end()
        ray.shutdown()

    pipes.on_orphaned = end
    try:
        host.serve()
    finally:
        # Not sys.exit: with the reader blocked on stdin the interpreter would wait for its lock.
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
