"""Reads a list or set of answers from one place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_reasoning.scoring.reading import Reader, Reading, Unreadable
from pytest_reasoning.scoring.values.entries import ListEntry, entry_of
from pytest_reasoning.scoring.values.splitting import cut

MOST_TEXT = 10_000
"Most characters of a list; a longer list is not read."

_SENTENCE = re.compile(r"(?i)\b(?:is|are|was|were)\b|(?<=\w)\s(?:[B-Z]|[2-9])[.)]\s[^\n]*,")
"Matches a last line that is a sentence, or lettered items one of which is a list itself."

Entries = tuple[ListEntry, ...] | frozenset[ListEntry]


@dataclass(frozen=True, slots=True)
class Several:
    """The entries of a list or a set."""

    entries: Entries
    also: tuple[tuple[ListEntry, ...], ...] = field(default=(), compare=False)
    "Other ways to split the same text: `Bosnia and Herzegovina` is one entry or two."


def list_reader(*, separator: str | None = None, ignore_case: bool = True) -> Reader:
    """Return a reader of lists, which are equal if they have equal entries in the same order."""
    return _ListingReader(separator=separator, ignore_case=ignore_case, ordered=True)


def set_reader(*, separator: str | None = None, ignore_case: bool = True) -> Reader:
    """Return a reader of sets, which are equal if each entry of one is in the other; repetitions count once."""
    return _ListingReader(separator=separator, ignore_case=ignore_case, ordered=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ListingReader:
    separator: str | None
    ignore_case: bool
    ordered: bool

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the entries that a place names; the reading's `value` is a `Several`."""
        if not stated and (why_not := _SENTENCE.search(text)) is not None:
            raise Unreadable(f"'{text.strip()[:40]}' is no list: '{why_not[0].strip()}' stands in it")
        if len(text) > MOST_TEXT:
            raise Unreadable(f"'{text.strip()[:40]}…' has {len(text):,} characters, a list at most {MOST_TEXT:,}")
        ways = [entries for way in cut(text, self.separator) if (entries := self._entries(way))]
        if not ways:
            return None
        first = ways[0] if self.ordered else frozenset(ways[0])
        return Reading(written=text.strip(), value=Several(first, tuple(ways)))

    def _entries(self, parts: Sequence[str]) -> tuple[ListEntry, ...]:
        found = (entry_of(part, ignore_case=self.ignore_case) for part in parts)
        return tuple(entry for entry in found if entry is not None)

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether the entries equal the target's; `9 chickens` equals 9 if the target has numbers."""
        same = _same_order if self.ordered else _same_members
        return any(same(found, wanted) for found in answer.value.also for wanted in target.value.also)


def _same_order(found: Sequence[ListEntry], wanted: Sequence[ListEntry]) -> bool:
    return len(found) == len(wanted) and all(
        other.key in entry.meanings() for entry, other in zip(found, wanted, strict=True)
    )


def _same_members(found: Sequence[ListEntry], wanted: Sequence[ListEntry]) -> bool:
    keys = {entry.key for entry in wanted}
    given = {key for entry in found for key in entry.meanings()}
    return keys <= given and all(not keys.isdisjoint(entry.meanings()) for entry in found)
