"""Reads mathematical expressions; math-verify (optional) compares them, and its verdict is checked exactly."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from pytest_reasoning.scoring.folding import folded
from pytest_reasoning.scoring.reading import Reader, Reading, Unread, Unreadable
from pytest_reasoning.scoring.values.entries import plain
from pytest_reasoning.scoring.values.exactness import agree, exact
from pytest_reasoning.scoring.values.grammar.words.characters import visible
from pytest_reasoning.scoring.values.grammar.words.numerals import Number
from pytest_reasoning.scoring.values.number import number_reader, whole_number
from pytest_reasoning.text.errors import ScorerError

TIMEOUT_S = 5
MOST_TEXT = 1_000
"Most characters of an expression; a longer place is not read."
MOST_OPERATIONS = 100
"Deepest nesting of an expression, because the libraries recurse through it."
_OPERATION = re.compile(r"[-+*/^_=<>!\\|(\[{,]")
_SEGMENT = re.compile(
    r"\$\$([^$]+)\$\$|(?<!\\)\$([^$]+)(?<!\\)\$|\\\(((?:(?!\\\)).)+)\\\)|\\\[((?:(?!\\\]).)+)\\\]", re.DOTALL
)
_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim max min gcd lcm mod det deg pi sqrt"
).split()
_WORD = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{2,}")
_BARE_FUNCTION = re.compile(rf"(?<![\\A-Za-z])({'|'.join(_FUNCTIONS)})(?![A-Za-z])")
_ROOT = re.compile(r"\\?sqrt\s*\(([^()]{1,200})\)")
_TEXT_COMMAND = re.compile(r"\\(?:text|mathrm|textbf|mathbf|operatorname|begin|end)\s*\{[^{}]*\}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_NAMED = re.compile(r"^\s*[A-Za-z](?:_\{?\w{1,3}\}?)?\s*=\s*(?=\S)")
_INTRODUCTION = re.compile(r"^.{1,200}?(?::|\b(?:is|are|equals|gives|be)\b)\s+(?=\S)", re.DOTALL)
_JOINS = frozenset("and or".split())
_OPERATORS = frozenset("times plus minus over divided squared cubed of to than per power root".split())
_LONGEST_PRODUCT = 4
"Most letters in a row between dollar signs that are read as a product: $abc$."


@dataclass(frozen=True, slots=True)
class Expression:
    """A mathematical expression given as the answer."""

    key: str
    "Normalized text, equal for expressions that differ only in notation."
    number: Number | None = field(default=None, compare=False)
    "The exact value if the expression is a rational number."
    parsed: tuple[Any, ...] = field(default=(), compare=False)
    "The results of math-verify's parser; empty for a number or a plain text."


def math_reader() -> Reader:
    """Return a reader of mathematics: 1/2, 0.5 and \\frac{1}{2} are equal, x^2+2x+1 and (x+1)^2 are.

    Raises `ScorerError` if math-verify is not installed.
    """
    _library()
    return _MathReader()


@dataclass(frozen=True, slots=True)
class _MathReader:
    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the expression that a place states; the reading's `value` is an `Expression`."""
        place = visible(text).strip()
        if len(place) > MOST_TEXT:
            raise Unreadable(f"'{place[:40]}…' has {len(place):,} characters, an expression at most {MOST_TEXT:,}")
        if len(_OPERATION.findall(place)) > MOST_OPERATIONS:
            raise Unreadable(f"'{place[:40]}…' has more than {MOST_OPERATIONS} operations")
        found = _expression(place, stated=stated)
        if found is None:
            return None
        written, marked = found
        try:
            return Reading(written=written, value=_value(written, marked=marked))
        except RecursionError:
            raise Unreadable(f"'{place[:40]}…' is nested too deeply") from None

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether an expression equals a target, without rounding."""
        found, wanted = answer.value, target.value
        if found.key == wanted.key:
            return True
        if found.number is not None and wanted.number is not None:
            return number_reader().equal(
                Reading(written="", value=found.number), Reading(written="", value=wanted.number)
            )
        one, other = _sympy(found, answer.written), _sympy(wanted, target.written)
        if not one or not other:
            return False
        try:
            return bool(_library()[1](list(other), list(one))) and _guarded(one[0], other[0])
        except RecursionError:
            return False


def _expression(text: str, *, stated: bool) -> tuple[str, bool] | None:
    """Return the expression that a place states, and whether delimiters mark it as mathematics."""
    segments = list(_SEGMENT.finditer(text))
    inner = [next(group for group in segment.groups() if group is not None).strip() for segment in segments]
    if inner and not any(_prose(part, longest=_LONGEST_PRODUCT) for part in inner):
        between = [text[a.end() : b.start()] for a, b in pairwise(segments)]
        joined = [gap.strip(" ,").casefold() in ("", "and", "or", "und", "y", "et", "e") for gap in between]
        if len(inner) > 1 and all(joined):
            return ", ".join(dict.fromkeys(inner)), True
        return (inner[0] if stated else inner[-1]), True
    bare = plain(text.replace("$", " ") if inner else text)
    return _unmarked(bare, stated=stated) if bare else None


def _unmarked(text: str, *, stated: bool) -> tuple[str, bool] | None:
    """Return the expression in a text without delimiters: up to the first word, or after an introduction."""
    prose = _prose(text, longest=2)
    if prose is None:
        return text, False
    if prose.start() == 0 and (introduction := _INTRODUCTION.match(text)) is not None:
        rest = text[introduction.end() :]
        if _prose(rest, longest=2) is None and _is_mathematical(rest):
            return rest, False
    head = text[: prose.start()].rstrip(" ,;:(-–—")
    if head and (_is_mathematical(head) or (len(head) == 1 and text[1:2] in ",;:")):
        if prose[0].casefold() in _OPERATORS:
            raise Unreadable(f"'{text[:60]}' is an expression in words")
        return head, False
    try:
        number = number_reader().read(text, stated=stated)
    except Unread:
        if stated:
            raise
        return None
    if number is not None:
        return number.written, False
    return (text, False) if stated or len(text.split()) <= _LONGEST_PRODUCT else None


def _prose(text: str, *, longest: int) -> re.Match[str] | None:
    """Return the first word that is neither a function name nor a product of letters."""
    blank = _TEXT_COMMAND.sub(lambda command: " " * len(command[0]), text)
    for word in _WORD.finditer(blank):
        name = word[0].casefold()
        if len(word[0]) > longest and name not in _FUNCTIONS and name not in _JOINS:
            return word
    return None


def _is_mathematical(text: str) -> bool:
    return any(character.isdigit() or character in "\\^_=+*/<>()[]{}√π" for character in text)


def _value(written: str, *, marked: bool) -> Expression:
    number = whole_number(_NAMED.sub("", written))
    if number is not None:
        return Expression(key=f"{number.amount}/{number.per}", number=number)
    if not marked and _prose(written, longest=2) is not None:
        return Expression(key=" ".join(folded(written).casefold().split()))  # a word, not a product of letters
    parsed = _parse(written)
    if not parsed:
        return Expression(key="".join(folded(written).split()))
    return Expression(key=str(exact(parsed[0])), parsed=parsed)


def _sympy(value: Expression, written: str) -> tuple[Any, ...]:
    return value.parsed or (_parse(written) if value.number is not None else ())


@lru_cache(maxsize=1024)
def _parse(written: str) -> tuple[Any, ...]:
    text = _ROOT.sub(r"\\sqrt{\1}", written.replace("**", "^").replace("√", "\\sqrt"))
    text = _BARE_FUNCTION.sub(r"\\\1 ", text).replace("*", "\\cdot ")
    return tuple(part for part in _library()[0](f"${text}$") if not isinstance(part, str))


def _guarded(left: Any, right: Any) -> bool:
    from math_verify.errors import TimeoutException  # type: ignore[import-untyped,import-not-found,unused-ignore]
    from math_verify.utils import timeout  # type: ignore[import-untyped,import-not-found,unused-ignore]

    try:
        return bool(timeout(TIMEOUT_S)(agree)(left, right))
    except TimeoutException:
        return False


def _library() -> tuple[Callable[[str], list[Any]], Callable[[list[Any], list[Any]], bool]]:
    try:
        from math_verify import parse, verify  # type: ignore[import-untyped,import-not-found,unused-ignore]  # optional, and slow to import
    except ImportError:
        raise ScorerError("the scorer 'math' needs math-verify (pip install 'pytest-reasoning[math]')") from None
    # math-verify would log the raw model text that it cannot parse.
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    return (
        lambda text: parse(text, parsing_timeout=TIMEOUT_S),
        lambda gold, answer: verify(gold, answer, timeout_seconds=TIMEOUT_S),
    )
