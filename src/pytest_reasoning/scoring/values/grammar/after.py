"""Reads the text after a number: its unit, or text that makes it part of a time, a date or a name."""

from __future__ import annotations

from pytest_reasoning.scoring.values.grammar.row import Row
from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.months import is_month


def after(row: Row, end: int) -> bool:
    """Return whether the number may end here: nothing attached makes it part of something larger."""
    text, kind = row.text(end), row.kind(end)
    if kind == "latex" and row.tokens[end].text[1:] in w.OPAQUE_LATEX:
        return False
    if text in w.VARIABLES and not (text in ("x", "X") and row.kind(end + 1) == "num"):
        return False
    if not text or not row.glued(end):
        return True
    if kind == "word":
        return _is_unit(row, end)
    if kind in ("num", "vulgar", "sup"):
        return False
    if kind == "cjk":
        return False
    following, glued = row.kind(end + 1), row.glued(end + 1)
    if text == "/" and row.text(end + 1) in ("-", "=") and glued:
        return True  # Rs 500/-
    if text in ("^", "**", "_") and row.operator(end + 1) != "°" and row.text(end + 2) != "\\circ":
        return text != "^" and not (glued and following in ("num", "word"))
    if text == "." and glued and (row.text(end + 1) == "(" or following == "latex"):
        return False  # 0.(3)
    if text == "." and glued and following in ("num", "word"):
        return following != "num" and not row.text(end + 1).islower()
    if text in (".", ",") and glued and following == "num":
        return False
    if text in ("'", '"') and glued and following == "num":
        return False
    if text == "-" and glued and following == "word":
        return len(row.text(end + 1)) != 1
    if text == "(" and (following in ("num", "vulgar") or row.text(end + 1) in ("-", "\u2212")):
        return False
    return not ("\u2080" <= text[0] <= "\u2089" or text in ("@", "\\", "\u0305", "\u0332"))


def unit_end(row: Row, end: int) -> int:
    """Return where a unit with powers or slashes ends (m^2, km/h, ^\\circ), or `end` if there is none."""
    if row.text(end) == "^":
        at = end + 1 + (row.text(end + 1) == "{")
        return at + 1 + (row.text(at + 1) == "}") if row.operator(at) == "°" else end
    at = end
    while row.kind(at) == "word" and (row.text(at) in w.UNITS or row.text(at).lower() in w.UNIT_WORDS):
        at += 1
        if row.kind(at) in ("sup", "num") and row.glued(at):
            at += 1
        elif row.text(at) == "^":
            braced = row.text(at + 1) == "{"
            signed = row.text(at + 1 + braced) in ("-", "\u2212")
            at += 2 + 2 * braced + signed
        if row.text(at) not in ("/", "·"):
            return min(at, len(row.tokens))
        at += 1
    return end if at == end else min(at, len(row.tokens))


def below_zero(row: Row, end: int) -> int:
    """Return where `degrees below zero` ends, or `end` if those words do not follow."""
    for at in range(end, end + 4):
        if row.text(at).lower() == "below" and row.text(at + 1).lower() in ("zero", "freezing"):
            return at + 2
        if row.kind(at) not in ("word", "latex") and row.text(at) != "°":
            break
    return end


def _is_unit(row: Row, end: int) -> bool:
    word = row.text(end)
    if word in w.UNITS or word in w.CURRENCY_CODES or word.lower() in w.UNIT_WORDS:
        return not (word == "s" and _is_decade(row, end))
    if word.lower() in w.ORDINALS or word.lower() in w.PERCENT_WORDS:
        return True
    # an operator: 3x4; the signs of times, dates and names were read before
    return word in ("x", "X") and row.kind(end + 1) == "num"


def _is_decade(row: Row, end: int) -> bool:
    numeral = row.text(end - 1)
    return numeral.isdecimal() and len(numeral) in (2, 4) and numeral.endswith("0")


def aside(row: Row, start: int, at: int, end: int, *, unread: bool) -> int | None:
    """Return the end of the date, time or version that the digits belong to, or None if they are a number."""
    text, last = row.text(end), row.tokens[end - 1]
    pair = row.glued(end) and row.kind(end + 1) == "num" and row.glued(end + 1)
    if last.kind == "num" and text in (":", "h", "H") and pair:
        return row.rest_of_name(end)  # 3:30
    if last.kind == "num" and text in ("-", ".", "/") and row.glued(end):
        joined = 0
        while (
            row.text(end + 2 * joined) == text
            and row.glued(end + 2 * joined)
            and row.kind(end + 2 * joined + 1) == "num"
            and row.glued(end + 2 * joined + 1)
        ):
            joined += 1
        if joined >= 2:
            return row.rest_of_name(end)
    if unread and last.kind == "num" and last.text.count(".") > 1 and len(last.text) < 40:
        return row.rest_of_name(end)
    if last.kind == "num" and (text.lower() in w.CLOCK or (text in ("a", "p") and row.text(end + 1) == ".")):
        if text.lower() in w.CLOCK:
            return end + 1
        if row.text(end + 2).lower() == "m":
            return end + 3
    return _calendar(row, start, at, end)


def _calendar(row: Row, start: int, at: int, end: int) -> int | None:
    if end - at != 1 or row.tokens[at].kind != "num" or not row.tokens[at].text.isdecimal():
        return None
    ordinal = end + (row.text(end) in w.ORDINALS and row.glued(end))
    after = ordinal + (row.text(ordinal) in ("of", "de", "."))
    if len(row.tokens[at].text) <= 2 and is_month(row.text(after)):
        return _date_end(row, after + 1)
    before = start - 1 - (start > 0 and row.text(start - 1) == ".")
    if before >= 0 and row.kind(before) == "word" and is_month(row.text(before)):
        return _date_end(row, ordinal)
    if row.text(end) in ("年", "月") and row.glued(end):
        following = end + 1
        if row.text(end) == "月" or (row.kind(following) == "num" and row.text(following + 1) == "月"):
            return row.rest_of_name(end)
    return None


def _date_end(row: Row, at: int) -> int:
    following = at + (row.text(at) in (",", "de", "."))
    year = row.text(following)
    return following + 1 if row.kind(following) == "num" and year.isdecimal() and len(year) == 4 else at
