"""The engine for a model whose requests a function of the user answers (the hook `pytest_reasoning_executor`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from pytest_reasoning.engine.others.openai import Answer
from pytest_reasoning.engine.others.threads import ThreadedEngine
from pytest_reasoning.records import Completion, Request

Executor = Callable[[Request], Completion | str]
"""Answers the requests to a model elsewhere, registered through the hook `pytest_reasoning_executor`: called with
one request, on several threads; returns the completion, or its text alone."""


def executor_engine(executor: Executor, *, model: str, threads: int) -> ThreadedEngine:
    """Return an engine that asks an executor.

    Args:
        executor: the user's function.
        model: the model's name, for messages.
        threads: how many requests may be asked at a time.
    """
    return ThreadedEngine(
        lambda: _Caller(executor), kind="executor", shown=f"the executor of {model}", threads=threads
    )


class _Caller:
    """Calls an executor; what it raises is the error of one request."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def ask(self, request: Request) -> Answer:
        """Return what the executor answers."""
        began = time.monotonic()
        try:
            found = self._executor(request)
        except Exception as error:  # whatever the user's code raises
            found = _failed(f"the executor raised {type(error).__name__}: {error}")
        if isinstance(found, str):
            found = Completion(text=found, tokens=(), logprobs=(), finish="stop", prompt_tokens=0)
        elif not isinstance(found, Completion):
            found = _failed(f"the executor returned {type(found).__name__} (return a text or a Completion)")
        completion = replace(found, elapsed_s=found.elapsed_s or time.monotonic() - began)
        tokens = len(completion.tokens) or completion.server_tokens
        return Answer(completion=completion, prompt_tokens=completion.prompt_tokens, completion_tokens=tokens)

    def close(self) -> None:
        """Do nothing; an executor is a function."""


def _failed(error: str) -> Completion:
    line = " ".join(error.split())
    return Completion(text="", tokens=(), logprobs=(), finish="error", prompt_tokens=0, error=line)
