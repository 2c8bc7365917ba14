"""A request inside the scheduler: `Intake` makes a job of it (`intake.py`), which ends as a completion."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray, Grammar
from pytest_reasoning.engine.batching.drafts import Lookup
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.sampling import Sampler
from pytest_reasoning.engine.batching.stops import StopFinder
from pytest_reasoning.engine.batching.tree import Cut, Node, Stretch
from pytest_reasoning.records import ChoiceScore, Completion, FinishReason, Request


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A request with its tokens and its state while it runs; only the scheduler changes it."""

    id: int
    request: Request
    tokens: tuple[int, ...]
    "The prompt; for a request with choices the part that prompt plus choice have in common."
    prefix: tuple[int, ...]
    "The evaluated prefix whose cells this job shares; empty if it shares none."
    shared: int
    "How many first tokens the job has in common with `prefix`; less than len(tokens)."
    most_tokens: int
    "The request's max_tokens, or fewer where n_ctx ends earlier."
    earlier: tuple[int, ...] = ()
    "The prompt of the conversation's earlier stage; empty if there is none whose cells could be shared."
    stage: int = 0
    "How many first tokens it has in common with `earlier`: 0, or more than `shared` and less than len(tokens)."
    continuations: tuple[tuple[int, ...], ...] = ()
    "For a request with choices: the tokens of each choice that follow `tokens`."
    part: SequencePart | None = None
    "The tokens to evaluate next, and the job's sequence; None before it starts."
    lead: SequencePart | None = None
    "What must be evaluated before `part`, where that begins a stretch; None if nothing must."
    first: int = 0
    "The first position whose cell belongs to this job alone."
    started: float = 0.0
    out: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    stops: StopFinder = field(init=False)
    sampler: Sampler | None = field(init=False)
    grammar: Grammar | None = None
    lookup: Lookup | None = None
    "Finds drafts; made when the first one is asked for."
    cuts: list[Cut] = field(default_factory=list)
    "Where it may go on from cells that are there already, in the order of the prompt; given while it waits."
    leaf: Node = field(init=False)
    "The node of the whole prompt; given while it waits."
    order: tuple[object, ...] = ()
    "Sorts waiting jobs into the order in which they run; given while it waits."

    def __post_init__(self) -> None:
        generation = self.request.generation
        self.stops = StopFinder(
            generation.stop,
            self.request.next_question,
            thinking_opened=self.request.thinking_opened,
            thinking_formats=self.request.thinking_formats,
        )
        drawn = generation.temperature > 0
        self.sampler = Sampler(generation, str(self.request.key), self.request.sample) if drawn else None

    @property
    def stretches(self) -> list[Stretch]:
        """The texts that the prompt begins with, each of which begins a tile of cells."""
        every = [Stretch(self.prefix, self.shared), Stretch(self.earlier, self.stage)]
        return [stretch for stretch in every if stretch.shared]

    @property
    def breaks(self) -> list[int]:
        """The positions at which another stretch begins."""
        return [position for position in (self.shared, self.stage) if position]

    @property
    def sequence(self) -> int:
        """The sequence id of a job that runs or has run."""
        assert self.part is not None
        return self.part.sequence

    @property
    def evaluated(self) -> int:
        """The number of tokens whose cells are there."""
        if self.lead is not None:
            return self.lead.end
        return self.part.end if self.part is not None else 0

    @property
    def cell(self) -> int:
        """The number of the last prompt token's cell; -1 before it is evaluated."""
        return self.part.cell if self.part is not None else -1

    @property
    def gaps(self) -> int:
        """The most times that cells are skipped before its own part is evaluated."""
        return 3 if self.stage else 1

    def share_nothing(self) -> None:
        """Make the job evaluate its whole prompt."""
        self.prefix, self.shared, self.earlier, self.stage = (), 0, (), 0

    @property
    def own(self) -> int:
        """The number of prompt tokens that this job evaluates itself."""
        return len(self.tokens) - self.shared

    @property
    def cells(self) -> int:
        """The most KV cells it may take, with those of its own part of the prompt."""
        longest = max((len(tokens) for tokens in self.continuations), default=self.most_tokens)
        return self.own + longest

    @property
    def held(self) -> int:
        """Cells that it has taken and does not share."""
        return self.part.end - self.first if self.part is not None else 0

    @property
    def cells_left(self) -> int:
        """The most cells it may still take."""
        return len(self.tokens) + self.most_tokens - self.evaluated if self.part is not None else self.cells

    @property
    def plain(self) -> bool:
        """Whether decoding is greedy without a grammar, so that the next token is simply the likeliest."""
        return self.sampler is None and self.grammar is None

    @property
    def tokens_left(self) -> int:
        """The most tokens that are still to be decoded."""
        return self.most_tokens - len(self.out)

    def draft(self, rows: int) -> SequencePart | None:
        """Return up to `rows` tokens that may follow the step that comes next; None if none are known.

        The last token of a completion is never evaluated, so it is not drafted either.
        """
        assert self.part is not None
        if self.lookup is None:
            self.lookup = Lookup(self.tokens)
        tokens = self.lookup.draft(self.out, min(rows, self.tokens_left - 1))
        if not tokens:
            return None
        return SequencePart(
            sequence=self.part.sequence, tokens=tokens, position=self.part.end + 1, outputs=len(tokens), kind="step"
        )

    def choose(self, logits: FloatArray, likeliest: int) -> int:
        """Return the next token, given float32 logits, (n_vocab,), and the index of the largest one."""
        if self.grammar is None:
            return likeliest if self.sampler is None else self.sampler.draw(logits)
        if self.sampler is not None:
            token = self.sampler.draw(self.grammar.allow(logits))
        elif self.grammar.allows(likeliest):
            token = likeliest
        else:
            token = int(np.argmax(self.grammar.allow(logits)))
        self.grammar.accept(token)
        return token

    def take(self, token: int, logprob: float, piece: bytes, ends: bool) -> FinishReason | None:
        """Append a decoded token; return why the completion ends with it, or None if it goes on."""
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
        """Return the completion with what was decoded so far."""
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
            # The token that ended it has no text.
            ends=(*ends, *(ends[-1:] or (0,)) * (len(self.out) - len(ends))),
        )

    def scored(self, scores: tuple[ChoiceScore, ...]) -> Completion:
        """Return the completion of a request with choices; its text is the choice with the highest likelihood."""
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
