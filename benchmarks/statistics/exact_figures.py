"""Tables that need no simulation: sums over all results that a suite can have."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.stats import binom

from pytest_reasoning.stats import (
    IntervalMethod,
    cases_to_decide,
    cases_to_show_margin,
    drop_power,
    proportion_interval,
    visible_drop,
)

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
METHODS: Sequence[IntervalMethod] = ("wilson", "jeffreys", "clopper-pearson")
NAMES = {"wilson": "Wilson (default)", "jeffreys": "Jeffreys", "clopper-pearson": "Clopper–Pearson"}


@cache
def limits(cases: int, method: IntervalMethod) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper limits for every number of correct cases."""
    found = [proportion_interval(correct, cases, 0.95, method) for correct in range(cases + 1)]
    return np.array([low for low, _ in found]), np.array([high for _, high in found])


def coverage() -> Table:
    """How often the 95 % interval holds the true rate, over rates from 0.005 to 0.995, and how wide it is."""
    cases, rates = 25, np.linspace(0.005, 0.995, 199)
    rows = []
    for method in METHODS:
        low, high = limits(cases, method)
        chances = binom.pmf(np.arange(cases + 1)[None, :], cases, rates[:, None])
        held = (chances * ((low <= rates[:, None]) & (rates[:, None] <= high))).sum(axis=1)
        low_20, high_20 = proportion_interval(20, cases, 0.95, method)
        rows.append([NAMES[method], share(held.mean()), share(held.min()), f"{high_20 - low_20:.3f}"])
    return ["method", "mean coverage, n = 25", "worst", "width at 0.8"], rows


def gate_error(cases: int, rate: float, method: IntervalMethod) -> float:
    """Return how often a gate with `min` at the true rate itself fails on its 95 % interval."""
    _, high = limits(cases, method)
    return float(binom.pmf(np.arange(cases + 1), cases, rate)[high < rate].sum())


def gate_errors() -> Table:
    """A model exactly at its threshold: how often the gate fails it."""
    rates = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
    rows = [
        [f"{NAMES[method]}, {cases} cases", *(share(gate_error(cases, rate, method)) for rate in rates)]
        for method in METHODS
        for cases in (25, 50, 100, 400)
    ]
    return ["failed at the threshold", *(f"{rate:g}" for rate in rates)], rows


def gate_cases() -> Table:
    """Cases that decide a gate in 80 % of runs, by how far the true rate is from the threshold."""
    thresholds, apart = (0.5, 0.8, 0.9, 0.95), (-0.2, -0.1, -0.05, 0.05, 0.1)
    rows = []
    for distance in apart:
        row = [f"{distance:+.2f}"]
        for threshold in thresholds:
            rate = round(threshold + distance, 3)
            cases = cases_to_decide(rate, threshold) if rate <= 1 else None
            row.append("–" if cases is None else f"{cases:,}")
        rows.append(row)
    return ["true rate − threshold", *(f"threshold {one:g}" for one in thresholds)], rows


def drop_powers() -> Table:
    """A true drop of 15 points with 100 cases, alone and as one of 50 comparisons."""
    gained = (0.0, 0.02, 0.05, 0.08, 0.1, 0.13)
    rows = [
        [name, *(share(drop_power(100, 0.15 + back, back, alpha)) for back in gained)]
        for name, alpha in (("one comparison", 0.05), ("one of 50", 0.05 / 100))
    ]
    return ["flips to right", *(share(back, 0) for back in gained)], rows


def visible_drops() -> Table:
    """The smallest drop that is called in 80 % of runs, alone and as one of 50 comparisons (half the level)."""
    gained = (0.0, 0.02, 0.05, 0.1)
    rows = []
    for cases in (25, 50, 100, 200, 2500):
        row = [f"{cases:,}"]
        for alpha in (0.05, 0.05 / 100):
            for back in gained:
                drop = visible_drop(cases, back, alpha=alpha)
                row.append("–" if drop is None else f"{drop:.3f}" if drop < 0.02 else f"{drop:.2f}")
        rows.append(row)
    names = ["no flip to right", *(share(back, 0) for back in gained[1:])]
    return ["cases", *names, *(f"of 50: {name}" for name in names)], rows


def margin_cases() -> Table:
    """Cases that rule out a drop of more than the margin in 80 % of runs of an unchanged model."""
    flipped = (0.0, 0.02, 0.05, 0.1)
    rows = [
        [f"{margin:.2f}", *(f"{cases_to_show_margin(margin, each / 2, each / 2):,}" for each in flipped)]
        for margin in (0.02, 0.05, 0.1)
    ]
    return ["margin", "no case flips", *(f"{share(each, 0)} flip" for each in flipped[1:])], rows


def share(value: float, places: int = 1) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.{places}f} %"
