"""How many of a completion's tokens are thinking."""

from __future__ import annotations

import re

import pytest

from pytest_reasoning.records import Completion
from pytest_reasoning.scoring import thinking_tokens
from pytest_reasoning.text.thinking import opens_thinking, thinking_in

TABLE = [
    ("The answer is 7.", False, 0),
    ("<think>5? no, 6</think> 7", False, 3),
    ("a b </think> 7", True, 3),
    ("a b c", True, 3),  # never closed
    ("", True, 0),
    ("<think>a b", False, 2),
    ("<think>a </think> 7 <think>and 8", False, 4),
    ("I think it is 7", False, 0),
]


@pytest.mark.parametrize(("text", "opened", "count"), TABLE)
def test_tokens_that_begin_in_a_thinking_block(text: str, opened: bool, count: int) -> None:
    ends = tuple(match.end() for match in re.finditer(r"\S+\s*", text))
    completion = Completion(
        text=text, tokens=(0,) * len(ends), logprobs=(), finish="stop", prompt_tokens=1, ends=ends
    )
    assert thinking_tokens(completion, opened=opened) == count


def test_the_token_that_ended_it_has_no_text_and_is_no_thinking() -> None:
    completion = Completion(
        text="<think>a</think>7", tokens=(1, 2, 3, 4, 0), logprobs=(), finish="eos", prompt_tokens=1,
        ends=(7, 8, 16, 17, 17),
    )  # fmt: skip
    assert thinking_tokens(completion) == 3


def test_what_a_server_counted_is_taken_and_else_its_share_of_the_characters() -> None:
    said = Completion(
        text="<think>aa</think>7890", tokens=(), logprobs=(), finish="stop", prompt_tokens=1, server_tokens=42,
        thinking_tokens=30,
    )  # fmt: skip
    assert thinking_tokens(said) == 30
    unsaid = Completion(
        text="<think>aa</think>7890", tokens=(), logprobs=(), finish="stop", prompt_tokens=1, server_tokens=42
    )
    assert thinking_tokens(unsaid) == round(42 * 17 / 21)


@pytest.mark.parametrize(
    ("prompt", "opens"),
    [
        ("Q: 2 + 2?\nA:", False),
        ("Q: 2 + 2?\n<think>\n", True),
        ("Q: what is <think>?\nA:", False),
        ("Q: 2 + 2?\nThoughts:", True),
        ("Q: 2 + 2?\nthoughts:", True),
        ("Q: 2 + 2?\nThoughts: 4\nAnswer:", False),
    ],
)
def test_a_prompt_opens_thinking_only_if_it_ends_with_an_opening_tag(prompt: str, opens: bool) -> None:
    assert opens_thinking(prompt, formats=(("Thoughts:", "Answer:"),)) is opens


def test_tags_of_a_suite_are_found_in_any_case() -> None:
    blocks = thinking_in("thoughts: 5? answer: 7", formats=(("Thoughts:", "Answer:"),))
    assert blocks.spans == ((0, 20),)
