"""Real-looking answers to questions with a number; every failure published elsewhere is a row."""

from __future__ import annotations

from typing import Any

import pytest

from kit.scoring_tables import case_of, scored

# completion, target, status
ROWS = [
    # plain
    (" 42", "42", "correct"),
    ("42", "43", "wrong"),
    ("-5", "-5", "correct"),
    ("-5", "5", "wrong"),
    ("−5", "-5", "correct"),  # U+2212
    ("+5", "5", "correct"),
    ("0", "0", "correct"),
    ("007", "7", "correct"),
    (" 12.\n", "12", "correct"),
    ("", "5", "unparsed"),
    ("I don't know.", "5", "unparsed"),
    # "25".endswith("5")
    ("25", "5", "wrong"),
    ("The answer is 25", "5", "wrong"),
    ("The answer is 5", "25", "wrong"),
    # decimals and separators
    ("42.00", "42", "correct"),
    ("42.", "42", "correct"),
    ("42.50", "42.5", "correct"),
    (".5", "0.5", "correct"),
    ("1,234", "1234", "correct"),
    ("1,234,567.89", "1234567.89", "correct"),
    ("1,234", "1", "wrong"),
    ("12,34,567", "1234567", "correct"),  # Indian grouping
    ("1 234 567", "1234567", "correct"),
    ("1_000", "1000", "correct"),
    ("10'000", "10000", "correct"),
    ("1,2,3", "3", "unparsed"),  # a list, not a grouping: the last one
    # currency, units, percent
    ("$29.00", "29", "correct"),
    ("$1,234.50", "1234.5", "correct"),
    ("-$5", "-5", "correct"),
    ("$-5", "-5", "correct"),
    ("€ 7", "7", "correct"),
    ("She pays 18 dollars.", "18", "correct"),
    ("18 USD", "18", "correct"),
    ("5km", "5", "correct"),
    ("It weighs 3.5 kg.", "3.5", "correct"),
    ("Answer: −7°C", "-7", "correct"),
    ("50%", "50", "correct"),
    ("50%", "0.5", "correct"),
    ("0.5", "50%", "correct"),
    ("50 percent", "50%", "correct"),
    ("5%", "50", "wrong"),
    ("\\$15", "15", "correct"),
    # fractions, powers
    ("3/4", "0.75", "correct"),
    ("0.75", "3/4", "correct"),
    ("1 1/2", "1.5", "correct"),
    ("\\frac{3}{4}", "0.75", "correct"),
    ("-\\frac{1}{2}", "-0.5", "correct"),
    ("1/0", "5", "unparsed"),
    ("3e8", "300000000", "correct"),
    ("1.5e-3", "0.0015", "correct"),
    ("1.2 × 10^5", "120000", "correct"),
    ("6.02 \\times 10^{23}", "6.02e23", "correct"),
    ("1e99999", "5", "unparsed"),
    # words
    ("Forty-two.", "42", "correct"),
    ("The answer is seven.", "7", "correct"),
    ("one hundred and five", "105", "correct"),
    ("minus three", "-3", "correct"),
    ("two thousand and seven", "2007", "correct"),
    ("There is someone here.", "1", "unparsed"),
    # not numbers of their own
    ("x5 is unknown", "5", "unparsed"),
    ("GPT4 said so", "4", "unparsed"),
    ("10-5", "5", "unparsed"),
    # stated answers beat numbers on the way
    ("5 plus 7 is 12, and 12 + 1 is 13. The answer is 13.", "13", "correct"),
    ("The answer is 18. There were 3 eggs left.", "18", "correct"),
    ("The answer is 18 because 9 times 2 is 18.", "18", "correct"),
    ("The answer is 5 + 3 = 8.", "8", "correct"),
    ("5 + 3 = 8", "8", "correct"),
    ("So 16 - 3 - 4 = 9 eggs, and 9 * 2 = 18 dollars.\n#### 18", "18", "correct"),
    ("#### 1,234", "1234", "correct"),
    ("####-4", "-4", "correct"),
    ("Therefore \\boxed{42}.", "42", "correct"),
    ("The final answer is $\\boxed{1{,}000}$.", "1000", "correct"),
    ("\\boxed{\\frac{1}{4}}", "0.25", "correct"),
    ("**Answer:** **42**", "42", "correct"),
    ("**Answer**: 42", "42", "correct"),
    ("The answer is **42**.", "42", "correct"),
    ("Final Answer: 42 apples", "42", "correct"),
    ("### Answer\n42", "42", "correct"),
    ("The result is therefore 42.", "42", "correct"),
    ("The answer to the question is 42.", "42", "correct"),
    ("The answer would be 42", "42", "correct"),
    ("Answer = 42", "42", "correct"),
    # changes of mind
    ("The answer is 12. Wait, that is wrong. The answer is 14.", "14", "correct"),
    ("The answer is 12. Wait, that is wrong. The answer is 14.", "12", "wrong"),
    ("\\boxed{3} no, \\boxed{4}", "4", "correct"),
    # negation and hedging
    ("The answer is not 12 but 14.", "14", "correct"),
    ("The answer is not 12 but 14.", "12", "wrong"),
    ("The answer is not 12.\nIt is 14.", "14", "correct"),
    ("The answer is either 12 or 14.", "14", "unparsed"),
    ("The answer is between 3 and 5.", "5", "unparsed"),
    # without a marker: the last line, its last number
    ("First 3, then 4.\nThat makes 7", "7", "correct"),
    ("She has 3 cats, 2 dogs and 5 birds, so 10 animals in all.", "10", "correct"),
    # the answer repeated, the reasoning repeated
    ("7 7 7", "7", "correct"),
    ("The answer is 7. The answer is 7. The answer is 7.", "7", "correct"),
]


