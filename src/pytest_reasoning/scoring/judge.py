"""Reads the places of a completion in order, and compares the first answer found with the targets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.explanations import clipped, cut_off, nothing_found, shown, unread
from pytest_reasoning.scoring.reading import Ambiguous, Reader, Reading, Unread, Unreadable
from pytest_reasoning.scoring.where import Place, Said, last_line, opening, places, without_denials
from pytest_reasoning.scoring.where.evasions import evasion
from pytest_reasoning.scoring.where.suppositions import offers_another

MOST_CHANGES = 3
"If a truncated text changes its stated answer more often than this, no answer is taken from it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How to look for answers of one type."""

    extent: Literal["sentence", "line", "several"] = "sentence"
    "How much of a place the reader gets; `several`: its sentence, or all lines of a list, array or code fence."
    plain_to_see: bool = True
    """Whether answers of this type are recognizable by their form, as numbers are and arbitrary words are not. Then
    a first line with nothing else is an answer, and what a last line denies is not."""
    reads_denials: bool = False
    "Whether the reader handles denials itself; for other readers, denying clauses are removed from a last line."
    one_word: bool = False
    "Whether an answer is one word or letter, which is complete even if the tokens ran out after it."
    stays: bool = False
    "Whether the last line is ignored if there is a statement without an answer."
    or_line: bool = False
    "Whether the rest of the line is tried as an answer too, since texts may contain full stops."
    labels_a: bool = True
    "Whether `A:` introduces an answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An answer, or the reason why there is none."""

    reading: Reading | None = None
    place: Place | None = None
    problem: Unread | None = None


class _Once:
    """A reader that reads each text once, however often a completion's places are looked at."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._found: dict[tuple[str, bool], Reading | Unread | None] = {}
        self.equal = reader.equal
        self.begins: Callable[[str], bool] | None = getattr(reader, "begins", None)

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return or raise what the reader does for this text."""
        key = text, stated
        if key not in self._found:
            try:
                self._found[key] = self._reader.read(text, stated=stated)
            except Unread as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, Unread):
            raise found
        return found


def find(said: Said, reader: Reader, rules: Rules, *, own: Sequence[str] = (), first: bool = False) -> Found:
    """Return the answer of the best place that holds one."""
    return _find(said, _Once(reader), rules, own, first)


def _find(said: Said, reader: _Once, rules: Rules, own: Sequence[str], first: bool) -> Found:
    seen: list[Place] = []
    problem = None
    denied: list[Place] = []
    labels_a = rules.labels_a and said.introduced != "surely"
    for place in places(said, own, labels_a=labels_a, first=first):
        if place.denied:
            denied.append(place)
            continue
        seen.append(place)
        try:
            reading = reader.read(_extent(place, rules), stated=True)
        except Unread as error:
            if not place.box:
                return Found(place=place, problem=error)
            problem = problem or error  # a box may contain any formula; the answer is stated elsewhere
            continue
        if reading is not None:
            if offers_another(_extent(place, rules)):
                return Found(place=place, problem=Ambiguous(f"'{clipped(place.text, 60)}'"))
            if said.cut and place.strong and _in_turn(said, reader, rules, own):
                return Found(problem=Ambiguous(f"'{clipped(reading.written, 40)}' and others in turn"))
            return Found(reading=reading, place=place)
    asked = [place for place in seen if place.kind == "introduced"] if said.introduced == "surely" else []
    if asked and rules.plain_to_see:  # what is said later answers another question
        return Found(place=asked[0], problem=problem or Unreadable(f"'{clipped(asked[0].text, 60)}' holds none"))
    if problem is not None or (seen and rules.stays):
        return Found(problem=problem or Unreadable(f"'{clipped(seen[0].text, 60)}' holds none"))
    for place in _unstated(said, reader, rules):
        if any(other.start >= place.start and place.kind == "last" for other in denied):
            continue
        text = _extent(place, rules)
        try:
            reading = reader.read(
                text if rules.reads_denials or not rules.plain_to_see else without_denials(text), stated=False
            )
        except Unread as error:
            return Found(place=place, problem=error)
        if reading is not None:
            return Found(reading=reading, place=place)
    return Found()


def _in_turn(said: Said, reader: _Once, rules: Rules, own: Sequence[str]) -> bool:
    """Return whether a truncated text alternates between answers, and so states none."""
    values: list[object] = []
    for place in places(said, own, labels_a=rules.labels_a):
        if place.denied or not place.strong:
            continue
        try:
            reading = reader.read(_extent(place, rules), stated=True)
        except Unread:
            continue
        if reading is not None:
            values.append(reading.value)
    return sum(one != other for one, other in pairwise(values)) >= MOST_CHANGES


