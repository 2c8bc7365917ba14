"""The actor of a Ray cluster: one replica of a model, in a child process on the actor's node.

Only actors and the process that starts them import this module, for it needs Ray. The methods name their groups
themselves because a Ray client can name none with a call.
"""

from __future__ import annotations

import math
import os
import queue
import threading
from collections.abc import Callable, Mapping

import ray

from pytest_reasoning.engine.elsewhere.arrival import arrived
from pytest_reasoning.engine.elsewhere.variables import engine_variables
from pytest_reasoning.engine.process.child import Child, Program
from pytest_reasoning.engine.process.dialog import ChildFailed, ChildLost
from pytest_reasoning.engine.process.wire import Message
from pytest_reasoning.text.errors import EngineError, ModelError

GROUPS = {"say": 1, "hear": 1}
"Threads of each concurrency group of the actor: one each, so that messages of one direction stay in order."


class EngineSeat:
    """Holds the engine's child process on a node, and passes messages on; an actor of Ray."""

    def __init__(self, task: Message, gpus: bool) -> None:
        """Begin the task; `gpus` says whether the node's GPUs that Ray has assigned may be seen."""
        self._in: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._out: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._run, args=(task, gpus), daemon=True).start()

    @ray.method(concurrency_group="say")
    def say(self, message: Message) -> None:
        """Take a message to the engine."""
        self._in.put(message)

    @ray.method(concurrency_group="hear")
    def hear(self, wait_s: float) -> list[Message]:
        """Return what the engine has said since, waiting a while for the first message."""
        try:
            found = [self._out.get(timeout=wait_s)]
        except queue.Empty:
            return []
        while not self._out.empty():
            found.append(self._out.get())
        return found

    def _run(self, task: Message, gpus: bool) -> None:
        try:
            self._serve(task, engine_variables(os.environ, gpus=gpus))
        except ChildLost as loss:
            self._out.put({"op": "lost", "how": str(loss)})
        except (ChildFailed, EngineError, ModelError) as failure:
            self._out.put({"op": "failed", "message": str(failure)})
        except BaseException as error:  # whatever it is, the driver must learn of it
            self._out.put({"op": "failed", "message": f"{type(error).__name__}: {error}"})

    def _serve(self, task: Message, variables: Mapping[str, str]) -> None:
        ready, held = arrived(task, self._out.put, self._in.get, variables)
        with Child(ready, program=Program(variables=variables)) as child:
            for message in held:
                child.send(message)
            threading.Thread(target=_forward, args=(self._in.get, child.send), daemon=True).start()
            for message in child.messages(math.inf):  # how long a silence may be, the supervisor knows
                self._out.put(message)


def _forward(receive: Callable[[], Message], send: Callable[[Message], None]) -> None:
    while True:
        send(receive())
