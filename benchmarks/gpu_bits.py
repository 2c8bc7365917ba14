"""Finds what changes a row's bits on a GPU: `gpu_bits.py MODEL…`, with `--cpu` for the processor.

The same case of known tokens, after a prefix that all share, is evaluated in company that differs in one thing at a
time. Each logits row of the case is compared with the one that it had before, for the prompt and for the steps.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ModelSettings

PREFIX, OWN, STEPS = 150, 24, 16
FILLER, SHARED, FIRST = 0, 1, 2
"Sequence ids: what takes cells away, the prefix, the first case."


@dataclass(frozen=True, slots=True)
class Company:
    """The conditions under which a case is evaluated."""

    count: int = 1
    "Number of cases in one call."
    place: int = 0
    "Index of the compared case among them."
    seed: int = 1
    "Seed of the other cases."
    before: int = 0
    "Cells taken before the prefix."
    between: int = 0
    "Cells taken between the prefix and the cases."
    apart: bool = False
    "Whether the prompts have a call each."


class Bench:
    """One model on one device."""

    def __init__(self, path: Path, *, gpu: bool) -> None:
        self.backend = LlamaBackend(
            path, EngineSettings(model=ModelSettings(gpu_layers=None if gpu else 0, threads=2))
        )
        self.backend.open(cells=8192, sequences=64, rows=1024)
        self._most = min(250, self.backend.n_vocab)

    def tokens(self, seed: int, count: int) -> list[int]:
        """Return random tokens."""
        rng = random.Random(seed)
        return [rng.randrange(1, self._most) for _ in range(count)]

    def rows(self, company: Company) -> tuple[list[bytes], list[bytes]]:
        """Logits of the case: its prompt's last row, and those of its steps."""
        backend = self.backend
        backend.clear()
        self._text(FILLER, 7, company.before, 0)
        self._text(SHARED, 8, PREFIX, 0)
        self._text(FILLER, 9, company.between, company.before)
        texts = [self.tokens(1000 * company.seed + i, OWN + STEPS) for i in range(company.count)]
        texts[company.place] = self.tokens(5, OWN + STEPS)
        ids = list(range(FIRST, FIRST + company.count))
        for sequence in ids:
            backend.fork(SHARED, sequence, PREFIX)
        prompts = []
        for group in [[i] for i in range(company.count)] if company.apart else [list(range(company.count))]:
            logits = self._call(
                [(ids[i], token, PREFIX + at) for i in group for at, token in enumerate(texts[i][:OWN])],
                [at == OWN - 1 for _ in group for at in range(OWN)],
            )
            prompts += list(logits)
        steps = []
        for step in range(OWN, OWN + STEPS):
            rows = [(ids[i], texts[i][step], PREFIX + step) for i in range(company.count)]
            steps.append(self._call(rows, [True] * company.count)[company.place].tobytes())
        return [prompts[company.place].tobytes()], steps

    def _text(self, sequence: int, seed: int, count: int, start: int) -> None:
        for at in range(0, count, 512):
            stop = min(count, at + 512)
            rows = [(sequence, token, start + at + i) for i, token in enumerate(self.tokens(seed, count)[at:stop])]
            self._call(rows, [False] * len(rows))

    def _call(self, rows: Iterable[tuple[int, int, int]], outputs: list[bool]) -> FloatArray:
        sequences, tokens, positions = (np.array(column, np.int32) for column in zip(*rows, strict=True))
        return self.backend.decode(tokens, positions, sequences, np.array(outputs, np.int8)).copy()


def differ(one: tuple[list[bytes], list[bytes]], other: tuple[list[bytes], list[bytes]]) -> str:
    """Return the number of differing rows of the prompt and of the steps."""
    counts = [
        sum(a != b for a, b in zip(ours, theirs, strict=True)) for ours, theirs in zip(one, other, strict=True)
    ]
    return f"{counts[0]}+{counts[1]}"


def main() -> None:
    """Print a line for each model and number of cases in one call."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--cpu", action="store_true")
    args = parser.parse_args()
    for path in args.models:
        bench = Bench(path, gpu=not args.cpu)
        print(f"{path.name} on {bench.backend.device}: rows that differ, of 1 + {STEPS}", flush=True)
        alone = bench.rows(Company())
        for count in (1, 2, 4, 8, 16, 32):
            base = Company(count=count)
            first = bench.rows(base)
            changes = {
                "again": base,
                "other neighbours": replace(base, seed=2),
                "last place": replace(base, place=count - 1),
                "prompts apart": replace(base, apart=True),
                "64 cells before": replace(base, before=64),
                "64 cells between": replace(base, between=64),
                "256 cells between": replace(base, between=256),
                "2048 cells between": replace(base, between=2048),
            }
            shown = [f"{name} {differ(bench.rows(company), first)}" for name, company in changes.items()]
            print(f"  {count:2} cases a call: from alone {differ(first, alone)}; " + "; ".join(shown), flush=True)
        bench.backend.close()


if __name__ == "__main__":
    main()
