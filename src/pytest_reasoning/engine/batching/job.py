"""A request inside the scheduler: `Intake` turns requests into jobs, and a `Job` ends as a completion."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from pytest_reasoning.engine.batching.backend import Backend, FloatArray, Grammar
from pytest_reasoning.engine.batching.parts import SequencePart
from pytest_reasoning.engine.batching.sampling import Sampler
from pytest_reasoning.engine.batching.stops import StopFinder
from pytest_reasoning.records import ChoiceScore, Completion, FinishReason, Request
from pytest_reasoning.text.errors import EngineError


def common_length(first: list[int] | tuple[int, ...], second: list[int] | tuple[int, ...]) -> int:
    """Return the length of the longest common beginning."""
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))


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
    continuations: tuple[tuple[int, ...], ...] = ()
    "For a request with choices: the tokens of each choice that follow `tokens`."
    part: SequencePart | None = None
    "The tokens to evaluate next, and the job's sequence; None before it starts."
    first: int = 0
    "The first position whose cell belongs to this job alone."
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
        self.sampler = Sampler(generation, str(self.request.key), self.request.sample) if drawn else None

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
        return len(self.tokens) + self.most_tokens - self.part.end if self.part is not None else self.cells

    @property
    def plain(self) -> bool:
        """Whether decoding is greedy without a grammar, so that the next token is simply the likeliest."""
        return self.sampler is None and self.grammar is None

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


class Intake:
    """Turns requests into jobs for one model, and sorts jobs into the order in which they run."""

    def __init__(self, backend: Backend, n_ctx: int) -> None:
        """Take the model and `n_ctx`, the most tokens that one request may span."""
        self._backend = backend
        self._n_ctx = n_ctx
        self._prefixes: dict[str, list[int]] = {}
        self._places: dict[tuple[int, ...], int] = {}
        "Each prefix with its number in the order of submission."

    def read(self, id_: int, request: Request) -> Job | Completion:
        """Return a job, or a completion if the prompt does not fit; raises EngineError for an invalid request."""
        if request.choices and request.grammar is not None:
            raise EngineError("choices and grammar exclude each other (give one of them)")
        if request.generation.max_tokens < 1 and not request.choices:
            raise EngineError(f"max_tokens is {request.generation.max_tokens} (take at least 1)")
        tokens = self._backend.tokenize(request.prompt)
        whole = [self._backend.tokenize(request.prompt + choice) for choice in request.choices]
        # A choice may merge with the prompt's last token: then that token is scored with each choice.
        common = min((common_length(tokens, other) for other in whole), default=len(tokens))
        common = min([common, *(len(other) - 1 for other in whole)])
        tokens = tokens[:common]
        if not tokens:
            raise EngineError("the prompt has no tokens (write a prompt)")
        longest = max((len(other) for other in whole), default=len(tokens) + 1)
        if longest > self._n_ctx:
            return self._not_run("overflow", len(tokens))
        prefix = self._prefix(request)
        shared = min(common_length(prefix, tokens), len(tokens) - 1)
        if shared == 0:
            prefix = []
        elif self._backend.recurrent:
            # A recurrent state cannot be cut at a position, so only a whole prefix can be shared.
            prefix = prefix[:shared]
        job = Job(
            id=id_,
            request=request,
            tokens=tuple(tokens),
            prefix=tuple(prefix),
            shared=shared,
            most_tokens=min(request.generation.max_tokens, self._n_ctx - len(tokens)),
            continuations=tuple(tuple(other[common:]) for other in whole),
        )
        self._places.setdefault(job.prefix, len(self._places))
        return job

    def refused(self, error: EngineError) -> Completion:
        """Return the completion of a request for which `read` has raised."""
        return self._not_run("error", 0, str(error))

    def ordered(self, jobs: Iterable[Job]) -> list[Job]:
        """Return jobs in the order in which they run.

        Jobs with one prefix stay together, in submission order, so that the prefix is evaluated once. Among them
        the longest come first, so that no long job runs alone at the end. Equal prompts follow each other, so that
        they can be forked.
        """
        firsts: dict[tuple[int, ...], int] = {}
        listed = sorted(jobs, key=lambda job: job.id)
        for job in listed:
            firsts.setdefault(job.tokens, job.id)
        return sorted(
            listed, key=lambda job: (self._places.get(job.prefix, 0), -job.most_tokens, firsts[job.tokens])
        )

    def _prefix(self, request: Request) -> list[int]:
        text = request.prompt[: request.prefix_chars]
        if not text:
            return []
        if text not in self._prefixes:
            self._prefixes[text] = self._backend.tokenize(text)
        return self._prefixes[text]

    def _not_run(self, finish: FinishReason, prompt_tokens: int, error: str | None = None) -> Completion:
        return Completion(text="", tokens=(), logprobs=(), finish=finish, prompt_tokens=prompt_tokens, error=error)
