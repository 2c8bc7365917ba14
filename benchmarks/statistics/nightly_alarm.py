"""Simulates the alarm of `pytest-reasoning history`: how often it is false, and how soon it calls a drop.

    python benchmarks/statistics/nightly_alarm.py [SERIES]

Every night a suite of 100 cases is asked once. A case's chance of a right answer is drawn once, from a beta
distribution; after the change, 8 points of the suite's expected pass rate are gone, in proportion to the chances.
"""

from __future__ import annotations

import sys

import numpy as np

from pytest_reasoning.stats.drop_alarm import watch

CASES, NIGHTS, DROP, BEFORE, WITHIN = 100, 365, 0.08, 60, 10
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


def called_in_time(kind: str, series: int, seed: int = 2) -> float:
    """Return the share of series whose drop is called within 10 nights; an alarm before the drop does not count."""
    draws = np.random.default_rng(seed)
    found = 0
    for n in range(series):
        alarm = watch(simulated(kind, BEFORE + WITHIN, BEFORE, draws), seed=str(n)).alarm
        found += alarm is not None and alarm >= BEFORE
    return found / series


def main() -> None:
    """Print both rates for every kind of suite."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{series} series each; false: an alarm in {NIGHTS} unchanged nights; in time: within {WITHIN} nights")
    for kind in KINDS:
        print(f"{kind}: false {false_rate(kind, series):.3f}, in time {called_in_time(kind, series):.3f}")


if __name__ == "__main__":
    main()
