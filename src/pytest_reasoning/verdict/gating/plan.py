"""The plan of a run: what each gate would cost, and the smallest drop that it could detect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pytest_reasoning.records import Completion
from pytest_reasoning.stats import cases_to_show_margin, visible_drop
from pytest_reasoning.text.wording import counted

GUESSED_FLOPS = 20e9
"Operations per second that are assumed of a machine without measurements; about two CPU cores."
POWER = 0.8
ALPHA = 0.05
"Error level of all comparisons of a run together."


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePlan:
    """One gate before it runs."""

    nodeid: str
    suite: str
    model: str
    n_params: int
    "Number of parameters; 0 if unknown."
    width: int
    "Sequences decoded in one step."
    cases: int
    clusters: int
    "Number of clusters of related cases; equal to `cases` if the suite declares none."
    max_tokens: Sequence[int]
    "Token limit of each completion."
    stored: Sequence[Completion | None]
    "The stored completion of each request; None if the response store has none."


def plan_lines(plans: Iterable[GatePlan], margin: float) -> Iterator[str]:
    """Yield the plan as text: the cost of each gate, the drop it can detect, and the sum over all gates.

    The tokens of a missing completion are estimated as the mean of the gate's stored completions, else as
    `max_tokens`. The time is the number of decoding steps times the time of a step, which is known from the model's
    stored completions (their time over their tokens). Without any it is guessed from the number of parameters, and
    marked by `?`.

    Args:
        plans: gates in the order of the run.
        margin: the largest acceptable drop of the pass rate, 0..1.
    """
    listed = list(plans)
    gates_of = Counter(plan.model for plan in listed)
    total_tokens, total_s, guessed = 0, 0.0, False
    for plan in listed:
        step_s, known = _step_s(plan, listed)
        tokens = _tokens_to_make(plan)
        missing = sum(one is None for one in plan.stored)
        seconds = tokens / max(1, min(plan.width, missing)) * step_s
        mark = "" if known or not tokens else "?"
        guessed = guessed or bool(mark)
        total_tokens, total_s = total_tokens + tokens, total_s + seconds
        power = _power(plan.clusters, _level(gates_of, plan.model))
        stored = f"{len(plan.stored) - missing} of {counted(len(plan.stored), 'completion')} stored"
        yield (
            f"{plan.nodeid}: {counted(plan.cases, 'case')}, {stored}, about {counted(tokens, 'token')} in "
            f"{_time(seconds)}{mark}; {power}; a margin of {margin:g} needs at least "
            f"{counted(_needed(margin), 'case')}"
        )
    for model, count in gates_of.items():
        if count > 1:
            suites = {plan.suite: plan for plan in listed if plan.model == model}.values()
            power = _power(sum(plan.clusters for plan in suites), _level(gates_of, model, whole=True))
            yield f"{model}: over all {counted(sum(plan.cases for plan in suites), 'case')} {power}"
    mark = "? (guessed from the model's size; a first run makes it known)" if guessed else ""
    gates, tokens_text = counted(len(listed), "gate"), counted(total_tokens, "token")
    yield f"in all: {gates}, about {tokens_text} in {_time(total_s)}{mark}"


def _tokens_to_make(plan: GatePlan) -> int:
    there = [len(one.tokens) for one in plan.stored if one is not None]
    mean = sum(there) / len(there) if there else None
    missing = [most for most, one in zip(plan.max_tokens, plan.stored, strict=True) if one is None]
    return round(sum(most if mean is None else min(most, mean) for most in missing))


def _step_s(plan: GatePlan, plans: Iterable[GatePlan]) -> tuple[float, bool]:
    """Return the time of one decoding step, and whether it was measured."""
    there = [one for other in plans if other.model == plan.model for one in other.stored if one is not None]
    tokens = sum(len(one.tokens) for one in there)
    if tokens:
        return sum(one.elapsed_s for one in there) / tokens, True
    return 2 * plan.n_params * plan.width / GUESSED_FLOPS, False


def _level(gates_of: Mapping[str, int], model: str, *, whole: bool = False) -> float:
    """Return the error level of the comparison of one suite with a baseline, or of a model's whole run."""
    level = ALPHA / sum(gates_of.values())
    # half of a model's error level belongs to the comparison of its whole run
    half = 2 if gates_of[model] > 1 else 1
    return level / half * (gates_of[model] if whole else 1)


@cache
def _power(cases: int, level: float) -> str:
    # Assumes that no case flips by chance, which repeats approach: the smallest detectable drop.
    drop = visible_drop(cases, power=POWER, alpha=level)
    if drop is None:
        return "no drop is seen with 80 % power"
    shown = f"{drop:.3f}" if drop < 0.01 else f"{drop:.2f}"
    return f"a drop of {shown} is seen with 80 % power"


@cache
def _needed(margin: float) -> int:
    # Assumes that no case flips by chance: the least number of cases.
    return cases_to_show_margin(margin, power=POWER) or 0


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