def judge(
    said: Said,
    reader: Reader,
    targets: Sequence[Reading],
    rules: Rules,
    *,
    target_texts: Sequence[str],
    own: Sequence[str] = (),
    first: bool = False,
) -> Score:
    """Return the score of what was said.

    A place that the token limit may have cut short is `truncated`, whether right or wrong. A statement that cannot
    be read completely, or that names several answers, is `unparsed`.
    """
    found = find(said, reader, rules, own=own, first=first)
    if found.problem is not None:
        if said.cut and found.place is not None and found.place.open_ended:
            return cut_off(said.why_cut, f"within '{clipped(found.place.text)}'")
        return unread(found.problem, several=isinstance(found.problem, Ambiguous))
    if found.reading is None or found.place is None:
        return nothing_found(said)
    answer = found.reading
    whole = rules.one_word and len(said.text.split()) == 1
    if said.cut and found.place.open_ended and not whole:
        return cut_off(said.why_cut, f"within or right after '{clipped(answer.written)}'")
    if rules.or_line and found.place.stated and not any(reader.equal(answer, target) for target in targets):
        line = reader.read(found.place.line, stated=True)
        if line is not None and any(reader.equal(line, target) for target in targets):
            answer = line
    score = compared(answer, targets, reader, target_texts)
    why_not = None if rules.plain_to_see or score.status != "wrong" else evasion(answer.written, said)
    return score if why_not is None else Score(status="unparsed", answer=None, explanation=why_not)


def compared(answer: Reading, targets: Sequence[Reading], reader: Reader, target_texts: Sequence[str]) -> Score:
    """Return correct or wrong for an answer that was found."""
    said = f"answered '{clipped(answer.written)}'"
    if any(reader.equal(answer, target) for target in targets):
        return Score(status="correct", answer=answer.written, explanation=said, ballot=answer.value)
    expected = f"expected {shown(target_texts)}, {said}"
    return Score(status="wrong", answer=answer.written, explanation=expected, ballot=answer.value)


def _extent(place: Place, rules: Rules) -> str:
    if rules.extent == "several":
        return _several(place)
    return place.line if rules.extent == "line" and place.stated else place.text


_BULLET = re.compile(r"[ \t]*(?:[-*•+–—]|\(?\d{1,3}[.)])[ \t]+\S")


def _several(place: Place) -> str:
    """Return the lines of a list in which a place begins or ends, else its sentence."""
    lines = [line for line in place.block.split("\n") if line.strip() and not line.strip().startswith("```")]
    if place.kind != "last":
        opens = place.text[:1] in ("[", "{") and place.text.count("[") > place.text.count("]")
        if opens or (len(lines) > 1 and all(_BULLET.match(line) for line in lines)):
            return "\n".join(lines)
        return place.text
    bullets: list[str] = []
    for line in reversed(lines):
        if not _BULLET.match(line):
            break
        bullets.append(line)
    if len(bullets) > 1:
        return "\n".join(bullets[::-1])
    array = place.block.rfind("\n[") + 1
    return (
        place.block[array:]
        if place.text == "]" or (place.block[array : array + 1] == "[" and array)
        else place.text
    )


def _unstated(said: Said, reader: _Once, rules: Rules) -> Iterator[Place]:
    """Yield the last line and the first, in the order in which they are looked at.

    The last line is read as late as can be, because it may be long.
    """
    first, last = opening(said), last_line(said)
    if last is None:
        return
    if first is None:
        yield last
        return

    def elsewhere() -> bool:
        return first.start != last.start and not _alone(reader, last, said.text)

    if reader.begins is not None and reader.begins(first.line) and elsewhere():
        # "Yes, because …" and "B) green …" answer in the first words, whatever is explained after them
        yield first
        return
    leads = said.introduced == "perhaps"
    alone = rules.plain_to_see and _alone(reader, first, said.text, leads=leads)
    apart = first.start != last.start or first.text != last.text
    paragraph = not rules.plain_to_see and leads and _is_paragraph(said.text) and not _NUMBERED.match(said.text)
    if apart and (paragraph or (alone and (leads or elsewhere()))):
        yield first
    yield last
    if alone:
        yield first


_NUMBERED = re.compile(r"\s*\(?(\d{1,3})[.)]\s+\S")


def _alone(reader: _Once, place: Place, text: str, *, leads: bool = False) -> bool:
    """Whether a line holds an answer and nothing else; behind a label (`leads`) its first sentence may.

    The number of the first item of a list is no answer.
    """
    whole = place.text if leads or place.kind == "last" else place.line
    number = _NUMBERED.match(text) if place.kind == "opening" else None
    if number is not None and (number[1] == "1" or f"\n{int(number[1]) + 1}." in text[:MOST_LIST]):
        return False
    try:
        reading = reader.read(whole, stated=False)
    except Unread:
        return False
    return reading is not None and _letters(reading.written) == _letters(whole)


MOST_LIST = 4_000
"Characters in which the second item of a numbered list is looked for."


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _is_paragraph(text: str) -> bool:
    """Whether the first line is a paragraph of its own."""
    lines = text.lstrip().split("\n", 2)
    return len(lines) == 1 or not lines[1].strip()
