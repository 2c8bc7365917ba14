"""The child that a launcher starts on another machine: `python -m pytest_reasoning.engine.elsewhere.launched`.

It differs from the engine's own child (`engine/__main__.py`) in what comes first: its environment and its files are
those of the other machine.
"""

from __future__ import annotations

import os

from pytest_reasoning.engine.elsewhere.arrival import arrived
from pytest_reasoning.engine.process.child import environment
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message


def prepared(task: Message, pipes: ChildPipes) -> Message:
    """Say what this machine is, find the files, and return the task as it is done here."""
    # A remote shell may have begun a line.
    pipes.end_line()
    ready, held = arrived(task, pipes.send, pipes.receive)
    pipes.give_back(held)
    return ready


if __name__ == "__main__":
    # Before llama.cpp is loaded, which reads these variables.
    os.environ.update(environment())
    from pytest_reasoning.engine.__main__ import main

    main(prepared)
