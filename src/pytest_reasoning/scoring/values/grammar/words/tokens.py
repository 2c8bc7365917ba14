"""Splits a place into tokens: numerals, words, LaTeX commands and symbols, each with its position."""

from __future__ import annotations

from typing import NamedTuple

import regex

from pytest_reasoning.scoring.values.grammar.words.characters import flat

CJK_NUMERALS = "零〇一二三四五六七八九十百千万萬億亿兆两兩壹贰叁肆伍陆柒捌玖拾佰仟"

_TOKEN = regex.compile(
    rf"""(?xs)
      (?P<space>\s+)
    | (?P<num>
        (?: \d{{1,3}} (?:[ ]\d{{3}})+ (?!\d|-\p{{L}}) (?:[.,]\d+)?
          | (?<![\p{{L}}\p{{M}}\d_.)\]]) \.\d+
          | \d+ (?: (?:[.,'_]|\{{,\}}|\\[,!;:\ ]) \d+ )*
        ) (?:[eE][-+\u2212]?\d+)? )
    | (?P<sup>[\u207a\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)
    | (?P<vulgar>[\u00bc-\u00be\u2150-\u215e\u2189])
    | (?P<cjk>[{CJK_NUMERALS}]+)
    | (?P<word>[\p{{Lu}}\p{{Ll}}\p{{Lt}}\p{{Lm}}\p{{M}}]+(?:'[\p{{Lu}}\p{{Ll}}]+)*)
    | (?P<lo>(?:(?![{CJK_NUMERALS}])[\p{{Lo}}\p{{M}}])+)
    | (?P<latex>\\(?:[A-Za-z]+|.))
    | (?P<tag></?[A-Za-z][\w-]{{0,20}}(?:\s{{1,3}}[\w-]{{1,20}}=[^<>\n]{{0,60}})?\s?/?>)
    | (?P<sym>\*+|_+|==?>?|:=|-{{1,2}}>|<=|>=|!=|\.{{2,}}|.)
    """
)


class Token(NamedTuple):
    """One token of a place."""

    kind: str
    "num, sup (superscript digits), vulgar (½), cjk (numerals), word, lo (letters without case), latex, tag or sym"
    text: str
    "The token's text in the normalized form of `characters.flat`."
    start: int
    end: int
    glued: bool
    "Whether no white space precedes it."
    first: bool
    "Whether it is the first token of its line."


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text in order; white space is recorded only in `glued` and `first`.

    Tags, bold and italic marks are left out: `**42**`, `<b>42</b>` and `____42____` are 42.
    """
    matches = list(_TOKEN.finditer(flat(text)))
    found: list[Token] = []
    glued, first = False, True
    for at, match in enumerate(matches):
        kind = str(match.lastgroup)
        if kind == "space":
            glued, first = False, first or "\n" in match[0]
        elif kind == "tag":
            glued = False
        elif kind == "sym" and match[0][0] in "*_`" and _is_markup(found, matches, at, glued=glued):
            glued = glued and bool(found) and found[-1].kind in ("num", "sup", "vulgar")
        elif kind == "num" and len(match[0]) == 2 and match[0].isdecimal() and _after_frac(found):
            found.append(Token(kind, match[0][0], match.start(), match.start() + 1, glued, first))
            found.append(Token(kind, match[0][1], match.start() + 1, match.end(), True, False))  # \frac34
            glued, first = True, False
        else:
            found.append(Token(kind, match[0], match.start(), match.end(), glued, first))
            glued, first = True, False
    return found


def _after_frac(found: list[Token]) -> bool:
    return bool(found) and found[-1].kind == "latex" and found[-1].text.endswith("frac")


def _is_markup(found: list[Token], matches: list[regex.Match[str]], at: int, *, glued: bool) -> bool:
    """Return whether stars, underscores or backticks are markup, not an operator or part of a name."""
    mark = matches[at][0]
    if mark[0] == "`" or len(mark) > 2 or not found:
        return True
    before, rest = found[-1], matches[at + 1 : at + 3]
    spaced = bool(rest) and rest[0].lastgroup == "space"
    if len(rest) <= spaced or spaced == glued:
        return True  # nothing follows, or there is text on one side only
    after = rest[spaced]
    if mark[0] == "_":
        return not (glued and len(mark) == 1 and (before.kind in ("word", "num") or before.text in ")}"))
    left = before.kind in ("num", "sup", "vulgar") or before.text in (")", "]", "}") or len(before.text) == 1
    right = after.lastgroup in ("num", "vulgar", "cjk", "latex") or after[0] in "([-\u2212$" or len(after[0]) == 1
    return not (left and right and (before.text.isalnum() or before.kind != "sym" or before.text in ")]}"))
