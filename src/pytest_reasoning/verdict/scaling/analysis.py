"""Makes the scaling analysis of every suite and strategy from outcomes and the models' sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict.scaling.curves import fit_curves
from pytest_reasoning.verdict.scaling.depth import Depth, fit_depth
from pytest_reasoning.verdict.scaling.evidence import log_probability_scale
from pytest_reasoning.verdict.scaling.growth import Alternative, Growth, compare_shapes, threshold_growth
from pytest_reasoning.verdict.scaling.ladder import (
    FloatArray,
    Ladder,
    Measure,
    UnusualDepth,
    build_ladder,
    unusual_depths,
)
from pytest_reasoning.verdict.scaling.shapes import CURVES
from pytest_reasoning.verdict.scaling.sharpness import Sharpness, artifact_verdict, sharpness
from pytest_reasoning.verdict.sizes import SizedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The analysis of one measure (pass rate or log-probability) of one suite and strategy."""

    measure: Measure
    models: tuple[str, ...]
    "The models measured, from the smallest to the largest."
    n_params: tuple[int, ...]
    means: tuple[float, ...]
    model_noise: float
    "Assumed standard deviation, in logits, between models of one size."
    growth: Growth
    shapes: tuple[Alternative, ...]
    sharpness: Sharpness
    curve: tuple[float, ...]
    "Parameters of the best shape's curve; see `fitted_curve`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """The scaling analysis of one suite and strategy."""

    suite: str
    strategy: str
    cases: int
    "Number of cases that every model ended."
    unusual: tuple[UnusualDepth, ...]
    "Models that are deep or shallow for their size; the curves include them."
    forms: tuple[str, ...]
    "Quantized variants, which are left out because the largest file of each model represents them."
    pass_rate: Fit
    target_logprob: Fit | None
    verdict: str
    "See `sharpness.artifact_verdict`."
    depth: Depth | None


def analyze(outcomes: Sequence[Outcome], models: Sequence[SizedModel]) -> tuple[Scaling, ...]:
    """Return one analysis per suite and strategy measured with at least two sizes."""
    found = []
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault((outcome.suite, outcome.strategy), []).append(outcome)
    for (suite, strategy), own in grouped.items():
        rates = build_ladder(own, models, suite=suite, strategy=strategy, measure="pass rate")
        if rates is None:
            continue
        pass_rate = _fit(rates)
        logprobs = build_ladder(own, models, suite=suite, strategy=strategy, measure="target log-probability")
        continuous = None
        if logprobs is not None and logprobs.models == rates.models and len(logprobs.values) > 1:
            continuous = _fit(logprobs)
        found.append(
            Scaling(
                suite=suite,
                strategy=strategy,
                cases=len(rates.values),
                unusual=unusual_depths(rates),
                forms=rates.forms,
                pass_rate=pass_rate,
                target_logprob=continuous,
                verdict=artifact_verdict(pass_rate.sharpness, continuous.sharpness if continuous else None),
                depth=fit_depth(rates),
            )
        )
    return tuple(found)


def _fit(ladder: Ladder) -> Fit:
    fits = fit_curves(ladder)
    alternatives = compare_shapes(ladder, fits)
    return Fit(
        measure=ladder.measure,
        models=ladder.models,
        n_params=ladder.n_params,
        means=tuple(float(mean) for mean in ladder.means),
        model_noise=fits.evidence.noise,
        growth=threshold_growth(ladder, fits, alternatives),
        shapes=alternatives,
        sharpness=sharpness(ladder, fits),
        curve=tuple(float(value) for value in fits.of(alternatives[0].shape).parameters),
    )


def fitted_curve(fit: Fit, n_params: FloatArray) -> FloatArray:
    """Return the values of the best shape's curve at other parameter counts, in the units of the measure."""
    own = np.asarray(fit.n_params, dtype=np.float64)
    logs = np.log(n_params / own.min()) / np.log(own.max() / own.min())
    heights = CURVES[fit.shapes[0].shape](np.array(fit.curve)[:, None], logs, n_params / own.max())[:, 0]
    if fit.measure == "pass rate":
        return np.asarray(np.clip(heights, 0, 1))
    return np.asarray((np.minimum(heights, 1) - 1) * log_probability_scale(np.asarray(fit.means)))