@pytest.mark.parametrize(("completion", "target", "status"), ROWS)
def test_number(completion: str, target: str, status: str) -> None:
    assert scored(case_of("number", target), completion).status == status


CUT = [
    ("The answer is 12", "1234", "truncated"),  # it may have gone on
    ("The answer is 12.", "12", "correct"),
    ("The answer is 12 because", "12", "truncated"),  # the sentence is open: "12 because … so 13"
    ("\\boxed{12} since", "12", "correct"),
    ("Let us add 3 and 4", "4", "truncated"),
    ("Let us think", "4", "truncated"),
]


@pytest.mark.parametrize(("completion", "target", "status"), CUT)
def test_a_completion_out_of_tokens_is_truncated_unless_it_had_answered(
    completion: str, target: str, status: str
) -> None:
    assert scored(case_of("number", target), completion, "length").status == status


TOLERANCES = [
    ("3.14", "3.14159", {"tolerance": 0.01}, "correct"),
    ("3.1", "3.14159", {"tolerance": 0.01}, "wrong"),
    ("0.3", "0.1", {"tolerance": 0.2}, "correct"),  # exact fractions: no 0.30000000000000004
    ("101", "100", {"relative": 0.01}, "correct"),
    ("102", "100", {"relative": 0.01}, "wrong"),
    ("-101", "-100", {"relative": 0.01}, "correct"),
    ("1.234,5", "1234,5", {"decimal_comma": True}, "correct"),
    ("3,5", "3,50", {"decimal_comma": True}, "correct"),
    ("Die Antwort: 3,5 kg", "3,5", {"decimal_comma": True}, "correct"),
    ("0.1", "0.1", {}, "correct"),
]


@pytest.mark.parametrize(("completion", "target", "params", "status"), TOLERANCES)
def test_number_parameters(completion: str, target: str, params: dict[str, Any], status: str) -> None:
    assert scored(case_of("number", target, **params), completion).status == status


def test_any_of_the_targets_is_right() -> None:
    assert scored(case_of("number", "7", "9"), "9").status == "correct"


def test_answer_and_explanation() -> None:
    score = scored(case_of("number", "1234"), "The answer is 1,235.")
    assert (score.answer, score.explanation) == ("1,235", "expected '1234', answered '1,235'")
