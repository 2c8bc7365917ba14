"""Tables that are simulated: runs of which the truth is known, judged as the plugin judges them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from exact_figures import Table, share

from pytest_reasoning.stats import (
    Pooled,
    clustered_interval,
    drop_p_value,
    gatekept,
    holm,
    margin_p_values,
    mcnemar_exact,
    paired_errors,
    pooled_differences,
    pooled_rates,
    proportion_interval,
    repeats_p_value,
    tango_interval,
)

ALPHA, SEED = 0.05, 18
SPREADS = ((0.2, 0.2), (1.0, 1.0), (8.0, 2.0), (50.0, 50.0))
"Beta distributions that the difficulty of cases is drawn from."


@cache
def one_sided(lost: int, gained: int) -> float:
    """Return the p-value of a drop."""
    return mcnemar_exact(lost, gained, "drop")


@cache
def _sorted_within(steps: tuple[int, ...], unit: int, margin: float) -> float:
    return margin_p_values([Fraction(step, unit) for step in steps], margin)[0]


def called(lost: np.ndarray, gained: np.ndarray, together: np.ndarray | None = None) -> tuple[bool, int, bool]:
    """Judge one run: whether the whole is called, how many of its suites are, and whether Holm alone calls any.

    Args:
        lost: cases lost in each suite × strategy.
        gained: cases gained there.
        together: change of each case over its strategies; None where each case has one strategy.
    """
    parts = [one_sided(int(down), int(up)) for down, up in zip(lost, gained, strict=True)]
    whole = one_sided(int(lost.sum()), int(gained.sum()))
    if together is not None:
        whole = drop_p_value([Fraction(int(step)) for step in together[together != 0]])
    adjusted, each = gatekept(whole, parts)
    return adjusted <= ALPHA, sum(p_value <= ALPHA for p_value in each), min(holm(parts)) <= ALPHA


def run_of(
    rng: np.random.Generator, suites: int, cases: int, lost: float, gained: float, *, alike: bool
) -> tuple[bool, int, bool]:
    """Simulate and judge one run of suites with two strategies; `alike`: a case flips in both or in none."""
    drawn = rng.choice([-1, 1, 0], (suites, cases, 2), p=[lost, gained, 1 - lost - gained])
    if alike:
        drawn[:, :, 1] = drawn[:, :, 0]
    return called((drawn < 0).sum(axis=1).ravel(), (drawn > 0).sum(axis=1).ravel(), drawn.sum(axis=2).ravel())


def broad_drops(runs: int) -> Table:
    """25 suites of 50 cases with two strategies, and the same true drop everywhere."""
    rows = []
    for drop in (0.02, 0.03, 0.05, 0.08):
        for back in (0.0, 0.02, 0.05):
            apart, alike = (broad_drop(drop, back, max(1, runs // 4), alike=each) for each in (False, True))
            said = [share(apart[0]), share(alike[0]), f"{apart[1]:.1f}", share(apart[2])]
            rows.append([f"{drop:.2f}", share(back, 0), *said])
    header = ["drop", "flips to right", "run called", "if both strategies flip alike", "suites named", "Holm alone"]
    return header, rows


def broad_drop(drop: float, back: float, runs: int, *, alike: bool) -> tuple[float, float, float]:
    """Return the share of runs called, the suites named in each, and the share that Holm's steps alone call."""
    rng = np.random.default_rng(SEED)
    found = np.array([run_of(rng, 25, 50, drop + back, back, alike=alike) for _ in range(runs)], dtype=float)
    whole, parts, alone = found.mean(axis=0)
    return float(whole), float(parts), float(alone)


def broad_alarms(runs: int) -> Table:
    """The same runs without any change of the model, whose cases flip as often either way."""
    rows = []
    for suites, cases in ((25, 50), (5, 25), (2, 50)):
        for flips in (0.01, 0.05, 0.1):
            alarms = [broad_alarm(suites, cases, flips, runs, alike=alike) for alike in (False, True)]
            rows.append(
                [f"{suites} × {cases}", share(2 * flips, 0), *(share(one) for each in alarms for one in each)]
            )
    names = ["run called", "run or a suite", "flip alike: run called", "run or a suite"]
    return ["suites × cases", "cases that flip", *names], rows


def broad_alarm(suites: int, cases: int, flips: float, runs: int, *, alike: bool) -> tuple[float, float]:
    """Return how often an unchanged model's run is called, and how often the run or any of its suites is."""
    rng = np.random.default_rng(SEED)
    found = [run_of(rng, suites, cases, flips, flips, alike=alike) for _ in range(runs)]
    return float(np.mean([run[0] for run in found])), float(np.mean([run[0] or run[1] > 0 for run in found]))


def false_alarms(runs: int) -> Table:
    """One comparison of an unchanged model whose every case is sampled anew."""
    rows = []
    for cases in (25, 50, 100, 400):
        row = [str(cases)]
        for spread in SPREADS:
            rng = np.random.default_rng(SEED)
            chance = rng.beta(*spread, (runs, cases))
            before, now = rng.random((2, runs, cases)) < chance
            flips = zip((before & ~now).sum(axis=1), (~before & now).sum(axis=1), strict=True)
            row.append(share(float(np.mean([one_sided(int(down), int(up)) <= ALPHA for down, up in flips]))))
        rows.append(row)
    return ["cases", *(f"Beta({a:g}, {b:g})" for a, b in SPREADS)], rows


