"""One ladder → is its growth sharp, smooth or absent; and is a sharp pass rate a matter of the measure?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pytest_reasoning.stats import Interval, tango_interval
from pytest_reasoning.stats.means import clustered_mean
from pytest_reasoning.verdict.scaling.curves import Fits
from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder, Measure
from pytest_reasoning.verdict.scaling.shapes import WIDTHS
from pytest_reasoning.verdict.sizes import LEAST_CASES, LEAST_SIZES

Growing = Literal["sharp", "smooth", "undecided", "flat", "too few cases", "too few sizes"]

_REJECTED = 3.84
"Difference of deviances that a curve is rejected at: the 5 % point of chi-square with one degree of freedom."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """How one measure rises along the ladder."""

    growing: Growing
    rise: float
    "Largest mean of a size of usual depth minus the smallest."
    jump: float
    "The largest step between neighbouring ones of these sizes."
    jump_interval: Interval
    "Of that step of these models, 95 % for all steps at once, paired over cases."
    share: float
    "jump / rise."
    share_of_range: float
    "What the step takes of the measured range of log N."
    between: tuple[str, str]
    "The two models of that step."
    growth_deviance: float
    "How much better a rising line explains the ladder than no growth."
    sharp_deviance: float
    "How much better some curve explains it than every gentle one."
    smooth_deviance: float
    "How much better some curve explains it than every steep one."


def sharpness(ladder: Ladder, fits: Fits) -> Sharpness:
    """Find the largest step between neighbouring sizes and judge the growth.

    Flat: a rising line explains the ladder no better than a constant does. Sharp: every gentle curve is rejected,
    whose rise takes at least half the measured range of log N. Smooth: none of them is, and every steep one is,
    whose rise takes at most a quarter. Each with the noise between models allowed for, at 5 %. Undecided: gentle
    and steep curves both explain the ladder.
    """
    # after a model that is shallow for its size everything looks like a jump
    usual = ladder.only_usual_depths().rungs()
    rungs = usual if len(usual.names) > 1 else ladder.rungs()
    means = rungs.values.mean(axis=0)
    place = int(np.diff(means).argmax())
    logs = np.log(np.asarray(rungs.n_params, dtype=np.float64))
    rise, jump = float(np.ptp(means)), float(means[place + 1] - means[place])
    changes = rungs.values[:, place + 1] - rungs.values[:, place]
    gentle, middling, steep = (fits.deviance(width) for width in WIDTHS)
    grown, sharp, smooth = fits.growth_deviance, gentle - min(middling, steep), steep - min(gentle, middling)
    growing: Growing = "undecided"
    if len(ladder.values) < LEAST_CASES:
        growing = "too few cases"
    elif grown <= _REJECTED:
        growing = "flat"
    elif len(set(ladder.n_params)) < LEAST_SIZES:
        growing = "too few sizes"
    elif sharp > _REJECTED:
        growing = "sharp"
    elif smooth > _REJECTED:
        growing = "smooth"
    return Sharpness(
        growing=growing,
        rise=rise,
        jump=jump,
        jump_interval=step_interval(changes, ladder.measure, steps=len(means) - 1),
        share=jump / rise if rise else 0.0,
        share_of_range=float((logs[place + 1] - logs[place]) / -np.log(ladder.sizes.min())),
        between=(rungs.names[place], rungs.names[place + 1]),
        growth_deviance=grown,
        sharp_deviance=max(0.0, sharp),
        smooth_deviance=max(0.0, smooth),
    )


def step_interval(changes: FloatArray, measure: Measure, *, steps: int = 1) -> Interval:
    """Return the interval of a mean change over cases that holds for all of some steps at once (Bonferroni).

    The largest of several steps is the one whose error is likely to be large too. A pass rate's interval is
    Tango's (1998), which is not empty at 0 and 1; a part of a case, with repeats, counts as that part of a flip.

    Raises:
        ValueError: log-probabilities of a single case, which have none.
    """
    confidence = 1 - 0.05 / max(steps, 1)
    if measure == "pass rate":
        gained, lost = float(changes[changes > 0].sum()), float(-changes[changes < 0].sum())
        return tango_interval(gained, lost, len(changes), confidence)
    _, interval = clustered_mean(changes.tolist(), [1] * len(changes), confidence)
    if interval is None:
        raise ValueError("the log-probabilities of one case have no interval")
    return interval


def artefact_verdict(rate: Sharpness, logprob: Sharpness | None) -> str:
    """Say whether a jump survives a continuous measure (Schaeffer et al. 2023, arXiv 2304.15004)."""
    if rate.growing != "sharp":
        return WORDS[rate.growing]
    if logprob is None:
        return "sharp in pass rate; no continuous measure to compare with"
    if logprob.growing == "sharp" and logprob.between == rate.between:
        return "sharp in both"
    if logprob.growing in ("smooth", "flat"):
        return "sharp only in pass rate"
    if logprob.growing == "sharp":
        return "sharp in both, at other sizes"
    return "sharp in pass rate; the log-probability does not tell"


WORDS: dict[Growing, str] = {
    "smooth": "smooth",
    "undecided": "grows; steep and gentle curves both fit",
    "flat": "no growth found",
    "too few cases": f"too few cases to say (at least {LEAST_CASES} are needed)",
    "too few sizes": f"grows; too few sizes to say how (at least {LEAST_SIZES} are needed)",
}
