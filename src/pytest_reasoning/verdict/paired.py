"""Pairs the cases of a comparison by what they ask, even if they were renamed or moved.

A case "before" is one of a baseline or of another model of the same run. Every case-by-case comparison pairs here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from pytest_reasoning.verdict.tally import CaseResult

ALTERABLE = ("question", "prompt", "scorer", "scoring", "sampling")
"""Parts that can change although a case stays the same. `question` is its wording, which also changes the prompt;
`scorer` is the scorer's name and parameters; `scoring` is its judgment of an unchanged completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case before and now."""

    before: CaseResult
    now: CaseResult

    @property
    def altered(self) -> tuple[str, ...]:
        """Which parts of `ALTERABLE` changed; if any did, a flip says nothing about the model."""
        before, now = self.before, self.now
        named = ("prompt", "scorer", "sampling")
        changed = {part for part in named if getattr(before, part) != getattr(now, part)}
        if before.content != now.content:
            changed = changed - {"prompt"} | {"question"}
        if before.completion == now.completion and before.rate != now.rate:
            # The same completion was judged differently: the scorer's code changed, but not its name.
            changed.add("scoring")
        return tuple(part for part in ALTERABLE if part in changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The cases of one cell, before and now; every list is in the order of the cases now."""

    by_content: tuple[Pair, ...]
    "Pairs with the same question and targets."
    reworded: tuple[Pair, ...]
    "Pairs with the same variables (or id) and targets, but a reworded question."
    changed: tuple[Pair, ...]
    "Pairs with the same id, but another question or other targets."
    new: tuple[CaseResult, ...]
    removed: tuple[CaseResult, ...]

    @property
    def same(self) -> tuple[Pair, ...]:
        """Pairs that are asked and scored in the same way; a flip among these says something about the model."""
        return tuple(one for one in self.by_content if not one.altered)

    @property
    def altered(self) -> tuple[Pair, ...]:
        """Pairs that are now asked or scored in another way."""
        return (*(one for one in self.by_content if one.altered), *self.reworded)


def pair(before: Iterable[CaseResult], now: Iterable[CaseResult]) -> Pairing:
    """Pair the cases of one cell.

    Cases with equal questions are paired by id first, then in the order of their ids. The remaining ones are paired
    by their variables and targets, because rewording a template changes the question of every case.
    """
    current = list(now)
    left, pending = sorted(before, key=lambda one: one.case), current
    alone = _alone(left, current)
    by_content: list[Pair] = []
    for key in (lambda one: (one.content, one.case), _question):
        found, left, pending = _match(left, pending, key)
        by_content += found
    reworded: list[Pair] = []
    found, left, pending = _match(left, pending, lambda one: (one.instance or one, one.case))
    reworded += found
    found, left, pending = _match(left, pending, alone)
    reworded += found
    changed, left, pending = _match(left, pending, lambda one: one.case)
    order = {one.case: place for place, one in enumerate(current)}
    by_content.sort(key=lambda one: order[one.now.case])
    return Pairing(
        by_content=tuple(by_content),
        reworded=tuple(reworded),
        changed=tuple(changed),
        new=tuple(pending),
        removed=tuple(left),
    )


def _question(one: CaseResult) -> tuple[str, str]:
    # Without fingerprints only the id identifies a case.
    return one.content, "" if one.content else one.case


def _alone(*lists: Iterable[CaseResult]) -> Callable[[CaseResult], Hashable]:
    """Return a key that pairs cases by their `instance` hash, if it is known and unique in every list."""
    counts = [Counter(one.instance for one in each) for each in lists]

    def key(one: CaseResult) -> Hashable:
        alone = bool(one.instance) and all(count[one.instance] <= 1 for count in counts)
        return one.instance if alone else one

    return key


def _match(
    before: list[CaseResult], now: list[CaseResult], key: Callable[[CaseResult], Hashable]
) -> tuple[list[Pair], list[CaseResult], list[CaseResult]]:
    """Return pairs with equal keys, each case at most once, and the cases that are left on both sides."""
    waiting: dict[Hashable, list[CaseResult]] = {}
    for one in before:
        waiting.setdefault(key(one), []).append(one)
    pairs, unmatched = [], []
    for one in now:
        partners = waiting.get(key(one))
        if partners:
            pairs.append(Pair(before=partners.pop(0), now=one))
        else:
            unmatched.append(one)
    used = {id(found.before) for found in pairs}
    return pairs, [one for one in before if id(one) not in used], unmatched
