"""Chinese and Japanese numerals: 四十二, 三百二十一, 二〇二四, 一万二千, 壹佰."""

from __future__ import annotations

from pytest_reasoning.scoring.values.grammar.words.wording import CJK_SCALES

_DIGITS = {
    **{digit: value for value, digit in enumerate("零一二三四五六七八九")},
    **dict(zip("〇两兩壹贰叁肆伍陆柒捌玖", (0, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {mark: value for mark, value in CJK_SCALES.items() if value >= 10**4}
MOST = 40


def cjk_value(numerals: str) -> int | None:
    """Return the value of a sequence of numerals, or None if it is not one number."""
    if len(numerals) > MOST:
        return None
    if all(mark in _DIGITS for mark in numerals):
        return int("".join(str(_DIGITS[mark]) for mark in numerals))
    if numerals[0] not in _DIGITS and numerals[0] not in "十拾":
        return None  # 千万 and 万一 are usually ordinary words
    total, section, digit, large, small = 0, 0, None, 10**16, 10**4
    zero = False
    if numerals[-1] in _DIGITS and len(numerals) > 1 and numerals[-2] in "百佰千仟" + "".join(_LARGE):
        return None  # 二百五 is 250 in China and 205 in Japan
    for mark in numerals:
        if mark in _DIGITS:
            if digit is not None and not (digit == 0 and zero):
                return None
            digit, zero = _DIGITS[mark], _DIGITS[mark] == 0
        elif mark in _SMALL:
            if _SMALL[mark] >= small or digit == 0:
                return None
            section += (1 if digit is None else digit) * _SMALL[mark]
            digit, small = None, _SMALL[mark]
        else:
            section += digit or 0
            if _LARGE[mark] >= large or not section:
                return None
            total, large = total + section * _LARGE[mark], _LARGE[mark]
            section, digit, small = 0, None, 10**4
    return total + section + (digit or 0)


def cjk_scale(numerals: str) -> int | None:
    """Return the factor of scale characters after digits (万, 億, 千万), or None for any other text."""
    scale = 1
    for mark in numerals:
        if mark not in CJK_SCALES or len(numerals) > 3:
            return None
        scale *= CJK_SCALES[mark]
    return scale
