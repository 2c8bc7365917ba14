"""Which of a place's numbers is the answer: equations, ranges, alternatives and circumstances told apart.

The numbers of a place form groups. A group is a chain of members that equal signs join (`5 + 3 = 8`); a member is
one number, or several that operators join. Where the place was introduced as the answer its first group counts,
else its last; a neighbor that is named as an equal beside it makes the place ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pytest_reasoning.scoring.reading import Ambiguous, Unreadable
from pytest_reasoning.scoring.values.grammar import wording as w
from pytest_reasoning.scoring.values.grammar.items import NUMERIC, Item
from pytest_reasoning.scoring.values.grammar.numerals import Number

MOST_WORDS_BETWEEN = 3
"Units and names that may stand between two numbers that belong together."
_CLOSE = Fraction(1, 50)
"Numbers this near to each other, relative to the first, may be a value and its rounding."
_NEIGHBORS = frozenset(("or", "and", "next"))


@dataclass(slots=True, kw_only=True)
class Group:
    """A chain of members that equal signs join."""

    members: list[list[Item]]
    compound: list[bool] = field(default_factory=lambda: [False])
    "Of each member: operators or functions make it more than its number."
    function: bool = False
    "It begins with `the sum of` or the like, so `and` joins its numbers."
    operators: list[str] = field(default_factory=list)
    link: str = "apart"
    "How it is joined to the group before: or, and, next, of or apart."
    before: list[Item] = field(default_factory=list)
    "The words before it, back to the group before."
    after: list[Item] = field(default_factory=list)
    "The words after it, up to the next group."

    @property
    def derived(self) -> bool:
        """It says what an expression comes to."""
        return len(self.members) > 1


def answer_of(text: str, items: Sequence[Item], *, stated: bool) -> tuple[str, Number] | None:
    """Return the number that is a place's answer, as written and as a value; None if the place has no numbers.

    Raises Ambiguous or Unreadable.
    """
    items = _relevant(items, stated=stated)
    if not any(item.kind in NUMERIC for item in items):
        return None
    groups = _groups(items)
    kept = [group for group in groups if not _denied(group)]
    if not kept:
        raise Unreadable(f"'{_quoted(text, groups[0])}' is denied")
    if stated:
        return _first(text, kept)
    return _last(text, kept)


def _first(text: str, groups: Sequence[Group]) -> tuple[str, Number]:
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
    return written, number


def _last(text: str, groups: Sequence[Group]) -> tuple[str, Number]:
    at = len(groups) - 1
    while at and ((groups[at].link == "of" and not groups[at].derived) or _is_share(groups[at])):
        at -= 1
    group = groups[at]
    written, number = _value(text, group)
    while at and groups[at].link in _NEIGHBORS:
        if group.derived and groups[at].link == "and":
            break
        at -= 1
        if groups[at].link == "of" or _governed(groups[at]):
            break
        _same_or_ambiguous(text, number, groups[at], group)
    return written, number


def _same_or_ambiguous(text: str, number: Number, other: Group, group: Group) -> None:
    try:
        _, value = _value(text, other)
    except Unreadable:
        value = None
    if value is None or not _equal(number, value):
        raise Ambiguous(f"'{_quoted(text, group)}' and '{_quoted(text, other)}'")


def _value(text: str, group: Group) -> tuple[str, Number]:
    """Return what a group comes to: the last of its plain members, or the exact one before its rounding."""
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
    if all(abs(value.amount - number.amount) <= _CLOSE * abs(number.amount) for value in others):
        roundings = tuple(value.amount for _, value in plain[1:])
        return first[0], Number(amount=first[1].amount, per=first[1].per, also=roundings)
    raise Ambiguous(" and ".join(f"'{written}'" for written, _ in plain))


def _equal(left: Number, right: Number) -> bool:
    if left.per == right.per:
        return left.amount == right.amount
    return bool({left.amount, left.amount / left.per} & {right.amount, right.amount / right.per})


def _relevant(items: Sequence[Item], *, stated: bool) -> list[Item]:
    """Return the items that can hold the answer: without names and dates beside numbers, reasons, and asides."""
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
    """Drop what stands in parentheses after a number outside: `18 (9 at 2 dollars)`."""
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


def _groups(items: Sequence[Item]) -> list[Group]:
    groups: list[Group] = []
    between: list[Item] = []
    previous: Item | None = None
    for item in items:
        if item.kind not in NUMERIC:
            between.append(item)
            continue
        if previous is None:
            groups.append(_begun(item, between, "apart"))
        else:
            _join(groups, previous, item, between)
        previous, between = item, []
    if groups:
        groups[-1].after = between
        groups[-1].compound[-1] = groups[-1].compound[-1] or _ends_compound(between)
    return groups


def _begun(item: Item, before: list[Item], link: str) -> Group:
    group = Group(members=[[item]], link=link, before=before)
    near = before[-4:]
    group.function = any(other.kind == "function" for other in near) and item.kind != "ordinal"
    operator = bool(before) and before[-1].kind in ("op", "compare", "power")
    operator = operator or (len(before) > 1 and before[-1].kind == "open" and before[-2].kind == "op")
    group.compound[-1] = group.function or operator
    return group


def _join(groups: list[Group], previous: Item, item: Item, between: list[Item]) -> None:
    group = groups[-1]
    link = _link(between, group, previous)
    if link == "op":
        group.members[-1].append(item)
        group.compound[-1] = True
        group.operators += [other.text for other in between if other.kind in ("op", "power", "compare", "dash")]
    elif link == "eq":
        if _before_equals(between):
            group.compound[-1] = True
        group.members.append([item])
        group.compound.append(bool(between) and between[-1].kind in ("op", "function", "power"))
    else:
        if _ends_compound(between):
            group.compound[-1] = True
        group.after = between
        groups.append(_begun(item, between, link))
        if link == "of" and previous.number is not None and previous.number.per > 1:
            groups[-1].compound[-1] = True  # 20 % of 50 is 10


def _before_equals(between: Sequence[Item]) -> bool:
    for other in between:
        if other.kind in ("eq", "near", "arrow", "is"):
            return False
        if other.kind in ("op", "power", "after", "compare"):
            return True
    return False


def _ends_compound(between: Sequence[Item]) -> bool:
    return bool(between) and (
        between[0].kind in ("op", "power", "after", "compare")
        or (len(between) > 1 and between[0].kind in ("close", "word") and between[1].kind in ("op", "power"))
        or (between[0].kind == "to" and len(between) > 2 and between[2].text.lower() == "power")
    )


def _link(between: Sequence[Item], group: Group, previous: Item) -> str:
    kinds = [other.kind for other in between if other.kind != "filler"]
    words = [other for other in between if other.kind == "word"]
    if any(kind in ("eq", "near") for kind in kinds):
        return _equation(kinds)
    if "why" in kinds or "so" in kinds or "not" in kinds or "stop" in kinds:
        return "apart"
    if "arrow" in kinds:
        return "eq" if group.compound[-1] else "and"
    if "is" in kinds and group.compound[-1] and len(kinds) <= 6:
        return "eq" if kinds[-1] not in ("op", "comma") else "apart"
    if any(kind in ("op", "compare", "power") for kind in kinds):
        return "op" if len(words) <= MOST_WORDS_BETWEEN and "comma" not in kinds else "apart"
    if group.function and "and" in kinds and len(kinds) <= 4:
        return "op"
    if kinds[-1:] == ["dash"] and len(kinds) == 1:
        return "op" if between[-1].text != "—" else "apart"
    if "open" in kinds and kinds[-1] != "or":
        return "apart"
    return _neighbour(between, kinds, words, group, previous)


def _equation(kinds: Sequence[str]) -> str:
    """Say what joins two numbers with an equal sign between: one equation, or another beside the first."""
    first = next(at for at, kind in enumerate(kinds) if kind in ("eq", "near"))
    before = kinds[:first]
    joiner = next((kind for kind in before if kind in ("or", "and", "comma", "to")), None)
    if "why" in before or "stop" in before or "open" in before or "so" in before or "not" in before:
        return "apart"
    if joiner is not None:
        return "or" if joiner == "or" else "and"
    return "eq" if len(before) <= MOST_WORDS_BETWEEN + 2 else "apart"


def _neighbour(
    between: Sequence[Item], kinds: Sequence[str], words: Sequence[Item], group: Group, previous: Item
) -> str:
    if not between or not kinds:
        return "next"
    units = len(words)
    if "word" in kinds and any(other.text.lower() in ("of", "out") for other in words):
        share = previous.number is not None and previous.number.per > 1
        fraction = not share and previous.number is not None and previous.number.amount.denominator > 1
        bare = units <= 2 and between[-1].text.lower() == "of"
        return "op" if fraction and bare else "of"
    if kinds[-1] in ("or", "to") and units <= MOST_WORDS_BETWEEN:
        return "or"
    if kinds[-1] in ("and", "comma") and units <= MOST_WORDS_BETWEEN and "is" not in kinds:
        return "apart" if kinds[-1] == "comma" and _governed(group) else "and"
    if units == 1 and len(kinds) == 1:
        word = words[0].text
        if word.lower() == "by" or (word == "in" and previous.text == "1"):
            return "op"
        if word != "in" and (word.lower() in w.UNIT_WORDS or word in w.UNITS):
            return "next"
    return "apart"


def _governed(group: Group) -> bool:
    """Say whether a word before the group makes it a circumstance: after 3 days, 5 are left."""
    words = [item for item in group.before if item.kind not in ("filler", "open")]
    while words and (words[-1].kind == "eq" or (len(words[-1].text) == 1 and words[-1].kind == "word")):
        words.pop()  # if x = 3
    return bool(words) and (words[-1].text.lower() in w.GOVERNORS or words[-1].kind == "why")


def _is_share(group: Group) -> bool:
    """Say whether a group counts a part of the one before it: 12 apples, 3 of which are red."""
    words = [item.text.lower() for item in group.after[:2]]
    return len(words) == 2 and words[0] == "of" and words[1] in ("which", "whom", "them", "these", "those")


def _denied(group: Group) -> bool:
    words = [item.kind for item in group.before if item.kind != "filler"]
    return bool(words) and (words[-1] == "not" or words[-2:] == ["not", "word"])


def _quoted(text: str, group: Group) -> str:
    found = text[group.members[0][0].start : group.members[-1][-1].end].strip()
    return found if len(found) <= 60 else f"{found[:59]}…"
