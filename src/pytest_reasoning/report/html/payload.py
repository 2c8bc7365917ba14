"""The compressed block of outcomes and prompts from which the page's script shows cases.

It is compressed so that 5,000 outcomes stay under 3 MB, and in base64, which cannot be mistaken for markup.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args

from pytest_reasoning.records import Cell, Outcome, Status, cell_of
from pytest_reasoning.report.html.overview import NAME
from pytest_reasoning.report.results import Results, ShownPrompt
from pytest_reasoning.report.side_by_side import RunPair
from pytest_reasoning.report.tables.pairs import pair_row
from pytest_reasoning.text.thinking import thinking_in
from pytest_reasoning.text.wording import shortened_apart, visible
from pytest_reasoning.verdict.baseline.comparison import Comparison
from pytest_reasoning.verdict.trends import Night, since_change

RunHistory = Mapping[Cell, Sequence[Night]]
"Earlier runs of each suite × strategy × model, oldest first."

_MOST_NIGHTS = 30
"Earlier runs shown of a case."
STATUSES: tuple[str, ...] = get_args(Status)


def payload(
    results: Results,
    pairs: Sequence[RunPair] = (),
    history: RunHistory | None = None,
    charts: Mapping[str, Any] | None = None,
) -> str:
    """Return all cases as base64 of gzipped JSON; the page's scripts read the same keys.

    Characters that could affect a page or a terminal (control, bidi and zero-width) are written as escapes.

    Args:
        results: the report document.
        pairs: comparisons of several runs, if the page shows any.
        history: earlier runs, by cell.
        charts: specifications of the interactive charts, by the name of their figure.
    """
    models = [model.name for model in results.models]
    outcomes = (*results.outcomes, *results.fresh)
    models += sorted({outcome.model for outcome in outcomes} - set(models))
    prefixes, prompts = _prompts(results.prompts)
    flips = _flips(results.comparisons)
    nights = {cell: since_change(found)[-_MOST_NIGHTS:] for cell, found in (history or {}).items() if found}
    shown_nights: dict[Cell, int] = {}
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
        row = _row(outcome, models.index(outcome.model))
        if flip := flips.get((*key, outcome.model)):
            row["flip"] = flip
        if not outcome.sample and (past := nights.get(cell := cell_of(outcome))):
            # the dates are the same for all cases of a cell, and are written once
            row["nights"] = shown_nights.setdefault(cell, len(shown_nights))
            row["past"] = [night.rights.get(outcome.case, -1) for night in past]
        cases[key]["outcomes"].append(row)
    document: dict[str, Any] = {
        "models": (shown_models := [visible(model) for model in models]),
        "short": list(shortened_apart(shown_models, NAME).values()),
        "references": {visible(model.name): visible(model.reference) for model in results.models},
        "statuses": STATUSES,
        "prefixes": prefixes,
        "cases": list(cases.values()),
    }
    if charts:
        document["charts"] = charts
    if shown_nights:
        document["nights"] = [_nights(nights[cell]) for cell in shown_nights]
    if pairs:
        document["pairs"] = [pair_row(pair) for pair in pairs]
    packed = gzip.compress(json.dumps(document, separators=(",", ":")).encode(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def _nights(nights: Sequence[Night]) -> dict[str, Any]:
    """Return the dates of runs, oldest first, and the places of those before which something else changed."""
    return {
        "started": [visible(night.started.replace("T", " ")[:16]) for night in nights],
        "changed": [place for place, (a, b) in enumerate(pairwise(nights), 1) if a.cause != b.cause],
    }


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
        row["thoughts"] = _thoughts(outcome.completion)
    if outcome.ends:
        row["lengths"] = _shown_lengths(outcome)
    if outcome.target_logprob is not None:
        row["target_logprob"] = round(outcome.target_logprob, 3)
    return row


def _flips(comparisons: Iterable[Comparison]) -> dict[tuple[str, str, str, str], str]:
    """Return `lost` or `gained` for each flipped case, by suite, strategy, case and model."""
    return {
        (one.suite, one.strategy, flip.case, one.model): word
        for one in comparisons
        for word, found in (("gained", one.gained), ("lost", one.lost))
        for flip in found
    }


def _thoughts(completion: str) -> list[list[int]]:
    """Return begin and end of each thinking block in the completion as shown, in UTF-16 code units."""
    found = thinking_in(completion)
    if not found.spans:  # the prompt may have opened it
        found = thinking_in(completion, opened=True)
    return [[_units(completion[:place]) for place in span] for span in found.spans]


def _units(text: str) -> int:
    """Return the length of a text as shown, in UTF-16 code units, which the script counts in."""
    return len(visible(text, newlines=True).encode("utf-16-le", "surrogatepass")) // 2


def _shown_lengths(outcome: Outcome) -> list[int]:
    """Return the length of each token in the completion as shown.

    Text between two tokens, such as a strategy's request for the answer, belongs to the token after it.
    """
    starts = (0, *outcome.ends)
    text = outcome.completion
    if text.isascii() and visible(text, newlines=True) == text:  # as nearly all are: looking at each token is slow
        return [
            min(end, len(text)) - min(start, len(text)) for start, end in zip(starts, outcome.ends, strict=False)
        ]
    pieces = [outcome.completion[start:end] for start, end in zip(starts, outcome.ends, strict=False)]
    return [_units(piece) for piece in pieces]


def _prompts(prompts: Iterable[ShownPrompt]) -> tuple[list[str], dict[tuple[str, str, str], list[Any]]]:
    """Return the shared beginnings of prompts, and per case its prompts as (models, beginning's index, rest)."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[ShownPrompt]] = {}
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
