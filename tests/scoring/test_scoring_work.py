"""A completion is read once, and no further than its answer: these tests count what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from pytest_reasoning.records import Case, Completion, Generation, ScorerSpec
from pytest_reasoning.scoring import score_completion, thinking, thinking_tokens, without_run_on
from pytest_reasoning.scoring.judge import find
from pytest_reasoning.scoring.reading import Reader, Reading
from pytest_reasoning.scoring.score import Stage
from pytest_reasoning.scoring.types import TYPES
from pytest_reasoning.scoring.values.choice import plain_text
from pytest_reasoning.scoring.where import Said, statements
from pytest_reasoning.text.thinking import ThinkingBlocks

LABELLED = Path(__file__).parent / "labelled" / "labelled.jsonl"


class Watched:
    """A reader that notes which texts it is given."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.texts: list[str] = []
        self.equal = reader.equal
        self.begins = getattr(reader, "begins", None)

    def read(self, text: str, *, stated: bool) -> Reading | None:
        self.texts.append(text)
        return self.reader.read(text, stated=stated)


@pytest.mark.parametrize(
    ("scorer", "text", "read"),
    [
        ("number", " 12.\n\nWe take 4 of the 7.", ["12"]),
        ("number", "So it is.\n\nWe are left with 7", ["So it is", "We are left with 7"]),
        ("boolean", "It rained.\nThat is why: yes", ["It rained", "That is why: yes"]),
        ("boolean", "Yes, it rained.\nThat is all", ["That is all", "Yes, it rained"]),
    ],
)
def test_the_last_line_is_read_only_where_it_may_hold_the_answer(scorer: str, text: str, read: list[str]) -> None:
    reader = Watched(TYPES[scorer].reader())
    find(Said(text=text, introduced="perhaps"), reader, TYPES[scorer].rules)
    assert reader.texts == read


def test_statements_are_searched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def noted(text: str, own: tuple[str, ...], *, labels_a: bool) -> Iterator[statements.Marker]:
        searched.append(text)
        return statements.markers(text, own, labels_a=labels_a)

    monkeypatch.setattr(import_module("pytest_reasoning.scoring.where.places"), "markers", noted)
    case = Case(
        suite="s", id="c", file="f", line=1, prompt="?", target=("B",), options=("red", "green"),
        scorer=ScorerSpec(type="choice", params={}), generation=Generation(),
    )  # fmt: skip
    text = "We look at all of them once. The answer is (B)."
    done = Completion(text=text, tokens=(), logprobs=(), finish="stop", prompt_tokens=1)
    assert score_completion(case, done, Stage()).status == "correct"
    assert searched == [text]


def test_a_completion_is_cut_once_for_all_who_ask() -> None:
    before = without_run_on.cache_info()
    assert {without_run_on("12\n\nQ: And 7 of them?", ("\nQ:",), "") for _ in range(2)} == {"12\n"}
    after = without_run_on.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)


def test_a_line_is_freed_of_markup_once() -> None:
    before = plain_text.cache_info()
    assert {plain_text("**B)** all 7 of them") for _ in range(2)} == {"B) all 7 of them"}
    after = plain_text.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)


def test_no_thinking_is_looked_for_in_a_completion_of_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def noted(text: str, **_: object) -> ThinkingBlocks:
        searched.append(text)
        return ThinkingBlocks(spans=((0, 4),), closed=True)

    monkeypatch.setattr(thinking, "thinking_in", noted)
    made = Completion(text="<t>12", tokens=(), logprobs=(), finish="stop", prompt_tokens=1)
    counted = Completion(
        text="<t>12", tokens=(), logprobs=(), finish="stop", prompt_tokens=1, server_tokens=10, ends=()
    )
    assert thinking_tokens(made) == 0
    assert not searched
    assert thinking_tokens(counted) == 8
    assert searched == ["<t>12"]


def test_the_words_that_a_text_can_hold_find_what_all_words_find() -> None:
    plain = [row["completion"] for row in map(json.loads, LABELLED.read_text(encoding="utf-8").splitlines())]
    plain += ["The answer is 7. Wait, it is 13.", "La respuesta es 7.", "Jawabannya adalah 7", "ANSWER: 7"]
    found = 0
    for text in filter(str.isascii, map(str.lower, plain)):
        for pattern in (statements._nouns, statements._corrections):
            some, every = (list(pattern(ascii_only=flag).finditer(text)) for flag in (True, False))
            assert [match.span() for match in some] == [match.span() for match in every]
            found += len(some)
    assert found > 100


@pytest.mark.parametrize(
    ("run", "left"),
    [
        (" " * 9, " " * 8), ("\n" * 9, "\n" * 8), ("\t" * 9, " " * 8), ("\t " * 6, " " * 8),
        ("\u00a0" * 9, " " * 8),
        ("\u3000 " * 7, " " * 8), (" " * 8, " " * 8), ("\n" * 8, "\n" * 8), ("\t", "\t"),
    ],
)  # fmt: skip
def test_long_runs_of_white_space_are_shortened(run: str, left: str) -> None:
    seen: list[str] = []

    def custom(text: str, _: tuple[str, ...]) -> bool:
        seen.append(text)
        return True

    case = Case(
        suite="s", id="c", file="f", line=1, prompt="?", target=("7",), scorer=ScorerSpec(type="mine", params={}),
        generation=Generation(),
    )  # fmt: skip
    done = Completion(text=f"a{run}b", tokens=(), logprobs=(), finish="stop", prompt_tokens=1)
    score_completion(case, done, registered={"mine": custom})
    assert seen == [f"a{left}b"]
