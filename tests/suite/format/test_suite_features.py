"""What a suite file can say, key by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.suite_texts import HEAD, load, problems
from pytest_reasoning.records import Condition, Expectation, Gguf, Model, Strategy, Thinking, ThresholdRule
from pytest_reasoning.suite import Extensions, load_suite, reason_for
from pytest_reasoning.text.errors import ReasoningError

CASES = Path(__file__).parents[3] / "cases"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_suite_loads_and_names_its_schema(path: Path) -> None:
    suite = load_suite(path)
    assert len(suite.cases) >= 25
    head = path.read_text(encoding="utf-8").splitlines()[0]
    assert head == "# yaml-language-server: $schema=../src/pytest_reasoning/suite/format/suite.schema.json"


def test_the_example_of_the_design() -> None:
    suite = load(
        """
suite: last-letters
description: Concatenate the last letter of each word.
tags: [symbol-mapping]
prompt: 'Q: Take the last letters of "{{ name }}".'
target: "{{ name.split() | map('last') | join }}"
scorer: exact
system: You answer with the letters only.
fewshot:
  - name: Elon Musk
    rationale: The last letter of "Elon" is "n". The last letter of "Musk" is "k".
strategies: [direct, cot]
generation: {max_tokens: 64, temperature: 0, stop: ["\\n\\n"]}
repeats: 1
threshold: {nano: {max: 0.2}, small: 0.5, large: 0.9}
cases:
  - {id: larry-page, name: Larry Page}
  - {name: Ada Lovelace, target: ae, tags: [hard]}
generate:
  count: 50
  seed: 7
  vars: {name: {join: [{pseudoword: {length: [3, 6], capitalize: true}}, 2]}}
