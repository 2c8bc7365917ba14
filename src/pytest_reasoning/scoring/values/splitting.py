"""Splits a text into the entries of a list: arrays, bullets, arrows, commas, and words such as `and`."""

from __future__ import annotations

import json
import re

from pytest_reasoning.scoring.reading import Ambiguous, Unreadable
from pytest_reasoning.scoring.values.entries import LATEX_TEXT, WHOLE_MARKS
from pytest_reasoning.scoring.values.grammar.words.characters import visible

_FENCE = re.compile(r"```[^\n`]{0,40}\n(.*?)(?:```|\Z)", re.DOTALL)
_BULLET = re.compile(
    r"[ \t>]*(?:[-*\u2022\u2013\u2014+\u25aa\u25cf\u00b7]|\(?\d{1,3}[.)、:])[ \t]+(?=\S)|[ \t>]*\u2022(?=\S)"
)
_INLINE = re.compile(r"(?:(?<=\s)|(?<![\s\S]))\(?(\d{1,2})[.)]\s")
_LATEX = re.compile(r"\\(?:left|right|displaystyle|quad|[,;!: ])(?![A-Za-z])|\${1,2}")
_ARROWS = re.compile(
    r"\s*(?:-{1,2}>|=>|[\u2190-\u2193\u21d2\u27a1\u279c\u2794\u27f6\u2192]|\\(?:right|Right|longright)arrow|\\to)(?![A-Za-z])\s*"
)
_ORDER = re.compile(r"\s+[<>]\s+")
_DASHES = re.compile(r"\s+[-\u2013\u2014]\s+")
_PIPES = re.compile(r"\s*\|\s*")
_SLASHES = re.compile(r"\s+/\s+")
_AND = re.compile(
    r"(?i)(?:^|\s+)(?:and|und|et|&|\+|plus|og|och|dan|и)\s+(?:then\s+|finally\s+)?|\s*(?:以及|および|和|与|與|及)\s*|(?<=\w\w)\s+[ye]\s+(?=\w\w)"
)
_OR = re.compile(r"(?i)(?:^|\s+)(?:or|oder|ou|либо|или)\s+|\s*(?:或者|或|または)\s*")
_LEAD = re.compile(r"(?i)^(?:and\s+|then\s+|finally,?\s+|lastly,?\s+)+(?=\S)")
_INTRODUCTION = re.compile(r"^[^,;:\n]{1,200}?(?::\s|：|\b(?:are|is|were|sind|sont|son|são)\b\s*:?\s)\s*(?=\S)")
_GROUP = re.compile(r"\d{3}(?!\d)")
_OPEN, _CLOSE = "([{（［【", ")]}）］】"


def cut(text: str, separator: str | None) -> list[list[str]]:
    """Return the ways to read a text as a list of raw entries, the likeliest first.

    Raises Ambiguous for alternatives (`a or b`), and Unreadable for an array that is not closed.
    """
    text = visible(text).strip()
    if (fence := _FENCE.search(text)) is not None:
        text = fence[1].strip()
    if separator is not None:
        return [_lines_or(text, separator)]
    array = _array(text)
    if array is not None:
        return [array]
    if (bullets := _bullets(text)) is not None:
        return [bullets]
    if "\n" in text:
        return [[line for line in text.split("\n") if line.strip()]]
    return _line(text)


def _lines_or(text: str, separator: str) -> list[str]:
    whole = _bare(text)
    return (whole if separator in whole else text).split(separator)


def _bare(text: str) -> str:
    """Return a text without brackets that enclose all of it."""
    stripped = text.rstrip(".。")
    if len(stripped) > 1 and stripped[0] in _OPEN and _closing(stripped, 0) == len(stripped) - 1:
        return stripped[1:-1]
    return text


def _closing(text: str, start: int) -> int:
    """Return where the bracket that opens at `start` closes, or -1 if it never does."""
    depth, quoted = 0, ""
    for at in range(start, len(text)):
        character = text[at]
        if quoted:
            quoted = "" if character == quoted and text[at - 1] != "\\" else quoted
        elif character == '"' or (character == "'" and not text[at - 1 : at].isalnum()):
            quoted = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            if depth == 0:
                return at
    return -1


def _array(text: str) -> list[str] | None:
    """Return the entries of the only array in a text, or None if there is none."""
    start = text.find("[")
    if start < 0:
        return None
    end = _closing(text, start)
    if end < 0:
        raise Unreadable(f"'{text[start : start + 40]}' is an array without its end")
    inner, rest = text[start : end + 1], text[end + 1 :]
    if "," not in inner and ";" not in inner and (text[:start].strip() or rest.strip(" .\n")):
        return None  # a footnote mark within a text
    second = rest.find("[")
    if second >= 0 and (other := _closing(rest, second)) >= 0 and rest[second : other + 1] != inner:
        if text[:start].strip() or not re.fullmatch(r"[\s,;]*", rest[:second]):
            raise Ambiguous(f"'{inner[:40]}' and '{rest[second : other + 1][:40]}'")
        return None  # [1, 2], [3, 4] is a list of two
    return _decoded(inner) or _split_commas(inner[1:-1])


