"""One quantity, read whole from where it begins: sign, currency, numeral, fraction, power, scale, per cent, unit.

A recursive descent over the tokens of a place. What it cannot read to its end is `bad`, what is digits but no
number (a time, a date, a name such as GPT4) is `aside`; neither is ever read in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from pytest_reasoning.scoring.values import wording as w
from pytest_reasoning.scoring.values.cjk import cjk_scale, cjk_value
from pytest_reasoning.scoring.values.months import is_month
from pytest_reasoning.scoring.values.number_words import spelled
from pytest_reasoning.scoring.values.numerals import Number, power, superscript, value_of, vulgar
from pytest_reasoning.scoring.values.tokens import Token

DASHES = "-\u2212\u2013"
_TIMES = frozenset("×x*·")
_OPENERS = frozenset("([{=:,;<>~\"'`*_$|≈≤≥≠→⇒")
_COUNTERS = frozenset("个個只本人元円圆块枚匹台条件位名岁歳次回倍杯张頭头辆棵颗斤米里度天年月日时時つ")
_CJK_PRONOUN_BEFORE = frozenset("第唯统統同每某任另万")


class Part(NamedTuple):
    """A stretch of tokens that is, or looks like, one number."""

    kind: str
    "value, bad, aside (digits that are no number) or ordinal"
    number: Number | None
    end: int
    "Index of the token after it."


class Grammar:
    """Reads quantities out of the tokens of one place."""

    def __init__(self, tokens: Sequence[Token], *, decimal_comma: bool, bullets: bool) -> None:
        self.tokens = tokens
        self.decimal_comma = decimal_comma
        self.bullets = bullets
        "A hyphen and a space at the beginning of the text are a bullet."

    def part(self, start: int) -> Part | None:
        """Return the number-like part that begins at a token, None if none does."""
        at, negative = self._prefix(start)
        found = self._magnitude(at)
        if found is None:
            return None
        value, end = found
        per = 1
        if value is not None:
            value, end = self._scaled(value, end, money=self._is_money(start, at))
            per, end = self._per(end)
        if self._is_name(start):
            return Part("aside", None, self._rest_of_name(end))
        if (aside := self._aside(start, at, end)) is not None:
            return aside
        after = self._after(end)
        if after is None or value is None or not self._free_before(start, at):
            return Part("bad", None, max(end, after or self._rest_of_name(end)))
        number = Number(amount=-value if negative else value, per=per)
        if self._text(end).lower() in w.ORDINALS and self._glued(end) and not self._text(end).isupper():
            return Part("ordinal", number, end + 1)
        return Part("value", number, end)

    # what stands before the digits

    def _prefix(self, start: int) -> tuple[int, bool]:
        at, negative, signs = start, False, 0
        for _ in range(3):  # -$5, $-5, minus 5
            text = self._text(at)
            if text and text in "+-\u2212\u2013" and not signs and (at > start or self._is_sign(at)):
                negative, signs, at = text != "+", 1, at + 1
            elif not signs and (text.lower() in w.MINUS_WORDS) and not self._number_before(at):
                negative, signs, at = True, 1, at + 1
            elif self._is_currency(at):
                at += 1
            else:
                break
        if at == start and start and self.tokens[start - 1].kind == "lo" and self._glued(start):
            negative = self.tokens[start - 1].text.endswith(w.CJK_MINUS)
        return at, negative

    def _is_currency(self, at: int) -> bool:
        text = self._text(at)
        return text in w.CURRENCY_SIGNS or text == "\\$" or text in w.CURRENCY_CODES

    def _is_money(self, start: int, at: int) -> bool:
        return any(self._is_currency(i) for i in range(start, at))

    def _is_sign(self, at: int) -> bool:
        """Say whether a dash or plus is the sign of what follows, not an operator, a bullet or punctuation."""
        token, glued = self.tokens[at], self._glued(at + 1)
        true_minus = token.text == "\u2212"
        if at + 1 >= len(self.tokens):
            return False
        if at == 0:
            return glued or true_minus or (token.text == "-" and not self.bullets)
        if token.first and not glued and not true_minus:
            return False
        before = self.tokens[at - 1]
        if before.text in _OPENERS or before.kind == "latex":
            return glued or true_minus or before.text in "=≈:("
        if self._number_before(at):
            return False
        if before.kind == "word" and len(before.text) == 1 and before.text not in ("I", "a"):
            return False  # x - 5
        if token.glued:
            return before.kind in ("lo", "cjk")
        return glued or true_minus or before.text.lower() in w.IS

    def _number_before(self, at: int) -> bool:
        if at == 0:
            return False
        before = self.tokens[at - 1]
        return before.kind in ("num", "sup", "vulgar") or before.text in (")", "]", "}", "%", "\u2030", "°", "\\%")

    def _is_name(self, start: int) -> bool:
        """Say whether letters before it make the digits part of a name: GPT4, x_1, COVID-19."""
        at, token = start, self.tokens[start]
        if not token.glued or token.kind in ("word", "latex") or token.text in w.CURRENCY_SIGNS:
            return False
        before = self.tokens[at - 1]
        if before.text in ("-", "_", "{") and (before.glued or before.text == "{") and token.text not in DASHES:
            if before.text == "{":
                return at > 1 and self.tokens[at - 2].text == "_"
            before, at = self.tokens[at - 2], at - 1
            return before.kind == "word" or (before.text in ")]" and self.tokens[at].text == "_")
        return before.kind == "word" and before.text not in w.CURRENCY_CODES and token.text not in DASHES

    def _free_before(self, start: int, at: int) -> bool:
        """Say whether the part begins where it seems to, and is not the end of something larger."""
        token = self.tokens[start]
        if start == 0:
            return True
        before = self.tokens[start - 1]
        if before.kind == "latex" and before.text[1:] in w.OPAQUE_LATEX:
            return False
        if before.text in ("√", "∛", "^", "**", "∞"):
            return False
        if before.text == "{" and start > 1 and self.tokens[start - 2].kind == "latex":
            return self.tokens[start - 2].text[1:] not in w.OPAQUE_LATEX
        if before.text == "{" and start > 1 and self.tokens[start - 2].text == "^":
            return False
        if before.text == "(" and start > 1:
            return self._free_parenthesis(start, at)
        if not token.glued:
            return True
        earlier = self.tokens[start - 2] if start > 1 and before.glued else None
        if before.text == ".":
            return earlier is None or earlier.text.lower() in w.DOTTED_ABBREVIATIONS or earlier.kind == "lo"
        if before.text in ("/", ":") and earlier is not None:
            return before.text == ":" and earlier.kind != "num"
        if before.text in ("|",) and token.text in DASHES:
            return False  # |-5| is 5
        if before.text in ("@", "\\", "^", "'") and earlier is not None:
            return earlier.kind not in ("word", "num")
        if before.text in DASHES or before.text == "+":
            return earlier is None or (
                earlier.kind != "word" and earlier.text not in ("-", "+", "\u2212", "\u2013")
            )
        return before.kind not in ("num", "vulgar", "sup") and before.text != ")"

    def _free_parenthesis(self, start: int, at: int) -> bool:
        opening = self.tokens[start - 1]
        outer = self.tokens[start - 2]
        if opening.glued and (outer.kind in ("word", "num", "sup") or outer.text in ")^"):
            return False  # f(3), 2(3)
        del at
        return not (outer.text in "-\u2212\u2013" and (opening.glued or outer.text == "\u2212"))

    # the digits or words themselves

    def _magnitude(self, at: int) -> tuple[Fraction | None, int] | None:
        if at >= len(self.tokens):
            return None
        token = self.tokens[at]
        if token.kind == "latex" and token.text[1:] in ("frac", "tfrac", "dfrac", "cfrac"):
            return self._latex_fraction(at)
        if token.kind == "vulgar":
            return vulgar(token.text), at + 1
        if token.kind == "sup":
            return self._small_fraction(at)
        if token.kind == "cjk":
            return self._cjk(at)
        if token.kind == "word":
            return self._words(at)
        if token.kind == "num":
            return self._digits(at)
        return None

    def _words(self, at: int) -> tuple[Fraction | None, int] | None:
        found = spelled(self.tokens, at)
        if found is None:
            return None
        if found.words == ("one",):
            before = self.tokens[at - 1].text.lower() if at else ""
            if before in w.PRONOUN_BEFORE or self._text(found.end).lower() in w.PRONOUN_AFTER:
                return None
        return found.value, found.end

    def _digits(self, at: int) -> tuple[Fraction | None, int]:
        value, end = self._powered(at)
        if value is None:
            return None, end
        if self._text(end) == "/" and end + 1 < len(self.tokens) and self.tokens[end + 1].kind == "num":
            if self._glued(end) == self._glued(end + 1):
                bottom, end = self._powered(end + 1)
                value = value / bottom if bottom else None
                if self._text(end) == "/" and self._glued(end) and self._kind(end + 1) in ("num", "word"):
                    return None, self._rest_of_name(end)
            return value, end
        if value.denominator == 1:
            mixed = self._mixed(end)
            if mixed is not None:
                part, end = mixed
                return (value + part if part is not None else None), end
        if self._text(end) in _TIMES or self._operator(end) in ("×", "·"):
            factor, after = self._power_at(end + 1)
            if after:
                return (value * factor if factor is not None else None), after
        return value, end

    def _powered(self, at: int) -> tuple[Fraction | None, int]:
        """Return a numeral with the power it is raised to."""
        numeral = self.tokens[at].text
        if "e" in numeral.lower() and self._kind(at + 1) in ("word",) and self._glued(at + 1):
            return None, self._rest_of_name(at + 1)
        value, end = value_of(numeral, decimal_comma=self.decimal_comma), at + 1
        raised = self._exponent(end)
        if raised is None:
            return value, end
        exponent, end = raised
        if value is None or exponent is None:
            return None, end
        return power(value, exponent), end

    def _power_at(self, at: int) -> tuple[Fraction | None, int]:
        """Return the power that begins at a token and its end; an end of 0 if no power does."""
        if self._kind(at) == "num" and self._exponent(at + 1) is not None:
            return self._powered(at)
        return None, 0

    def _exponent(self, at: int) -> tuple[int | None, int] | None:
        if self._kind(at) == "sup" and self._glued(at):
            return superscript(self.tokens[at].text), at + 1
        if self._text(at) not in ("^", "**"):
            return None
        if self._text(at) == "**" and not (self._kind(at + 1) == "num" and self._glued(at) == self._glued(at + 1)):
            return None  # the end of bold text
        if self._text(at) == "^" and self._operator(at + 1) == "°":
            return None  # 20^\circ
        if self._text(at) == "^" and self._text(at + 1) == "{" and self._operator(at + 2) == "°":
            return None
        at += 1
        closing = {"{": "}", "(": ")"}.get(self._text(at), "")
        at += bool(closing)
        negative = self._text(at) in ("-", "\u2212")
        at += negative or self._text(at) == "+"
        text = self._text(at)
        if self._kind(at) != "num" or not text.isdecimal() or len(text) > 5:
            return None, self._rest_of_name(at)
        at += 1
        if closing:
            if self._text(at) != closing:
                return None, self._rest_of_name(at)
            at += 1
        if self._text(at) == "^" or (self._kind(at) == "sup" and self._glued(at)):
            return None, self._rest_of_name(at)
        return (-int(text) if negative else int(text)), at

    def _mixed(self, at: int) -> tuple[Fraction | None, int] | None:
        """Return the fraction that follows a whole number: 1½, 1 1/2, 3 and 1/4, 1\\frac{1}{2}."""
        if self._kind(at) == "vulgar":
            return vulgar(self.tokens[at].text), at + 1
        if self._kind(at) == "latex" and self.tokens[at].text[1:] in ("frac", "tfrac", "dfrac", "cfrac"):
            value, end = self._latex_fraction(at)
            return (value if value is not None and 0 < value < 1 else None), end
        if self._kind(at) == "sup" and self._glued(at):
            return None
        start = at + (self._text(at) in ("and", "&"))
        if self._text(at) == "and" and (found := self._and_words(at)) is not None:
            return found
        if self._kind(start) == "num" and not self._glued(start) and self._text(start + 1) == "/":
            top, bottom = self._text(start), self._text(start + 2)
            plain = top.isdecimal() and bottom.isdecimal() and self._glued(start + 1) and self._glued(start + 2)
            if plain and len(bottom) < 10 and 0 < int(top) < int(bottom) and self._text(start + 3) != "/":
                return Fraction(int(top), int(bottom)), start + 3
        return None

    def _and_words(self, at: int) -> tuple[Fraction, int] | None:
        if self._kind(at + 1) != "word":
            return None
        found = spelled(self.tokens, at + 1)
        if found is None or found.value is None or not 0 < found.value < 1:
            return None
        return found.value, found.end

    def _latex_fraction(self, at: int) -> tuple[Fraction | None, int]:
        top, end = self._argument(at + 1)
        bottom, end = self._argument(end)
        return (top / bottom if top is not None and bottom else None), end

    def _argument(self, at: int) -> tuple[Fraction | None, int]:
        """Return one argument of \\frac: a group in braces or, after \\frac34, one digit."""
        if self._text(at) != "{":
            return self._bare_argument(at)
        end, depth = at + 1, 1
        while end < len(self.tokens) and depth:
            depth += {"{": 1, "}": -1}.get(self.tokens[end].text, 0)
            end += 1
        inner = self.tokens[at + 1 : end - 1]
        if depth or not inner or len(inner) > 60:
            return None, end
        grammar = Grammar(inner, decimal_comma=self.decimal_comma, bullets=False)
        part = grammar.part(0)
        whole = part is not None and part.kind == "value" and part.end == len(inner)
        number = part.number if part is not None and whole else None
        return (number.amount / number.per if number is not None else None), end

    def _bare_argument(self, at: int) -> tuple[Fraction | None, int]:
        # \frac34 and \frac 3 4; the tokenizer took 34 as one numeral, so the first digit is split off
        text = self._text(at)
        if self._kind(at) != "num" or not text.isdecimal():
            return None, at
        if len(text) == 2 and self.tokens[at].kind == "num":
            first, second = self.tokens[at]._replace(text=text[0]), self.tokens[at]._replace(text=text[1])
            self.tokens = [*self.tokens[:at], first, second, *self.tokens[at + 1 :]]
            return Fraction(int(text[0])), at + 1
        return (Fraction(int(text)) if len(text) == 1 else None), at + 1

    def _small_fraction(self, at: int) -> tuple[Fraction | None, int] | None:
        """Return ³⁄₄, in superscript and subscript digits."""
        bottom = ""
        end = at + 2
        if self._text(at + 1) != "/":
            return None
        while end < len(self.tokens) and len(self._text(end)) == 1 and "\u2080" <= self._text(end) <= "\u2089":
            bottom += str(ord(self._text(end)) - 0x2080)
            end += 1
        top = superscript(self.tokens[at].text)
        return (Fraction(top, int(bottom)) if bottom and int(bottom) and top is not None else None), end

    def _cjk(self, at: int) -> tuple[Fraction | None, int] | None:
        text = self.tokens[at].text
        following = self._text(at + 1) if self._glued(at + 1) else ""
        before = self.tokens[at - 1] if at and self.tokens[at].glued else None
        if following.startswith("分之") and self._kind(at + 2) == "cjk" and following == "分之":
            bottom, top = cjk_value(text) or {"百": 100, "千": 1000}.get(text), cjk_value(self.tokens[at + 2].text)
            return (Fraction(top, bottom) if bottom and top is not None else None), at + 3
        if following in ("点", "點") and self._kind(at + 2) == "cjk":
            whole, part = cjk_value(text), self.tokens[at + 2].text
            tail = [cjk_value(mark) for mark in part]
            plain = whole is not None and all(digit is not None and digit < 10 for digit in tail)
            return (Fraction(f"{whole}.{''.join(map(str, tail))}") if plain else None), at + 3
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

    # what stands after them

    def _scaled(self, value: Fraction, end: int, *, money: bool) -> tuple[Fraction | None, int]:
        """Read scale words and suffixes: 2.5 million, 12k, 3万5000, two dozen."""
        text = self._text(end)
        if self._kind(end) == "cjk" and self._glued(end) and self.tokens[end - 1].kind == "num":
            return self._cjk_scaled(value, end)
        if self._kind(end) != "word":
            return value, end
        suffixes = w.MONEY_SUFFIXES if money else w.SUFFIXES
        if self._glued(end) and self.tokens[end - 1].kind in ("num", "vulgar"):
            if text in suffixes:
                return value * suffixes[text], end + 1
            if text.lower() in w.SCALES and len(text) > 2:
                return value * w.SCALES[text.lower()], end + 1
            return value, end
        if text in ("k", "bn") or (money and text in suffixes):
            return value * suffixes[text], end + 1
        for _ in range(3):  # hundred thousand million
            word = self._text(end).lower()
            if self._kind(end) != "word" or word not in w.SCALES:
                break
            if word in ("mil", "mille") and self.tokens[end - 1].kind != "num":
                break
            value, end = value * w.SCALES[word], end + 1
        return value, end

    def _cjk_scaled(self, value: Fraction, end: int) -> tuple[Fraction | None, int]:
        total, ceiling = Fraction(0), 0
        current: Fraction | None = value
        while current is not None:
            scale = cjk_scale(self._text(end)) if self._kind(end) == "cjk" and self._glued(end) else 1
            if scale is None or (ceiling and current * scale >= ceiling):
                return None, end + 1
            total, ceiling = total + current * scale, scale
            end += self._kind(end) == "cjk" and self._glued(end)
            following = scale > 1 and self._kind(end) == "num" and self._glued(end)
            if not following:
                return total, end
            current, end = value_of(self._text(end), decimal_comma=self.decimal_comma), end + 1
        return None, end

    def _per(self, end: int) -> tuple[int, int]:
        """Return 100 or 1000 if per cent or per mille follows, and where the number ends."""
        text = self._text(end).lower()
        if text in ("%", "\\%") or (text == "\\" and self._text(end + 1) == "%"):
            return 100, end + 1
        if text == "\u2030":
            return 1000, end + 1
        if text in w.PERCENT_WORDS:
            return 100, end + 1
        if text in w.PERMILLE_WORDS:
            return 1000, end + 1
        pair = (text, self._text(end + 1).lower())
        if pair in w.PERCENT_PHRASES:
            return 100, end + 2
        if pair in w.PERMILLE_PHRASES:
            return 1000, end + 2
        return 1, end

    def _aside(self, start: int, at: int, end: int) -> Part | None:
        """Return the date, time or version the digits belong to, if they do."""
        text, last = self._text(end), self.tokens[end - 1]
        if last.kind == "num" and text in (":", "h", "H") and self._glued(end):
            if self._kind(end + 1) == "num" and self._glued(end + 1):
                return Part("aside", None, self._rest_of_name(end))
        if last.kind == "num" and text in ("-", ".", "/") and self._glued(end):
            joined = 0
            while (
                self._text(end + 2 * joined) == text
                and self._glued(end + 2 * joined)
                and self._kind(end + 2 * joined + 1) == "num"
                and self._glued(end + 2 * joined + 1)
            ):
                joined += 1
            if joined >= 2:
                return Part("aside", None, self._rest_of_name(end))
        if last.kind == "num" and last.text.count(".") > 1 and len(last.text) < 40 and not self.decimal_comma:
            return Part("aside", None, self._rest_of_name(end))
        if last.kind == "num" and (text.lower() in w.CLOCK or (text in ("a", "p") and self._text(end + 1) == ".")):
            if text.lower() in w.CLOCK:
                return Part("aside", None, end + 1)
            if self._text(end + 2).lower() == "m":
                return Part("aside", None, end + 3)
        return self._calendar(start, at, end)

    def _calendar(self, start: int, at: int, end: int) -> Part | None:
        if end - at != 1 or self.tokens[at].kind != "num" or not self.tokens[at].text.isdecimal():
            return None
        ordinal = end + (self._text(end) in w.ORDINALS and self._glued(end))
        after = ordinal + (self._text(ordinal) in ("of", "de", "."))
        if len(self.tokens[at].text) <= 2 and is_month(self._text(after)):
            return Part("aside", None, self._date_end(after + 1))
        before = start - 1 - (start > 0 and self._text(start - 1) == ".")
        if before >= 0 and self._kind(before) == "word" and is_month(self._text(before)):
            return Part("aside", None, self._date_end(ordinal))
        if self._text(end) in ("年", "月") and self._glued(end):
            following = end + 1
            if self._text(end) == "月" or (self._kind(following) == "num" and self._text(following + 1) == "月"):
                return Part("aside", None, self._rest_of_name(end))
        return None

    def _date_end(self, at: int) -> int:
        following = at + (self._text(at) in (",", "de", "."))
        year = self._text(following)
        return following + 1 if self._kind(following) == "num" and year.isdecimal() and len(year) == 4 else at

    def _after(self, end: int) -> int | None:
        """Return where the part ends with all that is glued to it, None if that makes it no number."""
        text, kind = self._text(end), self._kind(end)
        if kind == "latex" and self.tokens[end].text[1:] in w.OPAQUE_LATEX:
            return None
        if text in w.VARIABLES and not (text in ("x", "X") and self._kind(end + 1) == "num"):
            return None
        if not text or not self._glued(end):
            return end
        if kind == "word":
            return end if self._is_unit(end) else None
        if kind in ("num", "vulgar", "sup"):
            return None
        if kind == "cjk":
            return None
        following, glued = self._kind(end + 1), self._glued(end + 1)
        if text in ("^", "**", "_") and self._operator(end + 1) != "°" and self._text(end + 2) != "\\circ":
            return end if text != "^" and not (glued and following in ("num", "word")) else None
        if text == "." and glued and (self._text(end + 1) == "(" or following == "latex"):
            return None  # 0.(3)
        if text == "." and glued and following in ("num", "word"):
            return None if following == "num" or self._text(end + 1).islower() else end
        if text in (".", ",") and glued and following == "num":
            return None
        if text in ("'", '"') and glued and following == "num":
            return None
        if text == "-" and glued and following == "word":
            return None if len(self._text(end + 1)) == 1 else end
        if text == "(" and (following in ("num", "vulgar") or self._text(end + 1) in ("-", "\u2212")):
            return None
        if "\u2080" <= text[0] <= "\u2089" or text in ("@", "\\", "\u0305", "\u0332"):
            return None
        return end

    def unit_end(self, end: int) -> int:
        """Return where a unit with powers or slashes ends (m^2, km/h, ^\\circ); `end` if none stands there."""
        if self._text(end) == "^":
            at = end + 1 + (self._text(end + 1) == "{")
            return at + 1 + (self._text(at + 1) == "}") if self._operator(at) == "°" else end
        at = end
        while self._kind(at) == "word" and (self._text(at) in w.UNITS or self._text(at).lower() in w.UNIT_WORDS):
            at += 1
            if self._kind(at) in ("sup", "num") and self._glued(at):
                at += 1
            elif self._text(at) == "^":
                braced = self._text(at + 1) == "{"
                signed = self._text(at + 1 + braced) in ("-", "\u2212")
                at += 2 + 2 * braced + signed
            if self._text(at) not in ("/", "·"):
                return min(at, len(self.tokens))
            at += 1
        return end if at == end else min(at, len(self.tokens))

    def _is_unit(self, end: int) -> bool:
        word = self._text(end)
        if word in w.UNITS or word in w.CURRENCY_CODES or word.lower() in w.UNIT_WORDS:
            return not (word == "s" and self._is_decade(end))
        if word.lower() in w.ORDINALS or word.lower() in w.PERCENT_WORDS:
            return True
        # an operator: 3x4; the signs of times, dates and names were read before
        return word in ("x", "X") and self._kind(end + 1) == "num"

    def _is_decade(self, end: int) -> bool:
        numeral = self._text(end - 1)
        return numeral.isdecimal() and len(numeral) in (2, 4) and numeral.endswith("0")

    def _rest_of_name(self, end: int) -> int:
        """Return where a run of glued tokens ends: all of 2024-03-31, 1.2.3-rc4, 42abc."""
        while end < len(self.tokens) and self.tokens[end].glued:
            token = self.tokens[end]
            inner = token.text in (".", "-", ":", "/", "_", "\u2212", "\u2013", "+", "^", "{", "}", "(", ")", ",")
            joins = inner and end + 1 < len(self.tokens) and self.tokens[end + 1].glued
            if token.kind not in ("num", "word", "sup", "vulgar", "cjk") and not joins:
                break
            if inner and self._kind(end + 1) not in ("num", "word"):
                break
            end += 1
        return end

    # single tokens

    def _text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def _kind(self, at: int) -> str:
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else ""

    def _glued(self, at: int) -> bool:
        return 0 <= at < len(self.tokens) and self.tokens[at].glued

    def _operator(self, at: int) -> str:
        if self._kind(at) == "latex":
            return w.LATEX_OPERATORS.get(self.tokens[at].text[1:], "")
        return self._text(at)
