"""What a model can do, family by family."""

from __future__ import annotations

from typing import Any

from pytest_reasoning.verdict.profile import guessable


def test_a_suite_in_which_one_answer_is_often_right_can_be_guessed(outcome: Any) -> None:
    def suite(name: str, targets: str, **more: Any) -> list[Any]:
        return [
            outcome(f"{name}-{number}", "wrong", suite=name, target=(target,), **more)
            for number, target in enumerate(targets)
        ]

    found = [
        *suite("coins", "ynynny"),
        *suite("sums", "123456"),
        *suite("one-case", "7"),  # of which nothing can be told
        *suite("sums", "123456", strategy="cot"),
    ]
    assert guessable(found) == {"coins"}
