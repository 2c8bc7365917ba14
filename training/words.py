"""Pseudowords: pronounceable ones and random letters, so that no task can be solved by knowing words."""

from __future__ import annotations

from random import Random

from training.splits import Split, belongs

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOWELS = "aeiou"
CONSONANTS = "bcdfghjklmnprstvwxyz"


def word(rng: Random, split: Split, shortest: int, longest: int) -> str:
    """Draw a lower-case word of this split, `shortest` to `longest` letters, half of them pronounceable."""
    while True:
        length = rng.randint(shortest, longest)
        if rng.random() < 0.5:
            start = rng.random() < 0.3
            drawn = "".join(rng.choice(VOWELS if (place + start) % 2 else CONSONANTS) for place in range(length))
        else:
            drawn = "".join(rng.choices(LETTERS, k=length))
        if belongs(split, "word", drawn):
            return drawn


def words(rng: Random, split: Split, count: int, shortest: int, longest: int) -> list[str]:
    """Draw `count` different words."""
    drawn: list[str] = []
    while len(drawn) < count:
        new = word(rng, split, shortest, longest)
        if new not in drawn:
            drawn.append(new)
    return drawn
