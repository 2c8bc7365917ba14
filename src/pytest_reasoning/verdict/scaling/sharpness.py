"""One ladder → is its growth sharp, smooth or absent; and is a sharp pass rate a matter of the measure?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pytest_reasoning.verdict.scaling.growth import Interval, central_95, resampled_means
from pytest_reasoning.verdict.scaling.ladder import Ladder

Growing = Literal["sharp", "smooth", "flat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """How one measure rises along the ladder."""

    growing: Growing
    rise: float
    "Largest mean of a model minus the smallest."
    jump: float
    "The largest step between neighbouring sizes."
    jump_interval: Interval
    "Of that step, paired over cases."
    share: float
    "jump / rise."
    share_interval: Interval
    between: tuple[str, str]
    "The two models of that step."


def sharpness(ladder: Ladder, *, resamples: int = 400, seed: int = 0) -> Sharpness:
    """Find the largest step between neighbouring sizes and judge it.

    Flat: the largest model is not better than the smallest with 95 % confidence. Sharp: it is, and the step is more
    than half way from an even share of the rise (1/steps) to all of it, with 95 % confidence. Smooth: it is not.
    """
    means = resampled_means(ladder.values, resamples, seed)
    steps = np.diff(means, axis=1)
    place = int(steps[0].argmax())
    rises = np.ptp(means, axis=1)
    shares = steps[:, place] / np.where(rises > 0, rises, np.inf)
    jump_interval = central_95(steps[1:, place])
    share_interval = central_95(shares[1:])
    growing: Growing = "smooth"
    if central_95(means[1:, -1] - means[1:, 0])[0] <= 0:
        growing = "flat"
    elif len(ladder.models) > 2 and share_interval[0] > (1 + 1 / steps.shape[1]) / 2:
        growing = "sharp"
    return Sharpness(
        growing=growing,
        rise=float(rises[0]),
        jump=float(steps[0, place]),
        jump_interval=jump_interval,
        share=float(shares[0]),
        share_interval=share_interval,
        between=(ladder.models[place], ladder.models[place + 1]),
    )


def artefact_verdict(rate: Sharpness, logprob: Sharpness | None) -> str:
    """Say whether a jump survives a continuous measure (Schaeffer et al. 2023, arXiv 2304.15004)."""
    if rate.growing == "flat":
        return "no growth found"
    if rate.growing == "smooth":
        return "smooth"
    if logprob is None:
        return "sharp in pass rate; no continuous measure to compare with"
    if logprob.growing == "sharp" and logprob.between == rate.between:
        return "sharp in both"
    return "sharp only in pass rate"
