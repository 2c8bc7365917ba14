"""Finds the places of a completion that may hold its answer, in the order in which they are tried.

1. introduced: the strategy or the prompt ended in words that introduce the answer, which the model continues;
2. stated: the model introduces it (`The answer is`, `Answer:`, a box, `####`, a tag), the last one first;
3. opening: the first line, if it is the answer and nothing else;
4. last: the last line with content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from pytest_reasoning.scoring.where.denials import after_denial, denied_behind
from pytest_reasoning.scoring.where.markers import any_of, every
from pytest_reasoning.scoring.where.sentences import sentence_end
from pytest_reasoning.scoring.where.statements import Marker, corrections, lowered, markers

MOST_STATEMENTS = 24
"Most statements that are examined; a model that writes more of them is looping."
MOST_LEAD_WORDS = 3
"Most words before a statement that repeats the introduction: `So the final answer is`."
MOST_CHARS = 4_000
"Most characters of one place; no type of answer is longer."

WhyCut = Literal["max_tokens", "n_ctx", "content_filter", "itself"]

Introduced = Literal["surely", "perhaps", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The model's output without its thinking and without text after the answer's turn."""

    text: str
    cut: bool = False
    "Whether decoding reached the token limit."
    introduction: str = ""
    "The end of the text that the model continued: a trigger, an extraction prompt or the question."
    introduced: Introduced = ""
    """`surely`: the introduction asks only for the answer. `perhaps`: the text continues a label such as `A:`,
    after which models may also reason. Otherwise an introduction counts only if it ends in a marker."""
    why_cut: WhyCut = "max_tokens"
    "What ended the output, if it was cut."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of the output that may hold the answer."""

    text: str
    "The text up to the end of the sentence."
    line: str
    "The text up to the end of the line."
    block: str
    "The text up to the next blank line, for answers of several lines."
    kind: Literal["introduced", "stated", "opening", "last"]
    open_ended: bool = False
    "Whether it ends the output, so that the token limit may have truncated it."
    denied: bool = False
    "Whether it says what the answer is not."
    start: int = 0
    "Position in the completion at which its introduction begins; negative if before the completion."
    strong: bool = True
    "Whether it is called the answer; False for a weaker word or the label `A:`."
    box: bool = False
    "It is the inside of a `\\\\boxed{…}`, which may hold any formula."

    @property
    def stated(self) -> bool:
        """Whether the model or the strategy introduced it as the answer."""
        return self.kind in ("introduced", "stated")


def places(said: Said, own: Sequence[str] = (), *, labels_a: bool = True, first: bool = False) -> Iterator[Place]:
    """Yield the places that introduce or state the answer, the best first.

    Args:
        said: the model's output.
        own: the suite's own markers.
        labels_a: whether `A:` at the beginning of a line is a marker.
        first: whether the first of several statements counts instead of the last.
    """
    joined, boundary = said.introduction + said.text, len(said.introduction)
    found = _statements(joined, tuple(own), labels_a=labels_a)
    spanning = [
        marker
        for marker in found
        if marker.start < boundary
        and not joined[marker.end : boundary].strip("({[$\"'*_` \n\\")
        and not (said.introduced == "perhaps" and marker.kind in ("label", "heading"))
    ]
    start = spanning[-1].end if spanning else boundary
    if spanning or said.introduced == "surely":
        marker = spanning[-1] if spanning else Marker(start=boundary, end=boundary, strong=True, kind="verb")
        inside = [m for m in found if m.start >= boundary and m.strong]
        place = _place(joined, marker, boundary, "introduced")
        end = start + len(place.line) if place is not None else 0
        again = next(
            (
                m
                for m in inside
                if m.start <= end and len(said.text[: m.start - boundary].split()) <= MOST_LEAD_WORDS
            ),
            None,
        )
        if again is not None:  # the model repeats the introduction in its own words
            place = _place(joined, again, boundary, "introduced")
        if place is not None:
            yield place
    stated = [marker for marker in found if marker.start >= boundary]
    for strong in (True, False):
        ranked = [marker for marker in stated if marker.strong is strong]
        for marker in (ranked if first else ranked[::-1])[:MOST_STATEMENTS]:
            place = _place(joined, marker, boundary, "stated")
            # a result that is not the last text is an intermediate one
            if place is not None and (strong or _is_last(joined, marker, place)):
                yield place if strong else replace(place, strong=False)


# Some scorers ask whether anything is stated before they read it.
@lru_cache(maxsize=16)
def _statements(text: str, own: tuple[str, ...], *, labels_a: bool) -> tuple[Marker, ...]:
    """Return the statements of a text and what takes them back, in their order."""
    found = sorted(markers(text, own, labels_a=labels_a), key=lambda marker: marker.start)
    first_end = next((marker.end for marker in found if marker.strong), None)
    if first_end is not None:
        found = sorted([*found, *corrections(text, first_end)], key=lambda marker: marker.start)
    return tuple(found)


def opening(said: Said) -> Place | None:
    """Return the first line."""
    start = len(said.text) - len(said.text.lstrip())
    return _stretch(said.text, start, 0, "opening", start) if start < len(said.text) else None


def last_line(said: Said) -> Place | None:
    """Return the last line with content; a polite closing has none."""
    end, only = len(said.text), None
    for _ in range(12):
        start = said.text.rfind("\n", 0, end) + 1
        line = without_closers(said.text[start:end][-MOST_CHARS:].strip())
        if _says_something(line):
            return _last(said, line, start, end)
        if line and only is None:
            only = (line, start, end)
        end = start - 1
        if end <= 0:
            break
    return _last(said, *only) if only is not None else None


def _last(said: Said, line: str, start: int, end: int) -> Place:
    trimmed = trimmed_ends(line)
    return Place(
        text=trimmed,
        line=trimmed,
        block=_last_block(said.text[:end]),
        kind="last",
        open_ended=not said.text[end:].strip(),
        start=start,
    )


def _says_something(line: str) -> bool:
    if _FENCE.fullmatch(line) or _CLOSING.fullmatch(line) or _LABEL.fullmatch(line):
        return False
    return any(character.isalnum() for character in line) or _is_symbols(line)


def without_closers(line: str) -> str:
    """Return a line without a polite closing."""
    for _ in range(3):
        match = _closers().search(lowered(line))
        if match is None:
            break
        line = line[: match.start()].rstrip()
    return line


_FENCE = re.compile(r"[`~]{3,}\w*")
_LABEL = re.compile(r"[A-Z]:")
"Matches a label with nothing after it."
_CLOSING = re.compile(r"(?:</?\w{1,20}>|<\|[\w|]{1,20}\|>|<end_of_turn>|\\[\])])+")
_ONLY_BRACKETS = re.compile(r"[()\[\]{}<>][()\[\]{}<> ]*[()\[\]{}<>]\.?\Z")
"A text of two or more brackets, which may end with a full stop."
_SPECIAL_END = re.compile(
    r"(?:\s*(?:</[a-zA-Z]{1,12}>|<(?:br|p|bos|eos|pad)\s?/?>|<\|[\w]{1,20}\|>|<end_of_turn>))+\Z"
)
_OPENING_LINES = re.compile(r"(?:(?:```\w*|\\\[|\$\$)[ \t]*\n\s*)+")
_CLOSE_TAG = re.compile(r"(?i)</|\[/ANSWER\]")
_KEY_VALUE = re.compile(r"\"(?P<text>(?:[^\"\\\n]|\\.){0,1000})\"|(?P<plain>[^,}\n]{1,200})")
_BLANK = re.compile(r"\n[ \t]*\n|\n[ \t]*```")
_PAIRS = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«", "」": "「", "』": "『", "）": "（", "】": "【"}


def _place(text: str, marker: Marker, boundary: int, kind: Literal["introduced", "stated"]) -> Place | None:
    start = marker.start - boundary
    if marker.kind == "box":
        inner, closed = _boxed(text, marker.end)
        return _whole(inner, kind, start, box=True, open_ended=not closed) if inner else None
    if marker.kind == "tag":
        close = _CLOSE_TAG.search(text, marker.end, marker.end + MOST_CHARS)
        if close is not None:
            return _whole(text[marker.end : close.start()], kind, start)
    if marker.kind == "key":
        value = _KEY_VALUE.match(text, marker.end)
        if value is not None:
            return _whole(value["text"] if value["text"] is not None else value["plain"], kind, start)
    return _stretch(text, marker.end, boundary, kind, start, denied=marker.denied)


def _whole(inner: str, kind: Literal["introduced", "stated"], start: int, **more: bool) -> Place | None:
    inner = inner.strip()
    return Place(text=inner, line=inner, block=inner, kind=kind, start=start, **more) if inner else None


def _stretch(
    text: str,
    begin: int,
    boundary: int,
    kind: Literal["introduced", "stated", "opening"],
    start: int,
    denied: bool = False,
) -> Place | None:
    """Return the place that begins at `begin`, with its sentence, line and block."""
    begin = max(begin, boundary) if kind == "introduced" and not text[begin:boundary].strip() else begin
    while begin < len(text) and (text[begin].isspace() or (kind == "introduced" and text[begin] in ":：")):
        begin += 1
    lead = _OPENING_LINES.match(text, begin)
    if lead is not None:
        begin = lead.end()
    limit = min(len(text), begin + MOST_CHARS)
    line_end = text.find("\n", begin, limit)
    open_line = line_end < 0
    line_end = limit if open_line else line_end
    blank = _BLANK.search(text, begin, limit)
    block = text[begin : blank.start() if blank is not None else limit]
    line = text[begin:line_end]
    if denied:
        instead = after_denial(line)
        if instead is None:
            return Place(text=line, line=line, block=line, kind=kind, denied=True, start=start)
        line, block = instead, instead
    end = sentence_end(line, 0)
    sentence = line if end is None else _with_closers(line, end)
    if denied_behind(sentence):
        return Place(text=sentence, line=sentence, block=sentence, kind=kind, denied=True, start=start)
    trimmed = without_tail(trimmed_ends(sentence))
    if not trimmed:
        return None
    at_end = open_line and end is None
    return Place(
        text=trimmed,
        line=trimmed if sentence == line else without_tail(trimmed_ends(line)),
        block=block.strip(),
        kind=kind,
        open_ended=at_end,
        start=start,
    )


def _with_closers(line: str, end: int) -> str:
    while end < len(line) and line[end] in "*_`\"'”’)]}»」』）】$":
        end += 1
    return line[:end]


def _boxed(text: str, start: int) -> tuple[str, bool]:
    """Return the content of the box whose command ends at `start`, and whether the box is closed."""
    brace = start
    while brace < len(text) and text[brace] == " ":
        brace += 1
    if brace >= len(text) or text[brace] != "{":
        match = re.compile(r"[\w.]{1,20}").match(text, brace)
        return (match[0], True) if match is not None else ("", True)
    depth, end = 1, brace + 1
    limit = min(len(text), end + 1_000)
    while end < limit and depth:
        character = text[end]
        if character == "\\":
            end += 1
        elif character in "{}":
            depth += 1 if character == "{" else -1
        end += 1
    return (text[brace + 1 : end - 1].strip(), True) if not depth else (text[brace + 1 : limit].strip(), False)


def trimmed_ends(text: str) -> str:
    """Return a text without surrounding white space and unmatched closing markup, quotes and brackets.

    A text of nothing but brackets is kept: they are its content.
    """
    text = _SPECIAL_END.sub("", text.strip()[:MOST_CHARS]).strip()
    if _ONLY_BRACKETS.match(text):
        return text.rstrip(". ")
    for mark in ("**", "__", "`", "$"):
        if text.count(mark) % 2:
            if text.endswith(mark) or text.rstrip(".!。").endswith(mark):
                cut = text.rindex(mark)
                text = (text[:cut] + text[cut + len(mark) :]).strip()
            elif text.startswith(mark):
                text = text[len(mark) :].strip()
    for _ in range(4):
        last = text[-1:]
        stop = ""
        if last in ".!?。" and text[-2:-1] in _PAIRS and text[-2:-1]:
            stop, last = last, text[-2:-1]
        if last in _PAIRS and text.count(last) > text.count(_PAIRS[last]):
            text = text[: -1 - len(stop)].rstrip() + stop
        elif last == '"' and text.count('"') % 2:
            text = text[:-1].rstrip()
        else:
            break
    if text.endswith((".", "。", "।")) and not text.endswith(".."):
        text = text[:-1]
    return text.strip()


def without_tail(text: str) -> str:
    """Return a text without a final verb that follows the answer: 東京です, 서울입니다, 12 है."""
    return _tails().sub("", text) or text


def _is_symbols(line: str) -> bool:
    """Return whether a line without letters may still be an answer: → ★ may, --- and ``` may not."""
    return bool(line) and any(character not in "-_=*#`~. \t|>" for character in line)


def _is_last(text: str, marker: Marker, place: Place) -> bool:
    rest = text[marker.end :].lstrip()[len(place.text) :]
    return len(rest) < 400 and not without_closers(rest.strip(" \n.*_`$!")).strip(" \n.*_`$!)]}")


def _last_block(text: str) -> str:
    text = text.rstrip()[-MOST_CHARS:]
    breaks = list(_BLANK.finditer(text))
    return text[breaks[-1].end() if breaks else 0 :].strip()


@cache
def _tails() -> re.Pattern[str]:
    return re.compile(rf"(?<=[^\s])[ \t]*(?:{any_of(every('tails'))})(?=[。.!！।\s*」』\"]*$)[。.!！।\s]*")


@cache
def _closers() -> re.Pattern[str]:
    words = any_of(word.lower() for word in every("closers"))
    return re.compile(rf"(?:^|(?<=[.!?。！？])[ \t]{{0,4}})[*_> \t]{{0,6}}(?:{words})[^\n]*$")