"""
    )
    first, second, third = suite.cases[:3]
    assert (suite.name, suite.line, len(suite.cases), suite.strategies) == (
        "last-letters",
        15,
        52,
        ("direct", "cot"),
    )
    assert suite.thresholds[:2] == (ThresholdRule(pattern="nano", max=0.2), ThresholdRule(pattern="small", min=0.5))
    assert (first.id, first.line, first.target) == ("larry-page", 17, ("ye",))
    assert (second.id, second.target, second.tags) == ("ada-lovelace", ("ae",), ("symbol-mapping", "hard"))
    assert first.fewshot[0].target == "nk"
    assert (third.id, third.origin, third.line) == ("generated-001", "generated", 20)
    assert third.target == ("".join(word[-1] for word in third.variables["name"].split()),)


TARGETS = [
    ("42", ("42",)),
    ("1.50", ("1.50",)),  # numbers are shown as they were written
    ("1e3", ("1e3",)),
    ("007", ("007",)),
    ("yes", ("yes",)),  # not YAML 1.1's true
    ("true", ("true",)),
    ("12:30", ("12:30",)),  # not 750
    ("2024-03-31", ("2024-03-31",)),
    ("[a, 1, 2.0]", ("a", "1", "2.0")),
    ("'{{ a + 1 }}'", ("8",)),
    ("'[\"x\"]'", ('["x"]',)),
]


@pytest.mark.parametrize(("written", "target"), TARGETS)
def test_targets_are_the_texts_they_were_written_as(written: str, target: tuple[str, ...]) -> None:
    assert load(f"prompt: x\ntarget: {written}\ncases: [{{a: 7}}]\n").cases[0].target == target


IDS = [
    ("{a: Larry Page}", "larry-page"),
    ("{a: 3, b: [x, y]}", "3-x-y"),
    ("{id: 7, a: 1}", "7"),
    ("{a: 'Æon — 東京!'}", "æon-東京"),
    ("{a: '+'}", "case-85d8bf43"),
    ("{a: " + "word " * 20 + "}", "word-word-word-word-word-word-word-word-acb5503f"),
]


@pytest.mark.parametrize(("case", "made"), IDS)
def test_ids_are_made_from_the_content(case: str, made: str) -> None:
    assert load(HEAD + f"cases: [{case}]\n").cases[0].id == made


def test_made_ids_that_collide_are_told_apart_by_content() -> None:
    ids = [case.id for case in load(HEAD + "cases: [{a: x-y}, {a: x y}, {a: z}]\n").cases]
    assert len(set(ids)) == 3
    assert ids[0].startswith("x-y-")
    assert ids[2] == "z"


def test_a_case_overrides_the_suite() -> None:
    case = load(
        HEAD
        + "scorer: number\ngeneration: {max_tokens: 9, seed: 3}\nsystem: S\n"
        + "cases: [{a: 1, prompt: P, scorer: exact, generation: {max_tokens: 5}, system: T, repeats: 4,"
        + " must_pass: true}]\n"
    ).cases[0]
    assert (case.prompt, case.scorer.type, case.system, case.repeats, case.must_pass) == (
        "P",
        "exact",
        "T",
        4,
        True,
    )
    assert (case.generation.max_tokens, case.generation.seed) == (5, 3)


def test_defaults_are_variables_of_every_case_and_exemplar() -> None:
    suite = load(
        "prompt: '{{ a }} {{ unit }}'\ntarget: '{{ a }}'\ndefaults: {unit: km}\n"
        "fewshot: [{a: 1}]\ncases: [{a: 2}, {a: 3, unit: m}]\n"
    )
    assert [case.prompt for case in suite.cases] == ["2 km", "3 m"]
    assert suite.cases[0].fewshot[0].prompt == "1 km"


def test_rationales_see_the_answer() -> None:
    suite = load(HEAD + "strategies: [cot]\nfewshot: [{a: 1, rationale: 'It is {{ target }}.'}]\ncases: [{a: 2}]\n")
    assert suite.cases[0].fewshot[0].rationale == "It is 1."


def test_included_keys_stand_in_where_the_suite_has_none(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text("scorer: number\nsystem: S\ntags: [x]\n", encoding="utf-8")
    suite = load(HEAD + "include: common.yaml\nsystem: T\ncases: [{a: 1}]\n", tmp_path)
    case = suite.cases[0]
    assert (case.scorer.type, case.system, case.tags) == ("number", "T", ("x",))


def test_a_problem_of_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text("\nscorer: nubmer\n", encoding="utf-8")
    text = HEAD + "include: common.yaml\ncases: [{a: 1}]\n"
    assert problems(text, tmp_path) == ["common.yaml:2:9: scorer: unknown scorer 'nubmer' (did you mean 'number'?)"]
    (tmp_path / "common.yaml").write_text("cases: []\n", encoding="utf-8")
    assert problems(text, tmp_path) == [
        "common.yaml:1:1: 'cases' cannot come from an included file (move it to t.yaml)"
    ]


def test_options_for_choices() -> None:
    text = "prompt: '{{ options | join(\" \") }}'\ntarget: B\nscorer: {type: choice, by: likelihood}\n"
    listed, computed = load(
        text + "cases: [{id: x, options: ['{{ a }}', 2], a: 1}, {id: y, options: '[3, 4]'}]\n"
    ).cases
    assert (listed.options, listed.choices, listed.prompt) == (("1", "2"), (" 1", " 2"), "1 2")
    assert computed.options == ("3", "4")


def test_strategies_of_the_suite_itself() -> None:
    suite = load(
        HEAD + "strategies: [direct, {name: vote, like: cot, samples: 3, temperature: 1},"
        " {name: plan, instruction: 'Plan. {{ prompt }}', trigger: 'Plan:', extraction: 'So'}]\n"
        "fewshot: [{a: 1, rationale: r}]\ncases: [{a: 2}]\n"
    )
    assert suite.strategies == ("direct", "vote", "plan")
    assert suite.strategy("vote") == Strategy(name="vote", rationales=True, samples=3, temperature=1)
    assert suite.strategy("plan").trigger == "Plan:"
    assert suite.cases[0].questions == {"plan": "Plan. Q: 2"}
    with pytest.raises(KeyError):
        suite.strategy("cot")


def test_keys_of_the_whole_suite() -> None:
    suite = load(
        HEAD + "chat: false\nconfidence: 0.95\nthinking: {enabled: false, budget: 512}\ngrammar: 'root ::= \"x\"'\n"
        "expect: {monotone: true, emerges_between: [small, large]}\nthreshold: 0.5\ncases: [{a: 1}]\n"
    )
    assert (suite.chat, suite.confidence) == (False, 0.95)
    assert suite.expect == Expectation(monotone=True, emerges_between=("small", "large"))
    assert suite.thresholds == (ThresholdRule(pattern="*", min=0.5),)
    assert suite.cases[0].thinking == Thinking(enabled=False, budget=512)
    assert suite.cases[0].grammar == 'root ::= "x"'


def model(n_params: int) -> Model:
    return Gguf(
        name="m", reference="m", path="m", sha256="", architecture="llama", n_params=n_params, n_layers=2, n_embd=8,
        n_ctx_train=64, quantization="Q8_0", size_bytes=1,
    )  # fmt: skip


def test_skip_and_xfail_by_model() -> None:
    text = HEAD + "skip: {when: 'n_params < 1e9', reason: too small}\ncases: [{a: 1}, {a: 2, xfail: broken}]\n"
    first, second = load(text).cases
    assert reason_for(first.skip, model(10**8), "direct") == "too small"
    assert reason_for(first.skip, model(10**10), "direct") is None
    assert second.xfail == (Condition(reason="broken"),)
    assert reason_for(second.xfail, model(1), "cot") == "broken"


def test_a_condition_that_fails_on_a_model_says_so() -> None:
    case = load(HEAD + "skip: {when: 'n_params < name', reason: x}\ncases: [{a: 1}]\n").cases[0]
    with pytest.raises(ReasoningError) as caught:
        reason_for(case.skip, model(1), "direct")
    assert str(caught.value).startswith("the condition 'n_params < name' fails for model 'm': TypeError:")


def test_names_that_plugins_register() -> None:
    class Seven:
        def draw(self, stream: object, known: object) -> int:  # noqa: ARG002
            return 7

    extensions = Extensions(
        scorers={"mine": lambda text, targets: True},  # noqa: ARG005
        generators={"seven": lambda **params: Seven()},  # noqa: ARG005
        strategies={"socratic": object()},
    )
    suite = load(
        HEAD
        + "scorer: {type: mine, level: 3}\nstrategies: [socratic]\ngenerate: {count: 1, vars: {a: {seven: {}}}}\n",
        extensions=extensions,
    )
    assert suite.cases[0].prompt == "Q: 7"
    assert suite.cases[0].scorer.params == {"level": 3}
    assert suite.strategies == ("socratic",)


def test_a_name_registered_twice_is_refused() -> None:
    class Hook:
        def pytest_reasoning_scorers(self) -> list[dict[str, object]]:
            return [{"exact": object()}]

        def pytest_reasoning_generators(self) -> list[dict[str, object]]:
            return []

        pytest_reasoning_strategies = pytest_reasoning_generators

    with pytest.raises(ReasoningError) as caught:
        Extensions.from_hooks(Hook())
    assert str(caught.value) == "the scorer 'exact' is built in (register it under another name)"
