"""Checks targets at collection: finds those that their scorer can never match, or that name several answers.

A target is read by the same reader as the answers, so that both follow the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import regex

from pytest_reasoning.records import Case, ScorerSpec
from pytest_reasoning.scoring.multiple_choice import option_reader
from pytest_reasoning.scoring.reading import Ambiguous, Unread
from pytest_reasoning.scoring.types import TYPES, target_reading
from pytest_reasoning.scoring.values.text import normalized
from pytest_reasoning.text.errors import ScorerError

Params = Mapping[str, Any]
MOST_PATTERN = 2_000
EMPTY = "the target is empty (give the right answer)"

_REMEDIES = {
    "boolean": ("is neither yes nor no", "correct it, or use scorer 'exact'"),
    "date": ("is no date", "write it like 2024-03-31"),
    "list": ("has no items", "give the right answer"),
    "math": ("is no expression", "give the right answer"),
    "number": ("is no number", "correct it, or use scorer 'exact'"),
    "set": ("has no items", "give the right answer"),
}
"Message and remedy by scorer, for a target that cannot be read."

NO_BALLOT = {
    "contains": "it looks for the target and reads no answer",
    "regex": "without `pattern` it looks for the target and reads no answer",
    "json": "without `path` it compares whole values against a schema and reads no answer",
    "all": "it combines several scorers, each with an answer of its own",
    "any": "it combines several scorers, each with an answer of its own",
    "weighted": "it combines several scorers, each with an answer of its own",
}
"Why a scorer gives no answer on which samples could vote."


def target_problem(case: Case) -> str | None:
    """Return why no completion could ever be right about a target of `case`, None if one could."""
    return _problem(case.scorer, case)


def vote_problem(case: Case) -> str | None:
    """Return why several samples of `case` cannot vote, None if they can.

    They vote on the answer they give, so a scorer must read one whatever the target is.
    """
    spec = case.scorer
    reads = {"regex": spec.params.get("pattern") is not None, "json": bool(case.target)}
    if spec.type in TYPES or spec.type == "choice" or reads.get(spec.type):
        return None
    why = NO_BALLOT.get(spec.type, "a scorer written in Python gives a verdict and no answer in a comparable form")
    remedy = "use scorer 'exact', 'number', 'choice' or another that reads an answer, or `samples: 1`"
    return f"samples cannot vote on scorer '{spec.type}': {why} ({remedy})"


def _problem(spec: ScorerSpec, case: Case) -> str | None:
    if spec.type in ("all", "any", "weighted"):
        parts = [_problem(part, case) for part in spec.params["of"]]
        hopeless = [problem for problem in parts if problem is not None]
        # Unless all targets have to be matched, one that can be matched is enough.
        return hopeless[0] if hopeless and (spec.type == "all" or len(hopeless) == len(parts)) else None
    check = _CHECKS.get(spec.type)
    if check is None and spec.type in TYPES:
        check = _read
    if check is None:
        return None
    return next((found for target in case.target if (found := check(target, spec, case)) is not None), None)


def _read(target: str, spec: ScorerSpec, case: Case) -> str | None:
    del case
    if not normalized(target):
        return EMPTY
    wrong, remedy = _REMEDIES.get(spec.type, ("cannot be read", "correct it, or use scorer 'exact'"))
    try:
        reading = target_reading(spec, target)
    except Ambiguous as several:
        return f"the target '{_clipped(target)}' names several answers: {several} (keep the right one)"
    except Unread as problem:
        return f"the target '{_clipped(target)}' {wrong}: {problem} ({remedy})"
    except ScorerError:
        return None  # a library is missing: the run says so
    return None if reading is not None else f"the target '{_clipped(target)}' {wrong} ({remedy})"


def _choice(target: str, spec: ScorerSpec, case: Case) -> str | None:
    del spec
    if option_reader(case.options).read_target(target) is not None:
        return None
    return f"the target '{target}' is none of the options (use an option's text or letter)"


def _text(target: str, spec: ScorerSpec, case: Case) -> str | None:
    del spec, case
    return None if normalized(target) else EMPTY


def _regex(target: str, spec: ScorerSpec, case: Case) -> str | None:
    del case
    if not target:
        return EMPTY
    if spec.params.get("pattern") is None:
        if len(target) > MOST_PATTERN:
            return f"the target has {len(target):,} characters, a pattern at most {MOST_PATTERN:,} (shorten it)"
        try:
            regex.compile(target)
        except regex.error as error:
            return f"the target '{target}' is not a regular expression: {error} (correct it)"
    return None


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


_CHECKS: dict[str, Callable[[str, ScorerSpec, Case], str | None]] = {
    "choice": _choice,
    "contains": _text,
    "regex": _regex,
}
