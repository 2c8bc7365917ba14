"""The two previews that replace a run: the prompts of the selected cases, and the plan of the gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest

from pytest_reasoning.records import Completion, Endpoint, Gguf, Model, Request, Strategy
from pytest_reasoning.report import Results, plan_text
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.session.items.gate import GateItem, count_clusters
from pytest_reasoning.session.probe import probed_speed
from pytest_reasoning.session.settings import RunSettings
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.gating.plan import (
    GatePlan,
    Planned,
    Speed,
    guessed_speed,
    lengths_in,
    speed_in_report,
    speed_in_store,
)


def nothing_to_run(globs: Sequence[str], models: Sequence[str]) -> str:
    """Return what can be run where no suite was found."""
    named = printable(",".join(models))
    return (
        f"no suite was found ({', '.join(globs)}): see what the model can do with "
        f"`pytest-reasoning check {named}`, write a first suite with `pytest-reasoning new sums`, or name "
        f"a suite's file"
    )


def prompt_lines(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Yield for each case its node id, then the lines of its prompt after `  | `, all safe to print."""
    for item in items:
        if not isinstance(item, CaseItem):
            continue
        yield printable(item.nodeid)
        try:
            request = item.question.requests[0]
        except ReasoningError as error:
            yield f"  ERROR: {printable(str(error))}"
            continue
        if isinstance(item.model, Endpoint) and item.model.remote.chat is not False:
            yield "  (the server renders these messages by its own chat template)"
            for message in request.messages:
                yield f"  {message.role}:"
                yield from _indented(message.content)
        else:
            yield from _indented(request.prompt)


def plan_preview(
    items: Iterable[pytest.Item], asker: Asker, settings: RunSettings, *, earlier: Results | None, width: int
) -> Iterator[str]:
    """Yield the plan of the selected gates; a gate that was selected is planned with all its cases.

    The store is read, and `earlier`, the report of an earlier run. Where neither tells how fast a model is, a probe
    measures it; nothing else runs.
    """
    plans = [_plan(item, asker) for item in items if isinstance(item, GateItem)]
    if not plans:
        yield "reasoning: no gate was selected, so there is nothing to plan"
        return
    speeds: dict[str, Speed | None] = {}
    for model in asker.models:
        own = [plan for plan in plans if plan.cell.model == model.name]
        if own:
            try:
                speeds[model.name] = _speed(model, own, asker, earlier)
            except ReasoningError as error:
                speeds[model.name] = None
                yield f"reasoning: {printable(model.name)} cannot be probed: {printable(str(error))}"
    yield from plan_text(
        plans,
        speeds,
        lengths=lengths_in(earlier.outcomes) if earlier is not None else {},
        margin=settings.plan_margin,
        timeout_s=settings.engine.timeout_s,
        budget_s=settings.pace.budget_s if settings.pace is not None else None,
        width=width,
        plain=True,
    ).split("\n")


def _speed(model: Model, plans: Sequence[GatePlan], asker: Asker, earlier: Results | None) -> Speed | None:
    reported = [one for one in earlier.models if one.name == model.name] if earlier is not None else []
    if earlier is not None and reported:
        told = speed_in_report(
            earlier.outcomes_of(model.name),
            prompt_tokens=reported[0].prompt_tokens,
            completion_tokens=reported[0].completion_tokens,
            elapsed_s=reported[0].elapsed_s,
            width=asker.width_of(model),
        )
        if told is not None:
            return told
    stored = speed_in_store(plans, model.name)
    missing = [one for plan in plans for one in plan.requests if one.stored is None]
    if stored is not None or not missing or not isinstance(model, Gguf):
        return stored
    if model.size_bytes:  # else a variant that is not made yet
        with asker.waiting_for(f"{model.name}: measuring its speed"):
            measured = probed_speed(model, asker.settings, [one.prefix[-1000:] + one.own for one in missing])
        if measured is not None:
            return measured
    return guessed_speed(model.n_params, asker.width_of(model))


def _indented(text: str) -> Iterator[str]:
    return (f"  | {line}" for line in printable(text, newlines=True).split("\n"))


def _plan(gate: GateItem, asker: Asker) -> GatePlan:
    cases = gate.planned_cases
    stages = [stage for case in cases for stage in _stages(case, asker)]
    return GatePlan(
        nodeid=gate.nodeid,
        cell=gate.cell,
        width=asker.width_of(gate.model),
        cases=len(cases),
        clusters=count_clusters(cases),
        requests=stages,
        more_stages=not isinstance(cases[0].question.strategy, Strategy),
    )


def _stages(case: CaseItem, asker: Asker) -> Iterator[Planned]:
    """Yield what a case asks, stage by stage; of a stage that follows an unknown answer, an empty one stands in."""
    try:
        submission = case.submission
    except ReasoningError:
        return
    # What a strategy in Python asks next depends on the answer, which only its own code may be shown.
    follow_up = submission.follow_up if isinstance(case.question.strategy, Strategy) else None
    stored = asker.stored(case.model, submission.requests)
    for place, (request, there) in enumerate(zip(submission.requests, stored, strict=True)):
        after: tuple[int, ...] = ()
        answers: list[Completion] = []
        following: Request | None = request
        while following is not None:
            yield _planned(following, after, there)
            if follow_up is None or place >= len(case.question.requests):
                break
            after = () if there is not None else (*after, following.generation.max_tokens)
            answers.append(there or Completion(text="", tokens=(), logprobs=(), finish="stop", prompt_tokens=0))
            following = follow_up(place, answers)
            known = all(one.tokens or one.cached for one in answers)
            there = asker.stored(case.model, [following])[0] if following is not None and known else None


def _planned(request: Request, after: tuple[int, ...], stored: Completion | None) -> Planned:
    return Planned(
        prefix=request.prompt[: request.prefix_chars],
        own=request.prompt[request.prefix_chars :],
        scored=request.choices,
        max_tokens=0 if request.choices else request.generation.max_tokens,
        after=after,
        stored=stored,
    )
