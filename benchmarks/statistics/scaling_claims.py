"""What the scaling analysis claims of simulated ladders: `scaling_claims.py [--runs 100] [--write PAGE]`.

Seven ladders of sizes, curves of the pass rate without and with a sudden rise, 50 and 200 cases, models that lie on
the curve or off it by a normal error of 0.4 logit each. Counted are claims that the curve does not bear out
("sharp", a threshold N_c), claims it does bear out, and how often each interval holds what it is of. The noise
between models is estimated too, from other training seeds of the embedded models in docs/zoo.md. `--write` puts the
tables into a page, between the marks that are there for them.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from pytest_reasoning.verdict.scaling.curves import fit_curves
from pytest_reasoning.verdict.scaling.depth import fit_depth
from pytest_reasoning.verdict.scaling.growth import compare_shapes, threshold_growth
from pytest_reasoning.verdict.scaling.ladder import Ladder, Measure
from pytest_reasoning.verdict.scaling.sharpness import sharpness

Array = npt.NDArray[np.float64]
Curve = Callable[[Array, Array], Array]
"Positions (0 to 1, evenly in log N) and sizes (in units of the largest) → pass rates."

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- scaling_claims: begin -->\n", "<!-- scaling_claims: end -->\n"

LADDERS: Mapping[str, tuple[float, ...]] = {
    "embedded models, 4 sizes": (73e3, 251e3, 473e3, 2.7e6),
    "even, 4 sizes": tuple(np.geomspace(1e8, 1e10, 4)),
    "even, 5 sizes": tuple(np.geomspace(1e8, 1e10, 5)),
    "even, 8 sizes": tuple(np.geomspace(1e8, 1e10, 8)),
    "0.5, 0.6, 0.8, 8 B": (0.5e9, 0.6e9, 0.8e9, 8e9),
    "0.135, 0.36, 0.5, 1, 30, 70 B": (0.135e9, 0.36e9, 0.5e9, 1e9, 30e9, 70e9),
    "0.135, 0.27, 0.5, 1.5 B": (0.1345e9, 0.2681e9, 0.494e9, 1.5437e9),
}


def _logistic(middle: float, steepness: float, low: float = 0.0, high: float = 1.0) -> Curve:
    return lambda x, _: low + (high - low) / (1 + np.exp(-(x - middle) * steepness))


GENTLE: Mapping[str, Curve] = {
    "constant 0.4": lambda x, _: np.full_like(x, 0.4),
    "constant 0.05": lambda x, _: np.full_like(x, 0.05),
    "log-linear 0.1 to 0.9": lambda x, _: 0.1 + 0.8 * x,
    "log-linear 0.2 to 0.5": lambda x, _: 0.2 + 0.3 * x,
    "clipped at 1": lambda x, _: np.clip(0.1 + 1.5 * x, 0, 1),
    "clipped at 0": lambda x, _: np.clip(-0.4 + 1.2 * x, 0, 1),
    "logistic, steepness 4": _logistic(0.5, 4),
    "logistic, steepness 6": _logistic(0.6, 6),
    "logistic, steepness 8, 0.25 to 0.8": _logistic(0.5, 8, 0.25, 0.8),
    "logistic, steepness 8.7": _logistic(0.5, 8.7),
}
"Curves whose rise takes at least half of the measured range, and that have no threshold."
SUDDEN: Mapping[str, Curve] = {
    "step, 0.03 to 0.97": lambda x, _: np.where(x < 0.45, 0.03, 0.97),
    "logistic, steepness 25": _logistic(0.5, 25),
    "threshold at 0.05": lambda _, n: np.clip(0.1 + np.maximum(0, n - 0.05) ** 2, 0, 1),
    "slow growth, then a threshold at 0.2": lambda x, n: np.clip(
        0.15 + 0.09 * x + 1.1 * np.maximum(0, n - 0.2) ** 2, 0, 1
    ),
}
"Curves with a sudden rise; the last two have a threshold N_c."
THRESHOLDS = {"threshold at 0.05": 0.05, "slow growth, then a threshold at 0.2": 0.2}
CASES, NOISES = (50, 200), (0.0, 0.4)


@dataclass(slots=True)
class Tally:
    """What was said of many ladders of one kind."""

    runs: int = 0
    growing: Counter[str] = field(default_factory=Counter)
    named: int = 0
    "Ladders whose N_c was named."
    named_right: int = 0
    "And whose interval holds the N_c that is there."
    steps_right: int = 0
    "Ladders whose interval of the largest step holds what that step is in these models."

    def add(self, other: Tally) -> None:
        """Take in the counts of another."""
        self.runs += other.runs
        self.growing += other.growing
        self.named += other.named
        self.named_right += other.named_right
        self.steps_right += other.steps_right

    def share(self, growing: str) -> float:
        """Return how often something was said of growth."""
        return self.growing[growing] / self.runs


def simulate(
    sizes: Sequence[float],
    curve: Curve,
    *,
    cases: int,
    noise: float,
    runs: int,
    seed: int,
    threshold: float = np.nan,
) -> Tally:
    """Judge as many ladders as runs; the models of each are drawn anew, with the noise given in logits."""
    rng = np.random.default_rng(seed)
    counts = np.asarray(sizes)
    logs = np.log(counts / counts[0])
    rates = np.clip(curve(logs / logs[-1], counts / counts[-1]), 1e-4, 1 - 1e-4)
    found = Tally(runs=runs)
    for _ in range(runs):
        own = 1 / (1 + np.exp(-np.log(rates / (1 - rates)) - noise * rng.standard_normal(len(rates))))
        drawn = ladder(sizes, answers(own, cases, rng))
        fits = fit_curves(drawn)
        step = sharpness(drawn, fits)
        found.growing[step.growing] += 1
        first, last = (int(name) for name in step.between)
        found.steps_right += int(step.jump_interval[0] <= own[last] - own[first] <= step.jump_interval[1])
        growth = threshold_growth(drawn, fits, compare_shapes(drawn, fits))
        found.named += growth.identifiable
        low, high = growth.threshold_interval
        found.named_right += growth.identifiable and low <= threshold <= high
    return found


def answers(rates: Array, cases: int, rng: np.random.Generator) -> Array:
    """Draw right and wrong answers that agree between models: a case that is hard for one is hard for all."""
    hardness = 0.6 * rng.standard_normal((cases, 1)) + 0.8 * rng.standard_normal((cases, len(rates)))
    return np.asarray(norm.cdf(hardness) < rates, dtype=np.float64)


def ladder(
    sizes: Sequence[float], values: Array, layers: Sequence[int] = (), measure: Measure = "pass rate"
) -> Ladder:
    """Return a ladder of models that are named by their places."""
    return Ladder(
        measure=measure,
        models=tuple(str(place) for place in range(len(sizes))),
        n_params=tuple(round(size) for size in sizes),
        n_layers=tuple(layers) or (4,) * len(sizes),
        values=values,
    )


def claims_table(runs: int) -> str:
    """Return a row a ladder: what was claimed of gentle and of sudden curves."""
    lines = [
        "| sizes | false sharp | false N_c | step's interval holds | sharp: "
        + "; ".join(SUDDEN)
        + " | N_c named where there is one | smooth: log-linear 0.1 to 0.9 |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, sizes in LADDERS.items():
        gentle = {curve: _settings(sizes, GENTLE[curve], runs) for curve in GENTLE}
        sudden = {curve: _settings(sizes, SUDDEN[curve], runs, THRESHOLDS.get(curve, np.nan)) for curve in SUDDEN}
        cells = [cell for found in gentle.values() for cell in found]
        every = cells + [cell for found in sudden.values() for cell in found]
        false_sharp, false_named = [cell.share("sharp") for cell in cells], [cell.named / runs for cell in cells]
        held = [cell.steps_right / runs for cell in every]
        called = "; ".join(_percent(_mean([cell.share("sharp") for cell in found])) for found in sudden.values())
        named = _mean([cell.named / runs for curve in THRESHOLDS for cell in sudden[curve]])
        smooth = _mean([cell.share("smooth") for cell in gentle["log-linear 0.1 to 0.9"]])
        lines.append(
            f"| {name} | {_percent(_mean(false_sharp))}, at worst {_percent(max(false_sharp))} "
            f"| {_percent(_mean(false_named))}, at worst {_percent(max(false_named))} "
            f"| {_percent(_mean(held))}, at worst {_percent(min(held))} "
            f"| {called} | {_percent(named)} | {_percent(smooth)} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def _settings(sizes: Sequence[float], curve: Curve, runs: int, threshold: float = np.nan) -> list[Tally]:
    return [
        simulate(sizes, curve, cases=cases, noise=noise, runs=runs, seed=17, threshold=threshold)
        for cases in CASES
        for noise in NOISES
    ]


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / len(shares)


def threshold_coverage(runs: int) -> str:
    """Return how often the interval of N_c holds it, on ladders long enough to name it now and then."""
    total = Tally()
    for sizes in (8, 12, 16):
        counts = tuple(np.geomspace(1e8, 1e10, sizes))
        for curve, threshold in THRESHOLDS.items():
            for noise in NOISES:
                total.add(
                    simulate(counts, SUDDEN[curve], cases=200, noise=noise, runs=runs, seed=5, threshold=threshold)
                )
    held = _percent(total.named_right / total.named) if total.named else "–"
    return (
        f"N_c of a true threshold on even ladders of 8, 12 and 16 sizes with 200 cases: named in "
        f"{_percent(total.named / total.runs)} of {total.runs:,} ladders; its interval then holds it in {held}.\n"
    )


def log_probabilities(runs: int) -> str:
    """Return what is said of mean log-probabilities that rise evenly, and how often the step's interval holds."""
    rng = np.random.default_rng(3)
    worst_sharp, worst_held = 0.0, 1.0
    for sizes in LADDERS.values():
        counts = np.asarray(sizes)
        x = np.log(counts / counts[0]) / np.log(counts[-1] / counts[0])
        for curve in (-3 + 2.8 * x, -0.1 - 2 / (1 + np.exp((x - 0.5) * 6)), np.full_like(x, -1.0)):
            for noise in NOISES:
                sharp = held = 0
                for _ in range(runs):
                    logits = curve - np.log(-np.expm1(curve)) + noise * rng.standard_normal(len(x))
                    own = -np.logaddexp(0, -logits)
                    spread = 0.8 * rng.standard_normal((50, 1)) + 0.4 * rng.standard_normal((50, len(x)))
                    drawn = ladder(sizes, own + np.abs(own) * 0.3 * spread, measure="target log-probability")
                    step = sharpness(drawn, fit_curves(drawn))
                    first, last = (int(name) for name in step.between)
                    sharp += step.growing == "sharp"
                    held += step.jump_interval[0] <= own[last] - own[first] <= step.jump_interval[1]
                worst_sharp, worst_held = max(worst_sharp, sharp / runs), min(worst_held, held / runs)
    return (
        "Mean log-probabilities of 50 cases on three gentle curves and the seven ladders: false sharp in at most "
        f"{_percent(worst_sharp)}, the interval of the step holds it in at least {_percent(worst_held)}.\n"
    )


