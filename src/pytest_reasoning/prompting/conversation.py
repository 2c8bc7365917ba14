"""Turns a case and a strategy into the messages to the model, in one stage or two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from pytest_reasoning.records import STRATEGIES, Case, Exemplar, Generation, Message, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The messages to the model, and which of them is the case's own question."""

    messages: tuple[Message, ...]
    query: int
    "Index of the case's own question in `messages`; the suite shares all messages before it."
    answer_start: str = ""
    "Text with which the model's answer is forced to begin."


@runtime_checkable
class CustomStrategy(Protocol):
    """A strategy written in Python, registered through the hook `pytest_reasoning_strategies`."""

    samples: int
    "Completions per answer; with several the majority decides."

    def conversation(self, case: Case) -> Conversation:
        """Return the first messages to the model."""

    def follow_up(self, case: Case, asked: Conversation, completion: str) -> Conversation | None:
        """Return the next messages, or None if `completion` contains the answer."""


AnyStrategy = str | Strategy | CustomStrategy


def conversation(case: Case, strategy: AnyStrategy) -> Conversation:
    """Return the messages that put `case` to a model; a built-in strategy may be given by name."""
    if not isinstance(strategy, (str, Strategy)):
        return strategy.conversation(case)
    plan = _plan(strategy)
    messages = [Message(role="system", content=case.system)] if case.system else []
    for exemplar in case.fewshot if plan.exemplars else ():
        messages.append(Message(role="user", content=exemplar.prompt))
        messages.append(Message(role="assistant", content=_shown_answer(exemplar, plan)))
    messages.append(Message(role="user", content=case.questions.get(plan.name, case.prompt)))
    return Conversation(messages=tuple(messages), query=len(messages) - 1, answer_start=plan.trigger)


def follow_up(case: Case, strategy: AnyStrategy, asked: Conversation, completion: str) -> Conversation | None:
    """Return the messages of the next stage, or None if there is none.

    The second stage of Kojima et al. 2022 continues the same answer: the reasoning so far, followed by the sentence
    that asks for the answer.
    """
    if not isinstance(strategy, (str, Strategy)):
        return strategy.follow_up(case, asked, completion)
    plan = _plan(strategy)
    if not plan.extraction or asked.answer_start.endswith(plan.extraction):
        return None
    start = f"{asked.answer_start}{completion.rstrip()}\n{plan.extraction}".lstrip()
    return replace(asked, answer_start=start)


def generation_for(case: Case, strategy: AnyStrategy) -> Generation:
    """Return how a completion is decoded under this strategy."""
    if not isinstance(strategy, (str, Strategy)):
        return case.generation
    plan = _plan(strategy)
    said = case.generation
    if plan.temperature is None and plan.max_tokens is None:
        return said
    return replace(
        said,
        temperature=said.temperature if plan.temperature is None else plan.temperature,
        max_tokens=said.max_tokens if plan.max_tokens is None else plan.max_tokens,
    )


def _plan(strategy: str | Strategy) -> Strategy:
    return STRATEGIES[strategy] if isinstance(strategy, str) else strategy


def _shown_answer(exemplar: Exemplar, strategy: Strategy) -> str:
    if not strategy.rationales or exemplar.rationale is None:
        return exemplar.target
    return f"{exemplar.rationale} {strategy.conclusion} {exemplar.target}."
