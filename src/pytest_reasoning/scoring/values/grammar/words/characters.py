"""Normalizes digits, spaces, signs and quotation marks to one form each for the value grammars.

`flat` keeps the length of a text, so positions in the flat text are also positions in the original.
"""

from __future__ import annotations

import unicodedata

import regex

_GONE = regex.compile(
    # soft hyphen, bidirectional marks, zero-width characters, byte-order mark, variation selectors, keycaps
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u20e3\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef]"
    r"|<<[^<>\n=]{0,100}=[^<>\n=]{0,100}>>"  # calculator annotations of GSM8K: <<3*3=9>>
)
_ALIKE = {
    "-": "\u2010\u2011\ufe58",
    "\u2212": "\ufe63\uff0d\u2796",  # characters that can only be a minus sign
    "\u2013": "\u2012",
    "\u2014": "\u2015",
    "'": "\u2018\u2019\u02bc\uff07",
    '"': "\u201c\u201d\u201e\uff02",
    "/": "\u2044\u2215",
    "\u00d7": "\u2715\u2716\u2a2f",
    "\u00b7": "\u22c5\u2219\u30fb",
    "%": "\u066a",
    ".": "\u066b",
    ",": "\u066c",
    "~": "\u301c\u223c",
    "=": "\u2550",
}
_TAGS = ("<wide>", "<narrow>", "<small>", "<font>", "<noBreak>")


class _Flat(dict[int, str]):
    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code < 128:
            found = character
        elif character.isdecimal():
            found = str(unicodedata.decimal(character))
        elif unicodedata.category(character) == "Zs":
            found = " "
        elif unicodedata.decomposition(character).startswith(_TAGS):
            plain = unicodedata.normalize("NFKC", character)
            found = plain if len(plain) == 1 else character
        else:
            found = character
        self[code] = found
        return found


_FLAT = _Flat({ord(other): one for one, others in _ALIKE.items() for other in others})


def visible(text: str) -> str:
    """Return a text without zero-width characters, soft hyphens and calculator annotations."""
    return _GONE.sub("", text)


def flat(text: str) -> str:
    """Return a text of the same length with normalized digits, spaces, signs and quotation marks."""
    return text if text.isascii() else text.translate(_FLAT)
