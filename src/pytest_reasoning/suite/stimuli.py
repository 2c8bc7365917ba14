"""Quartets of questions whose words cancel and whose answers do not, by which models are compared.

A drawn question is changed in two ways that touch different words, each alone and both at once. Of the four texts
first and last have at each place the same two words as the other two. So whatever a model adds up over words and
places is the same in both pairs: what is left of `first - second - third + fourth` is how the two changes act
together, which is what the question is about. Of a mapping, say, two values change places, and the other key is
asked for. Where changes move words (`flips` or `does not flip`), the words cancel and their places do not.
Equal streams give the same content in every language, so a task of the library has its quartet in each of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, cycle, islice
from typing import Any, get_args

from pytest_reasoning.records import Case
from pytest_reasoning.suite.format.generators import GenerateSpec
from pytest_reasoning.suite.generate.families.drawn import Language
from pytest_reasoning.suite.generate.generators import FamilyTask
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.generate.traced_stream import UNCHANGED, Alteration, TracedStream
from pytest_reasoning.suite.instances import points
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate

MOST_CHANGES = 80
"Changes of one draw that are tried alone."
MOST_TOGETHER = 16
"Pairs of changes of one draw that are tried together."
MOST_ATTEMPTS = 6
"Draws for each stimulus; some have no two changes that fit."
PATIENCE = 18
"Draws in a row without two changes that fit, after which a suite is taken to have none."
_WORD = re.compile(r"\w+|[^\w\s]")
_SIGN = re.compile(r"\S")

Rendered = Callable[[Mapping[str, Any]], Case | None]
"Makes the case of a draw's variables; None if it is no sound case, such as one that a worked example answers."
Quartet = tuple[Case, Case, Case, Case]
"A question, with the one change, with the other, and with both."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """A quartet of questions, in one or two wordings of the same content."""

    forms: tuple[Quartet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """A draw with one change."""

    name: str
    "The variable whose stream decides otherwise."
    change: Alteration
    answer: str
    places: frozenset[int]
    "Where its text has another word than the draw without the change."


def stimuli(spec: GenerateSpec, rendered: Rendered, count: int) -> tuple[Stimulus, ...]:
    """Return up to `count` stimuli, in turn over the points of the sweep; equal arguments give equal ones.

    They are drawn from a seed of their own, not from that of the cases.

    Raises:
        TemplateFault: an expression of the suite fails.
    """
    return tuple(islice(_found(spec, rendered, count), count))


def cancels(texts: Sequence[str]) -> bool:
    """Return whether first and last text have at each place the same two words, or signs, as the other two."""
    return any(_cancels(texts, pattern) for pattern in (_WORD, _SIGN))


def _cancels(texts: Sequence[str], pattern: re.Pattern[str] | None) -> bool:
    """Return whether the units cancel at each place; with no pattern, whether words do wherever they stand."""
    units = [(pattern or _WORD).findall(text) for text in texts]
    if pattern is None:
        a, b, c, d = map(Counter, units)
        return a + d == b + c
    if len({len(one) for one in units}) != 1:
        return False
    return all(Counter((a, d)) == Counter((b, c)) for a, b, c, d in zip(*units, strict=True))


def _found(spec: GenerateSpec, rendered: Rendered, count: int) -> Iterator[Stimulus]:
    forms = [spec, *_reworded(spec)]
    seen: set[frozenset[str]] = set()
    rounds = cycle([fixed for _, fixed in points(spec)])
    missed = 0
    for attempt, fixed in enumerate(islice(rounds, MOST_ATTEMPTS * count)):
        quartet = _quartet(spec, rendered, fixed, attempt)
        missed = missed + 1 if quartet is None else 0
        if missed == PATIENCE:
            return
        if quartet is None:
            continue
        ways, own = quartet
        content = frozenset(case.prompt for case in own)
        others = [_rendered(form, rendered, fixed, attempt, ways) for form in forms[1:]]
        sound = all(
            other is not None and any(_cancels([case.prompt for case in other], way) for way in (_SIGN, None))
            for other in others
        )
        if content not in seen and sound:
            seen.add(content)
            yield Stimulus(forms=(own, *(other for other in others if other is not None)))


def _reworded(spec: GenerateSpec) -> Iterator[GenerateSpec]:
    """Yield the same draws with the tasks of the library in their other languages."""
    spoken = {source.language for source in spec.vars.values() if isinstance(source, FamilyTask)}
    for language in get_args(Language):
        if spoken and language not in spoken:
            changed = {
                name: source.model_copy(update={"language": language}) if isinstance(source, FamilyTask) else source
                for name, source in spec.vars.items()
            }
            yield spec.model_copy(update={"vars": changed})


Ways = tuple[Mapping[str, Alteration], ...]
"What is changed in each of the four questions, by variable."


def _quartet(
    spec: GenerateSpec, rendered: Rendered, fixed: Mapping[str, Any], attempt: int
) -> tuple[Ways, Quartet] | None:
    first, streams = _drawn(spec, fixed, attempt, {})
    own = rendered(first) if first is not None else None
    if own is None:
        return None
    others = RandomStream("stimuli", attempt)
    changes = [(name, change) for name, stream in streams.items() for change in stream.changes(others)]
    changes = others.sample(changes, min(len(changes), MOST_CHANGES))
    for pattern in (_WORD, _SIGN, None):
        single = _alone(spec, rendered, fixed, attempt, own.prompt, pattern, changes)
        for one, other in islice(_together(single, own.target[0], others), MOST_TOGETHER):
            both = _merged(one, other)
            ways: Ways = ({}, {one.name: one.change}, {other.name: other.change}, both)
            found = _rendered(spec, rendered, fixed, attempt, ways)
            if found is None or not _cancels([case.prompt for case in found], pattern):
                continue
            a, b, c, d = (case.target[0] for case in found)
            if Counter((a, d)) != Counter((b, c)):
                return ways, found
    return None


def _alone(
    spec: GenerateSpec,
    rendered: Rendered,
    fixed: Mapping[str, Any],
    attempt: int,
    text: str,
    pattern: re.Pattern[str] | None,
    changes: Sequence[tuple[str, Alteration]],
) -> list[_Changed]:
    """Return the changes that leave the number of words, each alone; with no pattern, all changes."""
    units = (pattern or _WORD).findall(text)
    found: dict[str, _Changed] = {}
    for name, change in changes:
        variables, _ = _drawn(spec, fixed, attempt, {name: change})
        case = rendered(variables) if variables is not None else None
        if case is None or not case.target or case.prompt == text or case.prompt in found:
            continue
        own = (pattern or _WORD).findall(case.prompt)
        places = frozenset({-1 - len(found)})  # no pattern: whether two changes meet is seen when both are made
        if pattern is not None:
            if len(own) != len(units):
                continue
            places = frozenset(place for place, (a, b) in enumerate(zip(units, own, strict=True)) if a != b)
        found[case.prompt] = _Changed(name=name, change=change, answer=case.target[0], places=places)
    return list(found.values())


def _together(
    changed: Sequence[_Changed], answer: str, others: RandomStream
) -> Iterator[tuple[_Changed, _Changed]]:
    """Yield pairs of changes of different words: first those that change the answer alike, and few words."""
    ranked = []
    for one, other in combinations(changed, 2):
        if one.places and other.places and not one.places & other.places:
            alike = one.answer == other.answer != answer
            ranked.append((not alike, len(one.places) + len(other.places), others.below(1 << 20), one, other))
    ranked.sort(key=lambda row: row[:3])
    yield from ((one, other) for *_, one, other in ranked)


def _merged(one: _Changed, other: _Changed) -> Mapping[str, Alteration]:
    if one.name == other.name:
        return {one.name: one.change + other.change}
    return {one.name: one.change, other.name: other.change}


def _rendered(
    spec: GenerateSpec, rendered: Rendered, fixed: Mapping[str, Any], attempt: int, ways: Ways
) -> Quartet | None:
    cases = []
    for changes in ways:
        variables, _ = _drawn(spec, fixed, attempt, changes)
        case = rendered(variables) if variables is not None else None
        if case is None or not case.target:
            return None
        cases.append(case)
    first, second, third, fourth = cases
    return first, second, third, fourth


def _drawn(
    spec: GenerateSpec, fixed: Mapping[str, Any], attempt: int, changes: Mapping[str, Alteration]
) -> tuple[dict[str, Any] | None, dict[str, TracedStream]]:
    """Return the variables of one draw, None if `where` or a limit forbids them, and the streams they came from."""
    variables, streams = dict(fixed), {}
    for name, source in spec.vars.items():
        change = changes.get(name, UNCHANGED)
        streams[name] = TracedStream(f"{spec.seed}/stimuli", attempt, name, change=change)
        try:
            variables[name] = source.draw(streams[name], variables)
        except (TemplateFault, IndexError, ValueError, ZeroDivisionError):
            if not changes:
                raise
            return None, streams  # what is forced may be out of what a family can draw
    if not all(evaluate(condition, variables) for condition in spec.where):
        return None, streams
    return variables, streams
