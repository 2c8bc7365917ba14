"""From a request to a job: tokens, the shared prefix, and what cannot be run at all."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.job import Job, common_length
from pytest_reasoning.records import Completion, FinishReason, Request
from pytest_reasoning.text.errors import EngineError


class Intake:
    """Reads requests for one model and puts them into the order in which they run."""

    def __init__(self, backend: Backend, n_ctx: int) -> None:
        self._backend = backend
        self.n_ctx = n_ctx or backend.n_ctx_train
        self._prefixes: dict[str, list[int]] = {}
        self._places: dict[tuple[int, ...], int] = {}

    def read(self, id_: int, request: Request) -> Job | Completion:
        """The job, or its completion if it cannot run; raises EngineError if the request makes no sense."""
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
        if longest > self.n_ctx:
            return self._unrun("overflow", len(tokens))
        prefix = self._prefix(request)
        shared = min(common_length(prefix, tokens), len(tokens) - 1)
        if shared == 0:
            prefix = []
        elif self._backend.recurrent:
            # Such a state cannot be cut: what is shared must be all of the prefix.
            prefix = prefix[:shared]
        job = Job(
            id=id_,
            request=request,
            tokens=tuple(tokens),
            prefix=tuple(prefix),
            shared=shared,
            most_tokens=min(request.generation.max_tokens, self.n_ctx - len(tokens)),
            continuations=tuple(tuple(other[common:]) for other in whole),
        )
        self._places.setdefault(job.prefix, len(self._places))
        return job

    def refused(self, error: EngineError) -> Completion:
        """The answer to a request that `read` raised for."""
        return self._unrun("error", 0, str(error))

    def ordered(self, jobs: Iterable[Job]) -> list[Job]:
        """Suite by suite as submitted, so that a prefix is evaluated once; then the long first, so that little
        runs on alone; equal prompts together, so that they can be forked.
        """
        firsts: dict[tuple[int, ...], int] = {}
        listed = sorted(jobs, key=lambda job: job.id)
        for job in listed:
            firsts.setdefault(job.tokens, job.id)
        return sorted(listed, key=lambda job: (self._places[job.prefix], -job.most_tokens, firsts[job.tokens]))

    def _prefix(self, request: Request) -> list[int]:
        text = request.prompt[: request.prefix_chars]
        if not text:
            return []
        if text not in self._prefixes:
            self._prefixes[text] = self._backend.tokenize(text)
        return self._prefixes[text]

    def _unrun(self, finish: FinishReason, prompt_tokens: int, error: str | None = None) -> Completion:
        return Completion(text="", tokens=(), logprobs=(), finish=finish, prompt_tokens=prompt_tokens, error=error)
