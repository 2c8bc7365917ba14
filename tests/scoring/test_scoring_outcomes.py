"""What does not depend on the scorer: thinking, engine failures, plugins, votes, impossible targets."""

from __future__ import annotations

import pytest

from kit.scoring_tables import case_of, completion_of, scored
from pytest_reasoning.records import Completion, Score, ScorerSpec
from pytest_reasoning.scoring import (
    Stage,
    pass_at_k,
    pass_hat_k,
    score_completion,
    split_thinking,
    target_problem,
    vote,
)

THINKING = [
    ("<think>5? no, 6</think>\n7", "7", "correct"),
    ("<think>\n\n</think>\n\n7", "7", "correct"),
    ("<think>The answer is 7.", "7", "truncated"),  # never closed: thinking is no answer
    ("<think>The answer is 7.</think>8", "7", "wrong"),
    ("<thinking>5</thinking>7", "7", "correct"),
    ("<thought>5</thought>7", "7", "correct"),
    ("<reasoning>5</reasoning>7", "7", "correct"),
    ("◁think▷5◁/think▷7", "7", "correct"),
    ("[THINK]5[/THINK]7", "7", "correct"),
    ("5, I think</think>7", "7", "correct"),  # the template had opened the block
    ("<THINK>5</THINK>7", "7", "correct"),
    ("<think>5</think>7<think>and 8", "7", "truncated"),
    ("I think it is 7", "7", "correct"),
]


@pytest.mark.parametrize(("completion", "target", "status"), THINKING)
def test_thinking_is_never_scored(completion: str, target: str, status: str) -> None:
    assert scored(case_of("number", target), completion).status == status


def test_a_block_opened_by_the_prompt_and_never_closed_is_truncated() -> None:
    score = score_completion(case_of("number", "7"), completion_of("so 7", "length"), Stage(thinking_opened=True))
    assert (score.status, score.explanation) == (
        "truncated",
        "the tokens ran out within its thinking (raise generation.max_tokens)",
    )


def test_thinking_and_answer_are_handed_apart() -> None:
    assert split_thinking("<think>a</think> b") == ("a", " b", True)


ENDINGS = [
    ("overflow", None, "overflow", "the prompt of 1 token does not fit (raise n_ctx or shorten the prompt)"),
    ("error", "the worker died", "error", "the worker died"),
    ("deadline", None, "error", "the time was up (raise --reasoning-timeout)"),
    ("length", None, "truncated", "the tokens ran out within or right after '7' (raise generation.max_tokens)"),
]


@pytest.mark.parametrize(("finish", "error", "status", "explanation"), ENDINGS)
def test_how_decoding_ended(finish: str, error: str | None, status: str, explanation: str) -> None:
    completion = Completion(text="7", tokens=(), logprobs=(), finish=finish, prompt_tokens=1, error=error)  # type: ignore[arg-type]
    score = score_completion(case_of("number", "7"), completion)
    assert (score.status, score.explanation) == (status, explanation)


def test_a_scorer_of_a_plugin() -> None:
    def shouting(text: str, targets: tuple[str, ...], *, marks: int) -> bool:
        return text.endswith("!" * marks) and text.startswith(targets)

    case = case_of("shouting", "yes", marks=2)
    assert score_completion(case, completion_of("yes!!"), registered={"shouting": shouting}).status == "correct"
    assert score_completion(case, completion_of("yes!"), registered={"shouting": shouting}).status == "wrong"


def test_a_scorer_that_raises_is_an_error_not_a_wrong_answer() -> None:
    def broken(text: str, targets: tuple[str, ...]) -> bool:
        raise RuntimeError(f"no\nluck with {text} and {targets[0]}")

    score = score_completion(case_of("broken", "x"), completion_of("x"), registered={"broken": broken})
    assert (score.status, score.explanation) == (
        "error",
        "scorer 'broken' failed: RuntimeError: no luck with x and x",
    )


def test_the_extraction_sentence_introduces_the_answer() -> None:
    case = case_of("number", "8")
    completion = completion_of(" 8. There were 3 at first.")
    assert (
        score_completion(
            case, completion, Stage(introduction="Therefore, the answer is", introduced="surely")
        ).status
        == "correct"
    )


