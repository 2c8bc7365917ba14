"""One ladder → how well any curve over size explains it, if models of one size differ by themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_reasoning.verdict.scaling.ladder import FloatArray, Ladder, depth_deviations

MODEL_NOISE = 0.5
"Standard deviation, in logits, that models of the same size are always taken to differ by."
NOISE_LEVELS = tuple(MODEL_NOISE * 2 ** (step / 2) for step in range(7))
"Tried in this order, up to 4 logits, until a curve explains the ladder."
DEPTH_EFFECTS = (3.0, 6.0, 12.0)
"""Standard deviations, in logits per unit of log L, of what layers may do to a model that is deep or shallow for
its size: a covariate whose effect is not known, so that such a model says less about size and is not lost. Tried in
this order, before the noise of all models is enlarged."""
TOLERANCE = 0.02
"A curve may miss a mean by this share of the measure's range: none is exact, and the logit of 0.999 is not a fact."
MOST_CASES = 1000
"More cases than these say no more about a curve: what is left of their error is far below the models' own noise."
LEAST_HEIGHT, MOST_HEIGHT, _HEIGHT_STEP = -2.5, 1.0, 0.0025
HEIGHTS = np.linspace(LEAST_HEIGHT, MOST_HEIGHT, round((MOST_HEIGHT - LEAST_HEIGHT) / _HEIGHT_STEP) + 1)
_LOGIT_STEP = 0.05
_LOGITS = np.linspace(-14, 14, round(28 / _LOGIT_STEP) + 1)
_LEAST_SCALE = 0.5
"In nats per token: differences of log-probabilities are never seen larger than on this scale."


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the answers of each model say about the height of the curve at its size.

    Heights are pass rates, or 1 + log-probability / `scale`: 1 is the ceiling of both measures, and 0 is the
    floor of the first and the worst model of the second.
    """

    positions: FloatArray
    "Of the models: 0 for the smallest, 1 for the largest, evenly in log N."
    sizes: FloatArray
    "Parameters in units of the largest model."
    deviances: FloatArray
    "float64 (models, heights): −2 log-likelihood of each height in `HEIGHTS`, 0 at the best."
    noise: float
    "Standard deviation of the models, in logits."
    scale: float
    "What one unit of height is in the measure."

    def deviance(self, places: FloatArray) -> FloatArray:
        """Return how badly curves explain the ladder.

        Args:
            places: of each curve at each size in `HEIGHTS`, (models, curves); see `places_of`.
        """
        total = self.deviances[0].take(places[0])
        for own, place in zip(self.deviances[1:], places[1:], strict=True):
            total = total + own.take(place)
        return np.asarray(total)


def log_probability_scale(means: FloatArray) -> float:
    """Return what one unit of height is in nats: the worst model's distance from certainty."""
    return max(_LEAST_SCALE, -float(means.min()))


def places_of(heights: FloatArray) -> FloatArray:
    """Return the indexes of heights in `HEIGHTS`; what is above the ceiling or below the floor is at it."""
    places = np.rint((np.clip(heights, LEAST_HEIGHT, MOST_HEIGHT) - LEAST_HEIGHT) / _HEIGHT_STEP)
    return np.asarray(places.astype(np.intp))


def weigh(ladder: Ladder, noise: float, depth_effect: float = DEPTH_EFFECTS[0]) -> Evidence:
    """Return the evidence of a ladder if models of one size differ by `noise` logits.

    A model's own level is the curve's, in logits, plus a normal error of its own: a logistic-normal random effect
    (Stiratelli, Laird and Ware 1984, Biometrics 40:961). A pass rate is binomial around that level, the
    log-probability of a target normal, and the random effect is integrated out. Where cases are as hard for one
    model as for the next the differences of models are known better than this says, so it errs on the safe side.
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
    """Return the likelihood of each logit of a curve that a model's own logit differs from by `noise`."""
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
    # what makes a case hard for every model is no error of their differences
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
