"""The training rows in order: written in shards from a seed, kept on disk, so a resumed run sees the same."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.documents import Rows

SHARD_ROWS = 4096
SOURCES = ("documents.py", "splits.py", "tokenizer.py", "words.py", "tasks/*.py")


def source_digest() -> str:
    """Name the program that writes the rows: shards of an older one are never read again."""
    folder = Path(__file__).parent
    digest = sha256()
    for pattern in SOURCES:
        for path in sorted(folder.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Stream:
    """Batches of one kind of document; batch `n` is the same whoever asks and whenever."""

    def __init__(self, folder: Path, name: str, write: Callable[[str, int], Rows], batch: int) -> None:
        if SHARD_ROWS % batch:
            raise ValueError(f"a shard of {SHARD_ROWS} rows is no multiple of a batch of {batch}")
        self.folder, self.name, self.write, self.batch = folder, name, write, batch
        self._shard = -1
        self._rows: Rows = np.empty((0, 2, 0), dtype=np.int16)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        """Return tokens and targets of batch `place`: int64, (batch, length) each."""
        shard, start = divmod(place * self.batch, SHARD_ROWS)
        if shard != self._shard:
            self._shard, self._rows = shard, self._load(shard)
        rows = torch.from_numpy(self._rows[start : start + self.batch].astype(np.int64))
        return rows[:, 0], rows[:, 1]

    def _load(self, shard: int) -> Rows:
        path = self.folder / f"{self.name}-{shard}.npy"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial.npy")
            np.save(partial, self.write(f"{self.name}-{shard}", SHARD_ROWS))
            partial.replace(path)
        rows: Rows = np.load(path)
        return rows
