"""Five thousand mutated suite files: each is read or refused with file and line, in time, and runs nothing."""

# ruff: noqa: E501 - messages, templates and tokens stand whole

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_reasoning.scoring import target_problem
from pytest_reasoning.suite import suite_from_text
from pytest_reasoning.text.errors import SuiteError

SUITES = [
    """\
suite: last-letters
tags: [symbol-mapping]
prompt: 'Q: Take the last letters of "{{ name }}".'
target: "{{ name.split() | map('last') | join }}"
scorer: {type: regex, pattern: "[a-z]+", ignore_case: true}
fewshot:
  - name: Elon Musk
    rationale: The last letter of "Elon" is "n".
strategies: [direct, cot, {name: vote, like: cot, samples: 3}]
generation: {max_tokens: 64, temperature: 0, stop: ["\\n\\n"]}
threshold: {nano: {max: 0.2}, "<1B": 0.5}
cases:
  - {id: larry-page, name: Larry Page}
  - {name: Ada Lovelace, target: ae, tags: [hard], skip: {when: n_params < 1e9, reason: small}}
""",
    """\
prompt: "{% for x in xs %}{{ x }} + {% endfor %}{{ a }} = ?"
target: "{{ (xs | sum) + a }}"
scorer: {type: any, of: [number, exact]}
defaults: &d {a: 1, xs: [1, 2]}
generate:
  count: 3
  seed: 7
  sweep: {n: [2, 3]}
  vars:
    a: {integer: [1, 9]}
    xs: {list: [{digits: 2}, n]}
    w: {pseudoword: {length: [3, 6], capitalize: true}}
    c: {choice: [*d, x, 2.50]}
  where: [a > 1, "xs[0] is even"]
cases: [{id: x}]
""",
]
TOKENS = [
    "{", "}", "[", "]", ":", ": ", "- ", "\n", "\n  ", '"', "'", "#", "&a ", "*a", "*d", "|", ">", "!", "!!python/object/apply:os.system ['x']",
    "!!str ", "<<: ", "---\n", "? ", "%YAML 1.1\n", "~", "null", "true", "yes", "1e999", "-1", "0x10", ".inf", ".nan", "9" * 400,
    "{{", "}}", "{{ a }}", "{% for i in range(99999) %}", "{% endfor %}", "{{ ''.__class__.__mro__ }}", "{{ 9 ** 999999 }}",
    "{{ 'a' * 99999999 }}", "{{ cycler.__init__.__globals__.os.system('x') }}", "{% set a = [a, a] %}", "\x00", "\ufeff", "\u2028", "\ud7ff", "é", "\t",
    "prompt", "target: ", "cases: ", "id: ", "count: 99999", "dataset: {file: ", "include: /etc/passwd\n", "scorer: ", "regex", "(a+)+$", "seed: ",
    "expression: ", "where: ", "integer: [", "999999999999999999999", "[" * 40, "{a: " * 40, "(" * 300, "-" * 300, "\\", "\\x", "  ",
]  # fmt: skip

MUTATION = st.tuples(
    st.sampled_from(["insert", "delete", "replace", "repeat", "swap"]),
    st.floats(0, 1),
    st.integers(0, 30),
    st.one_of(st.sampled_from(TOKENS), st.text(max_size=5)),
)


def mutated(text: str, mutations: list[tuple[str, float, int, str]]) -> str:
    for kind, where, length, token in mutations:
        at = int(where * len(text))
        rest = text[at + length :]
        chunk = text[at : at + length]
        middle = {"insert": token + chunk, "delete": "", "replace": token, "repeat": chunk * 3, "swap": chunk[::-1]}
        text = text[:at] + middle[kind] + rest
    return text


@pytest.fixture(autouse=True)
def _runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **_: object) -> None:
        raise AssertionError(f"a suite file ran something: {args}")

    for module, name in ((os, "system"), (os, "popen"), (subprocess, "Popen"), (os, "remove")):
        monkeypatch.setattr(module, name, refuse)


@settings(
    max_examples=5000,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(suite=st.sampled_from(SUITES), mutations=st.lists(MUTATION, min_size=1, max_size=5))
def test_mutated_suites(suite: str, mutations: list[tuple[str, float, int, str]]) -> None:
    text = mutated(suite, mutations)
    started = time.process_time()
    try:
        read = suite_from_text(text, path=Path("/nowhere/t.yaml"), display="t.yaml", check=target_problem)
        assert read.cases
    except SuiteError as error:
        assert error.problems  # noqa: PT017 - either outcome is right
        for problem in error.problems:
            assert problem.file.endswith(("t.yaml", "passwd"))
            assert problem.line > 0 or "not valid YAML" in problem.message
            assert "\n" not in str(problem)
            assert str(problem).endswith(")")
    assert time.process_time() - started < 2
