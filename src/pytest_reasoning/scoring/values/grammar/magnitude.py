"""Reads the magnitude of a number from its digits or words: fractions, powers and numerals of any script."""

from __future__ import annotations

from fractions import Fraction

from pytest_reasoning.scoring.values.grammar.row import DASHES, Row
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.cjk import cjk_value
from pytest_reasoning.scoring.values.grammar.words.number_words import spelled
from pytest_reasoning.scoring.values.grammar.words.numerals import power, superscript, value_of, vulgar

Found = tuple[Fraction | None, int]
"A value, None if it cannot be read completely, and the index of the token after it."
_TIMES = frozenset("×x*·")
FRACTIONS = frozenset(("frac", "tfrac", "dfrac", "cfrac"))
_COUNTERS = frozenset("个個只本人元円圆块枚匹台条件位名岁歳次回倍杯张頭头辆棵颗斤米里度天年月日时時つ")
_CJK_PRONOUN_BEFORE = frozenset("第唯统統同每某任另万")


def magnitude(row: Row, at: int) -> Found | None:
    """Return the magnitude of the number that begins at a token, or None if there is none."""
    if at >= len(row.tokens):
        return None
    token = row.tokens[at]
    if token.kind == "latex" and token.text[1:] in FRACTIONS:
        return _latex_fraction(row, at)
    if token.kind == "vulgar":
        return vulgar(token.text), at + 1
    if token.kind == "sup":
        return _small_fraction(row, at)
    if token.kind == "cjk":
        return _cjk(row, at)
    if token.kind == "word":
        return _words(row, at)
    if token.kind == "num":
        return _digits(row, at)
    return None


def _words(row: Row, at: int) -> Found | None:
    found = spelled(row.tokens, at)
    if found is None:
        return None
    if found.words == ("one",):
        before = row.tokens[at - 1].text.lower() if at else ""
        if before in w.PRONOUN_BEFORE or row.text(found.end).lower() in w.PRONOUN_AFTER:
            return None
    return found.value, found.end


def _digits(row: Row, at: int) -> Found:
    value, end = _powered(row, at)
    if value is None:
        return None, end
    if row.text(end) == "/" and end + 1 < len(row.tokens) and row.tokens[end + 1].kind == "num":
        if row.glued(end) == row.glued(end + 1):
            bottom, end = _powered(row, end + 1)
            value = value / bottom if bottom else None
            if row.text(end) == "/" and row.glued(end) and row.kind(end + 1) in ("num", "word"):
                return None, row.rest_of_name(end)
        return value, end
    if value.denominator == 1:
        mixed = _mixed(row, end)
        if mixed is not None:
            part, end = mixed
            return (value + part if part is not None else None), end
    if row.text(end) in _TIMES or row.operator(end) in ("×", "·"):
        factor, after = _power_at(row, end + 1)
        if after:
            return (value * factor if factor is not None else None), after
    return value, end


def _powered(row: Row, at: int) -> Found:
    """Return a numeral raised to the power that follows it, if any."""
    numeral = row.tokens[at].text
    if "e" in numeral.lower() and row.kind(at + 1) in ("word",) and row.glued(at + 1):
        return None, row.rest_of_name(at + 1)
    value, end = value_of(numeral, decimal_comma=row.decimal_comma), at + 1
    raised = _exponent(row, end)
    if raised is None:
        return value, end
    exponent, end = raised
    if value is None or exponent is None:
        return None, end
    return power(value, exponent), end


def _power_at(row: Row, at: int) -> Found:
    """Return the exponent that begins at a token and its end; the end is 0 if there is none."""
    if row.kind(at) == "num" and _exponent(row, at + 1) is not None:
        return _powered(row, at)
    return None, 0


def _exponent(row: Row, at: int) -> tuple[int | None, int] | None:
    if row.kind(at) == "sup" and row.glued(at):
        return superscript(row.tokens[at].text), at + 1
    if row.text(at) not in ("^", "**"):
        return None
    signed = row.text(at + 1) in ("-", "\u2212")
    if row.text(at) == "**" and not (row.kind(at + 1 + signed) == "num" and row.glued(at) == row.glued(at + 1)):
        return None  # the end of bold text
    if row.text(at) == "^" and row.operator(at + 1) == "°":
        return None  # 20^\circ
    if row.text(at) == "^" and row.text(at + 1) == "{" and row.operator(at + 2) == "°":
        return None
    at += 1
    closing = {"{": "}", "(": ")"}.get(row.text(at), "")
    at += bool(closing)
    negative = row.text(at) in ("-", "\u2212")
    at += negative or row.text(at) == "+"
    text = row.text(at)
    if row.kind(at) != "num" or not text.isdecimal() or len(text) > 5:
        return None, row.rest_of_name(at)
    at += 1
    if closing:
        if row.text(at) != closing:
            return None, row.rest_of_name(at)
        at += 1
    if row.text(at) == "^" or (row.kind(at) == "sup" and row.glued(at)):
        return None, row.rest_of_name(at)
    return (-int(text) if negative else int(text)), at


