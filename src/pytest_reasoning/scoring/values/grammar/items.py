"""Turns a place into a sequence of items: quantities, and the operators and words between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_reasoning.scoring.values.grammar.after import unit_end
from pytest_reasoning.scoring.values.grammar.quantity import part_at
from pytest_reasoning.scoring.values.grammar.row import DASHES, Row
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.number_words import starts
from pytest_reasoning.scoring.values.grammar.words.numerals import Number
from pytest_reasoning.scoring.values.grammar.words.spelled import ARTICLES
from pytest_reasoning.scoring.values.grammar.words.tokens import Token

_SYMBOLS = {
    **dict.fromkeys(("=", "==", ":=", "≡"), "eq"),
    **dict.fromkeys("≈≅≃", "near"),
    **dict.fromkeys(("→", "⇒", "->", "-->", "=>", "==>", "⟹", "➜", "➡"), "arrow"),
    **dict.fromkeys(("<", ">", "≤", "≥", "<=", ">="), "compare"),
    **dict.fromkeys(("≠", "!="), "not"),
    **dict.fromkeys("+×÷·/∗", "op"),
    **dict.fromkeys(("^", "**"), "power"),
    "±": "op",
    "√": "function",
    "~": "to",
    "&": "and",
    **dict.fromkeys(",、;", "comma"),
    **dict.fromkeys("([", "open"),
    **dict.fromkeys(")]", "close"),
    **dict.fromkeys((".", "!", "?", "。", "…", "...", ":", "|"), "stop"),
    "–": "dash",
    "—": "dash",
}
_SILENT = frozenset("{}$#\"'`°%\\_")
_WORDS = (
    ("or", w.OR),
    ("to", w.TO),
    ("and", w.AND),
    ("why", w.WHY),
    ("so", w.SO),
    ("not", w.NOT),
    ("is", w.IS),
    ("function", w.FUNCTIONS_BEFORE),
    ("after", w.FUNCTIONS_AFTER),
    ("filler", w.FILLERS),
)
_KIND_OF_WORD = {word: kind for kind, words in reversed(_WORDS) for word in words}
_ARTICLES = frozenset(word for words in ARTICLES.values() for word in words) | {"an"}
_ENDINGS = (("or", w.CJK_OR), ("to", w.CJK_TO), ("and", w.CJK_AND), ("why", w.CJK_WHY))


class Item(NamedTuple):
    """A quantity, or an operator or word between quantities."""

    kind: str
    """value, bad, aside and ordinal as the grammar says; eq, near, arrow, compare, op, power, function, after, to,
    or, and, comma, open, close, stop, dash, why, so, not, is, filler or word."""
    number: Number | None
    text: str
    start: int
    end: int


NUMERIC = frozenset(("value", "bad", "aside", "ordinal"))


def items_of(text: str, tokens: Sequence[Token], *, decimal_comma: bool, bullets: bool) -> list[Item]:
    """Return the items of a place in order, without markup."""
    row = Row(tokens, decimal_comma, bullets)
    found: list[Item] = []
    at = 0
    while at < len(row.tokens):
        token = row.tokens[at]
        part = part_at(row, at) if _may_begin(token) else None
        if part is not None and part.kind == "bad" and _is_power_of_unit(found):
            found.pop()  # 42 \text{cm}^2
            at = part.end
            continue
        if part is not None:
            last = row.tokens[part.end - 1]
            found.append(Item(part.kind, part.number, text[token.start : last.end], token.start, last.end))
            at = part.end
            unit = unit_end(row, at) if part.kind == "value" else at
            if unit > at:
                start, end = row.tokens[at].start, row.tokens[unit - 1].end
                found.append(Item("word", None, text[start:end], start, end))
                at = unit
            continue
        kind = _kind(row.tokens, at, found)
        if kind:
            found.append(Item(kind, None, token.text, token.start, token.end))
        at += 1
    return found


def _is_power_of_unit(found: Sequence[Item]) -> bool:
    if [item.kind for item in found[-3:]] != ["value", "word", "power"]:
        return False
    return len(found[-2].text) > 1 or found[-2].text in w.UNITS


def _may_begin(token: Token) -> bool:
    if token.kind == "word":
        word = token.text.lower()
        return starts(word) or word in w.MINUS_WORDS or token.text in w.CURRENCY_CODES
    if token.kind == "sym":
        return token.text in "+-\u2212\u2013" or token.text in w.CURRENCY_SIGNS
    return token.kind != "lo"


def _kind(tokens: Sequence[Token], at: int, found: Sequence[Item]) -> str:
    token = tokens[at]
    text = token.text
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if token.kind == "latex":
        if text[1:] in w.OPAQUE_LATEX:
            return "function"
        text = w.LATEX_OPERATORS.get(text[1:], "")
        return _SYMBOLS.get(text, "") if text not in _SILENT else ""
    if token.kind in ("word", "lo", "cjk"):
        return _word(token, following, found)
    if text in _SILENT or not text.strip("_"):
        return ""
    if text in "<>" and any(
        other is not None and other.text == text for other in (following, *tokens[at - 1 : at])
    ):
        return ""  # <<42>>
    if text == "+" and token.first and following is not None and not following.glued:
        return ""  # a bullet
    if text == "*" or (text in ("-", "\u2212", "\u2013", "/", "·") and found):
        return _operator(token, following, found)
    if text[0] == "*":
        return ""
    return _SYMBOLS.get(text, "" if text in DASHES else "word")


def _word(token: Token, following: Token | None, found: Sequence[Item]) -> str:
    word = token.text.lower()
    if token.kind == "lo":
        return next((kind for kind, endings in _ENDINGS if token.text.endswith(endings)), "word")
    if word in w.OPERATIONS or word == "x":
        counts = following is not None and _counts(following) and any(item.kind in NUMERIC for item in found)
        return "op" if following is not None and (_begins_number(following) or counts) else "word"
    if word.endswith("n't"):
        return "not"
    return _KIND_OF_WORD.get(word, "word")


def _operator(token: Token, following: Token | None, found: Sequence[Item]) -> str:
    """Return whether a star, dash or slash is an operator: it needs text on both sides, evenly spaced."""
    if following is None or not found:
        return ""
    before = found[-1]
    if token.text == "/" and following.text in ("-", "=") and following.glued:
        return ""  # Rs 500/-
    left = before.kind in NUMERIC or before.kind == "close" or _is_variable(before.text)
    right = _begins_number(following) or _is_variable(following.text)
    if token.text == "*":
        return "op" if left and right and token.glued == following.glued else ""
    if token.text == "/":
        return "op" if _begins_number(following) or (left and right) else "word"
    if left and right:
        return "op"
    if token.text != "\u2013" and right and any(item.kind in NUMERIC for item in found[-3:]):
        return "op"  # 5 apples - 3 apples
    return "dash"


def _begins_number(token: Token) -> bool:
    opening = token.text in ("(", "[", "\\frac", "\\$", "√", "-")
    return opening or token.kind in ("num", "vulgar", "cjk", "sup") or token.text in w.CURRENCY_SIGNS


def _counts(token: Token) -> bool:
    """Return whether a word is a number and not an article: `7 plus one`, but not `7 times a day`."""
    return token.kind == "word" and starts(token.text.lower()) and token.text.lower() not in _ARTICLES


def _is_variable(text: str) -> bool:
    return len(text) == 1 and text.isalpha() and text not in "aI"
