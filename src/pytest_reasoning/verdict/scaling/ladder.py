"""Outcomes and model facts → the ladder one analysis climbs: models in order of size, cases × models of values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict.sizes import SizedModel

FloatArray = npt.NDArray[np.float64]
Measure = Literal["pass rate", "target log-probability"]

CEILING: dict[Measure, float] = {"pass rate": 1.0, "target log-probability": 0.0}
"No curve is drawn above it."
FLOOR: dict[Measure, float] = {"pass rate": 0.0, "target log-probability": -np.inf}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """What one suite and strategy measured on models of growing size."""

    suite: str
    strategy: str
    measure: Measure
    models: tuple[str, ...]
    "From the smallest to the largest."
    n_params: tuple[int, ...]
    n_layers: tuple[int, ...]
    values: FloatArray
    "float64 (cases, models): of each case the mean over its samples; only cases that every model ended."

    @property
    def sizes(self) -> FloatArray:
        """Parameter counts in units of the largest model."""
        counts = np.asarray(self.n_params, dtype=np.float64)
        return np.asarray(counts / counts.max())

    @property
    def means(self) -> FloatArray:
        """One mean a model."""
        return np.asarray(self.values.mean(axis=0))

    def standard_errors(self) -> FloatArray:
        """Return one standard error a model, never 0: a rate of 0 or 1 is taken as Agresti and Coull (1998) do."""
        cases = len(self.values)
        if self.measure == "pass rate":
            rates = (self.values.sum(axis=0) + 2) / (cases + 4)
            return np.asarray(np.sqrt(rates * (1 - rates) / (cases + 4)))
        spread = self.values.std(axis=0, ddof=1) if cases > 1 else np.ones(len(self.models))
        return np.asarray(np.maximum(spread / np.sqrt(cases), 1e-3))

    def only(self, models: Sequence[str]) -> Ladder:
        """Return the same ladder with these of its models."""
        kept = [place for place, name in enumerate(self.models) if name in models]
        return Ladder(
            suite=self.suite,
            strategy=self.strategy,
            measure=self.measure,
            models=tuple(self.models[place] for place in kept),
            n_params=tuple(self.n_params[place] for place in kept),
            n_layers=tuple(self.n_layers[place] for place in kept),
            values=self.values[:, kept],
        )


def build_ladder(
    outcomes: Iterable[Outcome], models: Sequence[SizedModel], *, suite: str, strategy: str, measure: Measure
) -> Ladder | None:
    """Return the ladder of one suite and strategy, or None if no case was ended by two models or more.

    Of models of one parameter count (quantised variants) the largest file stands for all.
    """
    sums: dict[str, dict[str, list[float]]] = {}
    for outcome in outcomes:
        if outcome.suite == suite and outcome.strategy == strategy and outcome.status != "error":
            value = _value(outcome, measure)
            if value is not None:
                sums.setdefault(outcome.model, {}).setdefault(outcome.case, []).append(value)
    chosen = [model for model in _one_of_each_size(models) if model.name in sums]
    if len(chosen) < 2:
        return None
    shared = [case for case in sums[chosen[0].name] if all(case in sums[model.name] for model in chosen)]
    if not shared:
        return None
    values = [[float(np.mean(sums[model.name][case])) for model in chosen] for case in shared]
    return Ladder(
        suite=suite,
        strategy=strategy,
        measure=measure,
        models=tuple(model.name for model in chosen),
        n_params=tuple(model.n_params for model in chosen),
        n_layers=tuple(model.n_layers for model in chosen),
        values=np.asarray(values, dtype=np.float64),
    )


def growing(ladder: Ladder) -> Ladder:
    """Return the ladder without controls: the longest chain in which a larger model is never shallower.

    Of two as long, the deeper. A wide and shallow control would make any curve over size alone jump up and down;
    depth has its own analysis.
    """
    chains: list[list[int]] = []
    for place, layers in enumerate(ladder.n_layers):
        below = [chain for chain in chains if ladder.n_layers[chain[-1]] <= layers]
        chains.append([*max(below, key=lambda chain: _length(chain, ladder), default=[]), place])
    return ladder.only([ladder.models[place] for place in max(chains, key=lambda chain: _length(chain, ladder))])


def _length(chain: list[int], ladder: Ladder) -> tuple[int, int]:
    return len(chain), sum(ladder.n_layers[place] for place in chain)


def _value(outcome: Outcome, measure: Measure) -> float | None:
    if measure == "pass rate":
        return float(outcome.status == "correct")
    return outcome.target_logprob


def _one_of_each_size(models: Sequence[SizedModel]) -> list[SizedModel]:
    best: dict[int, SizedModel] = {}
    for model in models:
        known = best.get(model.n_params)
        if model.n_params > 0 and (known is None or model.size_bytes > known.size_bytes):
            best[model.n_params] = model
    return [best[count] for count in sorted(best)]
