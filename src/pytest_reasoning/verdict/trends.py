"""What the nights of a history say of one model in one suite: an alarm for a drop, and flaky cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pytest_reasoning.stats.drop_alarm import Watched, watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One run of one suite × strategy with one model."""

    started: str
    "Start of the run: ISO 8601, UTC."
    content: str
    "Hash of the suite's cases; rates are compared only while it stays the same."
    cause: str
    "Hash of everything that may change an answer: weights, prompts, sampling, engine, machine."
    machine: str = ""
    "The class of machine that answered, as `machine_of` says it; several are joined. Empty if unknown."
    rights: Mapping[str, float]
    "Share of correct samples by case."

    @property
    def rate(self) -> float:
        """The pass rate: the mean over cases."""
        return sum(self.rights.values()) / len(self.rights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The nights of one suite × strategy × model since its cases last changed."""

    suite: str
    strategy: str
    model: str
    nights: tuple[Night, ...]
    "Oldest first."
    watched: Watched
    flaky: tuple[tuple[str, int], ...]
    "Cases that flipped between two nights without a cause, with how often; most often first."

    def mean(self, begin: int, end: int | None = None) -> float | None:
        """Return the mean pass rate of some nights; None if there are none."""
        some = self.nights[begin:end]
        return sum(night.rate for night in some) / len(some) if some else None

    @property
    def machines(self) -> tuple[tuple[str, str], ...]:
        """The classes of machine that answered, each with the start of its first night, oldest first."""
        first: dict[str, str] = {}
        for night in self.nights:
            if night.machine:
                first.setdefault(night.machine, night.started)
        return tuple(first.items())


def trend(suite: str, strategy: str, model: str, nights: Sequence[Night], *, error: float) -> Trend:
    """Return the trend of one series.

    Args:
        suite: full name of the suite.
        strategy: name of the strategy.
        model: name of the model.
        nights: all nights of the series, oldest first; at least one.
        error: highest probability of an alarm, ever, if nothing changes.
    """
    own = since_change(nights)
    return Trend(
        suite=suite,
        strategy=strategy,
        model=model,
        nights=own,
        watched=watch([night.rate for night in own], error=error, seed=f"{suite} / {strategy} [{model}]"),
        flaky=_flaky(own),
    )


def since_change(nights: Sequence[Night]) -> tuple[Night, ...]:
    """Return the nights, at least one, since the cases of their suite last changed."""
    last = nights[-1].content
    begin = max((place + 1 for place, night in enumerate(nights) if night.content != last), default=0)
    return tuple(nights[begin:])


def _flaky(nights: Sequence[Night]) -> tuple[tuple[str, int], ...]:
    flips: dict[str, int] = {}
    for before, now in pairwise(nights):
        if before.cause != now.cause:
            continue
        for case, right in now.rights.items():
            if (right > 0.5) != (before.rights.get(case, right) > 0.5):
                flips[case] = flips.get(case, 0) + 1
    return tuple(sorted(flips.items(), key=lambda one: (-one[1], one[0])))
