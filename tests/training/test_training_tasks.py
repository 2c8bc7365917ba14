"""The tasks' answers are right, checked by other means than those that made them."""

from __future__ import annotations

import re
from random import Random

import pytest

from training.tasks import TASKS


def solve(task: str, question: dict[str, str]) -> str:
    if task == "last-letters":
        return re.sub(r"\w*(\w)\b ?", r"\1", question["name"])
    if task == "addition":
        return str(int(question["a"]) + int(question["b"]))
    if task == "subtraction":
        return str(int(question["a"]) - int(question["b"]))
    if task == "reverse":
        return "".join(reversed(question["word"]))
    if task == "repeat":
        return question["text"]
    if task == "count-letters":
        return str(len(re.findall("[a-z]", question["word"])))
    if task == "sort-letters":
        return "".join(letter * question["word"].count(letter) for letter in map(chr, range(97, 123)))
    if task == "next-letters":
        return "".join("a" if letter == "z" else chr(ord(letter) + 1) for letter in question["word"])
    if task == "coin-flips":
        return "no" if len(re.findall(" flips the", question["story"])) % 2 else "yes"
    if task == "boolean":
        return str(_truth(question["expression"]))
    found = question["key"]
    for _ in range(int(question.get("hops", 1))):
        found = re.findall(f"{found}->(.)", question["pairs"])[0]
    return found


def _truth(expression: str) -> bool:
    """Rewrite innermost operations to their value until one literal is left."""
    while expression not in ("True", "False"):
        for pattern, value in (("not True", "False"), ("not False", "True")):
            expression = expression.replace(pattern, value)
        expression = re.sub(
            r"(?:(?<=\()|^)(True|False) (and|or) (True|False)",
            lambda m: str(m[1] == m[3] == "True" if m[2] == "and" else "True" in (m[1], m[3])),
            expression,
        )
        expression = re.sub(r"\((True|False)\)", r"\1", expression)
    return expression == "True"


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_answers_are_right(name: str, split: str) -> None:
    task, rng = TASKS[name], Random("a test of the tasks")
    for _ in range(200):
        drawn = task.draw(rng, split, None)  # type: ignore[arg-type]
        assert drawn.answer == solve(name, dict(drawn.variables)), drawn


def test_cot_ends_with_the_closing_sentence() -> None:
    task = TASKS["addition"]
    drawn = task.draw(Random(5), "train", 2)
    a, b = (int(drawn.variables[name]) for name in ("a", "b"))
    units = a % 10 + b % 10
    first = f" {a % 10} + {b % 10} + 0 = {units}, write {units % 10}, carry {units // 10}."
    assert task.reply(drawn, "cot").startswith(first)
    assert task.reply(drawn, "cot").endswith(f". The answer is {a + b}.")
    assert task.reply(drawn, "direct") == f" {a + b}"
