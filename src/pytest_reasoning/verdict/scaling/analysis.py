"""Outcomes and model facts → the scaling analysis of every suite and strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict.scaling.alternatives import Alternative, compare_shapes
from pytest_reasoning.verdict.scaling.depth import Depth, fit_depth
from pytest_reasoning.verdict.scaling.growth import Growth, fit_growth
from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder, Measure, build_ladder, growing
from pytest_reasoning.verdict.scaling.sharpness import Sharpness, artefact_verdict, sharpness
from pytest_reasoning.verdict.sizes import SizedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What one measure says of one suite and strategy."""

    measure: Measure
    models: tuple[str, ...]
    "The ladder, from the smallest to the largest; controls left out."
    n_params: tuple[int, ...]
    means: tuple[float, ...]
    growth: Growth
    shapes: tuple[Alternative, ...]
    sharpness: Sharpness


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Ability against size for one suite and strategy."""

    suite: str
    strategy: str
    cases: int
    "That every model ended."
    controls: tuple[str, ...]
    "Models left out of the curves because a smaller one is deeper."
    pass_rate: Fit
    target_logprob: Fit | None
    verdict: str
    "One of: sharp in both, sharp only in pass rate, sharp in pass rate (not checked), smooth, no growth found."
    depth: Depth | None


def analyse(
    outcomes: Sequence[Outcome], models: Sequence[SizedModel], *, resamples: int = 400, seed: int = 0
) -> tuple[Scaling, ...]:
    """Return one analysis per suite and strategy that at least two sizes were measured on."""
    found = []
    for suite, strategy in dict.fromkeys((outcome.suite, outcome.strategy) for outcome in outcomes):
        own = [outcome for outcome in outcomes if (outcome.suite, outcome.strategy) == (suite, strategy)]
        rates = build_ladder(own, models, suite=suite, strategy=strategy, measure="pass rate")
        if rates is None:
            continue
        climbed = growing(rates)
        if len(climbed.models) < 2:
            continue
        pass_rate = _fit(climbed, resamples, seed)
        logprobs = build_ladder(own, models, suite=suite, strategy=strategy, measure="target log-probability")
        continuous = None
        if logprobs is not None and set(logprobs.models) >= set(climbed.models):
            continuous = _fit(logprobs.only(climbed.models), resamples, seed)
        found.append(
            Scaling(
                suite=suite,
                strategy=strategy,
                cases=len(rates.values),
                controls=tuple(model for model in rates.models if model not in climbed.models),
                pass_rate=pass_rate,
                target_logprob=continuous,
                verdict=_verdict(pass_rate, continuous),
                depth=fit_depth(rates, resamples=resamples, seed=seed),
            )
        )
    return tuple(found)


def fitted_curve(fit: Fit, sizes: FloatArray) -> FloatArray:
    """Return the growth curve at parameter counts `sizes`."""
    return fit.growth.curve(sizes / max(fit.n_params))


def _verdict(pass_rate: Fit, continuous: Fit | None) -> str:
    if len(pass_rate.models) < 3 and pass_rate.sharpness.growing != "flat":
        return "grows, too few sizes to say how"
    return artefact_verdict(pass_rate.sharpness, continuous.sharpness if continuous else None)


def _fit(ladder: Ladder, resamples: int, seed: int) -> Fit:
    growth = fit_growth(ladder, resamples=resamples, seed=seed)
    return Fit(
        measure=ladder.measure,
        models=ladder.models,
        n_params=ladder.n_params,
        means=tuple(float(mean) for mean in ladder.means),
        growth=growth,
        shapes=compare_shapes(ladder, growth),
        sharpness=sharpness(ladder, resamples=resamples, seed=seed),
    )
