"""In-context mappings of symbols that mean nothing outside the question, one hop or several."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from training.splits import Split, belongs
from training.tasks.instance import Instance, Task
from training.words import LETTERS

SYMBOLS = LETTERS + "0123456789"
VALUES: dict[Split, dict[str, list[str]]] = {
    split: {k: [v for v in SYMBOLS if v != k and belongs(split, "pair", f"{k}->{v}")] for k in SYMBOLS}
    for split in ("train", "heldout")
}
"The values a key may have in each split: no pair of a held-out case stands in any training document."


def pairs(rng: Random, split: Split, count: int) -> list[tuple[str, str]]:
    """Draw `count` pairs of the split with different keys and different values."""
    values: dict[str, str] = {}
    for key in rng.sample(SYMBOLS, len(SYMBOLS)):
        free = [value for value in VALUES[split][key] if value not in values.values()]
        if free and len(values) < count:
            values[key] = rng.choice(free)
    return list(values.items())


def arrows(drawn: list[tuple[str, str]]) -> str:
    """Write pairs as `a->b, c->d`."""
    return ", ".join(f"{key}->{value}" for key, value in drawn)


def _mapping(rng: Random, split: Split, size: int | None) -> Instance:
    drawn = pairs(rng, split, size or rng.randint(2, 8))
    key, value = rng.choice(drawn)
    return Instance(variables={"pairs": arrows(drawn), "key": key}, answer=value)


def _chain(rng: Random, split: Split, hops: int) -> list[str] | None:
    """Draw a path of different symbols along pairs of the split; None where it ran into a dead end."""
    path = [rng.choice(SYMBOLS)]
    for _ in range(hops):
        free = [value for value in VALUES[split][path[-1]] if value not in path]
        if not free:
            return None
        path.append(rng.choice(free))
    return path


def _chained(rng: Random, split: Split, size: int | None) -> Instance:
    """Draw a path of `size` hops, one pair past its end where possible, and pairs that lead elsewhere."""
    hops = size or rng.randint(1, 3)
    while (path := _chain(rng, split, hops + 1)) is None:
        pass
    legs = list(pairwise(path))
    drawn = list(legs)
    for key, value in pairs(rng, split, 8):
        if len(drawn) < hops + 3 and key not in path and value not in [v for _, v in drawn] + path[:1]:
            drawn.append((key, value))
    rng.shuffle(drawn)
    return Instance(
        variables={"pairs": arrows(drawn), "key": path[0], "hops": str(hops)},
        answer=path[hops],
        rationale=f"{arrows(legs[:hops])}.",
    )


SYMBOL_MAPPING = Task(
    name="symbol-mapping",
    template="Q: {pairs}. What does {key} map to?",
    draw=_mapping,
    weights={"direct": 2.0},
)
CHAINED_MAPPING = Task(
    name="chained-mapping",
    template="Q: {pairs}. Start at {key}. Number of arrows to follow: {hops}. Where do you end?",
    draw=_chained,
    weights={"direct": 0.8, "cot": 1.0},
)
