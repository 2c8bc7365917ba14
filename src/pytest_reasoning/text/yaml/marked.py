"""Parses a user's YAML file into plain data that remembers its lines; nothing in the file is executed.

Scalars follow the YAML 1.2 core schema, not 1.1, so `yes`, `12:30`, `2024-01-01` and `007` stay texts. Only the
events of PyYAML's parser are used; tags are refused.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pytest_reasoning.text.errors import FileError, Problem, SuiteError
from pytest_reasoning.text.unicode import valid_text

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 32
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels (flatten it)"
MAX_NODES = 1_000_000
"Most values, counting aliases each time they are used, which stops `billion laughs` attacks."

Place = tuple[int, int]
"1-based line and column."

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"(?:0|-?[1-9][0-9]{0,300})\Z")  # -0 stays a text and so keeps its sign
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,300}|[0-9]{1,300}(?:\.[0-9]{0,300})?)(?:[eE][-+]?[0-9]{1,3})?\Z")
_FLOAT_LIKE = re.compile(r"[.eE]")
_TAGS = {"tag:yaml.org,2002:str": str, "tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float}


class WrittenFloat(float):
    """A float that prints as it was written, such as `1.50`."""

    written: str

    def __new__(cls, written: str) -> WrittenFloat:
        """Read `written`, a decimal literal."""
        self = super().__new__(cls, written)
        self.written = written
        return self

    def __str__(self) -> str:
        return self.written


class MarkedMap(dict[str, Any]):
    """A mapping that knows its place in the file and those of its entries."""

    __slots__ = ("keys_at", "place", "values_at", "written")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.keys_at: dict[str, Place] = {}
        self.values_at: dict[str, Place] = {}
        self.written: dict[str, str] = {}
        "By key: the original text of a value like `True` or `FALSE`, which is read as a boolean."


class MarkedList(list[Any]):
    """A list that knows its place in the file and those of its entries."""

    __slots__ = ("items_at", "place", "written")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.items_at: list[Place] = []
        self.written: dict[int, str] = {}
        "By index: the original text of a boolean, as for a mapping."


def read_text(path: Path, display: str, refuse: type[FileError] = SuiteError) -> str:
    """Read a file; raise `refuse` if it is missing, too large or not UTF-8."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise refuse([Problem(file=display, line=0, message="is no regular file (name a file of text)")])
        size = found.st_size
        if size > MAX_BYTES:
            remedy = "shorten it; rows of a suite can stand in a `dataset`"
            message = f"the file has {size:,} bytes, the limit is {MAX_BYTES:,} ({remedy})"
            raise refuse([Problem(file=display, line=0, message=message)])
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror} (check the path and its permissions)"
        raise refuse([Problem(file=display, line=0, message=message)]) from None
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8 (save the file as UTF-8)"
        raise refuse([Problem(file=display, line=0, message=message)]) from None


def parse(text: str, display: str, refuse: type[FileError] = SuiteError) -> Any:
    """Parse one YAML document into `MarkedMap`, `MarkedList` and scalars; raise `refuse`."""
    try:
        return _Composer(display, refuse).compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = " ".join(part for part in (error.context, error.problem) if part)
        remedy = "quote texts that hold ':', '#', '{', '[' or a quote, and indent with spaces"
        message = f"not valid YAML: {what} ({remedy})"
        if "maximum nesting depth" in what:
            # Newer parsers have their own limit and read ahead, so theirs may be reached before ours.
            message = TOO_DEEP
        raise refuse([Problem(file=display, line=line, column=column, message=message)]) from None
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        what = " ".join(str(error).split())
        raise refuse(
            [Problem(file=display, line=0, message=f"not valid YAML: {what} (save it as plain UTF-8 text)")]
        ) from None


def place_of(data: Any, path: tuple[str | int, ...], *, key: bool = False) -> Place:
    """Return the place of the value at `path`, or of its key; parts of the path that do not exist are skipped."""
    place: Place = getattr(data, "place", (0, 0))
    for position, part in enumerate(path):
        last = position == len(path) - 1
        if isinstance(data, MarkedMap) and part in data:
            place = (data.keys_at if key and last else data.values_at)[str(part)]
            data = data[str(part)]
        elif isinstance(data, MarkedList) and isinstance(part, int) and part < len(data):
            place, data = data.items_at[part], data[part]
    return place


