"""Which of a suite's threshold rules holds for one model."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from pytest_reasoning.records import ThresholdRule
from pytest_reasoning.text.errors import ReasoningError

_SIZE = re.compile(r"(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*([kmbt]?)", re.IGNORECASE)
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

_LABEL, _EXACT, _BY_SIZE, _GLOB = 3, 2, 1, 0
_OWN = 4
"More than any of these: the rule is about this variant and not about its reference."


def threshold_for(
    rules: Sequence[ThresholdRule],
    model_name: str,
    n_params: int,
    strategy: str = "",
    variant_of: str | None = None,
) -> Mapping[str, float] | None:
    """Return the `min` and/or `max` asked of a model, or None where nothing is asked.

    A pattern is held against the model's name and against `MODEL-STRATEGY`, as it stands in node ids, so
    `small-cot` or `*-cot` ask something of one strategy. `MODEL-STRATEGY` in full beats an exact name, which
    beats a size, a size beats a glob, and `*` comes last. Of several sizes the nearest bound wins (for 60M
    parameters `<100M` beats `<1B`), of several globs the one with most literal characters; what is still
    equal goes to the rule written first. A winning rule with neither `min` nor `max` exempts its model. Of a
    quantised variant what is asked of its reference is asked too, unless a rule fits the variant alone.

    Args:
        rules: as written in the suite, in order.
        model_name: as named by the user.
        n_params: 0 where unknown (an endpoint); then no size matches.
        strategy: the one the pass rate was reached with.
        variant_of: name of the reference, of a quantised variant.

    Raises:
        ReasoningError: a pattern begins like a size but is none.
    """
    best: ThresholdRule | None = None
    best_rank: tuple[int, float] | None = None
    for rule in rules:
        rank = _rank(rule.pattern, model_name, n_params, f"{model_name}-{strategy}")
        if variant_of is not None:
            of_reference = _rank(rule.pattern, variant_of, n_params, f"{variant_of}-{strategy}")
            rank = of_reference if rank is None or of_reference is not None else (rank[0] + _OWN, rank[1])
        if rank is not None and (best_rank is None or rank > best_rank):
            best, best_rank = rule, rank
    if best is None:
        return None
    asked = {"min": best.min, "max": best.max}
    return {key: value for key, value in asked.items() if value is not None} or None


def _rank(pattern: str, model_name: str, n_params: int, label: str) -> tuple[int, float] | None:
    """Return how closely a pattern fits, larger is closer, or None where it does not fit."""
    if pattern == label:
        return _LABEL, 0.0
    if pattern == model_name:
        return _EXACT, 0.0
    if pattern.startswith(("<", ">")):
        compare, bound = parse_size(pattern)
        if n_params <= 0 or not _COMPARE[compare](n_params, bound):
            return None
        return _BY_SIZE, -abs(math.log(bound / n_params)) if bound else -math.inf
    if fnmatchcase(model_name, pattern) or (pattern != "*" and fnmatchcase(label, pattern)):
        return _GLOB, float(len(re.sub(r"[*?]|\[[^\]]*\]", "", pattern)))
    return None


def parse_size(pattern: str) -> tuple[str, float]:
    """Return the comparison and the parameter count of a pattern such as `<1B` or `>=500M`."""
    match = _SIZE.fullmatch(pattern.strip())
    if match is None:
        raise ReasoningError(
            f"threshold '{pattern}' is no size (write a comparison, a number and K, M, B or T: '<1B', '>=500M')"
        )
    compare, number, unit = match.groups()
    return compare, float(number) * _UNITS[unit.lower()]
