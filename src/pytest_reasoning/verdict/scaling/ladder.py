"""The ladder: the models in order of size, with their values on the same cases; the input of every analysis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from pytest_reasoning.records import Outcome
from pytest_reasoning.verdict.sizes import SizedModel

FloatArray = npt.NDArray[np.float64]
Measure = Literal["pass rate", "target log-probability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The measurements of one suite and strategy on models of growing size."""

    measure: Measure
    models: tuple[str, ...]
    "Model names, from the smallest to the largest."
    n_params: tuple[int, ...]
    n_layers: tuple[int, ...]
    forms: tuple[str, ...] = ()
    "Quantized variants of these models, which are left out."
    values: FloatArray
    "float64 (cases, models): mean over the samples of each case; only cases that every model ended."

    @property
    def sizes(self) -> FloatArray:
        """Parameter counts in units of the largest model."""
        counts = np.asarray(self.n_params, dtype=np.float64)
        return np.asarray(counts / counts.max())

    @property
    def means(self) -> FloatArray:
        """The mean of each model."""
        return np.asarray(self.values.mean(axis=0))

    def only_usual_depths(self) -> Ladder:
        """Return the ladder without models that are deep or shallow for their size."""
        kept = np.flatnonzero(depth_deviations(self) == 0)
        return replace(
            self,
            models=tuple(self.models[place] for place in kept),
            n_params=tuple(self.n_params[place] for place in kept),
            n_layers=tuple(self.n_layers[place] for place in kept),
            values=self.values[:, kept],
        )

    def rungs(self) -> Rungs:
        """Return the ladder by size, with the values of models of one size averaged."""
        counts = sorted(set(self.n_params))
        own = [[place for place, count in enumerate(self.n_params) if count == wanted] for wanted in counts]
        return Rungs(
            names=tuple(" + ".join(self.models[place] for place in places) for places in own),
            n_params=tuple(counts),
            values=np.stack([self.values[:, places].mean(axis=1) for places in own], axis=1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rungs:
    """A ladder with one rung per size, from the smallest to the largest."""

    names: tuple[str, ...]
    n_params: tuple[int, ...]
    values: FloatArray
    "float64 (cases, sizes)."


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualDepth:
    """A model with more or fewer layers than its neighbors in size."""

    model: str
    n_layers: int
    deep: bool
    "Whether the model is deep for its size; otherwise it is shallow."


def build_ladder(
    outcomes: Iterable[Outcome], models: Sequence[SizedModel], *, suite: str, strategy: str, measure: Measure
) -> Ladder | None:
    """Return the ladder of one suite and strategy, or None if no case was ended by models of two sizes.

    The largest file of a model represents its quantized variants, which are left out; see `forms_of`.
    """
    sums: dict[str, dict[str, list[float]]] = {}
    for outcome in outcomes:
        if outcome.suite == suite and outcome.strategy == strategy and outcome.status != "error":
            value = _value(outcome, measure)
            if value is not None:
                sums.setdefault(outcome.model, {}).setdefault(outcome.case, []).append(value)
    measured = [model for model in models if model.name in sums]
    forms = forms_of(measured)
    chosen = sorted((model for model in measured if model.name in forms), key=lambda model: model.n_params)
    if len({model.n_params for model in chosen}) < 2:
        return None
    shared = [case for case in sums[chosen[0].name] if all(case in sums[model.name] for model in chosen)]
    if not shared:
        return None
    values = [[_mean(sums[model.name][case]) for model in chosen] for case in shared]
    return Ladder(
        measure=measure,
        models=tuple(model.name for model in chosen),
        n_params=tuple(model.n_params for model in chosen),
        n_layers=tuple(model.n_layers for model in chosen),
        forms=tuple(form for model in chosen for form in forms[model.name]),
        values=np.asarray(values, dtype=np.float64),
    )


def unusual_depths(ladder: Ladder) -> tuple[UnusualDepth, ...]:
    """Return the models that are deeper or shallower than the other models suggest for their size.

    They stay in the curves, and are reported because a rise beside them may be due to depth instead of size.
    """
    return tuple(
        UnusualDepth(model=name, n_layers=layers, deep=bool(deviation > 0))
        for name, layers, deviation in zip(ladder.models, ladder.n_layers, depth_deviations(ladder), strict=True)
        if deviation
    )


def depth_deviations(ladder: Ladder) -> FloatArray:
    """Return by how much log L of each model deviates from what is usual for its size; 0 for most models.

    Usual models form the longest chain in which no model is shallower than a smaller one (of two equally long
    chains, the deeper one). The others are compared with the chain's log L at their size, interpolated in log N.
    """
    chains: list[list[int]] = []
    for place, layers in enumerate(ladder.n_layers):
        below = [chain for chain in chains if ladder.n_layers[chain[-1]] <= layers]
        chains.append([*max(below, key=lambda chain: _length(chain, ladder), default=[]), place])
    usual = max(chains, key=lambda chain: _length(chain, ladder))
    depths = np.log(np.maximum(ladder.n_layers, 1))
    sizes = np.log(ladder.sizes)
    found = depths - np.interp(sizes, sizes[usual], depths[usual])
    found[usual] = 0
    return np.asarray(found if len(ladder.models) > 2 else np.zeros_like(found))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _length(chain: list[int], ladder: Ladder) -> tuple[int, int]:
    return len(chain), sum(ladder.n_layers[place] for place in chain)


def _value(outcome: Outcome, measure: Measure) -> float | None:
    if measure == "pass rate":
        return float(outcome.status == "correct")
    return outcome.target_logprob


def forms_of(models: Sequence[SizedModel]) -> dict[str, tuple[str, ...]]:
    """Return each distinct model with the names of its quantized variants.

    Variants are models with a named reference (`variant_of`), and files of the same architecture and shape that
    differ in their quantization. Two files of one shape and one quantization, such as two fine-tunes, are distinct
    models.
    """
    found: dict[str, tuple[str, ...]] = {}
    known: list[SizedModel] = []
    names = {model.name for model in models}
    for model in sorted(models, key=lambda model: -model.size_bytes):
        if model.n_params <= 0:
            continue
        if model.variant_of in names and model.variant_of != model.name:
            continue
        whole = next((other for other in known if _same_shape(other, model)), None)
        if whole is None:
            known.append(model)
            found[model.name] = ()
        else:
            found[whole.name] += (model.name,)
    for model in models:
        if model.n_params > 0 and model.variant_of in names and model.variant_of != model.name:
            owner = next((name for name, forms in found.items() if model.variant_of in (name, *forms)), None)
            if owner is not None:
                found[owner] += (model.name,)
    return found


def _same_shape(one: SizedModel, other: SizedModel) -> bool:
    alike = all(
        getattr(one, name) == getattr(other, name) for name in ("n_params", "n_layers", "n_embd", "architecture")
    )
    return alike and one.quantization != other.quantization
