"""Threshold rules written into the text of a suite file, of which nothing else changes.

A library that reads YAML and writes it again lays out the whole file anew, and loses comments within braces. So the
place of the new rule is found from the parser's own marks, and the text around it stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from pytest_reasoning.text.errors import Problem, SuiteError
from pytest_reasoning.text.yaml import MarkedMap, parse

KEY = "threshold"
_BOUNDS = {"min", "max"}
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.@/-]*\Z", re.ASCII)
_BEFORE = ("fewshot", "cases", "generate", "dataset")
"A suite without a threshold gets it before the first of these keys."


def has_threshold(text: str, display: str) -> bool:
    """Tell whether a suite file has a threshold of its own; raises `SuiteError` if it is not YAML."""
    data = parse(text, display)
    return isinstance(data, MarkedMap) and KEY in data


def with_rules(text: str, rules: Mapping[str, float], display: str) -> str:
    """Return the text with rules added, and those of the same name replaced.

    Args:
        text: of a suite file.
        rules: the key of each rule and the least pass rate.
        display: the file's name in messages.

    Raises:
        SuiteError: the text cannot be read, or a rule cannot be written into it without changing anything else.
    """
    before = parse(text, display)
    if not isinstance(before, MarkedMap):
        raise _refused(display, 1, rules)
    if KEY not in before:
        new = _with_key(text, before, rules, display)
    elif not isinstance(before[KEY], MarkedMap) or set(before[KEY]) <= _BOUNDS:
        new = _with_mapping(text, rules)
    else:
        new = text
        for key, least in rules.items():
            new = _with_rule(new, key, least)
    _check(new, before, rules, display)
    return new


def _with_rule(text: str, key: str, least: float) -> str:
    """Add one rule to the mapping of rules, or replace it."""
    node = _node(text)
    for name, value in node.value:
        if name.value == key:
            return text[: value.start_mark.index] + f"{least:.2f}" + text[value.end_mark.index :]
    rule = f"{_key(key)}: {least:.2f}"
    if node.flow_style:
        end = _end(node.value[-1][1])
        return f"{text[:end]}, {rule}{text[end:]}"
    column = node.value[0][0].start_mark.column
    return _with_line(text, _end(node.value[-1][1]), " " * column + rule)


def _with_mapping(text: str, rules: Mapping[str, float]) -> str:
    """Make what was asked of every model the rule of all others."""
    node = _node(text)
    start, end = node.start_mark.index, _end(node)
    asked, space = text[start:end], ""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        if "#" in asked:
            return text  # its comments would be lost; `_check` refuses that
        asked = "{" + ", ".join(text[key.start_mark.index : _end(value)] for key, value in node.value) + "}"
        # a block mapping begins on a line of its own
        start, space = len(text[:start].rstrip()), " "
    return f"{text[:start]}{space}{{'*': {asked}, {_written(rules)}}}{text[end:]}"


def _with_key(text: str, data: MarkedMap, rules: Mapping[str, float], display: str) -> str:
    """Add the whole key on a line of its own, above the cases and the comment that belongs to them."""
    lines = text.splitlines(keepends=True)
    places = [data.keys_at[key] for key in _BEFORE if key in data]
    if not places or any(column != 1 for _, column in places):
        raise _refused(display, 1, rules)
    line = min(line for line, _ in places) - 1
    while line and lines[line - 1].startswith("#"):
        line -= 1
    lines.insert(line, f"{KEY}: {{{_written(rules)}}}{_line_end(text)}")
    return "".join(lines)


def _with_line(text: str, place: int, line: str) -> str:
    """Add a line after the one in which `place` lies."""
    end = text.find("\n", place)
    if end < 0:
        return f"{text}{_line_end(text)}{line}{_line_end(text)}"
    return f"{text[: end + 1]}{line}{_line_end(text)}{text[end + 1 :]}"


def _check(new: str, before: MarkedMap, rules: Mapping[str, float], display: str) -> None:
    """Refuse a text that says anything but what was there and the rules."""
    try:
        after = parse(new, display)
    except SuiteError:
        raise _refused(display, _line(before), rules) from None
    old = before.get(KEY)
    if not isinstance(old, MarkedMap) or set(old) <= _BOUNDS:
        old = {} if old is None else {"*": old}
    wanted = {**before, KEY: {**old, **{key: float(f"{least:.2f}") for key, least in rules.items()}}}
    if after != wanted:
        raise _refused(display, _line(before), rules)


def _node(text: str) -> Any:
    """Return the node of the threshold with its marks; the text has been read before."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    return next(value for key, value in root.value if key.value == KEY)


def _end(node: Any) -> int:
    """Return where a value's text ends: a block mapping's own mark lies behind the comments that follow it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    end: int = node.end_mark.index
    return end


def _written(rules: Mapping[str, float]) -> str:
    return ", ".join(f"{_key(key)}: {least:.2f}" for key, least in rules.items())


def _key(key: str) -> str:
    plain = _PLAIN_KEY.match(key) and parse(f"- {key}", "")[0] == key
    return key if plain else json.dumps(key)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line(data: MarkedMap) -> int:
    return data.keys_at[KEY][0] if KEY in data else 1


def _refused(display: str, line: int, rules: Mapping[str, float]) -> SuiteError:
    message = f"no rule can be added to this text as it is written (add it yourself: {_written(rules)})"
    return SuiteError([Problem(file=display, line=line, message=message)])
