"""The child process `python -m pytest_reasoning.engine`: reads one task from stdin, does it, and exits.

It never outlives its parent: when stdin ends it exits at once, even inside a native call.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

from pytest_reasoning.engine.machine.busy import FreeProcessors
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.waiting import choose_waiting
from pytest_reasoning.engine.process.wire import Message
from pytest_reasoning.text.errors import EngineError, ModelError

Prepare = Callable[[Message, ChildPipes], Message]


def main(prepare: Prepare = lambda task, _: task) -> None:
    """Wait for the task, prepare it, and do it; a failure is reported to the parent in one line.

    An unexpected failure is reported too, with its traceback in the log. Only while requests are served does it end
    the process at once, because the parent then finds the request that causes it and repeats all others.
    """
    free = FreeProcessors()
    pipes = ChildPipes()
    task = pipes.receive()
    try:
        task = prepare(task, pipes)
        task = {**task, "waiting": choose_waiting(task, free, os.environ)}
        # This loads llama.cpp, which only then reads how its threads wait.
        from pytest_reasoning.engine.doing import TASKS

        TASKS[task["op"]](task, pipes)
    except (EngineError, ModelError) as error:
        pipes.send({"op": "failed", "message": str(error)})
    except BaseException as error:
        traceback.print_exc()
        if task.get("op") == "serve":
            os._exit(1)
        what = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
        pipes.send(
            {"op": "failed", "message": f"{what}, in {_place(error)} (an error of this plugin: please report it)"}
        )
    # Not sys.exit: with the reader blocked on stdin the interpreter would wait for its lock.
    os._exit(0)


def _place(error: BaseException) -> str:
    """Return the file and line that raised an error."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


if __name__ == "__main__":
    main()
