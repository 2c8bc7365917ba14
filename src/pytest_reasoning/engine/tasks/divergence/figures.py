"""Computes how far a variant's next-token probabilities are from the reference's along one text, row by row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_reasoning.engine.batching.backend import Backend, FloatArray
from pytest_reasoning.engine.batching.calls import Caller
from pytest_reasoning.engine.batching.decoding import MOST_ROWS
from pytest_reasoning.engine.batching.intake import common_length
from pytest_reasoning.engine.batching.layouts import cut, layout_for
from pytest_reasoning.records import TokenFigures
from pytest_reasoning.text.errors import EngineError

BLOCK_NUMBERS = 1 << 20
"Logits converted to float64 at once; this makes 8 MB per copy, whatever the vocabulary."
NOT_NUMBERS = "the logits are not numbers: the file may be damaged (convert or download it again)"

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A prompt with the completion that both models evaluate."""

    id: int
    "Index among the texts of the task."
    prompt: str
    prefix_chars: int
    "Length of the part of `prompt` that the whole suite shares, in characters."
    tokens: tuple[int, ...]
    "The token ids of the reference's completion."
    answer: tuple[int, int] | None = None
    "Begin and end of the target in the completion, in bytes; None if it is not there."


class LedModel:
    """Evaluates given texts with one model and yields the logits, a few rows at a time.

    The shared prefix is evaluated in separate calls, then the text in calls of 2 to 60 rows, so that the logits
    of a text do not depend on other texts.
    """

    def __init__(self, backend: Backend, *, width: int, cells: int) -> None:
        """Open a context of `cells` cells; a text may have up to `cells - width - 2` tokens."""
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
        """Yield float32 logits, (rows, n_vocab), that predict the completion's tokens; valid until the next."""
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
        """Fork the text's sequence from its suite's prefix; return how many tokens that saves."""
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
            # This architecture cannot share cells, so every text is evaluated whole.
            self._backend.clear()
            self._shares, self._prefix = False, ()
            return 0
        return shared


def compared(
    text: Text, pieces: Sequence[bytes], reference: Iterable[FloatArray], variant: Iterable[FloatArray]
) -> TokenFigures:
    """Return how two models differ along a completion, given their logits in the same blocks of rows.

    Computes KL(reference‖variant) (Kullback and Leibler 1951) over the whole vocabulary, in nats. All is computed
    in float64, because float32 loses the difference of two nearly equal distributions.

    Args:
        text: the text that both have evaluated.
        pieces: the bytes of each token of the completion.
        reference: blocks of float32 logits, (rows, n_vocab), with one row for each token of the completion.
        variant: the same for the other model, in blocks of the same sizes.

    Raises:
        EngineError: logits are not finite numbers, or the vocabularies differ in size.
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
    """Return natural log-probabilities, float64 (rows, n_vocab); raises EngineError if logits are not numbers."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=1, keepdims=True)
    if not np.isfinite(top).all():
        raise EngineError(NOT_NUMBERS)
    wide -= top
    wide -= np.log(np.exp(wide).sum(axis=1, keepdims=True))
    return wide


def row_divergences(before: Doubles, now: Doubles) -> Doubles:
    """Return KL(before‖now) of each row of log-probabilities, in nats, (rows,); tokens of probability 0 add 0."""
    chance = np.exp(before)
    possible = chance > 0
    with np.errstate(invalid="ignore"):
        terms = np.where(possible, chance * (before - now), 0.0)
    found: Doubles = terms.sum(axis=1)
    return found


def _covering(answer: tuple[int, int], pieces: Sequence[bytes]) -> list[int]:
    """Return the indices of the tokens whose bytes overlap the answer's."""
    places, at = [], 0
    for place, piece in enumerate(pieces):
        if at < answer[1] and at + len(piece) > answer[0]:
            places.append(place)
        at += len(piece)
    return places
