"""The folder of quantized files, within a budget of disk space; each is made once and found by what it is made of.

A file is written under another name and renamed when it is complete. A lock lets only one run at a time make files.
Each run marks the files that it uses, so that no other run deletes them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from pytest_reasoning.engine.store.keys import HashOf, native_library
from pytest_reasoning.engine.tasks.quantize.files_in_use import in_use, unlink_unless_in_use
from pytest_reasoning.engine.tasks.quantize.parent import quantize_file
from pytest_reasoning.records import QuantizeOrder
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.files import write_whole

DEFAULT_BUDGET_BYTES = 50_000_000_000
SPARE_BYTES = 64 << 20
"Disk space that is kept free."
LAYOUT = "1"
"Change this when the same order would make another file."
OTHER = "--reasoning-store=DIR"
NAP_S = 0.1
"Seconds between two looks at the lock while waiting for another run."


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Progress in making a file."""

    model: str
    done: int = 0
    "Finished tensors."
    total: int = 0
    "Number of tensors; 0 before the first is finished."
    waiting: bool = False
    "Whether it waits for another run that makes files in the same folder."


class MadeFiles:
    """Returns the paths of quantized files, making those that do not exist."""

    def __init__(
        self,
        folder: Path,
        *,
        hash_of: HashOf,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        threads: int = 0,
        makes: bool = True,
        on_progress: Callable[[Making | None], None] = lambda _: None,
    ) -> None:
        """Take the folder, which is created when needed.

        Args:
            folder: holds all quantized files; several runs may share it.
            hash_of: computes the content hash of the native libraries.
            budget_bytes: the most disk space for all quantized files.
            threads: number of the quantizer's threads; 0 means the number of physical cores.
            makes: whether missing files are made; if not, their paths are returned all the same.
            on_progress: called with the progress of a file, and with None at its end.
        """
        self.folder = folder
        self._hash_of = hash_of
        self._budget_bytes = budget_bytes
        self._threads = threads
        self._makes = makes
        self._on_progress = on_progress
        self._held: dict[Path, BinaryIO] = {}

    def path_of(self, order: QuantizeOrder) -> Path:
        """Return the quantized file's path, creating it if allowed; otherwise it may not exist.

        Raises:
            ModelError: it cannot be made, because of the disk, budget, folder, input or quantizer.
        """
        kind = "recipe" if order.tensor_types else order.type
        path = self.folder / f"{kind}-{self._key(order)}.gguf"
        try:
            if self._take(path) or not self._makes:
                return path
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = self._lock(order)
        except OSError as error:
            raise self._unusable(order, error) from None
        try:
            if not self._take(path):
                self._make(order, path)
                self._take(path)
        except OSError as error:
            raise self._unusable(order, error) from None
        finally:
            self._on_progress(None)
            lock.release()
        return path

    def close(self) -> None:
        """Unmark the files that were in use."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def _lock(self, order: QuantizeOrder) -> FileLock:
        """Lock the folder, so that no other run makes files in it; waits as long as necessary."""
        lock = FileLock(self.folder / "making.lock")
        while True:
            try:
                lock.acquire(timeout=NAP_S)
            except Timeout:
                self._on_progress(Making(model=order.model, waiting=True))
            else:
                return lock

    def _key(self, order: QuantizeOrder) -> str:
        decides = [LAYOUT, order.sha256, order.type, order.imatrix_sha256, *native_library(self._hash_of)]
        decides += [f"{name} {kind}" for name, kind in sorted(order.tensor_types.items())]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:20]

    def _take(self, path: Path) -> bool:
        """Mark an existing, complete file as in use, and note the time; return whether there is one."""
        if path in self._held:
            return True
        note = path.with_suffix(".json")
        try:
            size = json.loads(note.read_text(encoding="utf-8"))["size_bytes"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False
        held = in_use(path)
        if held is None:
            return False
        if path.stat().st_size != size:
            held.close()
            return False
        self._held[path] = held
        with contextlib.suppress(OSError):
            os.utime(note)
        return True

    def _make(self, order: QuantizeOrder, path: Path) -> None:
        for left in self.folder.glob("*.partial"):
            left.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        partial = path.with_suffix(".partial")
        self._on_progress(Making(model=order.model))
        quantize_file(
            order,
            partial,
            threads=self._threads,
            on_planned=lambda size_bytes: self._make_room(order, size_bytes),
            on_progress=lambda done, total: self._on_progress(Making(model=order.model, done=done, total=total)),
        )
        try:
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            note = {
                "type": order.type,
                "source_sha256": order.sha256,
                "imatrix_sha256": order.imatrix_sha256,
                "llama_cpp_python": native_library(self._hash_of)[0],
                "size_bytes": partial.stat().st_size,
                "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            }
            write_whole(path.with_suffix(".json"), json.dumps(note, indent=1) + "\n")
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _make_room(self, order: QuantizeOrder, size_bytes: int) -> None:
        """Delete least recently used files until a file of this size fits the budget and the disk.

        Raises:
            ModelError: it cannot fit.
        """
        there = {path: path.stat().st_size for path in self.folder.glob("*.gguf")}
        oldest_first = sorted(there, key=_last_used)
        free = shutil.disk_usage(self.folder).free

        def fits() -> bool:
            return sum(there.values()) + size_bytes <= self._budget_bytes and size_bytes + SPARE_BYTES <= free

        while not fits() and oldest_first:
            path = oldest_first.pop(0)
            if path not in self._held and unlink_unless_in_use(path):
                path.with_suffix(".json").unlink(missing_ok=True)
                there.pop(path)
                free = shutil.disk_usage(self.folder).free
        if fits():
            return
        if sum(there.values()) + size_bytes > self._budget_bytes:
            raise ModelError(
                f"model {order.model!r}: takes {_shown(size_bytes)}, and of the {_shown(self._budget_bytes)} for "
                f"quantized files {_shown(sum(there.values()))} are in use (raise --reasoning-quantize-budget)"
            )
        raise ModelError(
            f"model {order.model!r}: takes {_shown(size_bytes)}, {_shown(SPARE_BYTES)} are kept free, and "
            f"{self.folder} has room for {_shown(free)} (make room, or name another folder with {OTHER})"
        )

    def _unusable(self, order: QuantizeOrder, error: OSError) -> ModelError:
        return ModelError(
            f"model {order.model!r}: {self.folder} cannot be used for quantized files: {error.strerror} "
            f"(name another folder with {OTHER})"
        )


def _last_used(path: Path) -> float:
    try:
        return path.with_suffix(".json").stat().st_mtime
    except OSError:
        return 0.0


def _shown(size_bytes: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"
