"""The likelihood of curves given a ladder, with a random effect for models that differ although of one size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder, depth_deviations

MODEL_NOISE = 0.5
"Least assumed standard deviation, in logits, between models of the same size."
NOISE_LEVELS = tuple(MODEL_NOISE * 2 ** (step / 2) for step in range(7))
"Noise levels to try in this order, up to 4 logits, until a curve fits the ladder."
DEPTH_EFFECTS = (3.0, 6.0, 12.0)
"""Assumed standard deviations, in logits per unit of log L, of the unknown effect of layers on a model that is deep
or shallow for its size. Such a model stays in the analysis, but counts less. They are tried in this order, before
the noise of all models is enlarged."""
TOLERANCE = 0.02
"Share of the measure's range by which a curve may miss a mean at no cost, because no curve is exact."
MOST_CASES = 1000
"Number of cases above which more are ignored, since their error is far below the noise between models."
LEAST_HEIGHT, MOST_HEIGHT, _HEIGHT_STEP = -2.5, 1.0, 0.0025
HEIGHTS = np.linspace(LEAST_HEIGHT, MOST_HEIGHT, round((MOST_HEIGHT - LEAST_HEIGHT) / _HEIGHT_STEP) + 1)
_LOGIT_STEP = 0.05
_LOGITS = np.linspace(-14, 14, round(28 / _LOGIT_STEP) + 1)
_LEAST_SCALE = 0.5
"Least scale of log-probabilities, in nats per token, so that tiny differences are not magnified."


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The likelihood of each height of the curve at each model's size.

    A height is a pass rate, or 1 + log-probability / `scale`. The ceiling of both measures is 1; 0 is the floor of
    pass rates, and the worst model's log-probability.
    """

    positions: FloatArray
    "Positions of the models in log N: 0 for the smallest, 1 for the largest."
    sizes: FloatArray
    "Parameters in units of the largest model."
    deviances: FloatArray
    "float64 (models, heights): −2 log-likelihood of each height in `HEIGHTS`, minus its minimum."
    noise: float
    "Assumed standard deviation between models, in logits."
    scale: float
    "One unit of height in units of the measure."

    def deviance(self, places: FloatArray) -> FloatArray:
        """Return the deviance of each curve.

        Args:
            places: indices into `HEIGHTS` of each curve at each model's size, (models, curves); see `places_of`.
        """
        total = self.deviances[0].take(places[0])
        for own, place in zip(self.deviances[1:], places[1:], strict=True):
            total = total + own.take(place)
        return np.asarray(total)


def log_probability_scale(means: FloatArray) -> float:
    """Return one unit of height in nats: the worst model's distance from certainty."""
    return max(_LEAST_SCALE, -float(means.min()))


def places_of(heights: FloatArray) -> FloatArray:
    """Return the indices of heights in `HEIGHTS`, cut at the floor and the ceiling."""
    places = np.rint((np.clip(heights, LEAST_HEIGHT, MOST_HEIGHT) - LEAST_HEIGHT) / _HEIGHT_STEP)
    return np.asarray(places.astype(np.intp))


def weigh(ladder: Ladder, noise: float, depth_effect: float = DEPTH_EFFECTS[0]) -> Evidence:
    """Return the evidence of a ladder, if models of one size differ with a standard deviation of `noise` logits.

    A model's level is that of the curve, in logits, plus a normal error: a logistic-normal random effect
    (Stiratelli, Laird and Ware 1984, Biometrics 40:961). The pass rate is binomial around that level, and the
    log-probability of a target is normal; the random effect is integrated out. This is conservative if the same
    cases are hard for all models, because their differences are then known better than assumed.
    """
    rate = ladder.measure == "pass rate"
    scale = 1.0 if rate else log_probability_scale(ladder.means)
    heights = np.maximum(HEIGHTS, 0) if rate else HEIGHTS
    observed = ladder.means if rate else 1 + ladder.means / scale
    log_likelihoods = _pass_rates(ladder) if rate else _log_probabilities(ladder)
    noises = np.hypot(noise, depth_effect * depth_deviations(ladder))
    rows = []
    for own, mean, spread in zip(log_likelihoods, observed, noises, strict=True):
        likelihood = np.exp(own - own.max())
        deviance = -2 * np.log(np.maximum(_blurred(likelihood, float(spread)), 1e-300))
        nearest = heights + np.clip(mean - heights, -TOLERANCE, TOLERANCE)
        at_heights = np.interp(_logit(nearest, None if rate else scale), _LOGITS, deviance)
        rows.append(at_heights - at_heights.min())
    logs = np.log(ladder.sizes)
    return Evidence(
        positions=np.asarray(1 - logs / logs.min()),
        sizes=ladder.sizes,
        deviances=np.asarray(rows),
        noise=noise,
        scale=scale,
    )


def _blurred(likelihood: FloatArray, noise: float) -> FloatArray:
    """Return the likelihood of each logit of a curve, integrated over the models' normal error."""
    steps = int(np.ceil(4 * noise / _LOGIT_STEP))
    kernel = np.exp(-((np.arange(-steps, steps + 1) * _LOGIT_STEP / noise) ** 2) / 2)
    return np.convolve(np.pad(likelihood, steps, mode="edge"), kernel / kernel.sum(), mode="valid")


def _pass_rates(ladder: Ladder) -> FloatArray:
    """Return the binomial log-likelihood of each logit, (models, logits)."""
    cases = min(len(ladder.values), MOST_CASES)
    rates = ladder.means[:, None]
    right, wrong = -np.logaddexp(0, -_LOGITS), -np.logaddexp(0, _LOGITS)
    return np.asarray(cases * (rates * right + (1 - rates) * wrong))


def _log_probabilities(ladder: Ladder) -> FloatArray:
    """Return the normal log-likelihood of each logit of the mean probability of a token, (models, logits)."""
    means = np.clip(ladder.means, -13, -1e-6)
    own = ladder.values - ladder.values.mean(axis=1, keepdims=True)
    cases, models = own.shape
    # the difficulty that a case has for all models is not an error of their differences
    spread = own.std(axis=0) * np.sqrt(cases / max(cases - 1, 1) * models / max(models - 1, 1))
    errors = np.maximum(spread / np.sqrt(min(cases, MOST_CASES)), 0.02)
    curve = -np.logaddexp(0, -_LOGITS)
    return np.asarray(-(((curve - means[:, None]) / errors[:, None]) ** 2) / 2)


def _logit(heights: FloatArray, scale: float | None) -> FloatArray:
    """Return the logit of each height; `scale` where heights are log-probabilities."""
    if scale is None:
        rates = np.clip(heights, 1e-6, 1 - 1e-6)
        return np.asarray(np.log(rates / (1 - rates)))
    logs = np.minimum((heights - 1) * scale, -1e-6)
    return np.asarray(logs - np.log(-np.expm1(logs)))