def unusual_depth(runs: int) -> str:
    """Return how often a gentle curve is called sharp on a ladder with a shallow model that is 4 logits off."""
    sizes, layers = (73e3, 251e3, 265e3, 473e3, 2.7e6), (1, 2, 1, 4, 4)
    counts = np.asarray(sizes)
    x = np.log(counts / counts[0]) / np.log(counts[-1] / counts[0])
    rng, shares = np.random.default_rng(6), []
    for curve in GENTLE.values():
        rates = np.clip(curve(x, counts / counts[-1]), 1e-4, 1 - 1e-4)
        for noise in NOISES:
            sharp = 0
            for _ in range(runs):
                logits = np.log(rates / (1 - rates)) + noise * rng.standard_normal(len(rates))
                logits[2] -= 4
                drawn = ladder(sizes, answers(1 / (1 + np.exp(-logits)), 50, rng), layers)
                sharp += sharpness(drawn, fit_curves(drawn)).growing == "sharp"
            shares.append(sharp / runs)
    return (
        f"With a fifth, shallow model among the embedded sizes that is 4 logits below the curve: false sharp in "
        f"{_percent(_mean(shares))}, at worst {_percent(max(shares))}.\n"
    )


def depth_coverage(runs: int) -> str:
    """Return how often a depth term is told and its interval then holds it: on lines in log N, on other curves."""
    rng = np.random.default_rng(4)
    counted = {"line": [0, 0, 0], "other": [0, 0, 0]}
    for layers in ((12, 24, 12, 30, 18, 36), (30, 18, 24, 28, 16, 40, 24), (30, 32, 24, 28, 40, 22, 36, 48)):
        counts = np.geomspace(1e8, 4e9, len(layers))
        x, deep = np.linspace(0, 1, len(layers)), np.log(np.array(layers) / 24)
        truths = [("line", term, 0.3 + 0.3 * x + term * deep) for term in (0.0, 0.1, 0.2)]
        truths += [("other", 0.0, curve(x, counts / counts.max())) for curve in {**GENTLE, **SUDDEN}.values()]
        for kind, term, mean in truths:
            rates = np.clip(mean, 1e-4, 1 - 1e-4)
            for cases, noise in ((cases, noise) for cases in CASES for noise in NOISES):
                for _ in range(runs):
                    logits = np.log(rates / (1 - rates)) + noise * rng.standard_normal(len(rates))
                    drawn = answers(1 / (1 + np.exp(-logits)), cases, rng)
                    found = fit_depth(ladder(tuple(counts), drawn, layers))
                    told = found is not None and found.identifiable
                    held = told and found is not None and found.gamma_interval[0] <= term <= found.gamma_interval[1]
                    counted[kind] = [by + one for by, one in zip(counted[kind], (1, told, held), strict=True)]
    said = {kind: (_percent(told / all_), _percent(held / told)) for kind, (all_, told, held) in counted.items()}
    return (
        f"A depth term is told in {said['line'][0]} of three ladders of 6 to 8 models that grow evenly with log N, "
        f"and its interval then holds it in {said['line'][1]}; on the {len(GENTLE) + len(SUDDEN)} curves above, on "
        f"which depth does nothing, in {said['other'][0]}, and it then holds 0 in {said['other'][1]}.\n"
    )


