"""Decides which number of a place is the answer, among equations, ranges, alternatives and circumstances.

The numbers of a place form groups. A group is a chain of members that equal signs join (`5 + 3 = 8`); a member is
one number, or several that operators join. If the place was introduced as the answer, its first group counts,
otherwise its last. A neighboring group that is presented as an equal alternative makes the place ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from pytest_reasoning.scoring.reading import Ambiguous, Unreadable
from pytest_reasoning.scoring.values.grammar.groups import Group, groups_of, is_governed
from pytest_reasoning.scoring.values.grammar.items import NUMERIC, Item
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.numerals import Number

_SAME_WORDS = 2
"Two claims are about the same kind of thing if they share this many words."
_MOST_DECIMALS = 12
_SHARED = frozenset(("which", "whom", "them", "these", "those"))
_COMPARED = re.compile(
    r"(?i)\s+(?:[^\W\d_]{1,20}\s+){0,2}?"
    r"(?:(?:more|less|fewer|greater|larger|smaller)\s+than\s+(?:the\s+)?|(?:mais|menos|más)\s+(?:do\s+)?que\s+)[-−]?\d"
)
"Matches what follows a number that another one is to be added to, or taken from: `7 more than 5`."
_NEIGHBORS = frozenset(("or", "and", "next"))


def answer_of(text: str, items: Sequence[Item], *, stated: bool) -> tuple[str, Number] | None:
    """Return a place's answer as written and as a value, or None if the place has no numbers.

    Raises Ambiguous if several numbers may be the answer, and Unreadable if it cannot be read completely.
    """
    items = _relevant(items, stated=stated)
    if not any(item.kind in NUMERIC for item in items):
        return None
    groups = groups_of(items)
    kept = [group for group in groups if not _denied(group)]
    if not kept:
        raise Unreadable(f"'{_quoted(text, groups[0])}' is denied")
    if stated:
        return _first(text, kept)
    return _last(text, kept)


def _first(text: str, groups: Sequence[Group]) -> tuple[str, Number]:
    if len(groups) > 1 and _locates(groups[0]) and any(item.text == ":" for item in groups[1].before[:2]):
        groups = groups[1:]  # "in step 7: 12"
    group = groups[1] if len(groups) > 1 and groups[1].link == "of" and groups[1].derived else groups[0]
    written, number = _value(text, group)
    for other in groups[groups.index(group) + 1 :]:
        if other.link not in _NEIGHBORS or _is_share(other):
            break
        _same_or_ambiguous(text, number, other, group)
    if group.derived:
        for other in groups[1:]:
            if other.derived and any(item.kind == "so" for item in other.before):
                _same_or_ambiguous(text, number, other, group)
    return written, _as_share(number, groups)


def _last(text: str, groups: Sequence[Group]) -> tuple[str, Number]:
    at = len(groups) - 1
    for other in groups[:-1]:
        if _same_claim(other, groups[-1]):
            _same_or_ambiguous(text, _value(text, groups[-1])[1], other, groups[-1])
    while at and ((groups[at].link == "of" and not groups[at].derived) or _is_share(groups[at])):
        at -= 1
    group = groups[at]
    written, number = _value(text, group)
    while at and groups[at].link in _NEIGHBORS:
        if group.derived and groups[at].link == "and":
            break
        at -= 1
        if groups[at].link == "of" or is_governed(groups[at]):
            break
        _same_or_ambiguous(text, number, groups[at], group)
    return written, _as_share(number, groups)


def _locates(group: Group) -> bool:
    """Return whether the number only says where something stands, as in `in step 7`."""
    words = [item.text.lower() for item in group.before if item.kind not in ("open", "filler")]
    words = [word for word in words[-3:] if word not in w.DETERMINERS]
    return words[-1:] == ["base"] or (len(words) > 1 and words[-1] in w.PLACES and words[-2] in w.LOCATING)


def _as_share(number: Number, groups: Sequence[Group]) -> Number:
    """Return a number that counts a part of the next one, `7 out of 8`, as what it is as a fraction too.

    Only where the place names no third number, with which it would go on: `2 out of 3 wrong, so 1/3`.
    """
    if len(groups) != 2 or groups[1].link != "of" or number.per != 1 or number.amount.denominator != 1:
        return number
    words = [item.text.lower() for item in groups[1].before if item.text.lower() not in w.DETERMINERS]
    whole = groups[1].members[0][0].number
    if words != ["out", "of"] or whole is None or whole.per != 1 or not 0 < number.amount < whole.amount:
        return number
    return Number(amount=number.amount, also=(*number.also, number.amount / whole.amount))


def _is_bound(group: Group) -> bool:
    """Return whether the number is only a bound of the answer, as in `more than 12`."""
    words = [item.text.lower() for item in group.before][-3:]
    return tuple(words[-2:]) in w.EXCLUSIVE_BOUNDS and (len(words) < 3 or words[0] not in w.NEGATIONS)


def _is_counted_from(group: Group) -> bool:
    """Return whether the answer stands beside the number in an order, as in `the number after 7`."""
    words = [item.text.lower() for item in group.before if item.text.lower() not in w.DETERMINERS][-2:]
    return len(words) == 2 and words[0] in w.ORDERED and words[1] in w.BESIDE


def _same_claim(one: Group, other: Group) -> bool:
    """Return whether two groups describe the same kind of thing: `one tank is 11 and the other tank is 16`."""
    words = []
    if any(item.kind == "stop" for item in other.before):
        return False
    for group in (one, other):
        kinds = [item.kind for item in group.before if item.kind != "filler"]
        if not kinds or kinds[-1] != "is":
            return False
        words.append({item.text.lower() for item in group.before if item.kind == "word"})
    return len(words[0] & words[1]) >= _SAME_WORDS


def _same_or_ambiguous(text: str, number: Number, other: Group, group: Group) -> None:
    try:
        _, value = _value(text, other)
    except Unreadable:
        value = None
    if value is None or not _equal(number, value):
        raise Ambiguous(f"'{_quoted(text, group)}' and '{_quoted(text, other)}'")


def _value(text: str, group: Group) -> tuple[str, Number]:
    """Return a group's result: its last plain member, or the exact member before a rounded one."""
    if _is_bound(group) and not group.derived:
        raise Unreadable(f"'{_quoted(text, group)}' is a bound of the answer")
    if _is_counted_from(group) and not group.derived:
        raise Unreadable(f"the answer is counted from '{_quoted(text, group)}'")
    if _COMPARED.match(text, group.members[-1][-1].end):
        raise Unreadable(f"'{_quoted(text, group)}' is compared with another number")
    last = group.members[-1]
    plain = [
        (item.text.strip(), item.number)
        for member, compound in zip(group.members, group.compound, strict=True)
        for item in member
        if not compound and item.number is not None
    ]
    unread = next((item for item in last if item.kind not in ("value", "ordinal")), None)
    if unread is not None:
        raise Unreadable(f"'{_quoted(text, group)}' is not one number")
    if not plain:
        dashes = bool(group.operators) and set(group.operators) <= {"-", "\u2013", "\u2212"}
        if dashes and len(last) == 2 and not group.derived:
            raise Ambiguous(f"'{_quoted(text, group)}' names a range or a difference")
        raise Unreadable(f"'{_quoted(text, group)}' is an expression without its result")
    written, number = plain[-1]
    others = [value for _, value in plain[:-1] if not _equal(value, number)]
    if not others:
        return written, number
    first = plain[0]
    if all(_rounds(value.amount, first[1].amount) for _, value in plain[1:]):
        roundings = tuple(value.amount for _, value in plain[1:])
        return first[0], Number(amount=first[1].amount, per=first[1].per, also=roundings)
    raise Ambiguous(" and ".join(f"'{written}'" for written, _ in plain))


