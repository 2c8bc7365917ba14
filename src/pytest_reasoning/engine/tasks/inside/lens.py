"""The logit lens: what a model would say if it stopped after each of its blocks.

The residual stream after a block goes through the model's own last norm and head (nostalgebraist 2020,
"interpreting GPT: the logit lens"). Nothing is computed outside llama.cpp: the streams are written where the one
after the last block would be, so that any quantization is read as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.job import common_length
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.tasks.divergence.figures import log_softmax
from pytest_reasoning.records import LensFigures, LensProbe
from pytest_reasoning.text.errors import EngineError

ROWS = 512
"Most tokens of a prompt in one call."
HEAD_ROWS = 60
"Streams that go through norm and head in one call."
OUTPUTS = 4
"Rows that give logits in a prompt's last call: llama.cpp computes four at a time."
BUFFER_BYTES = 64 << 20
"Most memory for streams that have not gone through the head yet."


@dataclass(slots=True, eq=False)
class _Seen:
    """The streams of one probe on their way to the head."""

    tokens: list[int]
    streams: FloatArray
    "float32 (blocks, tokens, n_embd)."
    skipped: list[float] = field(default_factory=list)


class Lens:
    """Evaluates prompts with one model and looks at them after each block."""

    def __init__(self, backend: LlamaBackend, *, cells: int, most_tokens: int = 1) -> None:
        """Open a context.

        Args:
            backend: the loaded model.
            cells: length of the longest prompt with its target, in tokens.
            most_tokens: how many of the target's first tokens are looked for.

        Raises:
            EngineError: llama.cpp does not name this architecture's blocks.
        """
        self._backend = backend
        self._most = most_tokens
        self._tap = backend.tap()
        rows = max(HEAD_ROWS, min(ROWS, cells))
        self._rows = rows
        backend.open(cells=-(-max(cells, HEAD_ROWS) // 256) * 256, sequences=1, rows=rows)
        self._tap.leave_alone()
        self._evaluate([0, 0, 0, 0])
        if self._tap.met != set(range(backend.n_blocks)):
            raise EngineError(
                f"llama.cpp does not name the residual stream of the architecture {backend.architecture} "
                "(its blocks cannot be looked into)"
            )

    def along(self, probes: Sequence[LensProbe]) -> Iterator[LensFigures]:
        """Yield the figures of each probe, in order; raises EngineError if a target has no tokens."""
        waiting: list[_Seen] = []
        size = 0
        for probe in probes:
            waiting.append(self._see(probe))
            size += waiting[-1].streams.nbytes
            if size > BUFFER_BYTES:
                yield from self._read(waiting)
                waiting, size = [], 0
        yield from self._read(waiting)

    def logits(self, tokens: Sequence[int]) -> FloatArray:
        """Return the logits of the last rows of a text, float32 (up to 4, n_vocab)."""
        self._tap.leave_alone()
        return self._evaluate(tokens)

    def streams(self, tokens: Sequence[int], count: int) -> FloatArray:
        """Return the streams after each block at the last `count` tokens, at most 4.

        They are float32, (blocks, count, n_embd).
        """
        self._tap.leave_alone()
        self._tap.read(range(self._backend.n_blocks), last=count)
        self._evaluate(tokens)
        return np.stack([self._tap.streams[block] for block in range(self._backend.n_blocks)])

    def through_head(self, streams: FloatArray) -> Iterator[FloatArray]:
        """Yield logits, float32 (rows, n_vocab), of streams, float32 (any, n_embd), at most 60 at once."""
        for start in range(0, len(streams), HEAD_ROWS):
            rows = streams[start : start + HEAD_ROWS]
            padded = np.zeros((-(-len(rows) // OUTPUTS) * OUTPUTS, streams.shape[1]), np.float32)
            padded[: len(rows)] = rows
            self._tap.leave_alone()
            self._tap.write({self._backend.n_blocks - 1: padded})
            yield self._evaluate([0] * len(padded), outputs=len(padded))[: len(rows)]

    def _see(self, probe: LensProbe) -> _Seen:
        prompt = self._backend.tokenize(probe.prompt)
        whole = self._backend.tokenize(probe.prompt + probe.target)
        prompt = prompt[: common_length(tuple(prompt), tuple(whole))]  # its last token may take in a first letter
        wanted = whole[len(prompt) : len(prompt) + min(self._most, OUTPUTS)]
        if not wanted or not prompt:
            raise EngineError(f"the target {probe.target!r} has no tokens of its own")
        tokens = [*prompt, *wanted[:-1]]
        seen = _Seen(tokens=wanted, streams=self.streams(tokens, len(wanted)))
        if probe.skips:
            seen.skipped = self._without_each_block(tokens, wanted)
        return seen

    def _without_each_block(self, tokens: Sequence[int], wanted: Sequence[int]) -> list[float]:
        whole = _log_probability(self.logits(tokens), wanted)
        found = []
        for block in range(1, self._backend.n_blocks):
            self._tap.leave_alone()
            self._tap.skip(block)
            found.append(_log_probability(self._evaluate(tokens), wanted) - whole)
        return found

    def _read(self, seen: Sequence[_Seen]) -> Iterator[LensFigures]:
        if not seen:
            return
        rows = np.concatenate([one.streams.reshape(-1, one.streams.shape[2]) for one in seen])
        targets = np.array([token for one in seen for _ in one.streams for token in one.tokens], np.intp)
        logprobs, ranks = np.empty(len(rows)), np.empty(len(rows), np.int64)
        done = 0
        for logits in self.through_head(rows):
            part = slice(done, done + len(logits))
            own = np.arange(len(logits)), targets[part]
            logprobs[part] = log_softmax(logits)[own]
            ranks[part] = (logits > logits[own][:, None]).sum(axis=1)
            done += len(logits)
        start = 0
        for one in seen:
            blocks, count = one.streams.shape[:2]
            end = start + blocks * count
            yield LensFigures(
                tokens=count,
                logprobs=tuple(logprobs[start:end].reshape(blocks, count).sum(axis=1).tolist()),
                ranks=tuple(ranks[start:end].reshape(blocks, count).max(axis=1).tolist()),
                skipped=tuple(one.skipped),
            )
            start = end

    def _evaluate(self, tokens: Sequence[int], outputs: int = OUTPUTS) -> FloatArray:
        """Evaluate a text from its beginning; return the logits of its last `outputs` rows."""
        self._backend.clear()
        logits = np.empty((0, 0), np.float32)
        size = -(-len(tokens) // -(-len(tokens) // self._rows))  # calls of equal size: none is too short
        for start in range(0, len(tokens), size):
            part = tokens[start : start + size]
            flags = np.zeros(len(part), np.int8)
            if start + len(part) == len(tokens):
                flags[-outputs:] = 1
            logits = self._backend.decode(
                np.array(part, np.int32),
                np.arange(start, start + len(part), dtype=np.int32),
                np.zeros(len(part), np.int32),
                flags,
            )
            self._tap.check()
        return logits


def _log_probability(logits: FloatArray, tokens: Sequence[int]) -> float:
    last = log_softmax(logits[-len(tokens) :])
    return float(sum(last[place, token] for place, token in enumerate(tokens)))
