"""The compressed block of outcomes and prompts from which the page's script shows cases.

It is compressed so that 5,000 outcomes stay under 3 MB, and in base64, which cannot be mistaken for markup.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pytest_reasoning.records import Outcome, Status
from pytest_reasoning.report.results import Prompt, Results
from pytest_reasoning.text.wording import visible

STATUSES: tuple[str, ...] = get_args(Status)


def payload(results: Results) -> str:
    """Return all cases as base64 of gzipped JSON; the script's `show` reads the same keys.

    Characters that could affect a page or a terminal (control, bidi and zero-width) are written as escapes.
    """
    models = [model.name for model in results.models]
    outcomes = (*results.outcomes, *results.fresh)
    models += sorted({outcome.model for outcome in outcomes} - set(models))
    prefixes, prompts = _prompts(results.prompts)
    cases: dict[tuple[str, str, str], dict[str, Any]] = {}
    for outcome in outcomes:
        key = (outcome.suite, outcome.strategy, outcome.case)
        if key not in cases:
            cases[key] = {
                "suite": visible(outcome.suite),
                "strategy": visible(outcome.strategy),
                "case": visible(outcome.case),
                "target": [visible(target) for target in outcome.target],
                "prompts": prompts.get(key, []),
                "outcomes": [],
            }
        cases[key]["outcomes"].append(_row(outcome, models.index(outcome.model)))
    document = {
        "models": [visible(model) for model in models],
        "statuses": STATUSES,
        "prefixes": prefixes,
        "cases": list(cases.values()),
    }
    packed = gzip.compress(json.dumps(document, separators=(",", ":")).encode(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def _row(outcome: Outcome, model: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "model": model,
        "status": STATUSES.index(outcome.status),
        "completion": visible(outcome.completion, newlines=True),
        "explanation": visible(outcome.explanation),
        "nodeid": visible(outcome.nodeid),
        "tokens": outcome.completion_tokens,
        "ms": round(outcome.elapsed_s * 1000),
    }
    if outcome.answer is not None:
        row["answer"] = visible(outcome.answer)
    if outcome.sample:
        row["sample"] = outcome.sample
    if outcome.cached:
        row["cached"] = 1
    if outcome.logprobs:
        row["logprobs"] = [round(logprob, 2) for logprob in outcome.logprobs]
    if outcome.thinking_tokens:
        row["thinking"] = outcome.thinking_tokens
    if outcome.ends:
        row["lengths"] = _shown_lengths(outcome)
    if outcome.target_logprob is not None:
        row["target_logprob"] = round(outcome.target_logprob, 3)
    return row


def _shown_lengths(outcome: Outcome) -> list[int]:
    """Return the length of each token in the completion as shown, in UTF-16 code units, which the script uses.

    Text between two tokens, such as a strategy's request for the answer, belongs to the token after it.
    """
    starts = (0, *outcome.ends)
    pieces = [outcome.completion[start:end] for start, end in zip(starts, outcome.ends, strict=False)]
    return [len(visible(piece, newlines=True).encode("utf-16-le", "surrogatepass")) // 2 for piece in pieces]


def _prompts(prompts: Iterable[Prompt]) -> tuple[list[str], dict[tuple[str, str, str], list[Any]]]:
    """Return the shared beginnings of prompts, and per case its prompts as (models, beginning's index, rest)."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Prompt]] = {}
    for prompt in prompts:
        groups.setdefault((prompt.suite, prompt.strategy, prompt.models), []).append(prompt)
    prefixes: list[str] = []
    found: dict[tuple[str, str, str], list[Any]] = {}
    for group in groups.values():
        shared = _shared_lines([prompt.text for prompt in group]) if len(group) > 1 else ""
        prefixes.append(visible(shared, newlines=True))
        for prompt in group:
            rest = visible(prompt.text[len(shared) :], newlines=True)
            row = [_names(prompt.models), len(prefixes) - 1, rest]
            found.setdefault((prompt.suite, prompt.strategy, prompt.case), []).append(row)
    return prefixes, found


def _shared_lines(texts: Sequence[str]) -> str:
    """Return the longest common beginning of all texts, in whole lines."""
    first, last = min(texts), max(texts)
    length = next(
        (place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[: first.rfind("\n", 0, length) + 1]


def _names(models: Sequence[str]) -> list[str]:
    return [visible(model) for model in models]
