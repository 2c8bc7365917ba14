"""Reads the whole text of a place as the answer; texts are compared after normalization."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pytest_reasoning.scoring.folding import folded
from pytest_reasoning.scoring.reading import Reading
from pytest_reasoning.scoring.where.markers import any_of, every

_QUOTES = "\"'`“”‘’«»「」『』„‚"
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf|textit|mathit)\s*\{([^{}]*)\}")
_MARKDOWN = re.compile(r"^(\*{1,3}|_{1,3}|`{1,3}|\$|~~)(.+?)\1$", re.DOTALL)
_TAGGED = re.compile(r"^<(\w{1,12})>(.+)</\1>$", re.DOTALL)
_LABEL = re.compile(r"^(?:A|Answer)\s*[:：]\s*", re.IGNORECASE)
MOST_CHARS = 20_000
"Most characters of a text that are normalized; the rest is ignored."


class TextReader:
    """Reads the whole place; the value of a reading is the normalized text."""

    def __init__(self, *, ignore_case: bool = False, fold: bool = True) -> None:
        """Ignore case if `ignore_case`, and differences between similar characters if `fold`."""
        self._ignore_case = ignore_case
        self._fold = fold

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the text of a place, or None if it is empty; the value leaves out a reason that follows."""
        written = normalized(text, fold=False)
        if not written:
            return None
        return Reading(written=written, value=self._plain(without_reason(written) if stated else written))

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether the answer and the target are the same text after normalization."""
        wanted = self._plain(target.written)
        return bool(answer.value == wanted) or self._plain(answer.written) == wanted

    def _plain(self, text: str) -> str:
        return normalized(text, ignore_case=self._ignore_case, fold=self._fold)


@lru_cache(maxsize=4096)
def normalized(text: str, *, ignore_case: bool = False, fold: bool = True) -> str:
    """Return a text in the normalized form that the scorer `exact` compares.

    Each run of white space becomes one space; markup and quotes around the whole answer and a final full stop
    are removed. `ignore_case` folds the case, and `fold` makes similar characters equal (`folding.folded`).
    """
    text = " ".join(_LATEX_TEXT.sub(r"\1", text[:MOST_CHARS]).split())
    if fold and not text.isascii():
        text = text.strip("\ufeff\u200b\u200e\u200f\u2060 ")
    for _ in range(8):
        before = text
        if (marked := _MARKDOWN.match(text)) is not None and marked[1] not in marked[2]:
            text = marked[2].strip()
        if (tagged := _TAGGED.match(text)) is not None:
            text = tagged[2].strip()
        if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
            text = text[1:-1].strip()
        if len(text) > 1 and text[-1] in ".。।" and text[-2] != ".":
            text = text[:-1].rstrip()
        if text == before:
            break
    text = " ".join(folded(text).split()) if fold else unicodedata.normalize("NFC", text)
    return text.casefold() if ignore_case else text


def without_label(text: str) -> str:
    """Return a line without a leading `A:` or `Answer:`."""
    return _LABEL.sub("", text)


def without_reason(text: str) -> str:
    """Return an answer without a reason that follows it, as in `Paris, because it is the capital`."""
    match = _reason().search(text)
    return text[: match.start()].rstrip(" ,;—–-") or text if match is not None else text


@lru_cache(maxsize=1)
def _reason() -> re.Pattern[str]:
    surely = "because|since|due to|rather than|instead of|as it|as they|as he|as she|as this|as the"
    others = [w for w in every("because") if " " in w or len(w) > 5]
    return re.compile(
        rf"(?i)(?:,\s*|\s[—–-]\s*|;\s*|\s)(?:{surely}|{any_of(others)})(?!\w)|,\s*(?:and\s+|but\s+)?not\s|,\s*which\s|\s[—–]\s"
    )
