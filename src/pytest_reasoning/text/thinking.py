"""Finds the thinking in a text: blocks between the tags of `thinking_formats.yaml`, and harmony's channels.

A tag that is only mentioned in a sentence opens no block; a block that is never closed reaches to the end. The
engine uses this to ignore stop texts within thinking, and the scorers to skip it when they look for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("thinking_formats.yaml")

Formats = tuple[tuple[str, str], ...]
"Pairs of literal texts that open and close thinking."

HARMONY_FINAL = (
    r"(?:<\|start\|>assistant)?\s?<\|channel\|>final[^<\n]{0,40}(?:<\|constrain\|>\w{1,20})?<\|message\|>"
)
_HARMONY_OPEN = (
    r"(?:<\|start\|>assistant)?\s?<\|channel\|>(?:analysis|commentary)[^<\n]{0,80}"
    r"(?:<\|constrain\|>\w{1,20})?<\|message\|>"
)
_HARMONY_CLOSE = rf"{HARMONY_FINAL}|<\|end\|>(?:\s?{HARMONY_FINAL})?|<\|call\|>"
_BARE_HARMONY = re.compile(r"\A\s*(?:analysis|assistantanalysis)(?=[A-Z])")
_BARE_FINAL = re.compile(r"assistant\s?final(?=\S)")
_ENDS = re.compile(r"(?:<\|(?:return|end|call|eot_id|im_end)\|>)\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingBlocks:
    """The thinking blocks of a text."""

    spans: tuple[tuple[int, int], ...]
    "Begin and end of each block with its tags, in characters, in order."
    closed: bool
    "False if the last block reaches to the end because nothing closes it."
    inside: tuple[tuple[int, int], ...] = ()
    "The same blocks without their tags."


def thinking_in(text: str, *, opened: bool = False, formats: Formats = ()) -> ThinkingBlocks:
    """Return the thinking blocks of a completion.

    Args:
        text: the completion.
        opened: whether the prompt ended inside a thinking block, which some chat templates open.
        formats: pairs of texts that open and close thinking, in addition to the known ones.
    """
    if not opened and not _may_hold_tags(text, formats) and "analysis" not in text[:32]:
        return ThinkingBlocks(spans=(), closed=True)
    bare = _BARE_HARMONY.match(text)
    if bare is not None:
        return _bare_harmony(text, bare.end())
    spans: list[tuple[int, int]] = []
    inside: list[tuple[int, int]] = []
    started, name, last_end, begun = (0, "", 0, 0) if opened else (-1, "", 0, 0)
    tags = [match for match in _tags(formats).finditer(text) if not _quoted(text, match)]
    closes = [place for place, match in enumerate(tags) if _closes(match)]
    for place, match in enumerate(tags):
        kind = match.lastgroup or ""
        if not _closes(match):
            if started < 0 and not _mentioned(text, match, closes and closes[-1] > place):
                started, name, begun = match.start(), _name(match), match.end()
        elif started >= 0:
            if not name or name == _name(match) or kind == "final":
                spans.append((started, match.end()))
                inside.append((begun, match.start()))
                started, last_end = -1, match.end()
        elif kind == "final":
            last_end = match.end()
            spans.append((match.start(), match.end()))
            inside.append((match.start(), match.start()))
        elif kind != "harmony_close":
            # The chat template opened the block, but the server did not report that.
            spans.append((last_end, match.end()))
            inside.append((last_end, match.start()))
            last_end = match.end()
    if started >= 0:
        spans.append((started, len(text)))
        inside.append((begun, len(text)))
    return ThinkingBlocks(spans=tuple(spans), closed=started < 0, inside=tuple(inside))


def opens_thinking(prompt: str, *, formats: Formats = ()) -> bool:
    """Return whether a prompt ends with a tag that opens thinking."""
    tail = prompt[-200:].rstrip()
    if not _may_hold_tags(tail, formats):
        return False
    matches = list(_tags(formats).finditer(tail))
    return bool(matches) and not _closes(matches[-1]) and matches[-1].end() == len(tail)


def without_ends(text: str) -> str:
    """Return an answer without the tokens that end a turn."""
    return _ENDS.sub("", text)


def _bare_harmony(text: str, start: int) -> ThinkingBlocks:
    """Read harmony format whose special tokens the server has dropped: `analysisLet me see.assistantfinal12`."""
    finals = list(_BARE_FINAL.finditer(text, start))
    if not finals:
        return ThinkingBlocks(spans=((0, len(text)),), closed=False, inside=((start, len(text)),))
    last = finals[-1]
    return ThinkingBlocks(spans=((0, last.end()),), closed=True, inside=((start, last.start()),))


def _mentioned(text: str, match: re.Match[str], closed_later: object) -> bool:
    """Return whether an opening tag is only mentioned, in the middle of a sentence."""
    if closed_later:
        return False
    before = text[max(0, match.start() - 2) : match.start()]
    after = text[match.end() : match.end() + 2]
    return (
        before[-1:] == " "
        and before.strip() != ""
        and (after[:1] in ",.;:)" or (after[:1] == " " and after[1:].islower()))
    )


def _quoted(text: str, match: re.Match[str]) -> bool:
    around = text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
    return around in ("``", '""', "''", "“”")


def _closes(match: re.Match[str]) -> bool:
    return (match.lastgroup or "") in ("close", "final", "harmony_close") or (match.lastgroup or "").startswith(
        "c_"
    )


def _name(match: re.Match[str]) -> str:
    """Return the name that an opening tag and its closing tag share."""
    group = match.lastgroup or ""
    if group in ("open", "close"):
        return (match["tag"] or match["end_tag"] or "").lower()
    return "harmony" if group.startswith("harmony") or group == "final" else group[2:]


@lru_cache(maxsize=32)
def _tags(formats: Formats) -> re.Pattern[str]:
    tags, pairs = _known()
    names = "|".join(re.escape(tag) for tag in sorted(tags, key=len, reverse=True))
    parts = [
        rf"(?P<final>(?:<\|end\|>\s?)?{HARMONY_FINAL})",
        rf"(?P<harmony_open>{_HARMONY_OPEN})",
        rf"(?P<harmony_close>{_HARMONY_CLOSE})",
        rf"(?P<open><[ ]?(?P<tag>{names})(?:\s[^<>\n]{{0,200}})?>)",
        rf"(?P<close></[ ]?(?P<end_tag>{names})\s{{0,3}}>)",
    ]
    for number, (opening, closing) in enumerate((*pairs, *formats)):
        parts.append(rf"(?P<o_{number}>{re.escape(opening)})|(?P<c_{number}>{re.escape(closing)})")
    return re.compile("|".join(parts), re.IGNORECASE)


def _may_hold_tags(text: str, formats: Formats) -> bool:
    """Return whether a text has the first character of any tag; without it, it need not be searched."""
    return any(mark in text for mark in _first_marks(formats))


@lru_cache(maxsize=32)
def _first_marks(formats: Formats) -> frozenset[str]:
    _, pairs = _known()
    firsts = {text[0] for pair in (*pairs, *formats) for text in pair}
    return frozenset({"<", *firsts, *(first.swapcase() for first in firsts)})


@cache
def _known() -> tuple[Sequence[str], Formats]:
    data: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(data["tags"]), tuple((opening, closing) for opening, closing in data["pairs"])
