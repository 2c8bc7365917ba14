"""What stands around a statement changes nothing: it reads as it does alone, and noise makes no wrong answer right."""

# ruff: noqa: E501 - wide characters count twice, and a table reads best in its own lines

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.scoring_tables import case_of, scored
from pytest_reasoning.records import Case
from pytest_reasoning.scoring.where import Said, places
from pytest_reasoning.scoring.where.markers import languages
from pytest_reasoning.text.thinking import thinking_in

COLORS = ("red", "green", "blue", "yellow")
CASES: dict[str, tuple[Case, tuple[str, ...], tuple[str, ...]]] = {
    # a case, right answers, answers that are not right
    "exact": (case_of("exact", "nk"), ("nk", '"nk"', "**nk**"), ("kn", "nkx", "n k")),
    "number": (case_of("number", "12"), ("12", "12.0", "twelve", "$12"), ("13", "-12", "120", "1.2", "3 or 12", "x12")),
    "choice": (case_of("choice", "B", options=COLORS), ("B", "(B)", "green", "B) green"), ("A", "blue", "E", "B or C")),
    "boolean": (case_of("boolean", "yes"), ("yes", "Yes", "true"), ("no", "false", "yes or no", "unknown")),
    "contains": (case_of("contains", "Paris"), ("Paris", "in Paris"), ("Rome", "Parisian", "the capital")),
    "list": (case_of("list", "a1, b2"), ("a1, b2", "a1 and b2", '["a1", "b2"]'), ("b2, a1", "a1", "a1, b2, c3")),
    "set": (case_of("set", "a1, b2"), ("b2, a1", "a1 and b2"), ("a1", "a1, b2, c3")),
    "date": (case_of("date", "2024-03-31"), ("March 31, 2024", "2024-03-31"), ("2024-03-13", "March 31", "31 May 2024")),
    "regex": (case_of("regex", "A7", pattern="([A-Z][0-9])"), ("A7",), ("A8", "B7")),
    "json": (case_of("json", '{"a": 1}'), ('{"a": 1}', '{ "a": 1.0 }'), ('{"a": 2}', '{"b": {"a": 1}}', '{"a": 1')),
}  # fmt: skip
SENTENCES = [
    "I add 3 and 4.", "There are 12 eggs in a box.", "Let me think.", "Paris is large.", "So far, so good.", "That is 7.",
    "It is not 12.", "Red and green mix.", "a) first b) second", "1. One", "- a1", "- b2", "x = 12", "12", "13", "no", "yes",
    "Perhaps.", "He said: B.", "\u7b54", "!!!", "**", "$x$", "2024-03-31", "A7", "e.g. nk", "nk", "Hmm...", "I hope this helps!",
    "(B)", "\u3002", "It cannot be.", "***", "\u00e9", "Is it 12?", "#", "---",
]  # fmt: skip


def says_nothing(text: str) -> bool:
    """Whether a text is mere noise: it states no answer, opens no thinking and holds no JSON."""
    no_brackets = not any(mark in text for mark in "{}[]`<>|\\")
    return no_brackets and next(places(Said(text=text)), None) is None and not thinking_in(text).spans


NOISE = (
    st.lists(
        st.one_of(
            st.sampled_from(SENTENCES),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
        ),
        max_size=5,
    )
    .map("\n".join)
    .filter(says_nothing)
)
FORMS = st.sampled_from(
    ["The answer is {}.", "Answer: {}", "So the final answer is {}", "**Answer:** {}", "<answer>{}</answer>"]
)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_noise_around_a_statement_changes_nothing(name: str) -> None:
    case, rights, wrongs = CASES[name]

    @given(st.sampled_from([*rights, *wrongs]), FORMS, NOISE, NOISE)
    @settings(max_examples=120, deadline=None)
    def holds(answer: str, form: str, before: str, after: str) -> None:
        statement = form.format(answer)
        alone = scored(case, statement)
        around = scored(case, f"{before}\n{statement}\n\n{after}")
        assert (around.status, around.ballot) == (alone.status, alone.ballot), around.explanation
        assert (alone.status == "correct") is (answer in rights), alone.explanation

    holds()


@pytest.mark.parametrize("name", ["number", "boolean", "choice"])
def test_no_word_of_the_markers_changes_a_statement(name: str) -> None:
    case, rights, wrongs = CASES[name]
    words = [
        word
        for language in languages()
        for one in fields(language)
        if isinstance(found := getattr(language, one.name), tuple)
        for word in found
        if says_nothing(word)
    ]
    assert len(words) > 1_000
    for answer, form in ((rights[0], "Answer: {}"), (wrongs[0], "The answer is {}.")):
        alone = scored(case, form.format(answer))
        for word in words:
            before = scored(case, f"{word}\n{form.format(answer)}\n\nI add 3 and 4.")
            after = scored(case, f"Hm.\n{form.format(answer)}\n\n{word}")
            assert before.status == after.status == alone.status, word


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_no_text_makes_a_scorer_fail(name: str) -> None:
    case = CASES[name][0]
    pieces = st.sampled_from([*SENTENCES, "The answer is ", "Answer:", "\\boxed{", "}", "<think>", "</think>", "#### ",
                              "```", "```json\n", "{", "[", '"', "not ", "\n", " ", "\\frac{1}{", "0", "/", ","])  # fmt: skip

    @given(st.lists(st.one_of(pieces, st.text(max_size=6)), max_size=12).map("".join), st.booleans())
    @settings(max_examples=150, deadline=None)
    def holds(text: str, cut: bool) -> None:
        assert scored(case, text, "length" if cut else "stop").status in (
            "correct",
            "wrong",
            "unparsed",
            "truncated",
        )

    holds()


UNITS = [
    "#", "*", "(", "{", "[", "\\", "a", "9", " ", "\t", "\n", "\u7b54", "\u00bd", "<", "\u0301", "\u200b", "-", "_",
    "The answer is 3. ", "\\boxed{", "\\boxed{3} ", "#### 3\n", "<think>", "</think>", "Answer: B\n", "I choose B. ",
    "not ", "3 and ", '{"a":', "```\n", "1,234 ", "the answer to the ", "\u7b54\u6848\u662f3\u3002",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_looping_model_is_scored_whatever_it_repeats(name: str) -> None:
    """With anything that grows faster than the text, these 100,000 characters would take minutes each."""
    case = CASES[name][0]
    for unit in UNITS:
        text = ("It is " + unit * (100_000 // len(unit)))[:100_000]
        assert scored(case, text).status != "error", unit


def test_the_ballot_of_equal_answers_is_equal() -> None:
    expected: dict[str, tuple[Any, ...]] = {
        name: rights for name, (_, rights, _) in CASES.items() if name != "contains"
    }
    for name, rights in expected.items():
        ballots = {scored(CASES[name][0], f"The answer is {right}").ballot for right in rights}
        assert len(ballots) == 1, (name, ballots)
