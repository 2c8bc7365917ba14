"""The plan of a run: what each gate would cost and how small a drop it could show, before anything has run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pytest_reasoning.records import Cell, Completion, Outcome, by_cell
from pytest_reasoning.stats import cases_to_show_margin, visible_drop

GUESSED_FLOPS = 20e9
"Operations per second assumed of a machine where nothing was measured; about two cores."
GUESSED_TOKENS_PER_CHAR = 0.25
POWER = 0.8
ALPHA = 0.05
"Error level of all comparisons of a run together."


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One request of a plan: a completion to be made, or texts to be scored."""

    prefix: str
    "The part of the prompt that is evaluated once for all of a gate's requests."
    own: str
    "The rest of the prompt; equal ones are evaluated once."
    scored: tuple[str, ...] = ()
    "Texts whose log-likelihood is asked for; then nothing is written."
    max_tokens: int = 0
    "Of a completion."
    after: tuple[int, ...] = ()
    "max_tokens of the stages before this one, whose completions stand in its prompt too."
    stored: Completion | None = None
    "What the response store has of it."


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePlan:
    """One gate before it runs."""

    nodeid: str
    cell: Cell
    width: int
    "Sequences decoded in one step."
    cases: int
    clusters: int
    "Of cases that the suite says are related; as many as cases where it says nothing."
    requests: Sequence[Planned]
    more_stages: bool = False
    "Whether its strategy is written in Python and may ask for more than this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a model is here."""

    prompt_s: float
    "Seconds for one token of a prompt."
    step_s: float
    "Seconds for one step of a full batch: a token for each of its sequences."
    tokens_per_char: float
    source: str
    "Where this was learnt, as a sentence goes on."
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What is still to be done for a gate."""

    stored: int
    completions: int
    "To be made, those of all stages."
    scorings: int
    "Prompts with texts to be scored."
    prompt_tokens: int
    "To be evaluated, those of scored texts included."
    tokens: int
    "To be written."
    at_most: bool
    "Whether `tokens` counts max_tokens, because nothing tells how long the answers are."
    seconds: float | None
    "None where nothing is known of the model."
    longest_s: float | None
    "The longest that one completion may take, up to its max_tokens."


def cost_of(plan: GatePlan, speed: Speed | None, *, waiting: int, length: float | None) -> Cost:
    """Return what is still to be done for a gate.

    Args:
        plan: of the gate.
        speed: of its model, None if nothing is known of it.
        waiting: completions that the whole run makes with this model; they share its batches.
        length: mean tokens of a completion in an earlier run; None takes what the store has of this gate, or else
            max_tokens.
    """
    missing = [one for one in plan.requests if one.stored is None]
    written = [one for one in missing if not one.scored]
    there = [len(one.stored.tokens) for one in plan.requests if one.stored is not None and not one.scored]
    mean = length if length is not None else sum(there) / len(there) if there else None
    tokens = sum(_expected(one.max_tokens, mean) for one in written)
    per_char = speed.tokens_per_char if speed is not None else GUESSED_TOKENS_PER_CHAR
    prompt_tokens = _prompt_tokens(missing, per_char, mean)
    seconds = longest = None
    if speed is not None:
        batch = max(1, min(plan.width, waiting))
        seconds = prompt_tokens * speed.prompt_s + tokens / batch * speed.step_s
        longest = max(
            (len(one.own) * per_char * batch * speed.prompt_s + one.max_tokens * speed.step_s for one in written),
            default=None,
        )
    return Cost(
        stored=len(plan.requests) - len(missing),
        completions=len(written),
        scorings=len(missing) - len(written),
        prompt_tokens=round(prompt_tokens),
        tokens=round(tokens),
        at_most=mean is None and bool(written),
        seconds=seconds,
        longest_s=longest,
    )


def speed_in_store(plans: Iterable[GatePlan], model: str) -> Speed | None:
    """Return what the stored completions of a model tell; None if there are none.

    A completion's time is that of its steps, and holds its share of the prompts evaluated beside it.
    """
    asked = [one for plan in plans if plan.cell.model == model for one in plan.requests]
    there = [(one, one.stored) for one in asked if one.stored is not None]
    written = [stored for _, stored in there if stored.tokens]
    tokens = sum(len(one.tokens) for one in written)
    if not tokens:
        return None
    chars = sum(len(one.prefix) + len(one.own) for one, _ in there)
    prompts = sum(stored.prompt_tokens for _, stored in there)
    return Speed(
        prompt_s=0.0,
        step_s=sum(one.elapsed_s for one in written) / tokens,
        tokens_per_char=prompts / chars if chars and prompts else GUESSED_TOKENS_PER_CHAR,
        source="from the response store",
    )


def speed_in_report(
    outcomes: Sequence[Outcome], *, prompt_tokens: int, completion_tokens: int, elapsed_s: float, width: int
) -> Speed | None:
    """Return what an earlier run of a model tells: its tokens and its time; None if it made nothing then."""
    if not elapsed_s or not (prompt_tokens or completion_tokens):
        return None
    made = sum(not one.cached for one in outcomes)
    batch = max(1, min(width, made))
    # prompts and answers are not told apart there, so the time is laid on what there is more to wait for
    return Speed(
        prompt_s=0.0 if completion_tokens else elapsed_s / prompt_tokens,
        step_s=elapsed_s / completion_tokens * batch if completion_tokens else 0.0,
        tokens_per_char=GUESSED_TOKENS_PER_CHAR,
        source="from the earlier report",
    )


def guessed_speed(n_params: int, width: int) -> Speed | None:
    """Return a guess from a model's size; None where that is not known."""
    if not n_params:
        return None
    return Speed(
        prompt_s=2 * n_params / GUESSED_FLOPS,
        step_s=2 * n_params * width / GUESSED_FLOPS,
        tokens_per_char=GUESSED_TOKENS_PER_CHAR,
        source="guessed from the model's size",
        guessed=True,
    )


