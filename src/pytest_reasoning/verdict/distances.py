"""From residual streams to the distance of two models, and whether it says anything of what they can do.

It loads numpy where a distance is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_reasoning.records import ModelDistance, Outcome
from pytest_reasoning.stats.least import LEAST_GROUPS
from pytest_reasoning.text.wording import counted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Doubles = npt.NDArray[np.float64]

QUARTET = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What the two changes of each stimulus do together in one model."""

    model: str
    effects: Doubles
    "float64 (blocks, stimuli, n_embd)."


def together(rows: Iterable[tuple[tuple[int, int, int], bytes]], *, wordings: int) -> Doubles:
    """Return `first - second - third + fourth` of each quartet, the mean over its wordings.

    What a model adds up over words is the same in first and fourth as in second and third, and cancels.

    Args:
        rows: shape (blocks, 1, n_embd) and bytes of each prompt, from `residual_streams`: all four of a quartet
            one after the other, and all wordings of a stimulus.
        wordings: how many there are of each stimulus.

    Returns:
        float64 (blocks, stimuli, n_embd).
    """
    import numpy as np

    streams = np.stack([np.frombuffer(data, "<f4").reshape(shape)[:, 0] for shape, data in rows], axis=1)
    quartets = streams.astype(np.float64).reshape(len(streams), -1, wordings, QUARTET, streams.shape[2])
    first, second, third, fourth = (quartets[:, :, :, place] for place in range(QUARTET))
    return np.asarray((first - second - third + fourth).mean(axis=2))


def distance_of(suite: str, own: Together, reference: Together, *, wordings: int) -> ModelDistance:
    """Return the distance of a model from the reference on the stimuli of one suite."""
    from pytest_reasoning.stats.alignment import aligned, centered_similarities, distance_interval, neighbors

    found = aligned(centered_similarities(own.effects), centered_similarities(reference.effects))
    near = aligned(neighbors(own.effects), neighbors(reference.effects))
    low, high = distance_interval(own.effects, reference.effects, found)
    return ModelDistance(
        model=own.model,
        reference=reference.model,
        suite=suite,
        stimuli=own.effects.shape[1],
        wordings=wordings,
        distance=round(1 - found.calibrated, 4),
        interval=(round(low, 4), round(high, 4)),
        blocks=(found.best[0] + 1, found.best[1] + 1),
        alignment=round(float(found.values[found.best]), 4),
        chance=round(found.chance, 4),
        p_value=round(found.p_value, 4),
        neighbors=round(float(near.values[near.best]), 4),
        neighbors_chance=round(near.chance, 4),
        cka_map=_rounded(found.values),
        neighbors_map=_rounded(near.values),
    )


def distance_lines(distances: Sequence[ModelDistance], outcomes: Iterable[Outcome]) -> list[str]:
    """Return a sentence for each suite and model, and one on whether distances go with pass rates."""
    lines = [
        f"Distance in {one.suite} of {one.model} from {one.reference}: {one.distance:.2f} "
        f"(95 %: {one.interval[0]:.2f} to {one.interval[1]:.2f}), {_how_alike(one)}"
        for one in distances
    ]
    said = _prediction(distances, outcomes)
    return lines + ([said] if said else [])


def _how_alike(one: ModelDistance) -> str:
    by = f"by {counted(one.stimuli, 'stimulus', 'stimuli')} in {counted(one.wordings, 'wording')}"
    if one.p_value > 1 - 0.95:
        return f"no more alike than by chance (p = {one.p_value:.3f}), {by}."
    return f"alike at block {one.blocks[0]} and block {one.blocks[1]} (p = {one.p_value:.3f}), {by}."


def _prediction(distances: Sequence[ModelDistance], outcomes: Iterable[Outcome]) -> str:
    """Return a sentence on distance against pass rate over suites and models; empty with too few suites.

    A suite and model with an error has no pass rate.
    """
    right: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    broken = set()
    for outcome in outcomes:
        if outcome.strategy == "direct" and outcome.origin != "fresh":
            asked[outcome.suite, outcome.model] += 1
            right[outcome.suite, outcome.model] += outcome.status == "correct"
            if outcome.status == "error":
                broken.add((outcome.suite, outcome.model))
    known = [one for one in distances if asked[one.suite, one.model] and (one.suite, one.model) not in broken]
    suites = {one.suite for one in known}
    if len(suites) < LEAST_GROUPS:
        return ""
    from pytest_reasoning.stats.rank_correlation import rank_correlation

    found = rank_correlation(
        [one.suite for one in known],
        [one.distance for one in known],
        [right[one.suite, one.model] / asked[one.suite, one.model] for one in known],
    )
    low, high = found.interval
    predicts = high < 0 and found.explained > 0
    verdict = "so distance predicts pass rate" if predicts else "so distance does not predict pass rate here"
    return (
        f"Over {len(suites)} suites and {counted(len({one.model for one in known}), 'model')} the rank correlation "
        f"of distance with pass rate is {found.value:.2f} (95 %: {low:.2f} to {high:.2f}; "
        f"{found.without_one[0]:.2f} to {found.without_one[1]:.2f} with one suite left out), and a line through "
        f"the other suites explains {max(0.0, found.explained):.0%} of the suite left out: {verdict}."
    )


def _rounded(values: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 4) for value in row) for row in values)
