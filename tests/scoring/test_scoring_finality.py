"""Stop rules: what makes an answer final, and that it stays final whatever is said next."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reasoning.records import Case, Completion, FinishReason, Generation, ScorerSpec
from pytest_reasoning.scoring import final_end, final_patterns, score_completion

CONTAINS = ScorerSpec(type="contains", params={"ignore_case": True, "words": True})
LOOSE = ScorerSpec(type="contains", params={"ignore_case": False, "words": False})
FIRST = ScorerSpec(type="exact", params={"ignore_case": False, "take": "first"})
PIECES = [
    *" .,;!?\n:*#'\"()_", "3", "4", "42", "nk", "no ", "not ", "n't", "the answer is ", "Answer: ", "#### ",
    "\\boxed{4}", "\\text{", "}", "<think>", "</think>", "<|channel|>", "[THINK]", "final answer", "é", "…",
    "\u0301", "the answer to ", "Therefore", "is ", "York", "New York", "Final result",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
RULES = st.sampled_from([(CONTAINS, ("42", "York", "New York")), (LOOSE, ("think", "nk", "4")), (FIRST, ("4",))])


def case(scorer: ScorerSpec, *targets: str) -> Case:
    return Case(
        suite="s", id="c", file="f", line=1, prompt="?", target=targets, scorer=scorer, generation=Generation()
    )


def said(text: str, finish: FinishReason = "stop") -> Completion:
    return Completion(text=text, tokens=(), logprobs=(), finish=finish, prompt_tokens=1)


@pytest.mark.parametrize(
    ("scorer", "targets", "text", "end"),
    [
        (CONTAINS, ("nk",), 'The letters are "n" and "k": nk. The answer', 'The answer'),
        (CONTAINS, ("nk",), "nk", None),
        (CONTAINS, ("nk",), "It is not nk. But", None),
        (CONTAINS, ("4",), "4.5 or 4,5", None),
        (CONTAINS, ("4",), "24 ", None),
        (CONTAINS, ("4", "24"), "It is 24 or so", "or so"),
        (CONTAINS, ("ye",), "<think>ye, </think>Well: ye! Yes", " Yes"),
        (FIRST, ("4",), "2 + 2 = 4. The answer is 4. Q: next? The answer is 5.", "Q: next? The answer is 5."),
        (FIRST, ("4",), "Answer: 4\nQ: 1?\nAnswer: 1\n", "Q: 1?\nAnswer: 1\n"),
        (FIRST, ("4",), "so \\boxed{4} and", " and"),
        (FIRST, ("4",), "The answer is not 5. It is 4.", None),
        (FIRST, ("4",), "The answer is 4.5", None),
        (FIRST, ("4",), "4\n5\n", None),
        (ScorerSpec(type="exact"), ("4",), "The answer is 4.\n", None),
        (ScorerSpec(type="any", params={"of": (CONTAINS,)}), ("4",), "4 \n", None),
    ],
)  # fmt: skip
def test_where_an_answer_is_final(scorer: ScorerSpec, targets: tuple[str, ...], text: str, end: str | None) -> None:
    found = final_end(final_patterns(scorer, targets), text)
    if end is None:
        assert found is None
    else:
        assert found is not None
        assert text[found:].strip() == end.strip()


@given(RULES, TEXTS, st.booleans())
@settings(max_examples=800, deadline=None)
def test_a_final_answer_is_found_at_the_same_place_in_every_longer_text(
    rule: tuple[ScorerSpec, tuple[str, ...]], text: str, opened: bool
) -> None:
    """So it does not matter after which token decoding ended."""
    patterns = final_patterns(*rule, thinking_opened=opened)
    ends = [final_end(patterns, text[:length]) for length in range(len(text) + 1)]
    first = next((end for end in ends if end is not None), None)
    if first is not None:
        assert ends[:first] == [None] * first
        assert set(ends[first:]) == {first}


@given(TEXTS, TEXTS)
@settings(max_examples=800, deadline=None)
def test_what_contains_calls_final_is_right_with_and_without_the_rest(text: str, rest: str) -> None:
    asked = case(CONTAINS, "42", "York")
    end = final_end(final_patterns(CONTAINS, asked.target), text)
    if end is None:
        return
    assert score_completion(asked, said(text[:end], "answered")).status == "correct"
    if "think" not in (text + rest).lower() and "<|" not in text + rest:
        assert score_completion(asked, said(text + rest)).status == "correct"


@pytest.mark.parametrize("kind", ["exact", "number"])
def test_the_first_stated_answer_counts_where_that_is_asked_for(kind: str) -> None:
    text = "2 + 2 is 4. The answer is 4.\n\nQ: What is 1 plus 2?\nA: The answer is 3."
    last, first = case(ScorerSpec(type=kind), "4"), case(ScorerSpec(type=kind, params={"take": "first"}), "4")
    assert score_completion(last, said(text)).status == "wrong"
    assert score_completion(first, said(text)).status == "correct"
    assert score_completion(first, said(text, "length")).status == "correct", "what was cut comes after the answer"
    assert score_completion(first, said("It may be 4", "length")).status == "truncated"
    assert score_completion(first, said("It may be 4")).status == score_completion(last, said("It may be 4")).status


def test_the_sentence_that_asks_for_the_answer_begins_it() -> None:
    patterns = final_patterns(FIRST, ("4",), introduction="Therefore, the answer is")
    assert final_end(patterns, " 4.\nAnd the answer is 5.\n") == len(" 4.\n")
    assert final_end(final_patterns(FIRST, ("4",), introduction="So say"), " 4.\nOn.\n") is None


def test_thinking_that_the_prompt_opened_holds_no_answer() -> None:
    patterns = final_patterns(FIRST, ("4",), thinking_opened=True)
    assert final_end(patterns, "The answer is 5.\n") is None
    assert final_end(patterns, "The answer is 5.\n</think>The answer is 4.\n") is not None
    assert final_end(patterns, "so <think></think>\nThe answer is 4.\n") is not None
