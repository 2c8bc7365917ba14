"""The parent's side of quantising one file: a child process does it, and whatever ends it leaves no half file."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from pytest_reasoning.engine.machine.resources import physical_cores
from pytest_reasoning.engine.process.supervisor import Child
from pytest_reasoning.records import QuantizeOrder
from pytest_reasoning.text.errors import ModelError

WORKER = "pytest_reasoning.engine.tasks.quantize_child"
POLL_S = 0.25
SILENCE_S = 3600.0
"One tensor of the largest models, in the types that search longest, took minutes."
FULL_BYTES = 1 << 20
"So little free room means that the disk is full."

OnPlanned = Callable[[int], None]
"Takes the size the file will have, in bytes; may raise ModelError to forbid it."
OnProgress = Callable[[int, int], None]
"Takes tensors done and tensors in all."


def quantise_file(
    order: QuantizeOrder, target: Path, *, threads: int, on_planned: OnPlanned, on_progress: OnProgress
) -> None:
    """Make `target` as `order` says.

    Raises:
        ModelError: it could not be made; `target` is not there then.
    """
    child = Child(None, lambda _: None, module=WORKER)
    made = False
    try:
        child.send(
            {
                "op": "quantise",
                "source": order.source,
                "target": str(target),
                "type": order.type,
                "threads": threads or physical_cores(),
                "imatrix": order.imatrix,
                "numbers_per_tensor": dict(order.numbers_per_tensor),
            }
        )
        made = _attend(child, order, target, on_planned, on_progress)
    finally:
        if not made:
            child.kill()
        how = child.close()
        last_words = child.last_words()
        child.forget_log()
        if not made:
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
    if not made:
        said = f"; its last words: {last_words}" if last_words else ""
        raise ModelError(
            f"model {order.model!r}: the process that quantises ended ({how}){said} "
            "(run again; if memory ran out, use fewer --reasoning-threads)"
        )


def _attend(
    child: Child, order: QuantizeOrder, target: Path, on_planned: OnPlanned, on_progress: OnProgress
) -> bool:
    """Answer the child until it is done; False if it ended before."""
    while True:
        message = child.receive(POLL_S)
        if message is None:
            if child.ended:
                return False
            if time.monotonic() - child.heard > SILENCE_S:
                raise ModelError(
                    f"model {order.model!r}: the process that quantises has said nothing for "
                    f"{SILENCE_S:.0f} s (run again)"
                )
        elif message["op"] == "planned":
            on_planned(message["size_bytes"] + order.header_bytes)
            child.send({"op": "go"})
        elif message["op"] == "progress":
            on_progress(message["done"], message["total"])
        elif message["op"] == "failed":
            raise ModelError(f"model {order.model!r}: {_failure(message['message'], target)}")
        elif message["op"] == "made":
            return True


def _failure(why: str, target: Path) -> str:
    if "iostream" not in why and "ios_base" not in why:
        return f"cannot be quantised: {why}"
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError:
        free = FULL_BYTES
    if free < FULL_BYTES:
        return f"the disk of {target.parent} is full (make room, or name another folder with --reasoning-store=DIR)"
    return f"its file cannot be written in {target.parent} (check the folder and the limits on file sizes)"
