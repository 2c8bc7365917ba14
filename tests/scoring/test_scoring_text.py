"""Rows for exact, contains and regex."""

from __future__ import annotations

import pytest

from kit.scoring_tables import case_of, scored

EXACT = [
    (" ye", "ye", "correct"),
    ("ye", "ey", "wrong"),
    ("Ye", "ye", "wrong"),
    ("ye.", "ye", "correct"),
    ('"ye"', "ye", "correct"),
    ("“ye”", "ye", "correct"),
    ("'ye'.", "ye", "correct"),
    ("**ye**", "ye", "correct"),
    ("`ye`", "ye", "correct"),
    ("***ye***", "ye", "correct"),
    ("$ye$", "ye", "correct"),
    ("\\boxed{\\text{ye}}", "ye", "correct"),
    ("ﬁne", "fine", "correct"),  # NFKC
    ("a   b", "a b", "correct"),
    ("", "ye", "unparsed"),
    ("  \n ", "ye", "unparsed"),
    ("A: ye", "ye", "correct"),
    ("Answer: ye", "ye", "correct"),
    ("eyes", "ye", "wrong"),
    ("yes", "ye", "wrong"),
    ('The last letter of "Larry" is "y". The last letter of "Page" is "e". The answer is ye.', "ye", "correct"),
    ("The answer is ey. No, the answer is ye.", "ye", "correct"),
    ("The answer is ye. I hope this helps!", "ye", "correct"),
    ("The answer is: **ye**.", "ye", "correct"),
    ("First y, then e.\n\nye", "ye", "correct"),
    ("ye\nThat is the answer I found.", "ye", "wrong"),  # the last line speaks; ask for the answer last
    ("The answer is Dr. Smith.", "Dr. Smith", "correct"),
    ("The answer is e.g. this", "e.g. this", "correct"),
    ("The answer is not ey but ye.", "ye", "correct"),
    ("#### ye", "ye", "correct"),
    ("...", "...", "correct"),
    (" )]}", ")]}", "correct"),  # nothing but brackets: they are no markup around an answer
    ("The answer is )]}.", ")]}", "correct"),
    (")]", ")]}", "wrong"),
    ("(ye])", "ye", "wrong"),
    ("yes, ye", "ye", "wrong"),
    ("東京", "東京", "correct"),
    ("答えは\n東京。", "東京", "correct"),
]


@pytest.mark.parametrize(("completion", "target", "status"), EXACT)
def test_exact(completion: str, target: str, status: str) -> None:
    assert scored(case_of("exact", target), completion).status == status


def test_exact_ignores_case_where_told() -> None:
    assert scored(case_of("exact", "STRASSE", ignore_case=True), "straße").status == "correct"


def test_exact_takes_any_of_the_targets() -> None:
    assert scored(case_of("exact", "UK", "United Kingdom"), "United Kingdom").status == "correct"


@pytest.mark.parametrize(
    ("completion", "status"),
    [("ye", "truncated"), ("The answer is ye.", "correct"), ("The answer is ye", "truncated")],
)
def test_exact_out_of_tokens(completion: str, status: str) -> None:
    assert scored(case_of("exact", "ye"), completion, "length").status == status


CONTAINS = [
    ("The capital is Paris.", "paris", "correct"),
    ("I think it is PARIS, France", "Paris", "correct"),
    ("Comparison", "paris", "wrong"),  # whole words
    ("25", "5", "wrong"),
    ("2.5", "5", "wrong"),
    ("1,005", "5", "wrong"),
    ("It is 5.", "5", "correct"),
    ("It is not Paris.", "Paris", "wrong"),
    ("It isn't Paris but Lyon", "Paris", "wrong"),
    ("It is not Lyon, it is Paris", "Paris", "correct"),
    ("Not Paris? Yes, Paris.", "Paris", "correct"),
    ("", "Paris", "unparsed"),
    ("C++ is the answer", "C++", "correct"),
]


@pytest.mark.parametrize(("completion", "target", "status"), CONTAINS)
def test_contains(completion: str, target: str, status: str) -> None:
    assert scored(case_of("contains", target), completion).status == status


def test_contains_out_of_tokens_is_right_once_it_was_named() -> None:
    assert scored(case_of("contains", "Paris"), "Paris, the capital of", "length").status == "correct"
    assert scored(case_of("contains", "Paris"), "The capital of France", "length").status == "truncated"


REGEX = [
    ("The code is AB-12.", r"[A-Z]{2}-(\d+)", "12", "correct"),
    ("The code is AB-12 or CD-34.", r"[A-Z]{2}-(\d+)", "34", "correct"),  # the last match
    ("The answer is AB-12. CD-34 was wrong.", r"[A-Z]{2}-(\d+)", "12", "correct"),  # stated first
    ("no code", r"[A-Z]{2}-(\d+)", "12", "unparsed"),
    ("x=1 y=2", r"(?P<name>x)=(?P<answer>\d)", "1", "correct"),
    ("AB", r"[A-Z]+", "AB", "correct"),
    ("AB", r"[A-Z]+", "AC", "wrong"),
]


@pytest.mark.parametrize(("completion", "pattern", "target", "status"), REGEX)
def test_regex_with_a_pattern(completion: str, pattern: str, target: str, status: str) -> None:
    assert scored(case_of("regex", target, pattern=pattern), completion).status == status


@pytest.mark.parametrize(
    ("completion", "status"), [("well, 12 apples", "correct"), ("twelve apples", "wrong"), ("12 pears", "wrong")]
)
def test_regex_with_targets_as_patterns(completion: str, status: str) -> None:
    assert scored(case_of("regex", r"\d+ apples"), completion).status == status


@pytest.mark.slow
def test_a_regex_that_backtracks_for_ever_is_stopped() -> None:
    score = scored(case_of("regex", "x", pattern=r"(a|aa)+$"), "a" * 5000 + "b")
    assert score.status == "error"
    assert score.explanation == "the regular expression '(a|aa)+$' took over 1 s (make it simpler)"
