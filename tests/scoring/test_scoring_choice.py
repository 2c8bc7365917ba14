"""Rows for choice and boolean: letters, words, negation, hedging."""

from __future__ import annotations

import pytest

from kit.scoring_tables import case_of, completion_of, scored
from pytest_reasoning.records import ChoiceScore, Completion
from pytest_reasoning.scoring import score_completion

COLOURS = ("red", "dark red", "blue", "green")
# completion, target, status; the options are A red, B dark red, C blue, D green
CHOICE = [
    ("B", "B", "correct"),
    ("B", "dark red", "correct"),
    ("B", "(B)", "correct"),
    (" B", "B", "correct"),
    ("b", "B", "correct"),
    ("(B)", "B", "correct"),
    ("(b)", "B", "correct"),
    ("B.", "B", "correct"),
    ("B)", "B", "correct"),
    ("[B]", "B", "correct"),
    ("**B**", "B", "correct"),
    ("**(B)**", "B", "correct"),
    ("\\boxed{B}", "B", "correct"),
    ("\\boxed{\\text{(B)}}", "B", "correct"),
    ("Answer: B", "B", "correct"),
    ("Answer: (B) dark red", "B", "correct"),
    ("The answer is B.", "B", "correct"),
    ("The answer is (B).", "B", "correct"),
    ("The correct answer is option B.", "B", "correct"),
    ("The correct option is\nB", "B", "correct"),
    ("answer is B", "B", "correct"),
    ("B because it is darker than A.", "B", "correct"),
    ("B: dark red", "B", "correct"),
    ("B dark red", "B", "correct"),
    ("I would choose (B) here.", "B", "correct"),
    ("A", "B", "wrong"),
    ("E", "B", "unparsed"),
    ("", "B", "unparsed"),
    ("No idea at all", "B", "unparsed"),
    # by words
    ("dark red", "B", "correct"),
    ("Dark red.", "B", "correct"),
    ("The answer is dark red.", "B", "correct"),
    ("It must be dark red, I think", "B", "correct"),
    ("red", "B", "wrong"),
    ("red", "A", "correct"),
    ("infrared", "A", "unparsed"),
    # "A" and "a" are words too
    ("A colour like blue", "C", "correct"),
    ("The answer is a green one.", "D", "correct"),
    ("A red one", "A", "correct"),
    ("A", "A", "correct"),
    ("A.", "A", "correct"),
    # negation, hedging, changes of mind
    ("The answer is not B but C.", "C", "correct"),
    ("The answer is not B but C.", "B", "wrong"),
    ("The answer is B. Wait, the answer is C.", "C", "correct"),
    ("The answer is B or C.", "B", "unparsed"),
    ("Both (A) and (C) fit.", "A", "unparsed"),
    ("The answer is (B), not (C).", "B", "correct"),
    ("(A) is too light.\n(C) is another colour.\nSo the answer is (B).", "B", "correct"),
    ("red or blue", "A", "unparsed"),
]


@pytest.mark.parametrize(("completion", "target", "status"), CHOICE)
def test_choice(completion: str, target: str, status: str) -> None:
    assert scored(case_of("choice", target, options=COLOURS), completion).status == status


def test_an_option_that_is_a_letter_means_itself_first() -> None:
    assert scored(case_of("choice", "B", options=("C", "B", "A")), "The answer is B").answer == "(B) B"


@pytest.mark.parametrize(
    ("completion", "status"),
    [("B", "correct"), (" (B)", "correct"), ("The answer is B", "truncated"), ("Let me see", "truncated")],
)
def test_choice_out_of_tokens(completion: str, status: str) -> None:
    # One token is enough for a letter: max_tokens 1 is how multiple choice is usually asked.
    assert scored(case_of("choice", "B", options=COLOURS), completion, "length").status == status


@pytest.mark.parametrize(
    ("normalize", "answer"), [("none", "(A) no"), ("tokens", "(B) yes it is"), ("chars", "(B) yes it is")]
)
def test_choice_by_likelihood(normalize: str, answer: str) -> None:
    case = case_of("choice", "B", options=("no", "yes it is"), by="likelihood", normalize=normalize)
    case = type(case)(
        **{f: getattr(case, f) for f in case.__dataclass_fields__} | {"choices": (" no", " yes it is")}
    )
    choices = (ChoiceScore(logprob=-2.0, tokens=1, chars=3), ChoiceScore(logprob=-3.0, tokens=3, chars=10))
    completion = Completion(text="", tokens=(), logprobs=(), finish="stop", prompt_tokens=1, choices=choices)
    assert score_completion(case, completion).answer == answer


BOOLEAN = [
    ("yes", "yes", "correct"),
    (" Yes.", "true", "correct"),
    ("True", "yes", "correct"),
    ("No", "yes", "wrong"),
    ("no", "false", "correct"),
    ("**Yes**", "yes", "correct"),
    ("Yes, because 7 has no divisors.", "yes", "correct"),
    ("Yes.\nBecause 7 is prime and has no divisors.", "yes", "correct"),
    ("No. It is not correct to say so.", "no", "correct"),
    ("The answer is yes.", "yes", "correct"),
    ("The answer is no.", "yes", "wrong"),
    ("So the answer is: True", "yes", "correct"),
    ("The coin is flipped twice.\nSo yes, it is heads up.", "yes", "correct"),
    ("Answer: no", "no", "correct"),
    ("\\boxed{\\text{Yes}}", "yes", "correct"),
    ("That is not true.", "no", "correct"),
    ("That is incorrect.", "no", "correct"),
    ("This statement is true.", "yes", "correct"),
    ("This statement isn't true.", "no", "correct"),
    ("The answer is not yes but no.", "no", "correct"),
    ("The answer is yes or no.", "yes", "unparsed"),
    ("It may be true, or it may be false.", "yes", "unparsed"),
    ("Nobody knows.", "no", "unparsed"),
    ("Yesterday it rained.", "yes", "unparsed"),
    ("", "yes", "unparsed"),
    ("The answer is yes. Actually, the answer is no.", "no", "correct"),
]


@pytest.mark.parametrize(("completion", "target", "status"), BOOLEAN)
def test_boolean(completion: str, target: str, status: str) -> None:
    assert scored(case_of("boolean", target), completion).status == status


def test_boolean_out_of_tokens() -> None:
    case = case_of("boolean", "yes")
    assert score_completion(case, completion_of("Yes", "length")).status == "correct"
    assert score_completion(case, completion_of("The coin is heads up, so yes", "length")).status == "truncated"
