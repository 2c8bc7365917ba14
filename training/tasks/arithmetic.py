"""Column addition and subtraction; the chain of thought is the one taught at school."""

from __future__ import annotations

from random import Random

from training.splits import Split, belongs
from training.tasks.instance import Instance, Task


def _number(rng: Random, digits: int) -> int:
    return rng.randint(10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1)


def _operands(rng: Random, split: Split, size: int | None, sign: str) -> tuple[int, int]:
    """Draw two numbers of at most `size` digits; one has exactly that many (for 1: the other up to 2)."""
    while True:
        digits = size or rng.choices((1, 2, 3), (1, 3, 5))[0]
        other = rng.randint(1, 2) if digits == 1 else digits if rng.random() < 0.7 else rng.randint(1, digits)
        first, second = _number(rng, digits), _number(rng, other)
        if sign == "-":
            first, second = max(first, second), min(first, second)
        elif rng.random() < 0.5:
            first, second = second, first
        if belongs(split, "sum" if sign == "+" else "difference", f"{first}{sign}{second}"):
            return first, second


def _columns(first: int, second: int) -> list[tuple[int, int]]:
    """Pair the digits from the right, with 0 where the shorter number has none."""
    width = max(len(str(first)), len(str(second)))
    return [(int(a), int(b)) for a, b in zip(f"{first:0{width}}"[::-1], f"{second:0{width}}"[::-1], strict=True)]


def _addition(rng: Random, split: Split, size: int | None) -> Instance:
    first, second = _operands(rng, split, size, "+")
    steps, carry = [], 0
    for a, b in _columns(first, second):
        total = a + b + carry
        steps.append(f"{a} + {b} + {carry} = {total}, write {total % 10}, carry {total // 10}.")
        carry = total // 10
    return Instance(
        variables={"a": str(first), "b": str(second)}, answer=str(first + second), rationale=" ".join(steps)
    )


def _subtraction(rng: Random, split: Split, size: int | None) -> Instance:
    first, second = _operands(rng, split, size, "-")
    steps, borrow = [], 0
    for a, b in _columns(first, second):
        left = a - b - borrow
        steps.append(f"{a} - {b} - {borrow} = {left}, write {left % 10}, borrow {int(left < 0)}.")
        borrow = int(left < 0)
    return Instance(
        variables={"a": str(first), "b": str(second)}, answer=str(first - second), rationale=" ".join(steps)
    )


ADDITION = Task(
    name="addition",
    template="Q: What is {a} + {b}?",
    draw=_addition,
    weights={"direct": 0.8, "cot": 2.0},
)
SUBTRACTION = Task(
    name="subtraction",
    template="Q: What is {a} - {b}?",
    draw=_subtraction,
    weights={"direct": 0.5, "cot": 1.2},
)