def _rounds(rounded: Fraction, exact: Fraction) -> bool:
    """Return whether a decimal is another number, rounded or truncated to the decimal's number of places."""
    step = Fraction(1)
    for _ in range(_MOST_DECIMALS):
        if (rounded / step).denominator == 1:
            return abs(rounded - exact) < step
        step /= 10
    return False


def _equal(left: Number, right: Number) -> bool:
    if left.per == right.per:
        return left.amount == right.amount
    return bool({left.amount, left.amount / left.per} & {right.amount, right.amount / right.per})


def _relevant(items: Sequence[Item], *, stated: bool) -> list[Item]:
    """Return the items that may hold the answer, without reasons, asides, and names or dates beside numbers."""
    kept = list(items)
    numeric = [item for item in items if item.kind in NUMERIC]
    plain = any(item.kind in ("value", "bad") for item in numeric)
    if not stated:
        kept = _without_reason(kept)
        kept = _without_parentheses(kept)
        if plain:
            kept = [item._replace(kind="word") if item.kind in ("aside", "ordinal") else item for item in kept]
    elif plain and numeric[0].kind == "ordinal":
        first = kept.index(numeric[0])
        if not (first + 1 < len(kept) and kept[first + 1].kind in ("or", "to")):
            kept[first] = numeric[0]._replace(kind="word")  # "on the 3rd day she has 5"
    return kept


def _without_reason(items: list[Item]) -> list[Item]:
    seen = False
    for at, item in enumerate(items):
        seen = seen or item.kind in NUMERIC
        if seen and item.kind == "why":
            return items[:at]
    return items


def _without_parentheses(items: list[Item]) -> list[Item]:
    """Drop parentheses that follow a number, as in `18 (9 at 2 dollars)`."""
    depth, seen = 0, False
    kept: list[Item] = []
    for at, item in enumerate(items):
        if item.kind == "open":
            glued = at > 0 and items[at - 1].kind in ("op", "function", "eq", "power", "or", "to")
            depth += 1 if not glued or depth else 0
        elif item.kind == "close":
            depth = max(0, depth - 1)
        if item.kind in NUMERIC and depth == 0:
            seen = True
        if depth and seen and item.kind in NUMERIC:
            continue
        kept.append(item)
    return kept


def _is_share(group: Group) -> bool:
    """Return whether a group counts a part of the previous one, as in `12 apples, 3 of which are red`."""
    after = [item.text.lower() for item in group.after[:2]]
    before = [item.text.lower() for item in group.before]
    if len(after) == 2 and after[0] == "of" and after[1] in _SHARED:
        return True
    if any(word.endswith("其中") for word in before):
        return True
    return any(word == "of" and then in _SHARED for word, then in pairwise(before))


def _denied(group: Group) -> bool:
    words = [item.kind for item in group.before if item.kind != "filler"]
    return bool(words) and (words[-1] == "not" or words[-2:] == ["not", "word"])


def _quoted(text: str, group: Group) -> str:
    found = text[group.members[0][0].start : group.members[-1][-1].end].strip()
    return found if len(found) <= 60 else f"{found[:59]}…"
