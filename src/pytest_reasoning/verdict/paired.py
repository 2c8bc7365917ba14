"""Which case before is which case now: cases pair by what they ask, whatever was renamed or moved.

"Before" is a baseline, or another model of the same run; every comparison of answers case by case pairs them here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from pytest_reasoning.verdict.tally import CaseResult

ALTERABLE = ("question", "prompt", "scorer", "scoring", "sampling")
"""What can change around what is asked. `question` is its wording, by which the prompt is another one too; `scorer`
is the scorer's name and parameters; `scoring` is how it judges the same words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case before and now."""

    before: CaseResult
    now: CaseResult

    @property
    def altered(self) -> tuple[str, ...]:
        """Which of `ALTERABLE` changed: then a flip says nothing about the model."""
        before, now = self.before, self.now
        named = ("prompt", "scorer", "sampling")
        changed = {part for part in named if getattr(before, part) != getattr(now, part)}
        if before.content != now.content:
            changed = changed - {"prompt"} | {"question"}
        if before.completion == now.completion and before.rate != now.rate:
            # The same words were judged differently: the scorer's code changed, and not its name.
            changed.add("scoring")
        return tuple(part for part in ALTERABLE if part in changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The cases of one cell, before and now; every list is in the order of the cases now."""

    by_content: tuple[Pair, ...]
    "Same question and targets."
    reworded: tuple[Pair, ...]
    "Same variables and targets, or id and targets, but other words."
    changed: tuple[Pair, ...]
    "Same id, but another question or other targets."
    new: tuple[CaseResult, ...]
    removed: tuple[CaseResult, ...]

    @property
    def same(self) -> tuple[Pair, ...]:
        """The pairs asked and scored in the same way: a flip of these says something about the model."""
        return tuple(one for one in self.by_content if not one.altered)

    @property
    def altered(self) -> tuple[Pair, ...]:
        """The pairs asked or scored in another way."""
        return (*(one for one in self.by_content if one.altered), *self.reworded)


def pair(before: Iterable[CaseResult], now: Iterable[CaseResult]) -> Pairing:
    """Pair the cases of one cell; equal questions pair by id first, and then in the order of their ids.

    What is left pairs by what it is about: a template that was reworded makes another question of every case.
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
    # Without fingerprints nothing but the id says what was asked.
    return one.content, "" if one.content else one.case


def _alone(*lists: Iterable[CaseResult]) -> Callable[[CaseResult], Hashable]:
    """Return a key that pairs cases by what they are about, where that is known and no other case is about it."""
    counts = [Counter(one.instance for one in each) for each in lists]

    def key(one: CaseResult) -> Hashable:
        alone = bool(one.instance) and all(count[one.instance] <= 1 for count in counts)
        return one.instance if alone else one

    return key


def _match(
    before: list[CaseResult], now: list[CaseResult], key: Callable[[CaseResult], Hashable]
) -> tuple[list[Pair], list[CaseResult], list[CaseResult]]:
    """Return pairs of equal keys, each case at most once, and what is left of both."""
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
