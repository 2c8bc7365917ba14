"""Reads the text before a number: its sign and currency, or text that makes it part of a larger expression."""

from __future__ import annotations

from pytest_reasoning.scoring.values.grammar.row import DASHES, Row
from pytest_reasoning.scoring.values.grammar.words import wording as w

_OPENERS = frozenset("([{=:,;<>~\"'`*_$|≈≤≥≠→⇒")


def prefix(row: Row, start: int) -> tuple[int, bool]:
    """Return where the numeral begins after the sign and currency, and whether the sign is a minus."""
    at, negative, signs = start, False, 0
    for _ in range(3):  # -$5, $-5, minus 5
        text = row.text(at)
        if text and text in "+-\u2212\u2013" and not signs and (at > start or _is_sign(row, at)):
            negative, signs, at = text != "+", 1, at + 1
        elif not signs and (text.lower() in w.MINUS_WORDS) and not _number_before(row, at):
            negative, signs, at = True, 1, at + 1
        elif _is_currency(row, at):
            at += 1
        else:
            break
    if at == start and start and row.tokens[start - 1].kind == "lo" and row.glued(start):
        below = row.text(start - 2) == "零" and row.text(start - 1) == "下"
        negative = below or row.tokens[start - 1].text.endswith(w.CJK_MINUS)
    return at, negative


def _is_currency(row: Row, at: int) -> bool:
    text = row.text(at)
    return text in w.CURRENCY_SIGNS or text == "\\$" or text in w.CURRENCY_CODES


def is_money(row: Row, start: int, at: int) -> bool:
    """Return whether a currency precedes the numeral."""
    return any(_is_currency(row, i) for i in range(start, at))


def _is_sign(row: Row, at: int) -> bool:
    """Return whether a dash or plus is the sign of what follows, not an operator, a bullet or punctuation."""
    token, glued = row.tokens[at], row.glued(at + 1)
    true_minus = token.text == "\u2212"
    if at + 1 >= len(row.tokens):
        return False
    if at == 0:
        return glued or true_minus or (token.text in "-\u2013" and not row.bullets)
    if token.first and not glued and not true_minus:
        return False
    before = row.tokens[at - 1]
    if before.text in _OPENERS or before.kind == "latex":
        return glued or true_minus or before.text in "=≈:("
    if _number_before(row, at):
        return False
    if before.kind == "word" and len(before.text) == 1 and before.text not in ("I", "a"):
        return False  # x - 5
    if token.glued:
        return before.kind in ("lo", "cjk")
    return glued or true_minus or before.text.lower() in w.IS


def _number_before(row: Row, at: int) -> bool:
    if at == 0:
        return False
    before = row.tokens[at - 1]
    return before.kind in ("num", "sup", "vulgar") or before.text in (")", "]", "}", "%", "\u2030", "°", "\\%")


def is_name(row: Row, start: int) -> bool:
    """Return whether preceding letters make the digits part of a name, such as GPT4, x_1 or COVID-19."""
    at, token = start, row.tokens[start]
    if not token.glued or token.kind in ("word", "latex") or token.text in w.CURRENCY_SIGNS:
        return False
    before = row.tokens[at - 1]
    if before.text in ("-", "_", "{") and (before.glued or before.text == "{") and token.text not in DASHES:
        if before.text == "{":
            return at > 1 and row.tokens[at - 2].text == "_"
        before, at = row.tokens[at - 2], at - 1
        return before.kind == "word" or (before.text in ")]" and row.tokens[at].text == "_")
    return before.kind == "word" and before.text not in w.CURRENCY_CODES and token.text not in DASHES


def free_before(row: Row, start: int) -> bool:
    """Return whether a quantity really begins here and is not the end of a larger expression."""
    token = row.tokens[start]
    if start == 0:
        return True
    before = row.tokens[start - 1]
    if before.kind == "latex" and before.text[1:] in w.OPAQUE_LATEX:
        return False
    if before.text in ("√", "∛", "^", "**", "∞"):
        return False
    if before.text == "{" and start > 1 and row.tokens[start - 2].kind == "latex":
        return row.tokens[start - 2].text[1:] not in w.OPAQUE_LATEX
    if before.text == "{" and start > 1 and row.tokens[start - 2].text == "^":
        return False
    if before.text == "(" and start > 1:
        return _free_parenthesis(row, start)
    if not token.glued:
        return True
    earlier = row.tokens[start - 2] if start > 1 and before.glued else None
    if before.text == ".":
        return earlier is None or earlier.text.lower() in w.DOTTED_ABBREVIATIONS or earlier.kind == "lo"
    if before.text in ("/", ":") and earlier is not None:
        return before.text == ":" and earlier.kind != "num"
    if before.text in ("|",) and token.text in DASHES:
        return False  # |-5| is 5
    if before.text in ("@", "\\", "^", "'") and earlier is not None:
        return earlier.kind not in ("word", "num")
    if before.text in DASHES or before.text == "+":
        return earlier is None or (earlier.kind != "word" and earlier.text not in ("-", "+", "\u2212", "\u2013"))
    return before.kind not in ("num", "vulgar", "sup") and before.text != ")"


def _free_parenthesis(row: Row, start: int) -> bool:
    opening = row.tokens[start - 1]
    outer = row.tokens[start - 2]
    if opening.glued and (outer.kind in ("word", "num", "sup") or outer.text in ")^"):
        return False  # f(3), 2(3)
    return not (outer.text in "-\u2212\u2013" and (opening.glued or outer.text == "\u2212"))
