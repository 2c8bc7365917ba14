"""Finds the end of a sentence in the script of any language that has markers."""

from __future__ import annotations

import re

CLOSERS = "*_`\"'”’)\\]}»」』）】$"
"Closing quotes and markup that may stand between the end of a sentence and the space after it."
_END = re.compile(
    r"\n|[。！？।]"
    rf"|(?P<mark>[.!?؟۔]+)(?=[{CLOSERS}]*(?:[ \t]|\n|$|</))"
    r"|(?<=[\w)\]}%\"'*$”’°!?]);(?=\s)"
)
_BEFORE_NAMES = frozenset(
    "mr mrs ms dr prof st mt rev gen col capt sgt sen gov hon vs approx ca e.g i.e fig eq".split()
)
"Abbreviations that are never the last word of a sentence."
_OFTEN_LAST = frozenset("u.s u.k u.s.a etc inc ltd jr sr a.m p.m no".split())
"Abbreviations that may end a sentence; it continues only before a lower-case letter, a digit or a comma."
_MONTHS = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())
_WORD_BEFORE = re.compile(r"([^\W\d_](?:[\w.]*[^\W\d_])?|\d{1,2})$")
_INITIAL_NEXT = re.compile(r"[ \t]+(?:[A-Z]\.(?:[ \t]*[A-Z]\.)*[ \t]+)?[A-Z][a-z]")
_INITIAL_BEFORE = re.compile(r"[A-Z]\.[ \t]*[A-Z]$")
_NAME_NEXT = re.compile(r"[ \t]+[A-Z][a-z]")
_INITIALS_NEXT = re.compile(r"[ \t]*[A-Z]\.")
_MONTH_NEXT = re.compile(
    r"[ \t]+(?:jan|feb|mar|mär|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)[^\W\d_]*\.?,?[ \t]+\d{4}", re.I
)
_ENUMERATED = re.compile(r"\s*(?:1|[Aa])[.)][ \t]+[^\n]{1,60}?[ \t](?:2|[Bb])[.)][ \t]")
"Matches a list in one line: `A. dog B. cat`."
_LOOK_BACK = 24


def sentence_end(text: str, start: int, limit: int | None = None) -> int | None:
    """Return where the sentence that begins at `start` ends, closing quotes and markup included; None if nowhere.

    The full stops of abbreviations (St. Louis), initials (J. K. Rowling) and days (5. März 2024) do not end a
    sentence. The end of a line does.
    """
    for match in _END.finditer(text, start, len(text) if limit is None else limit):
        if match[0] == "\n" or match["mark"] is None:
            return match.start() if match[0] in "\n;" else match.end()
        if match["mark"] == "." and _abbreviates(text, start, match.start()):
            continue
        return match.end()
    return None


def _abbreviates(text: str, start: int, dot: int) -> bool:
    before = _WORD_BEFORE.search(text[max(start, dot - _LOOK_BACK) : dot])
    if before is None:
        return False
    if len(before[1]) <= 2 and (before[1].isdecimal() or len(before[1]) == 1) and _ENUMERATED.match(text, start):
        return True
    word = before[1].lower()
    after = dot + 1
    if word.isdecimal():
        return _MONTH_NEXT.match(text, after) is not None
    following = text[after : after + 3].strip()[:1]
    if word in _BEFORE_NAMES:
        return following.isalnum()
    if word in _OFTEN_LAST:
        return following.isdecimal() or (word != "no" and (following.islower() or following == ","))
    if word in _MONTHS:
        return text[after : after + 3].strip()[:1].isdecimal()
    if len(word) == 1 and before[1].isupper():
        if _INITIAL_BEFORE.search(text[max(start, dot - 8) : dot]):
            return _NAME_NEXT.match(text, after) is not None or _INITIALS_NEXT.match(text, after) is not None
        return _INITIALS_NEXT.match(text, after) is not None and _INITIAL_NEXT.match(text, after) is not None
    return False
