"""Selects the threshold rule of a suite that applies to a model."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from pytest_reasoning.records import ThresholdRule

_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

_LABEL, _EXACT, _BY_SIZE, _GLOB = 3, 2, 1, 0
_OWN = 4
"Rank added to a rule that matches a variant but not its reference; it outranks every rule for the reference."


def threshold_for(
    rules: Sequence[ThresholdRule],
    model_name: str,
    n_params: int,
    strategy: str = "",
    variant_of: str | None = None,
) -> Mapping[str, float] | None:
    """Return the limits (`min`, `max` or both) for a model, or None if there are none.

    A pattern is matched with the model's name and with `MODEL-STRATEGY`, as in node ids, so that `small-cot` or
    `*-cot` apply to one strategy. A full `MODEL-STRATEGY` beats an exact name, a name beats a size, a size beats a
    glob, and `*` comes last. Among several sizes the nearest bound wins (for 60M parameters `<100M` beats `<1B`),
    among several globs the one with most literal characters, and among equals the rule written first. A winning
    rule with neither `min` nor `max` exempts its model. A quantized variant has the limits of its reference, unless
    a rule matches the variant alone.

    Args:
        rules: the suite's rules, in the order written.
        model_name: name of the model.
        n_params: number of parameters that the model is named by (`text.sizes.rated_params`); 0 if unknown, as for
            an endpoint, and then no size matches.
        strategy: name of the strategy.
        variant_of: name of the reference of a quantized variant, else None.
    """
    best: ThresholdRule | None = None
    best_rank: tuple[int, float] | None = None
    for rule in rules:
        rank = _rank(rule, model_name, n_params, f"{model_name}-{strategy}")
        if variant_of is not None:
            of_reference = _rank(rule, variant_of, n_params, f"{variant_of}-{strategy}")
            rank = of_reference if rank is None or of_reference is not None else (rank[0] + _OWN, rank[1])
        if rank is not None and (best_rank is None or rank > best_rank):
            best, best_rank = rule, rank
    if best is None:
        return None
    asked = {"min": best.min, "max": best.max}
    return {key: value for key, value in asked.items() if value is not None} or None


def _rank(rule: ThresholdRule, model_name: str, n_params: int, label: str) -> tuple[int, float] | None:
    """Return how specifically a rule's pattern matches (larger is more specific), or None if it does not match."""
    pattern, size = rule.pattern, rule.size
    if pattern == label:
        return _LABEL, 0.0
    if pattern == model_name:
        return _EXACT, 0.0
    if size is not None:
        if n_params <= 0 or not _COMPARE[size.comparison](n_params, size.n_params):
            return None
        return _BY_SIZE, -abs(math.log(size.n_params / n_params)) if size.n_params else -math.inf
    if fnmatchcase(model_name, pattern) or (pattern != "*" and fnmatchcase(label, pattern)):
        return _GLOB, float(len(re.sub(r"[*?]|\[[^\]]*\]", "", pattern)))
    return None
