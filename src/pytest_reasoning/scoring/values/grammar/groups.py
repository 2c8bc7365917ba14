"""Groups the numbers of a place that operators and equal signs join, and says how the groups are related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_reasoning.scoring.values.grammar.items import NUMERIC, Item
from pytest_reasoning.scoring.values.grammar.words import wording as w

MOST_WORDS_BETWEEN = 3
"Most units and names between two numbers of one group."


@dataclass(slots=True, kw_only=True)
class Group:
    """A chain of members joined by equal signs."""

    members: list[list[Item]]
    compound: list[bool] = field(default_factory=lambda: [False])
    "For each member, whether operators or functions make it an expression rather than a plain number."
    function: bool = False
    "Whether it begins with words such as `the sum of`, so that `and` joins its numbers."
    operators: list[str] = field(default_factory=list)
    link: str = "apart"
    "How it is joined to the previous group: or, and, next, of or apart."
    before: list[Item] = field(default_factory=list)
    "The words between the previous group and this one."
    after: list[Item] = field(default_factory=list)
    "The words between this group and the next one."

    @property
    def derived(self) -> bool:
        """Whether it states the result of an expression."""
        return len(self.members) > 1


def groups_of(items: Sequence[Item]) -> list[Group]:
    """Return the groups of a place in the order of the text."""
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
    return _neighbor(between, kinds, words, group, previous)


def _equation(kinds: Sequence[str]) -> str:
    """Return how two numbers around an equal sign are joined: in one equation, or in two separate equations."""
    first = next(at for at, kind in enumerate(kinds) if kind in ("eq", "near"))
    before = kinds[:first]
    joiner = next((kind for kind in before if kind in ("or", "and", "comma", "to")), None)
    if "why" in before or "stop" in before or "open" in before or "so" in before or "not" in before:
        return "apart"
    if joiner is not None:
        return "or" if joiner == "or" else "and"
    return "eq" if len(before) <= MOST_WORDS_BETWEEN + 2 else "apart"


def _neighbor(
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
        return "apart" if kinds[-1] == "comma" and is_governed(group) else "and"
    if units == 1 and len(kinds) == 1:
        word = words[0].text
        if word.lower() == "by" or (word == "in" and previous.text == "1"):
            return "op"
        if word != "in" and (word.lower() in w.UNIT_WORDS or word in w.UNITS):
            return "next"
    return "apart"


def is_governed(group: Group) -> bool:
    """Return whether a word before the group makes it a circumstance: `after 3 days, 5 are left`."""
    words = [item for item in group.before if item.kind not in ("filler", "open")]
    while words and (words[-1].kind == "eq" or (len(words[-1].text) == 1 and words[-1].kind == "word")):
        words.pop()  # if x = 3
    return bool(words) and (words[-1].text.lower() in w.GOVERNORS or words[-1].kind == "why")