def lengths_in(outcomes: Iterable[Outcome]) -> Mapping[Cell, float]:
    """Return the mean tokens of an answer by cell, as an earlier run had them."""
    return {
        cell: sum(one.completion_tokens for one in found) / len(found)
        for cell, found in by_cell(outcomes).items()
        if any(one.completion_tokens for one in found)
    }


def drops_seen(plans: Sequence[GatePlan]) -> tuple[list[float | None], Mapping[str, float | None]]:
    """Return the smallest drop that the comparison of each gate with a baseline shows with 80 % power.

    Also that of all of a model's suites together, for models that have several. No case flips by chance, as repeats
    come near to: these are the smallest drops at best. None: no drop is seen.
    """
    gates_of = Counter(plan.cell.model for plan in plans)
    each = [_drop(plan.clusters, _level(gates_of, plan.cell.model)) for plan in plans]
    whole: dict[str, float | None] = {}
    for model, count in gates_of.items():
        if count > 1:
            suites = {plan.cell.suite: plan.clusters for plan in plans if plan.cell.model == model}
            whole[model] = _drop(sum(suites.values()), _level(gates_of, model, whole=True))
    return each, whole


@cache
def cases_for_margin(margin: float) -> int:
    """Return how many cases a comparison needs at the very least to rule out a drop of `margin`."""
    # no case flips by chance
    return cases_to_show_margin(margin, power=POWER) or 0


def _expected(most: int, mean: float | None) -> float:
    return most if mean is None else min(most, mean)


def _prompt_tokens(missing: Sequence[Planned], per_char: float, mean: float | None) -> float:
    """Return the tokens to be evaluated: each prefix once, each own part once, and every scored text."""
    chars = sum(map(len, {one.prefix for one in missing}))
    chars += sum(len(own) for _, own, _ in {(one.prefix, one.own, bool(one.scored)) for one in missing})
    chars += sum(len(text) for one in missing for text in one.scored)
    return chars * per_char + sum(_expected(most, mean) for one in missing for most in one.after)


def _level(gates_of: Mapping[str, int], model: str, *, whole: bool = False) -> float:
    """Return the error level that the comparison of one suite with a baseline has, or that of all together."""
    level = ALPHA / sum(gates_of.values())
    # half of a model's share is that of all its suites together
    half = 2 if gates_of[model] > 1 else 1
    return level / half * (gates_of[model] if whole else 1)


@cache
def _drop(cases: int, level: float) -> float | None:
    return visible_drop(cases, power=POWER, alpha=level)
