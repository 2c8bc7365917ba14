"""Reads requests: their tokens, and what of them can be shared, as jobs for the scheduler."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.engine.batching.backend import Backend
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.records import Completion, FinishReason, Request
from pytest_reasoning.text.errors import EngineError


def common_length(first: Sequence[int], second: Sequence[int]) -> int:
    """Return the length of the longest common beginning."""
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))


class Intake:
    """Turns requests into jobs for one model."""

    def __init__(self, backend: Backend, n_ctx: int, *, stages: bool) -> None:
        """Take the model.

        Args:
            backend: the model.
            n_ctx: the most tokens that one request may span.
            stages: whether a stage of a conversation may share the cells of the stage before it.
        """
        self._backend = backend
        self._n_ctx = n_ctx
        self._stages = stages
        self._prefixes: dict[str, tuple[int, ...]] = {}

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
            prefix = ()
        elif self._backend.recurrent:
            # A recurrent state cannot be cut at a position, so only a whole prefix can be shared.
            prefix = prefix[:shared]
        earlier, stage = self._earlier(request, tokens, prefix, shared)
        return Job(
            id=id_,
            request=request,
            tokens=tuple(tokens),
            prefix=prefix,
            shared=shared,
            earlier=earlier,
            stage=stage,
            most_tokens=min(request.generation.max_tokens, self._n_ctx - len(tokens)),
            continuations=tuple(tuple(other[common:]) for other in whole),
        )

    def refused(self, error: EngineError) -> Completion:
        """Return the completion of a request for which `read` has raised."""
        return self._not_run("error", 0, str(error))

    def _prefix(self, request: Request) -> tuple[int, ...]:
        text = request.prompt[: request.prefix_chars]
        if not text:
            return ()
        if text not in self._prefixes:
            self._prefixes[text] = tuple(self._backend.tokenize(text))
        return self._prefixes[text]

    def _earlier(
        self, request: Request, tokens: list[int], prefix: tuple[int, ...], shared: int
    ) -> tuple[tuple[int, ...], int]:
        """Return the earlier stage's prompt, and with how much of it this prompt begins."""
        if not self._stages or not request.earlier_chars or request.choices:
            return (), 0
        earlier = tuple(self._backend.tokenize(request.prompt[: request.earlier_chars]))
        stage = min(common_length(earlier, tokens), len(tokens) - 1)
        # The earlier stage has the same cells only if its prefix ends at the same token.
        same = min(common_length(prefix, earlier), len(earlier) - 1) == shared
        return (earlier, stage) if same and stage > shared else ((), 0)

    def _not_run(self, finish: FinishReason, prompt_tokens: int, error: str | None = None) -> Completion:
        return Completion(text="", tokens=(), logprobs=(), finish=finish, prompt_tokens=prompt_tokens, error=error)
