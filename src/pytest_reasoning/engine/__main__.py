"""The child process `python -m pytest_reasoning.engine`: it reads one task from stdin, does it, and ends.

It lives no longer than its parent: the end of stdin ends it at once, even inside a native call.
"""

from __future__ import annotations

import os

from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.serve import serve
from pytest_reasoning.engine.tasks.divergence.child import compare
from pytest_reasoning.engine.tasks.quantize.child import quantize
from pytest_reasoning.text.errors import EngineError, ModelError

TASKS = {"serve": serve, "compare": compare, "quantize": quantize}
"The first message's `op`, and what does the task."


def main() -> None:
    """Wait for the task and do it; what it cannot do is said in one line."""
    pipes = ChildPipes()
    task = pipes.receive()
    try:
        TASKS[task["op"]](task, pipes)
    except (EngineError, ModelError) as error:
        pipes.send({"op": "failed", "message": str(error)})
    # Not sys.exit: with the reader blocked on stdin the interpreter would wait for its lock.
    os._exit(0)


if __name__ == "__main__":
    main()
