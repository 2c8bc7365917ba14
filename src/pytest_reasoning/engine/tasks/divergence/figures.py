"""Two models along one text: how far the second's next-token probabilities are from the first's, row by row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.decoding import MOST_ROWS
from pytest_reasoning.engine.batching.job import common_length
from pytest_reasoning.engine.batching.layouts import cut, layout_for
from pytest_reasoning.records import TokenFigures
from pytest_reasoning.text.errors import EngineError

BLOCK_NUMBERS = 1 << 20
"Logits taken to float64 at once: 8 MB a copy, whatever the vocabulary."
NOT_NUMBERS = "the logits are not numbers: the file may be damaged (convert or download it again)"

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A prompt and the completion that both models are led along."""

    id: int
    "Its place among the texts of the task."
    prompt: str
    prefix_chars: int
    "Length of the part of `prompt` that the whole suite shares."
    tokens: tuple[int, ...]
    "The completion, as the reference wrote it."
    answer: tuple[int, int] | None = None
    "Where the target stands in the completion, in bytes; None where it does not."


class LedModel:
    """A model led along texts: its logits, a few rows at a time.

    The shared prefix has calls of its own, then the text, from 2 to 60 rows each, so that a text's rows depend on
    no other text.
    """

    def __init__(self, backend: Backend, *, width: int, cells: int) -> None:
        """Open a context of `cells` cells: no text may have more tokens, less `width` and 2."""
        self._backend = backend
        self._calls = Caller(backend, layout_for(backend, width=width, reproducible=True))
        self._root, self._own = self._calls.scratch, self._calls.scratch + 1
        self._prefix: tuple[int, ...] | None = None
        self._shares = True
        backend.open(cells=cells, sequences=self._own + 1, rows=self._calls.rows)

    def prompt_tokens(self, text: Text) -> list[int]:
        """Return the prompt's tokens."""
        return self._backend.tokenize(text.prompt)

    def along(self, text: Text) -> Iterator[FloatArray]:
        """Yield float32 logits, (rows, n_vocab), that say each token of the completion; valid until the next."""
        prompt = self.prompt_tokens(text)
        tokens = [*prompt, *text.tokens[:-1]]
        first = len(prompt) - 1
        shared = self._share(text, prompt)
        for start, stop in cut(len(tokens) - shared, MOST_ROWS):
            outputs = max(0, shared + stop - max(first, shared + start))
            piece = tokens[shared + start : shared + stop]
            logits = self._calls.follow(self._own, piece, shared + start, outputs)
            if outputs:
                yield logits
        self._backend.drop(self._own)

    def _share(self, text: Text, prompt: Sequence[int]) -> int:
        """Let the text's sequence begin with its suite's prefix; return how many tokens that saves."""
        head = text.prompt[: text.prefix_chars]
        known = self._backend.tokenize(head) if head and self._shares else []
        shared = min(common_length(known, tuple(prompt)), len(prompt) - 1)
        prefix = tuple(prompt[:shared])
        if prefix != self._prefix:
            self._backend.clear()
            self._prefix = prefix
            if prefix:
                self._calls.follow(self._root, prefix, 0, 0)
        if prefix and not self._backend.fork(self._root, self._own, shared):
            # This architecture cannot share cells: every text is evaluated whole.
            self._backend.clear()
            self._shares, self._prefix = False, ()
            return 0
        return shared


def compared(
    text: Text, pieces: Sequence[bytes], reference: Iterable[FloatArray], variant: Iterable[FloatArray]
) -> TokenFigures:
    """Return how two models differ along a completion, from their rows of logits in step.

    Kullback and Leibler's (1951) divergence of the variant from the reference, over the whole vocabulary, in nats;
    all in float64, for the difference of two nearly equal distributions is lost in float32.

    Args:
        text: what both were led along.
        pieces: the bytes of each of its tokens.
        reference: logits, (rows, n_vocab), one row a token of the completion.
        variant: the same of the other model, cut alike.

    Raises:
        EngineError: a row is not numbers, or the vocabularies differ in size.
    """
    divergences: list[float] = []
    agreed, done = 0, 0
    said: list[tuple[float, float]] = []
    for one, other in zip(reference, variant, strict=True):
        if one.shape != other.shape:
            raise EngineError(f"vocabularies of {one.shape[1]} and {other.shape[1]} tokens cannot be compared")
        step = max(1, BLOCK_NUMBERS // one.shape[1])
        for start in range(0, len(one), step):
            before, now = log_softmax(one[start : start + step]), log_softmax(other[start : start + step])
            divergences += row_divergences(before, now).tolist()
            agreed += int(np.count_nonzero(before.argmax(axis=1) == now.argmax(axis=1)))
            chosen = np.array(text.tokens[done : done + len(before)], np.intp)
            rows = np.arange(len(chosen))
            said += zip(before[rows, chosen].tolist(), now[rows, chosen].tolist(), strict=True)
            done += len(chosen)
    target = [said[place] for place in _covering(text.answer, pieces)] if text.answer is not None else []
    return TokenFigures(
        tokens=done,
        kl=max(0.0, math.fsum(divergences)),
        agreed=agreed,
        written_change=math.fsum(math.exp(now) - math.exp(before) for before, now in said),
        target_before=math.exp(math.fsum(before for before, _ in target)) if target else None,
        target_now=math.exp(math.fsum(now for _, now in target)) if target else None,
    )


def log_softmax(logits: FloatArray) -> Doubles:
    """Return natural log-probabilities, (rows, n_vocab); raises EngineError where logits are not numbers."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=1, keepdims=True)
    if not np.isfinite(top).all():
        raise EngineError(NOT_NUMBERS)
    wide -= top
    wide -= np.log(np.exp(wide).sum(axis=1, keepdims=True))
    return wide


def row_divergences(before: Doubles, now: Doubles) -> Doubles:
    """Return KL(before‖now) in nats of each row of log-probabilities; what has no chance before adds nothing."""
    chance = np.exp(before)
    possible = chance > 0
    with np.errstate(invalid="ignore"):
        terms = np.where(possible, chance * (before - now), 0.0)
    found: Doubles = terms.sum(axis=1)
    return found


def _covering(answer: tuple[int, int], pieces: Sequence[bytes]) -> list[int]:
    """Return the places of the tokens whose bytes touch the answer's."""
    places, at = [], 0
    for place, piece in enumerate(pieces):
        if at < answer[1] and at + len(piece) > answer[0]:
            places.append(place)
        at += len(piece)
    return places
