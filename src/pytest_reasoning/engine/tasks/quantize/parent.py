"""Quantizes one file in a child process; if that fails, no incomplete file remains."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from pytest_reasoning.engine.machine.cores import physical_cores
from pytest_reasoning.engine.process.child import Child
from pytest_reasoning.engine.process.dialog import ChildFailed, ChildLost
from pytest_reasoning.records import QuantizeOrder
from pytest_reasoning.text.errors import ModelError

PATIENCE_S = 3600.0
"Longest silence in seconds; one tensor of the largest models can take minutes in the slowest types."
FULL_BYTES = 1 << 20
"The disk counts as full if fewer bytes are free."

OnPlanned = Callable[[int], None]
"Called with the size of the future file in bytes; may raise ModelError to prevent it."
OnTensors = Callable[[int, int], None]
"Called with the number of finished tensors and of all tensors."


def quantize_file(
    order: QuantizeOrder, target: Path, *, threads: int, on_planned: OnPlanned, on_progress: OnTensors
) -> None:
    """Make the file `target` as `order` describes it.

    Raises:
        ModelError: it could not be made; then `target` does not exist.
    """
    task = {
        "op": "quantize",
        "order": asdict(order),
        "target": str(target),
        "threads": threads or physical_cores(),
    }
    made, needed = False, 0
    try:
        with Child(task) as child:
            for message in child.messages(PATIENCE_S):
                if message["op"] == "planned":
                    needed = message["size_bytes"] + order.header_bytes
                    on_planned(needed)
                    child.send({"op": "go"})
                elif message["op"] == "progress":
                    on_progress(message["done"], message["total"])
                elif message["op"] == "made":
                    made = True
                    break
    except ChildFailed as failure:
        raise ModelError(f"model {order.model!r}: {_failure(str(failure), target, needed)}") from None
    except ChildLost as loss:
        raise ModelError(
            f"model {order.model!r}: the process that quantizes {loss} "
            "(run again; if memory ran out, use fewer --reasoning-threads)"
        ) from None
    finally:
        if not made:
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)


def _failure(why: str, target: Path, needed: int) -> str:
    if "iostream" not in why and "ios_base" not in why:
        return f"cannot be quantized: {why}"
    try:
        free = shutil.disk_usage(target.parent).free
        written = target.stat().st_size if target.exists() else 0
    except OSError:
        free, written = needed + FULL_BYTES, 0
    # What was written may be gone again by now, and its room free.
    if free < FULL_BYTES or free + written < needed:
        return f"the disk of {target.parent} is full (make room, or name another folder with --reasoning-store=DIR)"
    return f"its file cannot be written in {target.parent} (check the folder and the limits on file sizes)"
