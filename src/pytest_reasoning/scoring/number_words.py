"""English number words → values: `forty-two`, `one hundred and five`, `three quarters of a million` not."""

from __future__ import annotations

import re

_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * (n + 2) for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_WORD = "|".join([*_UNITS, *_TENS, *_SCALES])
NUMBER_WORDS = re.compile(
    rf"(?i)(?<![\w-])(?:(?P<minus>minus|negative)\s+)?(?P<words>(?:{_WORD})(?:(?:[\s-]+|\s+and\s+)(?:{_WORD})){{0,12}})(?![\w-])"
)


def value_of(words: str) -> int:
    """Return the value of number words such as `two thousand and seven`."""
    total, group = 0, 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _UNITS:
            group += _UNITS[word]
        elif word in _TENS:
            group += _TENS[word]
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in _SCALES:
            total += max(group, 1) * _SCALES[word]
            group = 0
    return total + group
