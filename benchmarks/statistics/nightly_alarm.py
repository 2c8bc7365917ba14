"""Simulates the alarm of `pytest-reasoning history`: how often it is false, and how soon it calls a drop.

    python benchmarks/statistics/nightly_alarm.py [SERIES]

Every night a suite of 100 cases is asked once. A case's chance of a right answer is drawn once, from a beta
distribution; after the change, 8 points of the suite's expected pass rate are gone, in proportion to the chances.
The last lines compute how probable it is that a series that never changes ever reaches some evidence.
"""

from __future__ import annotations

import math
import sys

import numpy as np
from scipy.stats import binom

from pytest_reasoning.stats.drop_alarm import BET, watch, weight

CASES, NIGHTS, DROP, WITHIN = 100, 365, 0.08, 10
BEFORE = (60, 120)
"Nights before the drop."
KINDS = {
    "cases nearly certain, Beta(0.3, 0.2)": (0.3, 0.2),
    "cases mixed, Beta(2, 1)": (2.0, 1.0),
    "every case alike, 0.7": None,
    "every case alike, 0.5 (the hardest)": None,
}


def simulated(kind: str, nights: int, change: int | None, draws: np.random.Generator) -> list[float]:
    """Return nightly pass rates; from night `change` on, the suite's expected pass rate is lower by DROP."""
    shape = KINDS[kind]
    chances = draws.beta(*shape, CASES) if shape else np.full(CASES, 0.5 if "0.5" in kind else 0.7)
    after = chances * max(0.0, 1 - DROP / chances.mean())
    rates = []
    for night in range(nights):
        now = after if change is not None and night >= change else chances
        rates.append(float((draws.random(CASES) < now).mean()))
    return rates


def false_rate(kind: str, series: int, seed: int = 1) -> float:
    """Return the share of unchanged series with an alarm in 365 nights."""
    draws = np.random.default_rng(seed)
    return float(np.mean([
        watch(simulated(kind, NIGHTS, None, draws), seed=str(n)).alarm is not None for n in range(series)
    ]))  # fmt: skip


def called_in_time(kind: str, series: int, before: int, seed: int = 2) -> float:
    """Return the share of series whose drop is called within 10 nights; an alarm before the drop does not count."""
    draws = np.random.default_rng(seed)
    found = 0
    for n in range(series):
        alarm = watch(simulated(kind, before + WITHIN, before, draws), seed=str(n)).alarm
        found += alarm is not None and alarm >= before
    return found / series


def ever_reached(height: float, series: int, seed: int = 3) -> float:
    """Return the probability that a series that never changes ever reaches this evidence, by importance sampling.

    The changes are drawn that the evidence bets on. Under these a series reaches every height, and the probability
    that one without a change does is the mean of 1 / evidence when it does (Siegmund 1985, "Sequential Analysis").
    """
    draws = np.random.default_rng(seed)
    weights = np.array([weight(night) for night in range(1, 20 * NIGHTS)])
    changes = draws.choice(len(weights), series, p=weights / weights.sum()) + 1
    inverse = 0.0
    for change in changes:
        night, evidence = 0, 0.0
        while evidence < height:
            night += 1
            z = draws.standard_normal() - (BET if night >= change else 0.0)
            evidence = (evidence + weight(night)) * math.exp(-BET * z - BET * BET / 2)
        inverse += 1 / evidence
    return inverse / series


def called_if_known(chance: float, series: int, seed: int = 4) -> float:
    """Return how many drops are called in time if the chance before and after is known and all cases are alike.

    By the cumulative sum of Page (1954) of the log likelihood ratios, with an alarm in 5 % of unchanged years.
    """
    draws = np.random.default_rng(seed)
    rights = np.arange(CASES + 1)
    ratios = binom.logpmf(rights, CASES, chance - DROP) - binom.logpmf(rights, CASES, chance)
    total, most = np.zeros(series), np.zeros(series)
    for _ in range(NIGHTS):
        total = np.maximum(total, 0) + ratios[draws.binomial(CASES, chance, series)]
        most = np.maximum(most, total)
    height = np.quantile(most, 0.95)
    total, called, early = np.zeros(series), np.zeros(series, bool), np.zeros(series, bool)
    for night in range(BEFORE[0] + WITHIN):
        changed = night >= BEFORE[0]
        total = np.maximum(total, 0) + ratios[draws.binomial(CASES, chance - DROP * changed, series)]
        (called if changed else early)[total >= height] = True
    return float((called & ~early).mean())


def main() -> None:
    """Print both rates for every kind of suite."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{series} series each; false: an alarm in {NIGHTS} unchanged nights; in time: within {WITHIN} nights")
    for kind in KINDS:
        times = ", ".join(f"after {before} nights {called_in_time(kind, series, before):.3f}" for before in BEFORE)
        print(f"{kind}: false {false_rate(kind, series):.3f}, in time {times}", flush=True)
    print(f"alike, 0.5, if both chances were known: {called_if_known(0.5, 10 * series):.3f} in time", flush=True)
    for height in (1.0, 2.0, 5.0, 10.0, 50.0):
        print(f"ever at {height:g}: {ever_reached(height, series) * height:.3f} / {height:g}", flush=True)


if __name__ == "__main__":
    main()
