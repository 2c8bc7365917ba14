"""Judges whether growth is sharp, smooth or absent, and whether a sharp pass rate is an artifact of the measure."""

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
"Difference of deviances at which a curve is rejected: the 5 % point of chi-square with one degree of freedom."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """The rise of one measure along the ladder, and its judgment."""

    growing: Growing
    rise: float
    "Largest mean minus smallest mean, over sizes of usual depth."
    jump: float
    "The largest step between neighboring ones of these sizes."
    jump_interval: Interval
    "95 % interval of that step, simultaneous for all steps, paired over cases."
    share: float
    "`jump` / `rise`."
    share_of_range: float
    "Width of the step as a share of the measured range of log N."
    between: tuple[str, str]
    "The two models of that step."
    growth_deviance: float
    "Deviance of a constant minus that of the best rising line."
    sharp_deviance: float
    "Deviance of the best gentle curve minus that of the best curve."
    smooth_deviance: float
    "Deviance of the best steep curve minus that of the best curve."


def sharpness(ladder: Ladder, fits: Fits) -> Sharpness:
    """Find the largest step between neighboring sizes and judge the growth.

    Growth is `flat` if a rising line fits no better than a constant. It is `sharp` if every gentle curve is
    rejected (one whose rise takes at least half the measured range of log N), and `smooth` if gentle curves are not
    rejected but every steep one is (whose rise takes at most a quarter). It is `undecided` if both kinds fit. All
    tests are at 5 % and allow for the noise between models.
    """
    # use sizes of usual depth: the step after a model that is shallow for its size would look like a jump
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
    """Return the interval of a mean change over cases, simultaneous for a number of steps (Bonferroni).

    It is simultaneous because the largest of several steps is likely to have a large error too. For pass rates it
    is Tango's (1998), in which a fraction of a case, with repeats, counts as that fraction of a flip.

    Raises:
        ValueError: for log-probabilities of a single case, which have no interval.
    """
    confidence = 1 - 0.05 / max(steps, 1)
    if measure == "pass rate":
        gained, lost = float(changes[changes > 0].sum()), float(-changes[changes < 0].sum())
        return tango_interval(gained, lost, len(changes), confidence)
    _, interval = clustered_mean(changes.tolist(), [1] * len(changes), confidence)
    if interval is None:
        raise ValueError("the log-probabilities of one case have no interval")
    return interval


def artifact_verdict(rate: Sharpness, logprob: Sharpness | None) -> str:
    """Return whether a jump is also found by a continuous measure (Schaeffer et al. 2023, arXiv 2304.15004)."""
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
