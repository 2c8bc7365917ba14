"""The drift of log-probabilities, simulated: how often it is called of unchanged and of drifting models."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from exact_figures import Table, share

from pytest_reasoning.stats import mcnemar_exact, mean_change

ALPHA, SEED = 0.05, 19
Changes = Callable[[np.random.Generator, int], np.ndarray]
"Changes of the log-probabilities of some cases, of an unchanged model: their mean is 0."

UNCHANGED: Mapping[str, Changes] = {
    "normal": lambda rng, cases: rng.normal(size=cases),
    "heavy tails (t, 2 degrees of freedom)": lambda rng, cases: rng.standard_t(2, cases),
    "a fifth of the cases moves": lambda rng, cases: rng.normal(size=cases) * (rng.random(cases) < 0.2),
    "skewed down (exponential)": lambda rng, cases: 1 - rng.exponential(size=cases),
    "skewed up (exponential)": lambda rng, cases: rng.exponential(size=cases) - 1,
}


def false_alarm(kind: str, cases: int, runs: int) -> float:
    """Return how often an unchanged model is said to drift; 5 % is stated."""
    rng = np.random.default_rng(SEED)
    found = (mean_change(UNCHANGED[kind](rng, cases).tolist(), [1] * cases).p_value for _ in range(runs))
    return float(np.mean([p_value <= ALPHA for p_value in found]))


def seen(cases: int, drop: float, noise: float, runs: int) -> tuple[float, float, float]:
    """Return how often a drift is called, how often the answers show a regression, and the mean loss of pass rate.

    Each case has a margin, the logit of its target, normal with a standard deviation of 3; it is right where that
    is above 0. The model now has it lower by `drop` on average, with a normal error of `noise` for each case.
    """
    rng = np.random.default_rng(SEED)
    drifted = regressed = 0
    lost = 0.0
    for _ in range(runs):
        before = rng.normal(1.5, 3.0, cases)
        now = before - drop + rng.normal(0, noise, cases)
        changes = np.logaddexp(0, -before) - np.logaddexp(0, -now)
        drifted += mean_change(changes.tolist(), [1] * cases).p_value <= ALPHA
        down, up = ((before > 0) & (now <= 0)).sum(), ((before <= 0) & (now > 0)).sum()
        regressed += mcnemar_exact(int(down), int(up), "drop") <= ALPHA
        lost += float(down - up) / cases
    return drifted / runs, regressed / runs, lost / runs


def drift(runs: int) -> Table:
    """Unchanged models, whose changes are of several shapes, and drifting ones."""
    fewer, sizes, rows = max(1, runs // 2), (10, 25, 50, 100), []
    for kind in UNCHANGED:
        rows.append([f"unchanged, {kind}", *(share(false_alarm(kind, cases, fewer)) for cases in sizes)])
    for drop, noise in ((0.2, 0.3), (0.2, 1.0), (0.5, 0.3), (0.5, 1.0)):
        row = [f"{drop:g} logit lower ± {noise:g}"]
        for cases in sizes:
            drifted, regressed, _ = seen(cases, drop, noise, fewer)
            row.append(f"{share(drifted, 0)} ({share(regressed, 0)})")
        rows.append(row)
    return ["model", *(f"{cases} cases" for cases in sizes)], rows
