"""Finds where a text states its answer: by a noun and a verb, a label, a box, `####` or a tag.

The search has two steps, so that it takes time proportional to the text: one pattern finds the nouns of all
languages, and at each noun the grammar of its languages is tried, which looks only a fixed distance ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from pytest_reasoning.scoring.where.markers import Language, any_of, languages
from pytest_reasoning.scoring.where.suppositions import asks, supposed_until

FoundT = TypeVar("FoundT")

MOST_IN_BETWEEN = 80
"Most characters between a noun and its verb: `the answer to the second question is`."
MOST_NOUNS = 200
"Most introducing words and marks that are tried from each end of the text."
_MARKUP = r"[*_`]{0,3}"
_OPENING_MARKUP = re.compile(r"(?:[*_]{1,3}(?=\s))?\s*(?:(?:\.{2,}|…)\s*)?")
_LINE_START = re.compile(r"[\s>*_#\-•✅☑✔✓➡→\"'`(]*\Z")
_OTHERS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "box": (("box",), re.compile(r"\\(?:boxed|fbox|framebox)(?=[\s{\d])")),
    "tag": (("<", "[answer]"), re.compile(r"(?i)<(?:final[_ ]?)?(?:answer|response|result)>|\[ANSWER\]")),
    "hashes": (("####",), re.compile(r"(?m)^[ \t]*\#{4}(?!\#)")),
    "key": (("answer'", 'answer"'), re.compile(r"[\"'](?i:(?:final[_ ]?)?answer)[\"']\s{0,3}:")),
}
"""Marks that introduce an answer, by the kind of marker; no two of them overlap. A text in lower case that holds
none of a mark's first texts does not hold the mark, which is sooner seen than by its pattern."""
_HEADING = re.compile(
    r"(?i)[\s*_]*(?:step|part|case|method|approach|explanation|solution|note|example|question|problem|conclusion|summary|"
    r"final answer|answer|given|reasoning|analysis|introduction|option)\b"
)
_OF = "to|for|of|in|from|here|given|para|a la|de|del|della|à|zu|zur|auf|untuk|dari|alla"
"Most words between a noun and the thing that it answers."
_BEFORE = 48
"Characters before a noun that are searched for adjectives and suppositions."
_LABEL_A = re.compile(r"(?m)^[ \t>*_]{0,4}A[ \t]?[:：]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A place in a text where words introduce an answer."""

    start: int
    end: int
    "Position at which the answer begins."
    strong: bool
    "Whether it is called the answer; False for a result or solution, which may be intermediate."
    kind: str
    "`verb`, `label`, `box`, `tag`, `hashes` or `key`."
    denied: bool = False
    "Whether it says what the answer is not."


@dataclass(frozen=True, slots=True)
class _Grammar:
    language: Language
    verb: re.Pattern[str]
    label: re.Pattern[str]
    wrongly: re.Pattern[str]
    wrong: re.Pattern[str]
    "The same behind the noun."
    supposed: re.Pattern[str]
    adjectives: re.Pattern[str]


def markers(text: str, own: Sequence[str] = (), *, labels_a: bool = False) -> Iterator[Marker]:
    """Yield the statements that introduce an answer in `text`, in no particular order.

    Args:
        text: the model's output without its thinking.
        own: further markers, as written in a suite.
        labels_a: `A:` at the beginning of a line introduces an answer too; it does not where A is an option.
    """
    small = lowered(text)
    for match in _ends(list(_nouns(ascii_only=small.isascii()).finditer(small))):
        for strong, grammar in _by_noun()[match[0]]:
            found = _at_noun(text, small, match.start(), match.end(), strong, grammar)
            if found is not None:
                yield found
                break
    marks = [
        (match, kind)
        for kind, (signs, pattern) in _OTHERS.items()
        if any(sign in small for sign in signs)
        for match in pattern.finditer(text)
    ]
    for match, kind in _ends(sorted(marks, key=lambda mark: mark[0].start())):
        found = _other(text, match, kind)
        if found is not None:
            yield found
    if labels_a:
        for label in _LABEL_A.finditer(text):
            yield Marker(start=label.start(), end=_content(text, label.end()), strong=False, kind="label")
    if own:
        for match in _own(tuple(own)).finditer(small):
            yield Marker(start=match.start(), end=_content(text, match.end()), strong=True, kind="verb")


def corrections(text: str, start: int) -> Iterator[Marker]:
    """Yield what takes a statement back and gives another answer, which has to be its whole sentence.

    `Wait, it is 13.` gives one. `Wait, it is 13 if we count the cat` and `Hmm, it is 13?` do not.

    Args:
        text: what the model said.
        start: end of the first statement; nothing is taken back before it.
    """
    small = lowered(text)
    for match in _ends(list(_corrections(ascii_only=small.isascii()).finditer(small, start))):
        yield Marker(start=match.start(), end=_content(text, match.end()), strong=True, kind="verb")


def _ends(every: list[FoundT]) -> list[FoundT]:
    """Return the first and the last of many matches, because a model with so many of them is looping."""
    return every if len(every) <= 2 * MOST_NOUNS else [*every[:MOST_NOUNS], *every[-MOST_NOUNS:]]


def lowered(text: str) -> str:
    """Return a text in lower case, with every character at its old position."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c if len(c.lower()) != 1 else c.lower() for c in text)


def _at_noun(text: str, small: str, start: int, end: int, strong: bool, grammar: _Grammar) -> Marker | None:
    language = grammar.language
    if language.spaced and start and _is_letter(small[start - 1]):
        return None
    if language.spaced and not language.glued and end < len(small) and _is_letter(small[end]):
        return None
    before = small[max(0, start - _BEFORE) : start]
    adjectives = grammar.adjectives.search(before)
    ahead = before[: adjectives.start()] if adjectives is not None else before
    if grammar.supposed.search(ahead):
        return None
    wrongly, behind = grammar.wrongly.search(ahead), grammar.wrong.match(small, end)
    if behind is not None and grammar.verb.match(small, behind.end()) is not None:
        return Marker(start=start, end=behind.end(), strong=strong, kind="verb", denied=True)
    if wrongly is not None:
        if wrongly[0].strip() not in language.false or grammar.verb.match(small, end) is None:
            return None
        return Marker(start=start, end=end, strong=strong, kind="verb", denied=True)
    named = strong or (adjectives is not None and adjectives[0].strip() != "")
    label = grammar.label.match(small, end)
    if label is not None:
        at_line_start = _starts_line(text, start - len(before) + len(ahead))
        heading = label["colon"] is None
        if (at_line_start and named) if heading else (at_line_start or named):
            kind = "heading" if heading else "label"
            return Marker(start=start, end=_content(text, label.end()), strong=named, kind=kind)
        return None
    verb = grammar.verb.match(small, end)
    if verb is None:
        return None
    if asks(text, verb.end()):
        return None
    stop = supposed_until(small, start, verb[0], verb.end(), language)
    if stop is not None:
        return Marker(start=start, end=stop, strong=strong, kind="verb", denied=True)
    denied = bool(verb["denied"] or verb["refused"])
    return Marker(start=start, end=_content(text, verb.end()), strong=strong, kind="verb", denied=denied)


def _other(text: str, match: re.Match[str], kind: str) -> Marker | None:
    if kind == "hashes":
        line = text[match.end() : match.end() + 200].split("\n", 1)[0].strip()
        if not line or len(line) > 100 or _HEADING.match(line):
            return None
    return Marker(
        start=match.start(),
        end=match.end() if kind == "box" else _content(text, match.end()),
        strong=True,
        kind=kind,
    )


def _content(text: str, end: int) -> int:
    """Return where the answer begins after a marker; markup that closes after the marker is skipped."""
    match = _OPENING_MARKUP.match(text, end)
    return match.end() if match is not None else end


def _starts_line(text: str, start: int) -> bool:
    line = text[max(0, start - 12) : start].rpartition("\n")
    return (bool(line[1]) or start <= 12) and _LINE_START.match(line[2]) is not None


def _is_letter(character: str) -> bool:
    return character.isalnum()


@cache
def _by_noun() -> dict[str, list[tuple[bool, _Grammar]]]:
    found: dict[str, list[tuple[bool, _Grammar]]] = {}
    for language in languages():
        grammar = _grammar(language)
        for strong, nouns in ((True, language.answer), (False, language.result)):
            for noun in nouns:
                found.setdefault(noun.lower(), []).append((strong, grammar))
    return found


@cache
def _nouns(*, ascii_only: bool) -> re.Pattern[str]:
    return re.compile(any_of(_possible(_by_noun(), ascii_only=ascii_only)))


def _possible(words: Iterable[str], *, ascii_only: bool) -> list[str]:
    """Return the words that can stand in a text; the fewer first letters there are, the quicker is the search."""
    return [word for word in words if not ascii_only or word.isascii()]


@cache
def _corrections(*, ascii_only: bool) -> re.Pattern[str]:
    """Return the pattern of words that take a statement back, with an answer of one or two words behind them."""
    phrases = []
    for language in languages():
        retracts = _possible(language.retract, ascii_only=ascii_only)
        if retracts:
            retract, is_ = any_of(retracts), any_of(language.is_)
            it = rf"(?:{any_of(language.it)})(?:[ \t]+|(?=['’])|(?<=['’]))" if language.it else ""
            phrases.append(rf"(?:{retract})[ \t]*[,.!:;…—–-]{{1,3}}[ \t]*{it}(?:{is_})")
    not_ = any_of(word for language in languages() if language.retract for word in language.not_)
    word = r"[^\s,;:?]{1,60}"
    answer = rf"(?!(?:{not_})(?![^\W_])[ \t]+\S)(?:{word}[ \t]+)?{word}(?:,[ \t]+(?:{not_})[ \t]+{word})?"
    return re.compile(
        rf"(?<![^\W_])(?:{'|'.join(phrases)})(?![^\W_])[ \t]*[:：=]?"
        rf"(?=[ \t]*{answer}(?:(?<=[.!。])[ \t]|[ \t]*(?:\n|\Z)))"
    )


@lru_cache(maxsize=64)
def _own(markers: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(marker.lower().rstrip(' :：=') for marker in markers)})[ \t]*[:：=]?")


def _grammar(language: Language) -> _Grammar:
    gap = r"[ \t]+" if language.spaced else r"[ \t]*"
    with_, is_, surely = (any_of(words) for words in (language.with_, language.is_, language.surely))
    not_, denied = any_of(language.not_), any_of(language.denied)
    bound = r"(?![^\W_])" if language.spaced else ""
    # In some languages `no` and `not` are one word; where nothing follows it, it is the answer: `A resposta é não.`
    both = [word for word in language.no if word in language.not_]
    not_ = rf"(?!(?:{any_of(both)}){bound}[ \t]*(?:[.!;,\n]|\Z))(?:{not_})" if both else rf"(?:{not_})"
    start = r"(?<![^\W_])" if language.spaced else ""
    joined = r"[ \t]*" if language.glued or not language.spaced else r"(?:[ \t]+|(?=['’]))"
    of = rf"(?:[ \t]+(?:{_OF})\b[^.\n?!:;]{{1,{MOST_IN_BETWEEN}}}?)?"
    aside = r"(?:[ \t]*[(（][^()（）\n]{0,80}[)）])?"
    aside_word = rf"(?:,?[ \t]?(?:{surely}){bound},?)?" if language.spaced and not language.glued else ""
    verb = rf"(?:{aside_word}{joined}(?:{is_}){bound}"
    if language.verb_last:
        verb += r"|(?=[ \t]+\S[^\n।.]{0,80}(?:है|हैं)\s*[।.\n*]*)"
    verb += ")"
    lead = rf"(?:(?:[ \t]?,)?[ \t]?(?:{surely}){bound},?[ \t]?){{0,4}}"
    tail = (
        rf"{_MARKUP}(?:{gap}(?:{with_}){bound}){{0,2}}{of if language.spaced else ''}{aside}{_MARKUP}"
        rf"(?:{verb}{lead}(?P<denied>[ \t]*{not_}{bound})?|{joined}(?P<refused>{denied}){bound}){lead}"
        r"[ \t]*[:：=]?"
    )
    return _Grammar(
        language=language,
        verb=re.compile(tail),
        label=re.compile(
            rf"{_MARKUP}(?:{gap}(?:{with_}){bound}){{0,2}}{aside}[ \t]*{_MARKUP}[ \t]*(?:(?P<colon>[:：=])|(?=\n))"
        ),
        # `\Z`, as `$` would also match before a line break: the last word of the line above is no adjective.
        wrongly=re.compile(rf"{start}(?:{any_of(language.wrongly)})[ \t]*\Z"),
        wrong=re.compile(rf"{gap}(?:{any_of(word for word in language.wrongly if word in language.false)}){bound}"),
        supposed=re.compile(rf"(?:^|[^\w])(?:{any_of(language.if_)})\b[^.\n,;:]{{0,16}}\Z"),
        adjectives=re.compile(rf"(?:{start}(?:{with_})[ \t]*)*\Z"),
    )
