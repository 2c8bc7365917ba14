"""Requests, and what an engine answers to them, for tests that compare two ways to run a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_reasoning.engine import Engine
from pytest_reasoning.records import Completion, Generation, Request, RequestKey

PREFIX = "Q: what is next?\nA: this\n\n" * 3


def requests(count: int, *, max_tokens: int = 12) -> list[Request]:
    """Requests with a shared prefix; every third is sampled."""
    return [
        Request(
            key=RequestKey(case=f"case {number}"),
            prompt=f"{PREFIX}case {number}:{'x' * (number % 50)}",
            prefix_chars=len(PREFIX),
            generation=Generation(max_tokens=max_tokens, temperature=0.0 if number % 3 else 0.8),
        )
        for number in range(count)
    ]


def answers(engine: Engine, asked: Sequence[Request]) -> list[Completion]:
    """All answers without their times; the engine is closed."""
    try:
        tickets = [engine.submit(one) for one in asked]
        return [timeless(engine.result(ticket)) for ticket in tickets]
    finally:
        engine.close()


def timeless(completion: Completion) -> Completion:
    """A completion as it is compared: how long it took, and whether it was stored, are not part of it."""
    return replace(completion, elapsed_s=0.0, cached=False)
