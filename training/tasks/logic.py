"""State tracking and logic: coin flips (Wei et al. 2022) and boolean expressions (Suzgun et al. 2022)."""

from __future__ import annotations

from random import Random

from training.splits import Split, belongs
from training.tasks.instance import Instance, Task
from training.words import words


def _coin(rng: Random, split: Split, size: int | None) -> Instance:
    people = [name.capitalize() for name in words(rng, split, size or rng.randint(2, 4), 3, 5)]
    story, steps, heads = [], [], True
    for name in people:
        flips = rng.random() < 0.5
        heads ^= flips
        story.append(f"{name} {'flips' if flips else 'does not flip'} the coin.")
        steps.append(f"{name} {'flips' if flips else 'does not flip'} it: {'heads' if heads else 'tails'}.")
    return Instance(
        variables={"story": " ".join(story)}, answer="yes" if heads else "no", rationale=" ".join(steps)
    )


def _boolean(rng: Random, split: Split, size: int | None) -> Instance:
    """Draw a left-nested expression of `size` literals (2 to 4), each perhaps negated."""
    while True:
        terms = [(rng.random() < 0.35, rng.random() < 0.5) for _ in range(size or rng.randint(2, 4))]
        literals = [f"{'not ' if negated else ''}{truth}" for negated, truth in terms]
        operators = [rng.choice(("and", "or")) for _ in terms[1:]]
        text, value, left, steps = literals[0], terms[0][0] ^ terms[0][1], literals[0], []
        for place, (operator, (negated, truth)) in enumerate(zip(operators, terms[1:], strict=True), 1):
            text = f"{text if place == 1 else f'({text})'} {operator} {literals[place]}"
            value = value and negated ^ truth if operator == "and" else value or negated ^ truth
            steps.append(f"{left} {operator} {literals[place]} is {value}.")
            left = str(value)
        if belongs(split, "expression", text):
            return Instance(variables={"expression": text}, answer=str(value), rationale=" ".join(steps))


COIN_FLIPS = Task(
    name="coin-flips",
    template="Q: A coin is heads up. {story} Is the coin still heads up?",
    draw=_coin,
    weights={"direct": 0.6, "cot": 0.8},
)
BOOLEAN = Task(
    name="boolean",
    template="Q: Evaluate {expression}.",
    draw=_boolean,
    weights={"direct": 0.5, "cot": 0.5},
)
