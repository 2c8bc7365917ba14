"""The `threshold` key: one pass rate, or a pass rate or `{min, max}` for each of several model patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, WithJsonSchema

from pytest_reasoning.records import SizeBound, ThresholdRule

_SIZE = re.compile(r"(<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)?)\s*([KMBT]?)", re.IGNORECASE)
_UNITS = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_RATE = {"type": "number", "minimum": 0, "maximum": 1}
_BOUND = {
    "anyOf": [
        _RATE,
        {
            "type": "object",
            "properties": {"min": _RATE, "max": _RATE},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}


def _rules(value: Any) -> tuple[ThresholdRule, ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, Mapping) or set(value) <= {"min", "max"}:
        return (_rule("*", value),)
    return tuple(_rule(pattern, bound) for pattern, bound in value.items())


def _rule(pattern: str, bound: Any) -> ThresholdRule:
    where = f"'{pattern}': " if pattern != "*" else ""
    size = _size(where, pattern)
    if not isinstance(bound, Mapping):
        return ThresholdRule(pattern=pattern, min=_rate(where, bound), size=size)
    if not bound or set(bound) - {"min", "max"}:
        keys = ", ".join(repr(key) for key in bound) or "nothing"
        raise ValueError(f"{where}takes min and max, not {keys} (write {{min: 0.8}} or {{max: 0.2}})")
    low, high = (_rate(where, bound[key]) if key in bound else None for key in ("min", "max"))
    if low is not None and high is not None and low > high:
        raise ValueError(f"{where}min {low:g} is above max {high:g} (no pass rate can meet both)")
    return ThresholdRule(pattern=pattern, min=low, max=high, size=size)


def _size(where: str, pattern: str) -> SizeBound | None:
    """Return the meaning of a size pattern such as `<1B` or `>=500M`, or None for a name or a glob."""
    if not pattern.startswith(("<", ">")):
        return None
    match = _SIZE.fullmatch(pattern.strip())
    if match is None:
        raise ValueError(f"{where}not a size (write it like '<1B' or '>=350M')")
    comparison, number, unit = match.groups()
    return SizeBound(
        comparison=cast("Literal['<', '<=', '>', '>=']", comparison), n_params=float(number) * _UNITS[unit.upper()]
    )


def _rate(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where}a pass rate is a number, not {value!r} (write 0.8 for 80 %)")
    if not 0 <= value <= 1:
        raise ValueError(f"{where}a pass rate lies between 0 and 1, not {value:g} (write 0.8 for 80 %)")
    return float(value)


ThresholdField = Annotated[
    tuple[ThresholdRule, ...],
    BeforeValidator(_rules),
    Field(description="Pass rate required of a model, from 0 to 1."),
    WithJsonSchema(
        {"anyOf": [*_BOUND["anyOf"], {"type": "object", "additionalProperties": _BOUND, "minProperties": 1}]}
    ),
]
