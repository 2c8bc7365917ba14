"""The child process `python -m pytest_reasoning.engine.tasks.quantize_child`: it quantizes one file and ends."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_reasoning.engine.llama.backend import quantise
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.text.errors import ModelError


def main() -> None:
    """Wait for the job, tell what it will take, and make it once that is answered."""
    unfinished: list[Path] = []

    def remove() -> None:
        # The parent has gone: nobody else would take the unfinished file away.
        for path in unfinished:
            path.unlink(missing_ok=True)

    pipes = ChildPipes(on_orphaned=remove)
    job = pipes.receive()
    unfinished.append(Path(job["target"]))
    try:
        quantise(job, pipes.send, wait=pipes.receive)
    except ModelError as error:
        pipes.send({"op": "failed", "message": str(error)})
    else:
        # From here on the file is the parent's, which closes the pipe as soon as it knows.
        unfinished.clear()
        pipes.send({"op": "made"})
    os._exit(0)


if __name__ == "__main__":
    main()
