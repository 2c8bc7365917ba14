"""Which of a suite's threshold rules holds for one model."""

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
"Added where a rule names this variant and not its reference: it outranks every rule about the reference."


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
        n_params: the size that people name the model by (`text.sizes.rated_params`); 0 where unknown (an
            endpoint); then no size matches.
        strategy: the one the pass rate was reached with.
        variant_of: name of the reference, of a quantised variant.
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
    """Return how closely a rule's pattern fits, larger is closer, or None where it does not fit."""
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
