"""The child's end of quantizing one file."""

from __future__ import annotations

from pathlib import Path

from pytest_reasoning.engine.llama.backend import quantize as quantize_file
from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.records import QuantizeOrder


def quantize(task: Message, pipes: ChildPipes) -> None:
    """Do a `quantize` task: tell what the file will take, and make it once that is answered; raises ModelError."""
    target = Path(task["target"])
    # When the parent has gone nobody else takes the unfinished file away.
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
    # From here on the file is the parent's, which closes the pipe as soon as it knows.
    pipes.on_orphaned = lambda: None
    pipes.send({"op": "made"})