def _decoded(array: str) -> list[str] | None:
    try:
        values = json.loads(array)
    except (ValueError, RecursionError):
        return None
    return [value if isinstance(value, str) else _written(value) for value in values]


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _bullets(text: str) -> list[str] | None:
    lines = [line for line in text.split("\n") if line.strip()]
    marks = [_BULLET.match(line) for line in lines]
    found = [(mark, line) for mark, line in zip(marks, lines, strict=True) if mark is not None]
    if len(found) > 1 or (found and len(lines) == 1 and text[found[0][0].start()] not in "(0123456789"):
        depth = min(len(line) - len(line.lstrip()) for _, line in found)
        top = [line[mark.end() :] for mark, line in found if len(line) - len(line.lstrip()) == depth]
        return top if len(top) > 1 or len(found) == 1 else [line[mark.end() :] for mark, line in found]
    return _numbered(text) if len(lines) == 1 else None


def _numbered(line: str) -> list[str] | None:
    """Return the entries of a line such as `1. a 2. b 3. c`, or None if it is not numbered."""
    marks: list[re.Match[str]] = []
    for mark in _INLINE.finditer(line):
        if int(mark[1]) == len(marks) + 1:
            marks.append(mark)
    if len(marks) < 2 or marks[0].start() != 0:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    return [line[mark.end() : end].strip(" ,;") for mark, end in zip(marks, ends, strict=True)]


def _line(text: str) -> list[list[str]]:
    text = " ".join(text.split())  # the patterns below would rescan a long run of spaces for every start
    text = _bare(_LATEX.sub(" ", LATEX_TEXT.sub(r"\1", text)).replace("\\{", "{").replace("\\}", "}").strip())
    if (marked := WHOLE_MARKS.match(text)) is not None:
        text = marked[2]
    ways = _parts(text)
    if (introduction := _INTRODUCTION.match(text)) is not None:
        rest = _parts(_bare(text[introduction.end() :].strip()))
        named = (
            introduction[0].rstrip()[-1:] in ":：" or len(introduction[0].split()) > 2
        )  # "Tom is" does not introduce a list
        ways = [*rest, *ways] if named else [*ways, *rest]
    if len(ways[-1]) == 1 and len(words := text.split()) > 1:
        ways.append(words)
    return [[_LEAD.sub("", part.strip()) for part in way] for way in ways]


def _parts(text: str) -> list[list[str]]:
    """Split a line at the kind of separator it uses, in two ways if an `and` may belong to a name."""
    for marks in (";；", ",，、"):
        parts = _split_at(text, marks)
        if len(parts) > 1:
            return _last_joined(parts)
    for pattern in (_ARROWS, _ORDER, _PIPES, _SLASHES):
        parts = [part for part in pattern.split(text) if part.strip()]
        if len(parts) > 1:
            return [parts]
    if len(dashed := _DASHES.split(text)) > 2:
        return [dashed, [text]]
    if len(alternatives := _OR.split(text)) > 1:
        raise Ambiguous(" or ".join(f"'{part.strip()[:40]}'" for part in alternatives[:4]))
    parts = [part for part in _AND.split(text) if part.strip()]
    return [parts, [text]] if len(parts) > 1 else [[text]]


def _last_joined(parts: list[str]) -> list[list[str]]:
    """Split the last part at its `and`; raise Ambiguous if it has an `or`."""
    last = f" {parts[-1]}"
    if len(_OR.split(last)) > 1:
        raise Ambiguous(f"'{parts[0].strip()[:40]}' … or '{last.strip()[-40:]}'")
    if (lead := _AND.match(last)) is not None:
        return [[*parts[:-1], last[lead.end() :]]]
    joined = [part for part in _AND.split(last) if part.strip()]
    whole = [*parts[:-1], last]
    return [[*parts[:-1], *joined], whole] if len(joined) > 1 else [whole]


def _split_commas(text: str) -> list[str]:
    return [part for part in _split_at(text, ",，;") if part.strip()]


def _split_at(text: str, marks: str) -> list[str]:
    """Split at marks outside brackets and quotation marks.

    A comma within a grouped numeral splits only if no separator is followed by a space: `1,234, 5,678` are two.
    """
    spaced = re.search(rf"[{re.escape(marks)}]\s", text) is not None
    parts, depth, quote, start = [], 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote and (quote == '"' or not text[at + 1 : at + 2].isalnum()) else quote
        elif character == '"' or (character == "'" and text[start:at].isspace() | (start == at)):
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(0, depth - 1)
        elif character in marks and depth == 0:
            if spaced and text[at - 1 : at].isdigit() and _GROUP.match(text, at + 1):
                continue
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