def _mixed(row: Row, at: int) -> Found | None:
    """Return the fraction after a whole number: 1½, 1 1/2, 3 and 1/4, 1\\frac{1}{2}."""
    if row.kind(at) == "vulgar":
        return vulgar(row.tokens[at].text), at + 1
    if row.kind(at) == "latex" and row.tokens[at].text[1:] in FRACTIONS:
        value, end = _latex_fraction(row, at)
        return (value if value is not None and 0 < value < 1 else None), end
    if row.kind(at) == "sup" and row.glued(at):
        return None
    start = at + (row.text(at) in ("and", "&"))
    if row.text(at) == "and" and (found := _and_words(row, at)) is not None:
        return found
    if row.kind(start) == "num" and not row.glued(start) and row.text(start + 1) == "/":
        top, bottom = row.text(start), row.text(start + 2)
        plain = top.isdecimal() and bottom.isdecimal() and row.glued(start + 1) and row.glued(start + 2)
        if plain and len(bottom) < 10 and 0 < int(top) < int(bottom) and row.text(start + 3) != "/":
            return Fraction(int(top), int(bottom)), start + 3
    return None


def _and_words(row: Row, at: int) -> tuple[Fraction, int] | None:
    if row.kind(at + 1) != "word":
        return None
    found = spelled(row.tokens, at + 1)
    if found is None or found.value is None or not 0 < found.value < 1:
        return None
    return found.value, found.end


def _latex_fraction(row: Row, at: int) -> Found:
    top, end = _argument(row, at + 1)
    bottom, end = _argument(row, end)
    return (top / bottom if top is not None and bottom else None), end


def _argument(row: Row, at: int) -> Found:
    """Return one argument of \\frac: a group in braces or, after \\frac34, one digit."""
    if row.text(at) != "{":
        return _bare_argument(row, at)
    end, depth = at + 1, 1
    while end < len(row.tokens) and depth:
        depth += {"{": 1, "}": -1}.get(row.tokens[end].text, 0)
        end += 1
    inner = row.tokens[at + 1 : end - 1]
    if depth or not inner or len(inner) > 60:
        return None, end
    part = Row(inner, row.decimal_comma)
    sign = part.text(0) in DASHES
    found = magnitude(part, int(sign))
    if found is None or found[0] is None or found[1] != len(inner):
        return None, end
    return (-found[0] if sign else found[0]), end


def _bare_argument(row: Row, at: int) -> Found:
    text = row.text(at)
    if row.kind(at) != "num" or not text.isdecimal():
        return None, at
    return (Fraction(int(text)) if len(text) == 1 else None), at + 1


def _small_fraction(row: Row, at: int) -> Found | None:
    """Return ³⁄₄, in superscript and subscript digits."""
    bottom = ""
    end = at + 2
    if row.text(at + 1) != "/":
        return None
    while end < len(row.tokens) and len(row.text(end)) == 1 and "\u2080" <= row.text(end) <= "\u2089":
        bottom += str(ord(row.text(end)) - 0x2080)
        end += 1
    top = superscript(row.tokens[at].text)
    return (Fraction(top, int(bottom)) if bottom and int(bottom) and top is not None else None), end


def _cjk(row: Row, at: int) -> Found | None:
    text = row.tokens[at].text
    following = row.text(at + 1) if row.glued(at + 1) else ""
    before = row.tokens[at - 1] if at and row.tokens[at].glued else None
    if following.startswith("分之") and row.kind(at + 2) == "cjk" and following == "分之":
        bottom, top = cjk_value(text) or {"百": 100, "千": 1000}.get(text), cjk_value(row.tokens[at + 2].text)
        return (Fraction(top, bottom) if bottom and top is not None else None), at + 3
    if following in ("点", "點") and row.kind(at + 2) == "cjk":
        whole, part = cjk_value(text), row.tokens[at + 2].text
        tail = [cjk_value(mark) for mark in part]
        plain = whole is not None and all(digit is not None and digit < 10 for digit in tail)
        return (Fraction(f"{whole}.{''.join(map(str, tail))}") if plain else None), at + 3
    if text == "一" and following.startswith("半"):
        return Fraction(1, 2), at + 1
    if len(text) == 1:
        ends = not following or not (following[0].isalpha())
        counted = bool(following) and following[0] in _COUNTERS and text not in "一十百千万"
        if before is not None and before.kind == "lo" and before.text[-1] in _CJK_PRONOUN_BEFORE:
            return None
        if not (ends or counted) or text in "百千万萬億亿兆":
            return None
    elif cjk_value(text) is None and not any(mark in "一二三四五六七八九" for mark in text):
        return None
    value = cjk_value(text)
    return (Fraction(value) if value is not None else None), at + 1