def answers(case_target: str, *texts: str) -> list[Score]:
    return [scored(case_of("number", case_target), text) for text in texts]


def test_the_majority_decides() -> None:
    score = vote(answers("8", "8", "9", "8.0"))
    assert (score.status, score.explanation) == ("correct", "2 of 3 samples: answered '8'")
    assert vote(answers("8", "9", "8", "9.00")).status == "wrong"


def test_samples_without_an_answer_have_no_vote() -> None:
    assert vote(answers("8", "well", "hm", "8")).status == "correct"
    assert vote(answers("8", "well", "hm")).status == "unparsed"


def test_of_equally_frequent_answers_the_first_is_taken() -> None:
    assert vote(answers("8", "9", "8")).answer == "9"


IMPOSSIBLE = [
    ("number", "ten apples and a pear", None),
    ("number", "many", "the target 'many' is no number (correct it, or use scorer 'exact')"),
    ("boolean", "maybe", "the target 'maybe' is neither yes nor no (correct it, or use scorer 'exact')"),
    ("date", "soon", "the target 'soon' is no date (write it like 2024-03-31)"),
    ("choice", "Z", "the target 'Z' is none of the options (use an option's text or letter)"),
    ("exact", " ", "the target is empty (give the right answer)"),
    ("exact", "x", None),
    ("contains", "", "the target is empty (give the right answer)"),
    ("list", "[]", "the target '[]' has no items (give the right answer)"),
    ("set", "a, b", None),
    ("math", "  ", "the target is empty (give the right answer)"),
    ("json", "", None),  # an empty text is a JSON value
    ("regex", "[0-9]+", None),
    ("regex", "", "the target is empty (give the right answer)"),
    ("regex", "(", "the target '(' is not a regular expression: missing ) at position 1 (correct it)"),
    ("regex", "a" * 2001, "the target has 2,001 characters, a pattern at most 2,000 (shorten it)"),
]


@pytest.mark.parametrize(("scorer", "target", "problem"), IMPOSSIBLE)
def test_a_target_no_completion_could_meet(scorer: str, target: str, problem: str | None) -> None:
    assert target_problem(case_of(scorer, target, options=("a", "b"))) == problem


@pytest.mark.parametrize(("how", "possible"), [("all", False), ("any", True), ("weighted", True)])
def test_several_scorers_of_which_one_can_never_be_right(how: str, possible: bool) -> None:
    parts = [ScorerSpec(type="exact"), ScorerSpec(type="number")]
    problem = target_problem(case_of(how, "many", of=parts))
    assert problem == (None if possible else "the target 'many' is no number (correct it, or use scorer 'exact')")
    assert target_problem(case_of(how, "many", of=parts[1:])) is not None


@pytest.mark.parametrize(
    ("correct", "samples", "k", "at_least_one", "all_of_them"),
    [(0, 5, 1, 0.0, 0.0), (2, 5, 1, 0.4, 0.4), (2, 5, 2, 0.7, 0.1), (5, 5, 3, 1.0, 1.0), (1, 5, 5, 1.0, 0.0)],
)
def test_pass_at_k_and_pass_hat_k(
    correct: int, samples: int, k: int, at_least_one: float, all_of_them: float
) -> None:
    assert pass_at_k(correct, samples, k) == pytest.approx(at_least_one)
    assert pass_hat_k(correct, samples, k) == pytest.approx(all_of_them)


def test_more_asked_than_sampled_is_refused() -> None:
    with pytest.raises(ValueError, match="2 of 3 correct and k = 4 do not fit together"):
        pass_at_k(2, 3, 4)


@pytest.mark.parametrize("kind", ["exact", "number"])
def test_the_first_stated_answer_counts_where_that_is_asked_for(kind: str) -> None:
    text = "2 + 2 is 4. The answer is 4.\n\nQ: What is 1 plus 2?\nA: The answer is 3."
    last, first = case_of(kind, "4"), case_of(kind, "4", take="first")
    assert scored(last, text).status == "wrong"
    assert scored(first, text).status == "correct"
    assert scored(first, text, "length").status == "correct", "what was cut comes after the answer"
    assert scored(first, "It may be 4", "length").status == "truncated"
    assert scored(first, "It may be 4").status == scored(last, "It may be 4").status
