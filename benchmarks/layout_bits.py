"""Finds batch layouts that keep a row's bits: `layout_bits.py MODEL…`, with GGML_CPU_TILED_MM_FORCE=1 set.

Sequences of known tokens after a shared prefix are evaluated in calls of random make-up: so many rows of so many
sequences, filled up to a multiple of 1, 2, 4, 8 or 16 rows and outputs. Every logits row is compared with one
schedule of multiples of 4.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.layouts import Blocks, Taken
from pytest_reasoning.engine.batching.parts import Rows, SequencePart
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ModelSettings

PREFIX = tuple(range(1, 150))
Found = dict[tuple[int, int], bytes]


class RandomCalls(Blocks):
    """Selects random rows of random parts for calls with a multiple of `block` rows and outputs."""

    def __init__(self, seed: int, block: int) -> None:
        super().__init__()
        self._random, self._block = random.Random(seed), block
        self.most_rows = 60 // block * block

    def take(self, parts: Sequence[SequencePart], _more: bool, /) -> Taken:
        """Choose up to 12 parts and a few tokens of each."""
        chosen = self._random.sample(list(parts), min(len(parts), self._random.randint(1, 12)))
        room, taken = self._random.randint(1, self.most_rows), []
        for part in chosen:
            count = min(room, part.left, self._random.choice((1, 1, 1, 2, 3, 5, 8, 13, 24, 60)))
            if count:
                taken.append((part, count))
            room -= count
        return taken

    def fill(self, rows: Rows) -> None:
        """Pad the call with dummy rows, which produce logits like all others."""
        dummies = -len(rows.tokens) % self._block
        rows.add_dummies([0] * dummies, range(dummies), dummies)


def evaluate(backend: LlamaBackend, cases: Sequence[Sequence[int]], seed: int, block: int) -> Found:
    """Return every logits row of every case, by case and position."""
    backend.clear()
    calls = Caller(backend, RandomCalls(seed, block))
    calls.follow(1, PREFIX, 0, 0)
    parts = []
    for number, tokens in enumerate(cases):
        backend.fork(1, 2 + number, len(PREFIX))
        parts.append(
            SequencePart(
                sequence=2 + number,
                tokens=tokens,
                position=len(PREFIX),
                outputs=len(tokens),
                kind="continuation",
            )
        )
    found: Found = {}
    for part, first, logits in calls.evaluate(parts):
        for place, row in enumerate(logits, first):
            found[part.sequence, place] = row.tobytes()
    return found


def main() -> None:
    """Print the number of differing rows for each multiple."""
    rng = random.Random(3)
    for path in sys.argv[1:]:
        for threads in (1, 2):
            backend = LlamaBackend(Path(path), EngineSettings(model=ModelSettings(gpu_layers=0, threads=threads)))
            most = min(256, backend.n_vocab)
            cases = [[rng.randrange(1, most) for _ in range(rng.randint(8, 100))] for _ in range(20)]
            backend.open(cells=2048, sequences=32, rows=64)
            reference = evaluate(backend, cases, 0, 4)
            shown = []
            for block in (1, 2, 4, 8, 16):
                runs = [evaluate(backend, cases, seed, block) for seed in (1, 2)]
                differ = sum(run[key] != reference[key] for run in runs for key in reference)
                shown.append(f"{block}: {differ} of {len(runs) * len(reference)}")
            head = f"{Path(path).name}, {threads} threads, rows that differ in multiples of"
            print(head, "; ".join(shown), flush=True)
            backend.close()


if __name__ == "__main__":
    main()
