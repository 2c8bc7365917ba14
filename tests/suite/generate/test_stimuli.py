"""Stimuli: words cancel, answers do not, and both languages have the same content."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pytest_reasoning.library import FAMILIES
from pytest_reasoning.scoring import target_problem
from pytest_reasoning.suite import load_suite
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.generate.traced_stream import Alteration, TracedStream
from pytest_reasoning.suite.stimuli import Stimulus, cancels
from pytest_reasoning.suite.templates.templates import evaluate

IN_PLACE = ("symbol-mapping", "arithmetic", "last-letters", "weekdays", "spell-backwards")
WORDS_ALONE = ("coin-flips",)
"Their words cancel, but not at each place: `flips` against `does not flip`."


def stimuli(name: str, count: int = 6) -> tuple[Stimulus, ...]:
    family = next(family for family in FAMILIES if family.name == name)
    return load_suite(family.path("en"), check=target_problem, stimuli=count).stimuli


def test_a_traced_stream_draws_the_same_and_one_thing_otherwise() -> None:
    plain, traced = RandomStream("a", 1), TracedStream("a", 1)
    assert [plain.below(9), *plain.sample("abcdef", 3)] == [traced.below(9), *traced.sample("abcdef", 3)]
    assert traced.samples == [3]
    assert [count for count, _ in traced.decisions] == [9, 6, 5, 4]
    changed = TracedStream("a", 1, change=Alteration(exchanged=((0, 0, 2),)))
    first = RandomStream("a", 1)
    assert changed.below(9) == first.below(9)
    assert changed.sample("abcdef", 3) == first.sample("abcdef", 3)[::-1]
    assert TracedStream("a", 1, change=Alteration(forced=((0, 7),))).below(9) == 7


@pytest.mark.parametrize("name", [*IN_PLACE, *WORDS_ALONE])
def test_words_cancel_and_answers_do_not(name: str) -> None:
    found = stimuli(name)
    assert len(found) == 6
    asked = set()
    for stimulus in found:
        assert len(stimulus.forms) == 2
        for form in stimulus.forms:
            texts = [case.prompt for case in form]
            first, second, third, fourth = (Counter(re.findall(r"\w+", text)) for text in texts)
            assert cancels(texts) or first + fourth == second + third
            assert cancels(texts) or name in WORDS_ALONE or form is not stimulus.forms[0]
            a, b, c, d = (case.target[0] for case in form)
            assert Counter((a, d)) != Counter((b, c))
        english, other = stimulus.forms
        assert english[0].prompt != other[0].prompt
        asked.add(english[0].prompt)
    assert len(asked) == 6
    assert found == stimuli(name)


def test_answers_are_those_of_the_family() -> None:
    """The sum of a changed question is that of its own numbers."""
    for stimulus in stimuli("arithmetic", 9):
        for case in stimulus.forms[0]:
            asked = case.prompt.removeprefix("Q: What is ").removesuffix("?")
            assert str(evaluate(asked.replace("x", "*"), {})) == case.target[0]


def test_a_worked_example_is_no_stimulus_and_nothing_is_drawn_unasked() -> None:
    shown = {example.prompt for example in load_suite(FAMILIES[0].path("en")).cases[0].fewshot}
    assert not load_suite(FAMILIES[0].path("en")).stimuli
    for stimulus in stimuli(FAMILIES[0].name):
        assert shown.isdisjoint(case.prompt for form in stimulus.forms for case in form)


def test_cases_that_are_written_out_have_none(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("prompt: What is {{ a }} + 1?\nscorer: number\ncases: [{a: 1, target: 2}]\n")
    assert load_suite(path, stimuli=8).stimuli == ()
