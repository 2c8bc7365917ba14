"""The logit lens: what a model would say if it stopped after each of its blocks.

The residual stream after a block goes through the model's own last norm and head (nostalgebraist 2020,
"interpreting GPT: the logit lens"). Nothing is computed outside llama.cpp: the streams are written where the one
after the last block would be, so that any quantization is read as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.intake import common_length
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.tasks.divergence.figures import log_softmax
from pytest_reasoning.engine.tasks.inside.tapped import OUTPUTS, TappedContext
from pytest_reasoning.records import LensFigures, LensProbe
from pytest_reasoning.text.errors import EngineError

ROWS = 512
"Most tokens of a prompt in one call."
HEAD_ROWS = 60
"Streams that go through norm and head in one call."
BUFFER_BYTES = 64 << 20
"Most memory for streams that have not gone through the head yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A probe as tokens."""

    tokens: list[int]
    "The prompt, and the target's tokens that are given."
    given: int
    token: int
    "The token that is looked for next."
    skips: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A text on its way to the head."""

    text: _Text
    streams: FloatArray
    "float32 (blocks, n_embd)."
    skipped: tuple[float, ...]


class Lens:
    """Evaluates prompts with one model and looks at them after each block."""

    def __init__(self, backend: LlamaBackend, *, cells: int, alive: Callable[[], None] = lambda: None) -> None:
        """Open a context of `cells` cells, as many as the longest prompt with its target has tokens.

        Args:
            backend: the model.
            cells: size of the context.
            alive: called after each evaluation of a text; a text with skips takes many before there are figures.

        Raises:
            EngineError: llama.cpp does not name this architecture's blocks.
        """
        self._backend = backend
        self._context = TappedContext(
            backend, cells=max(cells, HEAD_ROWS), rows=max(HEAD_ROWS, min(ROWS, cells)), alive=alive
        )
        self._tap = self._context.tap

    def along(self, probes: Sequence[LensProbe]) -> Iterator[LensFigures]:
        """Yield the figures of each probe, in order; raises EngineError if a target has no tokens."""
        waiting: list[_Seen] = []
        size = 0
        for text in self._texts(probes):
            skipped = self._without_each_block(text) if text.skips else ()
            waiting.append(_Seen(text=text, streams=self.streams(text.tokens, 1)[:, 0], skipped=skipped))
            size += waiting[-1].streams.nbytes
            if size > BUFFER_BYTES:
                yield from self._read(waiting)
                waiting, size = [], 0
        yield from self._read(waiting)

    def up_to_targets(self, probes: Sequence[LensProbe]) -> list[list[int]]:
        """Return each prompt with the tokens that all targets of its group begin with; the next one differs."""
        return [text.tokens for text in self._texts(probes)]

    def logits(self, tokens: Sequence[int]) -> FloatArray:
        """Return the logits of the last rows of a text, float32 (up to 4, n_vocab)."""
        self._tap.leave_alone()
        return self._evaluate(tokens)

    def streams_of(self, texts: Sequence[list[int]], count: int) -> Iterator[FloatArray]:
        """Yield `streams` of each text; what all of them begin with is evaluated once, where a cache can be cut."""
        shared = 0
        if self._backend.tile and len(texts) > 1:
            shared = min(common_length(texts[0], text) for text in texts[1:])
            shared = max(0, min(shared, min(map(len, texts)) - OUTPUTS))
        if shared >= OUTPUTS:
            self.logits(texts[0][:shared])
        else:
            shared = 0
        for text in texts:
            yield self.streams(text, min(count, len(text)), kept=shared)

    def streams(self, tokens: Sequence[int], count: int, *, kept: int = 0) -> FloatArray:
        """Return the streams after each block at the last `count` tokens, at most 4.

        They are float32, (blocks, count, n_embd). The first `kept` tokens are those of the text before.
        """
        self._tap.leave_alone()
        self._tap.read(range(self._backend.n_blocks), last=count)
        self._evaluate(tokens, kept=kept)
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

    def _texts(self, probes: Sequence[LensProbe]) -> Iterator[_Text]:
        cut = [self._prompt_and_target(probe) for probe in probes]
        shared: dict[str, tuple[int, ...]] = {}
        for probe, (_, target) in zip(probes, cut, strict=True):
            known = shared.get(probe.group, target)
            shared[probe.group] = known[: common_length(known, target)]
        for probe, (prompt, target) in zip(probes, cut, strict=True):
            given = min(len(shared[probe.group]), len(target) - 1)
            yield _Text(tokens=[*prompt, *target[:given]], given=given, token=target[given], skips=probe.skips)

    def _prompt_and_target(self, probe: LensProbe) -> tuple[list[int], tuple[int, ...]]:
        prompt = tuple(self._backend.tokenize(probe.prompt))
        whole = tuple(self._backend.tokenize(probe.prompt + probe.target))
        own = common_length(prompt, whole)  # the prompt's last token may take in the target's first letter
        if not own or len(whole) == own:
            raise EngineError(f"the target {probe.target!r} has no tokens of its own")
        return list(whole[:own]), whole[own:]

    def _without_each_block(self, text: _Text) -> tuple[float, ...]:
        whole = _log_probability(self.logits(text.tokens), text.token)
        found = []
        for block in range(1, self._backend.n_blocks):
            self._tap.leave_alone()
            self._tap.skip(block)
            found.append(_log_probability(self._evaluate(text.tokens), text.token) - whole)
        return tuple(found)

    def _read(self, seen: Sequence[_Seen]) -> Iterator[LensFigures]:
        if not seen:
            return
        rows = np.concatenate([one.streams for one in seen])
        wanted = np.repeat(np.array([one.text.token for one in seen], np.intp), self._backend.n_blocks)
        logprobs: list[float] = []
        ranks: list[int] = []
        for logits in self.through_head(rows):
            own = np.arange(len(logits)), wanted[len(ranks) : len(ranks) + len(logits)]
            logprobs += log_softmax(logits)[own].tolist()
            ranks += (logits > logits[own][:, None]).sum(axis=1).tolist()
        for place, one in enumerate(seen):
            part = slice(place * self._backend.n_blocks, (place + 1) * self._backend.n_blocks)
            yield LensFigures(
                given=one.text.given, logprobs=tuple(logprobs[part]), ranks=tuple(ranks[part]), skipped=one.skipped
            )

    def _evaluate(self, tokens: Sequence[int], outputs: int = OUTPUTS, kept: int = 0) -> FloatArray:
        """Evaluate a text from its beginning; return the logits of its last `outputs` rows."""
        *_, logits = self._context.evaluate(tokens, outputs=outputs, kept=kept)
        return logits


def _log_probability(logits: FloatArray, token: int) -> float:
    return float(log_softmax(logits[-1:])[0, token])
