"""Targets that their scorer can never match: mistakes of the suite, found before a model is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import regex

from pytest_reasoning.records import Case, ScorerSpec
from pytest_reasoning.scoring.collection import items_of
from pytest_reasoning.scoring.dates import dates_in
from pytest_reasoning.scoring.multiple_choice import option_reader
from pytest_reasoning.scoring.number import numbers_in
from pytest_reasoning.scoring.values.boolean import BooleanReader
from pytest_reasoning.scoring.values.text import normalised

Params = Mapping[str, Any]
MOST_PATTERN = 2_000
EMPTY = "the target is empty (give the right answer)"


def target_problem(case: Case) -> str | None:
    """Return why no completion could ever be right about a target of `case`, None if one could."""
    return _problem(case.scorer, case)


def _problem(spec: ScorerSpec, case: Case) -> str | None:
    if spec.type in ("all", "any", "weighted"):
        parts = [_problem(part, case) for part in spec.params["of"]]
        hopeless = [problem for problem in parts if problem is not None]
        # where not all have to be right, one that can be is enough
        return hopeless[0] if hopeless and (spec.type == "all" or len(hopeless) == len(parts)) else None
    check = _CHECKS.get(spec.type)
    if check is None:
        return None
    return next((found for target in case.target if (found := check(target, spec.params, case)) is not None), None)


def _number(target: str, params: Params, case: Case) -> str | None:
    del params, case
    return None if numbers_in(target) else f"the target '{target}' is no number (correct it, or use scorer 'exact')"


def _boolean(target: str, params: Params, case: Case) -> str | None:
    del params, case
    remedy = "correct it, or use scorer 'exact'"
    return (
        None
        if BooleanReader().target(target) is not None
        else f"the target '{target}' is neither yes nor no ({remedy})"
    )


def _date(target: str, params: Params, case: Case) -> str | None:
    del case
    found = dates_in(target, day_first=bool(params.get("day_first")))
    return None if found else f"the target '{target}' is no date (write it like 2024-03-31)"


def _choice(target: str, params: Params, case: Case) -> str | None:
    del params
    remedy = "use an option's text or letter"
    return (
        None
        if option_reader(case.options).target(target) is not None
        else f"the target '{target}' is none of the options ({remedy})"
    )


def _text(target: str, params: Params, case: Case) -> str | None:
    del params, case
    return None if normalised(target) else EMPTY


def _items(target: str, params: Params, case: Case) -> str | None:
    del case
    return None if items_of(target, params.get("separator"), ignore_case=True) else EMPTY


def _regex(target: str, params: Params, case: Case) -> str | None:
    del case
    if not target:
        return EMPTY
    if params.get("pattern") is None:
        if len(target) > MOST_PATTERN:
            return f"the target has {len(target):,} characters, a pattern at most {MOST_PATTERN:,} (shorten it)"
        try:
            regex.compile(target)
        except regex.error as error:
            return f"the target '{target}' is not a regular expression: {error} (correct it)"
    return None


_CHECKS: dict[str, Callable[[str, Params, Case], str | None]] = {
    "boolean": _boolean,
    "choice": _choice,
    "contains": _text,
    "date": _date,
    "exact": _text,
    "list": _items,
    "math": _text,
    "number": _number,
    "regex": _regex,
    "set": _items,
}
