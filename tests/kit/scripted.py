"""A backend that decodes nothing but counts all, and the scheduler run over it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import FloatArray, Grammar, IntArray
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey


class Scripted:
    """Decodes the byte after the last one, so that completions are known; checks what it is asked to do."""

    def __init__(self) -> None:
        self.n_vocab, self.n_ctx_train, self.max_sequences, self.bytes_per_cell = 256, 512, 12, 10
        self.recurrent = self.slotted = self.places_show = False
        self.tile = 0
        self.can_fork = True
        self.cells = 0
        self.calls: list[tuple[int, int]] = []
        "Rows of each call, and how many of them are dummies."
        self.outputs: list[int] = []
        "Rows of each call that give logits."
        self.held: dict[int, int] = {}

    def tokenize(self, text: str) -> list[int]:
        return list(text.encode())

    def piece(self, token: int) -> bytes:
        return bytes([token])

    def ends(self, token: int) -> bool:
        return token == ord("z")

    def grammar(self, text: str) -> Grammar:
        raise NotImplementedError(text)

    def open(self, *, cells: int, sequences: int, rows: int, apart: bool = False) -> None:
        assert not apart
        assert rows >= 2
        assert sequences == self.max_sequences
        self.cells, self.held = cells, {}

    def decode(
        self, tokens: IntArray, positions: IntArray, sequences: IntArray, outputs: npt.NDArray[np.int8]
    ) -> FloatArray:
        self.calls.append((len(tokens), int((sequences == 0).sum())))
        self.outputs.append(int(outputs.sum()))
        for position, sequence in zip(positions.tolist(), sequences.tolist(), strict=True):
            assert position == self.held.get(sequence, 0), "positions of a sequence must follow each other"
            assert sequence < self.max_sequences
            self.held[sequence] = position + 1
        logits = np.zeros((int(outputs.sum()), self.n_vocab), np.float32)
        logits[np.arange(len(logits)), (tokens[outputs.astype(bool)] + 1) % 256] = 9.0
        return logits

    def fork(self, source: int, target: int, length: int) -> bool:
        assert self.held[source] >= length
        assert target not in self.held, "a sequence id was used again within an epoch"
        self.held[target] = length
        return self.can_fork

    def drop(self, sequence: int, start: int = -1, stop: int = -1) -> None:
        if start < 0:
            self.held.pop(sequence, None)
        else:
            assert stop in (-1, self.held[sequence]), "only the last positions are taken back"
            self.held[sequence] = start

    def clear(self) -> None:
        self.held = {}

    def save(self, sequence: int) -> bytes:
        return str(self.held[sequence]).encode()

    def load(self, sequence: int, state: bytes) -> None:
        self.held[sequence] = int(state)


def schedule(
    backend: Scripted,
    prompts: list[str],
    *,
    prefix: int = 0,
    memory_bytes: int = 1 << 20,
    max_tokens: int = 3,
    width: int = 4,
) -> tuple[list[Completion], Scheduler]:
    done: dict[int, Completion] = {}
    scheduler = Scheduler(
        backend,
        EngineSettings(model=ModelSettings(width=width)),
        memory_bytes=memory_bytes,
        on_started=lambda _: None,
        on_done=done.__setitem__,
    )
    generation = Generation(max_tokens=max_tokens)
    scheduler.add_requests(
        [
            (i, Request(key=RequestKey(case=prompt), prompt=prompt, prefix_chars=prefix, generation=generation))
            for i, prompt in enumerate(prompts)
        ]
    )
    while scheduler.busy:
        scheduler.step()
    return [done[i] for i in range(len(prompts))], scheduler
