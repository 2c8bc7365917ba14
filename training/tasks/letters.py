"""Tasks on the letters of words (last letters after Wei et al. 2022, arXiv 2201.11903)."""

from __future__ import annotations

from random import Random

from training.splits import Split
from training.tasks.instance import Instance, Task
from training.words import LETTERS, word, words


def _last_letters(rng: Random, split: Split, size: int | None) -> Instance:
    count = size or rng.choices((1, 2, 3, 4), (1, 2, 2, 2))[0]
    capital = rng.random() < 0.7
    names = [name.capitalize() if capital else name for name in words(rng, split, count, 3, 7)]
    return Instance(
        variables={"name": " ".join(names)},
        answer="".join(name[-1] for name in names),
        rationale=" ".join(f'The last letter of "{name}" is "{name[-1]}".' for name in names),
    )


def _reverse(rng: Random, split: Split, size: int | None) -> Instance:
    drawn = word(rng, split, size or 3, size or 7)
    return Instance(variables={"word": drawn}, answer=drawn[::-1])


def _repeat(rng: Random, split: Split, size: int | None) -> Instance:
    text = " ".join(words(rng, split, size or rng.randint(1, 3), 3, 6))
    return Instance(variables={"text": text}, answer=text)


def _count(rng: Random, split: Split, size: int | None) -> Instance:
    drawn = word(rng, split, size or 3, size or 9)
    steps = ", ".join(f"{letter} is {place}" for place, letter in enumerate(drawn, 1))
    return Instance(variables={"word": drawn}, answer=str(len(drawn)), rationale=f"{steps}.")


def _sort(rng: Random, split: Split, size: int | None) -> Instance:
    drawn = word(rng, split, size or 3, size or 6)
    return Instance(variables={"word": drawn}, answer="".join(sorted(drawn)))


def _next(rng: Random, split: Split, size: int | None) -> Instance:
    drawn = word(rng, split, size or 3, size or 5)
    following = [LETTERS[(LETTERS.index(letter) + 1) % 26] for letter in drawn]
    steps = ", ".join(f"{old} becomes {new}" for old, new in zip(drawn, following, strict=True))
    return Instance(variables={"word": drawn}, answer="".join(following), rationale=f"{steps}.")


LAST_LETTERS = Task(
    name="last-letters",
    template='Q: Take the last letter of each word in "{name}" and join them.',
    draw=_last_letters,
    weights={"direct": 1.0, "cot": 1.5},
)
REVERSE = Task(
    name="reverse",
    template='Q: Reverse the letters of "{word}".',
    draw=_reverse,
    weights={"direct": 1.0},
)
REPEAT = Task(name="repeat", template='Q: Repeat "{text}" exactly.', draw=_repeat, weights={"direct": 0.5})
COUNT_LETTERS = Task(
    name="count-letters",
    template='Q: How many letters are in "{word}"?',
    draw=_count,
    weights={"direct": 0.3, "cot": 0.4},
)
SORT_LETTERS = Task(
    name="sort-letters",
    template='Q: Sort the letters of "{word}" alphabetically.',
    draw=_sort,
    weights={"direct": 0.7},
)
NEXT_LETTERS = Task(
    name="next-letters",
    template='Q: Replace each letter of "{word}" with the next letter of the alphabet.',
    draw=_next,
    weights={"direct": 0.4, "cot": 0.4},
)
