"""Makes texts that look alike equal: typographic quotes, hyphens, spaces, letter forms and invisible characters.

Differences in meaning are kept: x² is not x2, 2½ is not 21/2, and ① is not 1.
"""

from __future__ import annotations

import unicodedata

_ALIKE = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4\u0060\u2039\u203a\ua78c",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u02ba\u300c\u300d\u300e\u300f\u301d\u301e\u301f",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e3a\u2e3b",
    "/": "\u2215",
    "~": "\u301c\u223c",
    "*": "\u2217",
    "\u00b7": "\u2219\u22c5\u30fb",
}
_MEANINGFUL = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
"Unicode decompositions that would change the meaning, such as x² to x2."
_INVISIBLE = ("\ufe00-\ufe0f", "\U000e0100-\U000e01ef", "\u180b-\u180f")


class _Folded(dict[int, str]):
    """The folded form of each character, computed when it is first needed."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        decomposition = unicodedata.decomposition(character)
        if category == "Cf" or any(
            first <= character <= last for first, last in (mark.split("-") for mark in _INVISIBLE)
        ):
            found = ""
        elif category in ("Zs", "Zl", "Zp"):
            found = " "
        elif decomposition.startswith("<") and not decomposition.startswith(_MEANINGFUL):
            found = unicodedata.normalize("NFKC", character).translate(_SAME)
        else:
            found = character
        self[code] = found
        return found


_SAME = {ord(other): one for one, others in _ALIKE.items() for other in others}
_FOLDED = _Folded({**_SAME, 0x34F: "", 0x115F: "", 0x1160: "", 0x3164: "", 0xFFA0: ""})


def folded(text: str) -> str:
    """Return a text in which characters that look alike have one form.

    Quotation marks and apostrophes become ' and ", hyphens, dashes and minus signs -, any space a space;
    full-width forms, ligatures and mathematical letters become plain letters; accents are composed; soft
    hyphens, zero-width characters, direction marks and variation selectors go.
    """
    if text.isascii():
        return text.replace("`", "'") if "`" in text else text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_FOLDED))
