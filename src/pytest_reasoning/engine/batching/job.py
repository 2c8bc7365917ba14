"""One request inside the scheduler, from its tokens to its completion."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pytest_reasoning.engine.batching.backend import Grammar
from pytest_reasoning.engine.batching.parts import Part
from pytest_reasoning.engine.batching.sampling import Sampler
from pytest_reasoning.engine.batching.stops import StopFinder
from pytest_reasoning.records import ChoiceScore, Completion, FinishReason, Request


def common_length(first: list[int] | tuple[int, ...], second: list[int] | tuple[int, ...]) -> int:
    """Length of the longest common beginning."""
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """Changes as it runs; the scheduler is the only one to change it."""

    id: int
    request: Request
    tokens: tuple[int, ...]
    "The prompt; for choices the part all of them have in common."
    prefix: tuple[int, ...]
    "The evaluated prefix it shares cells of; empty if none."
    shared: int
    "How many of `prefix` are its own first tokens; less than len(tokens)."
    most_tokens: int
    "max_tokens, less where the context ends earlier."
    continuations: tuple[tuple[int, ...], ...] = ()
    "For choices: the tokens of each after `tokens`."
    part: Part | None = None
    "What is evaluated next, in the sequence it runs in; None before it starts."
    first: int = 0
    "The position from which on the sequence's cells are its alone."
    started: float = 0.0
    out: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    stops: StopFinder = field(init=False)
    sampler: Sampler | None = field(init=False)
    grammar: Grammar | None = None

    def __post_init__(self) -> None:
        generation = self.request.generation
        self.stops = StopFinder(
            generation.stop,
            self.request.next_question,
            thinking_opened=self.request.thinking_opened,
            thinking_formats=self.request.thinking_formats,
        )
        drawn = generation.temperature > 0
        self.sampler = Sampler(generation, self.request.key, self.request.sample) if drawn else None

    @property
    def own(self) -> int:
        """Prompt tokens it must evaluate itself."""
        return len(self.tokens) - self.shared

    @property
    def cells(self) -> int:
        """Cells it may take at most, its own part of the prompt included."""
        longest = max((len(tokens) for tokens in self.continuations), default=self.most_tokens)
        return self.own + longest

    @property
    def held(self) -> int:
        """Cells that it took and shares with nobody."""
        return self.part.end - self.first if self.part is not None else 0

    @property
    def cells_left(self) -> int:
        """Cells it may still take."""
        return len(self.tokens) + self.most_tokens - self.part.end if self.part is not None else self.cells

    @property
    def plain(self) -> bool:
        """Greedy without a grammar: a whole step is decided at once."""
        return self.sampler is None and self.grammar is None

    def take(self, token: int, logprob: float, piece: bytes, ends: bool) -> FinishReason | None:
        """Append a decoded token; the reason if it was the last."""
        self.out.append(token)
        self.logprobs.append(logprob)
        if ends:
            return "eos"
        stopped = self.stops.add(piece)
        if stopped is not None:
            return stopped
        if len(self.out) >= self.most_tokens:
            return "length" if len(self.out) >= self.request.generation.max_tokens else "context"
        assert self.part is not None
        self.part.go_on(token)
        return None

    def completion(self, finish: FinishReason, error: str | None = None) -> Completion:
        """What is known now, as the answer."""
        ends = self.stops.ends
        return Completion(
            text=self.stops.text,
            tokens=tuple(self.out),
            logprobs=tuple(self.logprobs),
            finish=finish,
            stopped_by=self.stops.stopped_by,
            prompt_tokens=len(self.tokens),
            prefix_tokens=self.shared,
            elapsed_s=time.monotonic() - self.started if self.started else 0.0,
            error=error,
            # the token that ended it has no text
            ends=(*ends, *(ends[-1:] or (0,)) * (len(self.out) - len(ends))),
        )

    def scored(self, scores: tuple[ChoiceScore, ...]) -> Completion:
        """The answer to a request with choices; its text is the likeliest of them."""
        best = max(range(len(scores)), key=lambda i: scores[i].logprob)
        return Completion(
            text=self.request.choices[best],
            tokens=(),
            logprobs=(),
            finish="stop",
            prompt_tokens=len(self.tokens),
            prefix_tokens=self.shared,
            elapsed_s=time.monotonic() - self.started,
            choices=scores,
        )
