"""The filters of suite templates in addition to Jinja2's own (docs/suites.md lists both)."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

LETTERS = string.ascii_lowercase


def position(letter: str) -> int:
    """Return the place of a letter in the alphabet, a = 1; raise ValueError for anything else."""
    if len(letter) != 1 or letter.lower() not in LETTERS:
        raise ValueError(f"position takes one letter a-z, not {letter!r}")
    return LETTERS.index(letter.lower()) + 1


def letter(number: int) -> str:
    """Return the letter at a place in the alphabet, 1 = a, counting round after z."""
    return LETTERS[(int(number) - 1) % 26]


def shift(text: str, by: int) -> str:
    """Move each letter a-z, A-Z on by `by` places (Caesar cipher); leave the rest."""
    table = {ord(a): ord(letter(i + 1 + by)) for i, a in enumerate(LETTERS)}
    table |= {ord(a.upper()): ord(letter(i + 1 + by).upper()) for i, a in enumerate(LETTERS)}
    return text.translate(table)


def product(values: Sequence[Any]) -> Any:
    """Multiply numbers; 1 for none."""
    result: Any = 1
    for value in values:
        result *= value
        if abs(result) > 10**300:
            raise ValueError("product is larger than 1e300")
    return result


def plain_sum(values: Sequence[Any], attribute: str | None = None) -> Any:
    """Add numbers (of an attribute, if named); 0 for none."""
    numbers = [value[attribute] for value in values] if attribute is not None else list(values)
    if not all(isinstance(number, int | float) for number in numbers):
        raise ValueError("sum takes numbers (convert with `map('int')` first)")
    return sum(numbers)


def digits(number: int) -> list[int]:
    """Return the decimal digits of a whole number, most significant first, without its sign."""
    return [int(digit) for digit in str(abs(int(number)))]


def words(number: int) -> str:
    """Return a whole number below a million in English words."""
    if not -1_000_000 < int(number) < 1_000_000:
        raise ValueError("words takes a whole number below a million")
    return _words(int(number))


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def _words(number: int) -> str:
    if number < 0:
        return f"minus {_words(-number)}"
    if number < 20:
        return _SMALL[number]
    if number < 100:
        rest = f"-{_SMALL[number % 10]}" if number % 10 else ""
        return f"{_TENS[number // 10 - 2]}{rest}"
    unit, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = f" {_words(number % unit)}" if number % unit else ""
    return f"{_words(number // unit)} {name}{rest}"


REASONING_FILTERS: dict[str, Callable[..., Any]] = {
    "digits": digits,
    "letter": letter,
    "position": position,
    "product": product,
    "shift": shift,
    "sum": plain_sum,
    "words": words,
}