class _Composer:
    """Builds the data from the parser's events without recursion, so deep nesting cannot exhaust Python's stack."""

    def __init__(self, display: str, refuse: type[FileError]) -> None:
        self.display = display
        self.refuse = refuse
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.nodes = 0

    def compose(self, text: str) -> Any:
        """Return the data of the only document, or None if there is none."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        root: MarkedList = MarkedList((1, 1))
        # Each entry is a container, its pending key (None if a key comes next), place, anchor and node count
        # before.
        stack: list[list[Any]] = [[root, None, None, None, 0]]
        documents = 0
        events: Iterator[Any] = yaml.parse(text, Loader=loader)
        for event in events:
            place = (event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(place, "a second YAML document (one file holds one: remove the '---')")
            elif isinstance(event, yaml.ScalarEvent):
                value = self._scalar(event, place)
                self._count(place, 1)
                if event.anchor:
                    self.anchors[event.anchor] = (value, 1)
                if event.value == "<<" and event.implicit[0] and stack[-1][2] is None:
                    self._refuse_merge(stack[-1], place)
                self._add(stack[-1], value, place, event.value)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    self._refuse(
                        place,
                        f"the alias '*{event.anchor}' names no finished anchor (define &{event.anchor} before it)",
                    )
                value, weight = self.anchors[str(event.anchor)]
                self._count(place, weight)
                self._add(stack[-1], value, place)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if event.tag is not None and not event.implicit:
                    self._refuse(
                        place,
                        f"the tag '{_shown_tag(event.tag)}' is not allowed (remove it: only plain data is read)",
                    )
                if len(stack) > MAX_DEPTH:
                    self._refuse(place, TOO_DEEP)
                container = MarkedMap(place) if isinstance(event, yaml.MappingStartEvent) else MarkedList(place)
                self._count(place, 1)
                stack.append([container, None, None, event.anchor, self.nodes - 1])
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                container, _, _, anchor, before = stack.pop()
                if anchor:
                    self.anchors[anchor] = (container, self.nodes - before)
                self._add(stack[-1], container, container.place)
        return root[0] if root else None

    def _refuse_merge(self, frame: list[Any], place: Place) -> None:
        if isinstance(frame[0], MarkedMap):
            self._refuse(
                place, "the merge key '<<' is not read (write the keys out, or put them into a file to `include`)"
            )

    def _add(self, frame: list[Any], value: Any, place: Place, written: str = "") -> None:
        container = frame[0]
        kept = isinstance(value, bool) and written not in ("", "true", "false")
        if isinstance(container, MarkedList):
            if kept:
                container.written[len(container)] = written
            container.append(value)
            container.items_at.append(place)
        elif frame[2] is None:
            if isinstance(value, dict | list) or value is None:
                self._refuse(place, "a key must be a plain text (quote it)")
            key = str(value) if not isinstance(value, bool) else str(value).lower()
            if key in container:
                self._refuse(
                    place,
                    f"the key '{key}' stands twice (the first is on line {container.keys_at[key][0]}: keep one)",
                )
            frame[1], frame[2] = key, place
        else:
            if kept:
                container.written[frame[1]] = written
            container[frame[1]] = value
            container.keys_at[frame[1]] = frame[2]
            container.values_at[frame[1]] = place
            frame[2] = None

    def _scalar(self, event: Any, place: Place) -> Any:
        text = valid_text(event.value)
        if event.tag is not None and event.tag != "!":
            kind = _TAGS.get(event.tag)
            if kind is None:
                self._refuse(
                    place, f"the tag '{_shown_tag(event.tag)}' is not allowed (remove it: only plain data is read)"
                )
            if kind is str:
                return text
        elif not event.implicit[0]:
            return text
        if text in _BOOL:
            return _BOOL[text]
        if _INT.match(text):
            return int(text)
        if _FLOAT_LIKE.search(text) and _FLOAT.match(text):
            return WrittenFloat(text)
        return None if _NULL.match(text) else text

    def _count(self, place: Place, weight: int) -> None:
        self.nodes += weight
        if self.nodes > MAX_NODES:
            self._refuse(
                place, f"more than {MAX_NODES:,} values, aliases written out (move the rows to a `dataset`)"
            )

    def _refuse(self, place: Place, message: str) -> None:
        raise self.refuse([Problem(file=self.display, line=place[0], column=place[1], message=message)])


def _shown_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