def seeds(page: Path) -> str:
    """Return how far models of one shape differ by their training seeds: the largest likelihood, and integrated."""
    logits = np.arange(-12, 12.01, 0.05)
    triples = []
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = line.split("|")[2:-1]
        if len(cells) == 3 and line.count(" / ") == 6 and "all cases" not in line:
            triples += [[int(rate) for rate in re.findall(r"\d+", cell)[:3]] for cell in cells]
    told = [triple for triple in triples if 0 < sum(triple) < 300]
    best = {}
    noises = np.arange(0.1, 1.01, 0.05)
    for how, combine in (("profile", np.max), ("integrated", np.sum)):
        scores = [sum(np.log(combine(_blurred(triple, noise, logits))) for triple in told) for noise in noises]
        best[how] = float(noises[int(np.argmax(scores))])
    return (
        f"Three training seeds of the shapes nano, small and wide differ by {best['profile']:.2f} logits "
        f"(profile likelihood over {len(told)} cells of docs/zoo.md) to {best['integrated']:.2f} (integrated).\n"
    )


def _blurred(triple: Sequence[int], noise: float, logits: Array) -> Array:
    steps = int(np.ceil(4 * noise / 0.05))
    kernel = np.exp(-((np.arange(-steps, steps + 1) * 0.05 / noise) ** 2) / 2)
    product = np.ones_like(logits)
    for rate in triple:
        right, wrong = rate / 2, 50 - rate / 2
        likelihood = np.exp(-right * np.logaddexp(0, -logits) - wrong * np.logaddexp(0, logits))
        product *= np.convolve(np.pad(likelihood, steps, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.asarray(product)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if 0 < share < 0.1 or 0.9 < share < 1 else f"{100 * share:.0f} %"


def main() -> None:
    """Simulate, print, and write into a page if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="ladders of each kind")
    parser.add_argument("--write", type=Path, help="page with the marks to write between")
    given = parser.parse_args()
    parts = [
        f"{given.runs} ladders in each of {len(CASES) * len(NOISES)} settings (50 and 200 cases, noise between "
        f"models of 0 and 0.4 logit) for each of {len(GENTLE)} gentle and {len(SUDDEN)} sudden curves.\n",
        claims_table(given.runs),
        threshold_coverage(given.runs),
        log_probabilities(given.runs),
        unusual_depth(given.runs),
        depth_coverage(given.runs),
        seeds(ROOT / "docs" / "zoo.md"),
    ]
    text = "\n".join(parts)
    print(text)
    if given.write:
        page = given.write.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        given.write.write_text(f"{head}{BEGIN}{text}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
