"""A random stream that keeps what it decided, and can be made to decide one thing otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from pytest_reasoning.suite.generate.random_stream import RandomStream

T = TypeVar("T")

MOST_OTHERS = 9
"Other values tried of one decision; a decision with more has them drawn."
MOST_SAMPLED = 8
"Entries of one sample of which any two are exchanged."
NEAR = 4
"How far apart two decisions may be that are exchanged."


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """What is decided otherwise than the stream says."""

    forced: tuple[tuple[int, int], ...] = ()
    "Values of decisions, by their place in the order in which they are made."
    exchanged: tuple[tuple[int, int, int], ...] = ()
    "Place of a sample in the order in which they are drawn, and two of its entries that change places."

    def __add__(self, other: Alteration) -> Alteration:
        """Return both changes as one."""
        return Alteration(forced=self.forced + other.forced, exchanged=self.exchanged + other.exchanged)


UNCHANGED = Alteration()


class TracedStream(RandomStream):
    """The draws of a `RandomStream`, with a change."""

    def __init__(self, *key: str | int, change: Alteration = UNCHANGED) -> None:
        super().__init__(*key)
        self.decisions: list[tuple[int, int]] = []
        "How many values there were, and which was taken, in order."
        self.samples: list[int] = []
        "Number of entries of each sample."
        self._forced = dict(change.forced)
        self._exchanged = change.exchanged

    def below(self, count: int) -> int:
        """Draw a whole number in [0, count), or take the one that is forced."""
        value = super().below(count)
        value = min(self._forced.get(len(self.decisions), value), count - 1)
        self.decisions.append((count, value))
        return value

    def sample(self, values: Sequence[T], count: int) -> list[T]:
        """Draw `count` of `values` without replacement, with the entries exchanged that shall be."""
        found = super().sample(values, count)
        for place, one, other in self._exchanged:
            if place == len(self.samples):
                found[one], found[other] = found[other], found[one]
        self.samples.append(len(found))
        return found

    def changes(self, others: RandomStream) -> list[Alteration]:
        """Return single changes of what was drawn, those first that leave all words: entries that change places.

        `others` draws which other values of a decision are tried, if there are many.
        """
        found = [
            Alteration(exchanged=((place, *pair),))
            for place, size in enumerate(self.samples)
            for pair in combinations(range(min(size, MOST_SAMPLED)), 2)
        ]
        for place, (count, value) in enumerate(self.decisions):
            for later in range(place + 1, min(place + 1 + NEAR, len(self.decisions))):
                if self.decisions[later][0] == count and self.decisions[later][1] != value:
                    found.append(Alteration(forced=((place, self.decisions[later][1]), (later, value))))
        for place, (count, value) in enumerate(self.decisions):
            kept = [other for other in range(min(count, 1000)) if other != value]
            found += [
                Alteration(forced=((place, other),)) for other in others.sample(kept, min(len(kept), MOST_OTHERS))
            ]
        return found