def repeats_alarm(
    rng: np.random.Generator, runs: int, cases: int, samples: tuple[int, int], spread: tuple[float, float]
) -> tuple[float, float]:
    """Return how often an unchanged model is called: by the test that is used, and by flipped signs alone."""
    used = alone = 0
    for _ in range(runs):
        chance = rng.beta(*spread, cases)
        before, now = (rng.binomial(size, chance) for size in samples)
        first = [(int(hits), samples[0]) for hits in before]
        second = [(int(hits), samples[1]) for hits in now]
        used += repeats_p_value(first, second) <= ALPHA
        changes = [Fraction(*b) - Fraction(*a) for a, b in zip(first, second, strict=True)]
        alone += drop_p_value(changes) <= ALPHA
    return used / runs, alone / runs


def changed_repeats(runs: int) -> Table:
    """An unchanged model that is sampled more often now than in the baseline, or less often."""
    rows = []
    for samples in ((1, 1), (5, 5), (1, 5), (1, 20), (5, 1), (20, 1)):
        row = [f"{samples[0]} → {samples[1]}"]
        for spread in ((0.5, 0.5), (8.0, 2.0)):
            for cases in (25, 100):
                rng = np.random.default_rng(SEED)
                used, alone = repeats_alarm(rng, max(1, runs // 2), cases, samples, spread)
                row.append(f"{share(used)} ({share(alone)})")
        rows.append(row)
    names = [f"Beta({a:g}, {b:g}), {cases} cases" for a, b in ((0.5, 0.5), (8.0, 2.0)) for cases in (25, 100)]
    return ["samples before → now", *names], rows


KINDS = ("concentrated", "concentrated, others noisy", "halved", "spread")
"How a drop is distributed over the cases."


def chances(
    rng: np.random.Generator, kind: str, margin: float, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return each case's chance to be right before and now, with a true mean drop of exactly the margin."""
    fell = rng.random(shape) < (2 * margin if kind == "halved" else margin)
    if kind == "spread":
        return np.full(shape, 0.9), np.full(shape, 0.9 - margin)
    if kind == "halved":
        return np.where(fell, 0.75, 0.95), np.where(fell, 0.25, 0.95)
    others = 0.99 if kind == "concentrated" else 0.9
    return np.where(fell, 1.0, others), np.where(fell, 0.0, others)


def margin_error(kind: str, cases: int, repeats: int, strategies: int, runs: int, margin: float = 0.05) -> float:
    """Return how often a true drop of exactly the margin is found to be within it; 5 % is what is stated."""
    rng = np.random.default_rng(SEED)
    before, now = chances(rng, kind, margin, (runs, cases))
    unit = repeats * strategies
    moved = np.sort(rng.binomial(unit, now) - rng.binomial(unit, before), axis=1)
    return float(np.mean([_sorted_within(tuple(run), unit, margin) <= ALPHA for run in moved.tolist()]))


def margin_errors(runs: int) -> Table:
    """How often a drop of exactly the margin passes, the worst of all ways to distribute it, and which."""
    rows = []
    for strategies in (1, 2, 3):
        for repeats in (1, 5):
            row = [str(strategies), str(repeats)]
            for cases in (25, 50, 100):
                found = {kind: margin_error(kind, cases, repeats, strategies, runs) for kind in KINDS}
                worst = max(found, key=found.__getitem__)
                row.append(f"{share(found[worst])} ({worst})")
            rows.append(row)
    return ["strategies", "repeats", "25 cases", "50 cases", "100 cases"], rows


def cluster_coverage(runs: int) -> Table:
    """The 95 % interval of a pass rate with 5 samples a case."""
    spreads: Sequence[tuple[float, float]] = ((0.2, 0.2), (1, 1), (8, 2), (50, 50), (1, 0.1))

    def held(cases: int, spread: tuple[float, float], *, ignored: bool) -> float:
        rng = np.random.default_rng(SEED)
        true, found = spread[0] / sum(spread), 0
        for hits in rng.binomial(5, rng.beta(*spread, (runs, cases))):
            if ignored:
                low, high = proportion_interval(int(hits.sum()), 5 * cases)
            else:
                low, high = clustered_interval([(int(correct), 5) for correct in hits])
            found += low <= true <= high
        return found / runs

    rows = [[str(n), *(share(held(n, spread, ignored=False)) for spread in spreads)] for n in (10, 20, 50)]
    rows.append(["50, clusters ignored", *(share(held(50, spread, ignored=True)) for spread in spreads)])
    return ["cases", *(f"Beta({a:g}, {b:g})" for a, b in spreads)], rows


def related_coverage(
    runs: int, templates: int, cases: int, correlation: float, mean: float, *, ignored: bool
) -> float:
    """Return how often the 95 % interval of a suite of related cases holds the true rate."""
    rng, apart, found = np.random.default_rng(SEED), 1 / correlation - 1, 0
    for hits in rng.binomial(cases, rng.beta(mean * apart, (1 - mean) * apart, (runs, templates))):
        if ignored:
            low, high = proportion_interval(int(hits.sum()), templates * cases)
        else:
            low, high = clustered_interval([(int(correct), cases) for correct in hits])
        found += low <= mean <= high
    return found / runs


def related_cases(runs: int) -> Table:
    """The 95 % interval where cases of one template are alike, with `cluster:` and without."""
    rows = []
    for templates, cases, correlation in ((10, 5, 0.3), (5, 10, 0.3), (5, 40, 0.1), (20, 5, 0.3), (10, 5, 0.05)):
        row = [f"{templates} × {cases}", f"{correlation:g}"]
        for ignored in (False, True):
            row += [
                share(related_coverage(runs, templates, cases, correlation, mean, ignored=ignored))
                for mean in (0.5, 0.8, 0.95)
            ]
        rows.append(row)
    rates = [f"rate {mean:g}" for mean in (0.5, 0.8, 0.95)]
    return ["templates × cases", "correlation", *rates, *(f"ignored: {rate}" for rate in rates)], rows


def share_held(found: Sequence[Pooled], true: np.ndarray) -> float:
    """Return the share of intervals that hold the true figure."""
    return float(np.mean([one.interval[0] <= by <= one.interval[1] for one, by in zip(found, true, strict=True)]))


def pooled_rate_figures(runs: int, spread: tuple[float, float], cases: int = 50) -> tuple[float, float, float]:
    """Return how often credible intervals hold the true rates of 25 suites; and the error, pooled and raw."""
    rng = np.random.default_rng(SEED)
    held, pooled_error, raw_error = 0.0, 0.0, 0.0
    for _ in range(runs):
        true = rng.beta(*spread, 25)
        correct = rng.binomial(cases, true)
        found = pooled_rates([(int(hits), cases) for hits in correct])
        held += share_held(found, true)
        pooled_error += float(np.mean((np.array([one.estimate for one in found]) - true) ** 2))
        raw_error += float(np.mean((correct / cases - true) ** 2))
    return held / runs, (pooled_error / runs) ** 0.5, (raw_error / runs) ** 0.5


def pooled_lift_figures(
    runs: int, mean: float, spread: float, flips: Sequence[float], cases: int = 50
) -> tuple[float, float, float]:
    """Return how often credible intervals hold the true differences of 25 suites, and how often that of the suite
    that gains most excludes 0: pooled, and raw.

    Args:
        runs: simulated.
        mean: of the true differences.
        spread: standard deviation of the true differences.
        flips: shares of cases that flip to either side by chance, one of them for each suite.
        cases: of each suite.
    """
    rng = np.random.default_rng(SEED)
    held = pooled = raw = 0.0
    for _ in range(runs):
        true, noise = np.clip(rng.normal(mean, spread, 25), -0.6, 0.6), rng.choice(flips, 25)
        chances = [
            [by + max(one, 0.0), by + max(-one, 0.0), 1 - 2 * by - abs(one)]
            for one, by in zip(true, noise, strict=True)
        ]
        tables = np.array([rng.multinomial(cases, each) for each in chances])
        difference = (tables[:, 0] - tables[:, 1]) / cases
        square = (tables[:, 0] + tables[:, 1]) / cases
        errors = paired_errors(difference.tolist(), square.tolist(), [cases] * 25)
        found = pooled_differences(difference.tolist(), errors)
        held += share_held(found, true)
        most = max(found, key=lambda one: one.estimate)
        pooled += most.interval[0] > 0
        up, down, _ = tables[difference.argmax()]
        raw += tango_interval(int(up), int(down), cases)[0] > 0
    return held / runs, pooled / runs, raw / runs


def pooling(runs: int) -> Table:
    """25 suites of 50 cases: partially pooled rates and differences."""
    fewer, rows = max(1, runs // 20), []
    for spread in ((8.0, 2.0), (1.0, 1.0), (50.0, 50.0), (1.0, 0.2)):
        held, error, raw = pooled_rate_figures(fewer, spread)
        what = f"rates from Beta({spread[0]:g}, {spread[1]:g})"
        rows.append([what, share(held), f"{error:.3f} (raw {raw:.3f})", "–"])
    for mean, apart in ((0.0, 0.0), (0.0, 0.03), (0.0, 0.1), (0.1, 0.1)):
        for flips in ((0.12,), (0.02,), (0.0, 0.2)):
            held, pooled, raw = pooled_lift_figures(fewer, mean, apart, flips)
            by = " or ".join(share(one, 0) for one in flips)
            what = f"differences {mean:g} ± {apart:g}, {by} flip either way by chance"
            rows.append([what, share(held), "–", f"{share(pooled, 0)} (raw {share(raw, 0)})"])
    return ["truth", "interval holds", "root mean square error", "interval of the largest above 0"], rows
