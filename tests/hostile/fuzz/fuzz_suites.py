"""Suite files to mutate, the pieces that go into them, and what must come of it."""

# ruff: noqa: E501, PT017 - pieces stand whole, and either outcome is right

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

from fuzz_mutations import mutated_text, mutations
from fuzz_target import Check, Target
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


def _check(text: str) -> None:
    try:
        read = suite_from_text(text, path=Path("/nowhere/t.yaml"), display="t.yaml", check=target_problem)
    except SuiteError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.file.endswith(("t.yaml", "passwd"))
            assert problem.line > 0 or "not valid YAML" in problem.message
            assert "\n" not in str(problem)
            assert str(problem).endswith(")")
    else:
        assert read.cases


def _refuse(*args: object, **_: object) -> None:
    raise AssertionError(f"a suite file ran something: {args}")


@contextmanager
def _suites() -> Iterator[Check]:
    with ExitStack() as stack:
        for module, name in ((os, "system"), (os, "popen"), (subprocess, "Popen"), (os, "remove")):
            stack.enter_context(mock.patch.object(module, name, _refuse))
        yield _check


SUITE = Target(
    name="suite text",
    what="two suites that use most keys, and pieces of YAML, Jinja2 and Python attacks",
    promise="cases, or problems with file, line and remedy, each on one line; nothing is run",
    inputs=st.builds(mutated_text, st.sampled_from(SUITES), mutations(TOKENS)),
    open=_suites,
    limit_s=2,
    examples=2000,
)
