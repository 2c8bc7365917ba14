"""`--reasoning-sample`, simulated: how often its interval holds the pass rate of all cases, and how wide it is."""

from __future__ import annotations

import numpy as np
from exact_figures import Table, share

from pytest_reasoning.stats import Stratum, cases_alike, sampled_rate

SEED = 20


def sampled_figures(
    cases: int, drawn: int, rate: float, agreement: float, runs: int
) -> tuple[float, float, float, float, float]:
    """Return of a suite how often the interval holds its pass rate, and the mean width: plain, with history; last
    the mean number of cases that a plain sample would need for that width.

    Args:
        cases: of the suite.
        drawn: of them, without replacement.
        rate: mean of the pass rate over all cases.
        agreement: chance that the model answers a case as the earlier one did; else its answer is drawn anew.
        runs: suites that are drawn, each sampled once.
    """
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(runs):
        history = rng.random(cases) < rate
        now = np.where(rng.random(cases) < agreement, history, rng.random(cases) < rate)
        chosen = rng.permutation(cases)[:drawn]
        row: list[float] = []
        for strata in ([np.ones(cases, bool)], [history, ~history]):
            one = sampled_rate(
                [
                    Stratum(
                        cases=int(each.sum()),
                        sampled=int(each[chosen].sum()),
                        correct=float(now[chosen][each[chosen]].sum()),
                    )
                    for each in strata
                    if each.any()
                ]
            )
            low, high = one.interval
            row += [low - 1e-9 <= now.mean() <= high + 1e-9, high - low]
        found.append([*row, cases_alike(one, cases)])
    return tuple(float(value) for value in np.mean(found, axis=0))  # type: ignore[return-value]


def sampling(runs: int) -> Table:
    """Suites of 50 and 200 cases, models that answer much or little as the earlier one did."""
    rows = []
    for cases, drawn in ((50, 10), (50, 20), (200, 20), (200, 50), (1000, 100)):
        for rate in (0.5, 0.8, 0.95):
            row = [f"{drawn} of {cases}", f"{rate:g}"]
            for agreement in (0.0, 0.7, 0.95, 1.0):
                plain, width, held, sharper, alike = sampled_figures(
                    cases, drawn, rate, agreement, max(1, runs // 4)
                )
                if not agreement:
                    row.append(f"{share(plain)}, {width:.2f}")
                row.append(f"{share(held)}, {sharper:.2f} ({alike:.0f})")
            rows.append(row)
    agreements = [f"history that agrees by {share(by, 0)}" for by in (0.0, 0.7, 0.95, 1.0)]
    return ["sample", "rate", "no history", *agreements], rows
