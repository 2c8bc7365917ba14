"""A suite made of cases that failed: each with the question it asked, its targets and its scorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import yaml

from pytest_reasoning.records import Case, Generation
from pytest_reasoning.suite.suite import Suite


def suite_of_cases(name: str, found: Sequence[tuple[Suite, Case, Mapping[str, Any]]]) -> str:
    """Return the text of a suite that holds some cases of other suites.

    Args:
        name: of the new suite.
        found: each case with its suite and what else is to stand in it as variables, such as what was answered.
    """
    strategies: dict[str, None] = {}
    for suite, _, _ in found:
        strategies |= dict.fromkeys(suite.strategies)
    chats = {suite.chat for suite, _, _ in found}
    data = {
        "suite": name,
        "description": f"Cases that failed, of {', '.join(dict.fromkeys(suite.name for suite, _, _ in found))}.",
        "strategies": list(strategies),
        # for the whole suite alone; where they differ, each model's own is the least surprise
        "chat": chats.pop() if len(chats) == 1 and None not in chats else "auto",
        "cases": [_entry(suite, case, more) for suite, case, more in found],
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def _entry(suite: Suite, case: Case, more: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": f"{suite.name}-{case.id}", "prompt": _literal(case.prompt)}
    entry["target"] = [_literal(text) for text in case.target]
    entry["scorer"] = {"type": case.scorer.type, **_plain(case.scorer.params)}
    if case.options:
        entry["options"] = [_literal(text) for text in case.options]
    if case.system is not None:
        entry["system"] = _literal(case.system)
    if case.fewshot:
        entry["fewshot"] = [
            {key: _literal(text) for key, text in asdict(one).items() if text is not None} for one in case.fewshot
        ]
    usual = asdict(Generation())
    decoding = {key: value for key, value in asdict(case.generation).items() if value != usual[key]}
    if decoding:
        entry["generation"] = _plain(decoding)
    if case.repeats > 1:
        entry["repeats"] = case.repeats
    if case.grammar is not None:
        entry["grammar"] = case.grammar
    return entry | dict(more)


def _literal(text: str) -> str:
    """Return text that its template renders as it is."""
    return text if not any(sign in text for sign in ("{{", "{%", "{#")) else "{{ " + repr(text) + " }}"


def _plain(value: Any) -> Any:
    """Return tuples as lists and numbers as such, as YAML writes them without tags."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)
