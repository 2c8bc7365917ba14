"""The child's task `quantize`."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.engine.llama.backend import quantize as quantize_file
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.records import QuantizeOrder


def quantize(task: Message, pipes: ChildPipes) -> None:
    """Do a `quantize` task: report the size of the file, wait for `go`, and write it.

    Raises:
        ModelError: llama.cpp cannot quantize it.
    """
    target = Path(task["target"])
    # When the parent has gone, nobody else deletes the unfinished file.
    pipes.on_orphaned = lambda: target.unlink(missing_ok=True)

    def planned(size_bytes: int) -> None:
        pipes.send({"op": "planned", "size_bytes": size_bytes})
        pipes.receive()

    quantize_file(
        from_wire(QuantizeOrder, task["order"]),
        target,
        threads=task["threads"],
        on_planned=planned,
        on_progress=lambda done, total: pipes.send({"op": "progress", "done": done, "total": total}),
    )
    # From here on the file belongs to the parent, which closes the pipe after this message.
    pipes.on_orphaned = lambda: None
    pipes.send({"op": "made"})
