"""Every message a suite file can meet, in full."""

# ruff: noqa: E501 - messages stand whole, as users see them

from __future__ import annotations

import pytest

from kit.suite_texts import HEAD, load, problems
from pytest_reasoning.scoring import target_problem

CASES = "cases: [{a: 1}]\n"

ERRORS = [
    # YAML
    ("", "t.yaml:1: the file is empty (start with `prompt`, `target` and `cases`)"),
    ("# nothing\n", "t.yaml:1: the file is empty (start with `prompt`, `target` and `cases`)"),
    ("- 1\n", "t.yaml:1:1: a suite file is a mapping (start with `prompt`, `target` and `cases`)"),
    (
        "prompt: 'x\n",
        "t.yaml:2:1: not valid YAML: while scanning a quoted scalar found unexpected end of stream"
        " (quote texts that hold ':', '#', '{', '[' or a quote, and indent with spaces)",
    ),
    (
        "prompt: Q: x\n",
        "t.yaml:1:10: not valid YAML: mapping values are not allowed in this context"
        " (quote texts that hold ':', '#', '{', '[' or a quote, and indent with spaces)",
    ),
    ("prompt: x\nprompt: y\n", "t.yaml:2:1: the key 'prompt' stands twice (the first is on line 1: keep one)"),
    ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second YAML document (one file holds one: remove the '---')"),
    ("? [a]\n: 1\n", "t.yaml:1:3: a key must be a plain text (quote it)"),
    (
        "prompt: !!python/name:os.system x\n",
        "t.yaml:1:9: the tag '!!python/name:os.system' is not allowed (remove it: only plain data is read)",
    ),
    ("cases: !x [1]\n", "t.yaml:1:8: the tag '!x' is not allowed (remove it: only plain data is read)"),
    ("prompt: *a\n", "t.yaml:1:9: the alias '*a' names no finished anchor (define &a before it)"),
    ("a: &a [*a]\n", "t.yaml:1:8: the alias '*a' names no finished anchor (define &a before it)"),
    # keys
    (HEAD + "promt: x\n" + CASES, "t.yaml:3:1: unknown key 'promt' (did you mean 'prompt'?)"),
    (
        HEAD + "cases:\n  - {a: 1, tagret: 2}\n",
        "t.yaml:4:12: case 1: unknown key 'tagret' (did you mean 'target'?)",
    ),
    (
        HEAD + "cases:\n  - {id: x, a: 1, threshold: 1}\n",
        "t.yaml:4:19: case 'x': 'threshold' cannot be set for one case (set it for the suite)",
    ),
    (HEAD + "cases: [7]\n", "t.yaml:3:9: case 1: a case is a mapping (write {id: NAME, VARIABLE: VALUE})"),
    (
        HEAD + CASES + "generation: {max_token: 3}\n",
        "t.yaml:4:14: generation: unknown key 'max_token' (did you mean 'max_tokens'?)",
    ),
    (
        HEAD + CASES + "generation: {max_tokens: many}\n",
        "t.yaml:4:26: generation.max_tokens: input should be a valid integer, unable to parse string as an integer (change it)",
    ),
    (
        HEAD + CASES + "generation: {temperature: -1}\n",
        "t.yaml:4:27: generation.temperature: input should be greater than or equal to 0 (raise it)",
    ),
    (
        HEAD + CASES + "generation: {stop: ['']}\n",
        "t.yaml:4:20: generation.stop: an empty stop text would end every completion at once (remove it)",
    ),
    (
        HEAD + "generate: {count: 1, tags: ['n {{ n }}'], vars: {a: 1, n: 2}}\n",
        "t.yaml:3:11: generate: tags: 'n 2' is not a tag (use letters, digits, - and _, and begin with a letter)",
    ),
    (
        HEAD + CASES + "tags: [two words]\n",
        "t.yaml:4:8: tags[1]: string should match pattern '^[A-Za-z][A-Za-z0-9_-]*$' (change it)",
    ),
    (
        HEAD + CASES + "suite: 'a b'\n",
        "t.yaml:4:8: suite: string should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]*$' (change it)",
    ),
    (HEAD + CASES + "repeats: 0\n", "t.yaml:4:10: repeats: input should be greater than or equal to 1 (raise it)"),
    (
        HEAD + CASES + "expect: {monotome: true}\n",
        "t.yaml:4:10: expect: unknown key 'monotome' (did you mean 'monotone'?)",
    ),
    # targets and templates
    ("target: x\ncases: [{a: 1}]\n", "t.yaml:2:9: case 1: no prompt (give one to the suite or to the case)"),
    ("prompt: x\ncases: [{a: 1}]\n", "t.yaml:2:9: case 1: no target (give one to the suite or to the case)"),
    (
        "prompt: x\ntarget: []\n" + CASES,
        "t.yaml:2:9: target: an empty list can never be answered (give at least one)",
    ),
    (
        "prompt: x\ntarget: {a: 1}\n" + CASES,
        "t.yaml:2:9: target: a text, a number, true or false is needed, or a list of these (quote it)",
    ),
    (HEAD + "cases: [{b: 1}]\n", "t.yaml:3:9: case 1: prompt: 'a' is undefined (known here: b)"),
    (HEAD + "cases: [{id: x, aa: 1}]\n", "t.yaml:3:9: case 'x': prompt: 'a' is undefined (did you mean 'aa'?)"),
    (
        "prompt: '{{ a'\ntarget: x\n" + CASES,
        "t.yaml:3:9: case 1: prompt: not a valid template: unexpected end of template, expected 'end of print statement'. (see the Jinja2 syntax)",
    ),
    (
        "prompt: '{{ a|lsat }}'\ntarget: x\n" + CASES,
        "t.yaml:3:9: case 1: prompt: not a valid template: No filter named 'lsat'. (see the Jinja2 syntax)",
    ),
    (
        "prompt: '{{ a / 0 }}'\ntarget: x\n" + CASES,
        "t.yaml:3:9: case 1: prompt: ZeroDivisionError: division by zero (check the values it is given)",
    ),
    (HEAD, "t.yaml:1:1: the suite has no cases (add `cases`, `generate` or `dataset`)"),
    (HEAD + "cases: []\n", "t.yaml:3:8: the suite has no cases (add `cases`, `generate` or `dataset`)"),
    # ids
    (
        HEAD + "cases: [{id: 'a::b', a: 1}]\n",
        "t.yaml:3:14: case 1: the id 'a::b' holds '::', which node ids cannot (use letters, digits and '-')",
    ),
    (
        HEAD + "cases: [{id: 'a[b', a: 1}]\n",
        "t.yaml:3:14: case 1: the id 'a[b' holds '[', which node ids cannot (use letters, digits and '-')",
    ),
    (
        HEAD + 'cases: [{id: "a\\nb", a: 1}]\n',
        "t.yaml:3:14: case 1: the id 'a\\nb' holds '\\n', which node ids cannot (use letters, digits and '-')",
    ),
    (
        HEAD + "cases: [{id: '', a: 1}]\n",
        "t.yaml:3:14: case 1: the id '' is empty or has spaces around it (give it a plain name)",
    ),
    (
        HEAD + "cases: [{id: pass-rate, a: 1}]\n",
        "t.yaml:3:14: case 1: the id 'pass-rate' is the gate's own name (choose another)",
    ),
    (
        HEAD + f"cases: [{{id: {'x' * 101}, a: 1}}]\n",
        f"t.yaml:3:14: case 1: the id '{'x' * 40}…' is longer than 100 characters (shorten it)",
    ),
    (
        HEAD + "cases:\n  - {id: x, a: 1}\n  - {id: x, a: 2}\n",
        "t.yaml:5: case 'x': stands twice, first on line 4 (rename one)",
    ),
    (
        HEAD + "cases:\n  - {a: 1}\n  - {a: 1}\n",
        "t.yaml:5: case '1-9d49d298': stands twice, first on line 4 (give each an `id` of its own)",
    ),
    # thresholds
    (
        HEAD + CASES + "threshold: 80\n",
        "t.yaml:4:12: threshold: a pass rate lies between 0 and 1, not 80 (write 0.8 for 80 %)",
    ),
    (
        HEAD + CASES + "threshold: high\n",
        "t.yaml:4:12: threshold: a pass rate is a number, not 'high' (write 0.8 for 80 %)",
    ),
    (
        HEAD + CASES + "threshold: {nano: {mx: 1}}\n",
        "t.yaml:4:12: threshold: 'nano': takes min and max, not 'mx' (write {min: 0.8} or {max: 0.2})",
    ),
    (
        HEAD + CASES + "threshold: {nano: {min: 1, max: 0}}\n",
        "t.yaml:4:12: threshold: 'nano': min 1 is above max 0 (no pass rate can meet both)",
    ),
    (
        HEAD + CASES + "threshold: {'<1 cow': 1}\n",
        "t.yaml:4:12: threshold: '<1 cow': not a size (write it like '<1B' or '>=350M')",
    ),
    # scorers
    (HEAD + CASES + "scorer: nubmer\n", "t.yaml:4:9: scorer: unknown scorer 'nubmer' (did you mean 'number'?)"),
    (
        HEAD + CASES + "scorer: [a]\n",
        "t.yaml:4:9: scorer: a scorer is a name or a mapping with `type` (write `scorer: exact`)",
    ),
    (
        HEAD + CASES + "scorer: {tolerance: 1}\n",
        "t.yaml:4:9: scorer: a scorer mapping needs `type` (for example {type: number, tolerance: 0.01})",
    ),
    (
        HEAD + CASES + "scorer: {type: number, tolerence: 1}\n",
        "t.yaml:4:24: scorer: unknown key 'tolerence' (did you mean 'tolerance'?)",
    ),
    (
        HEAD + CASES + "scorer: {type: regex, pattern: '('}\n",
        "t.yaml:4:32: scorer.pattern: not a regular expression: missing ) at position 1 (test it on a sample answer)",
    ),
    (
        HEAD + CASES + "scorer: {type: weighted, of: [exact], weights: [1, 2], at_least: 0.5}\n",
        "t.yaml:4:9: scorer: 2 weights for 1 scorers (give one for each)",
    ),
    (
        HEAD + CASES + "scorer: choice\n",
        "t.yaml:3:9: case 1: scorer 'choice' needs the answers to choose from (add `options`)",
    ),
    (
        HEAD + CASES + "options: a\nscorer: choice\n",
        "t.yaml:3:9: case 1: options: 'a' is 1, not a list of answers (change the expression)",
    ),
    # strategies
    (
        HEAD + CASES + "strategies: [driect]\n",
        "t.yaml:4:14: strategies[1]: unknown strategy 'driect' (did you mean 'direct'?)",
    ),
    (HEAD + CASES + "strategies: []\n", "t.yaml:4:13: strategies: an empty list asks nothing (name at least one)"),
    (
        HEAD + CASES + "strategies: [direct, direct]\n",
        "t.yaml:4:13: strategies: the strategy 'direct' is listed twice (give one another `name`)",
    ),
    (
        HEAD + CASES + "strategies: [{name: x, trigr: y}]\n",
        "t.yaml:4:24: strategies[1]: unknown key 'trigr' (did you mean 'trigger'?)",
    ),
    (
        HEAD + CASES + "strategies: [{name: x, like: y}]\n",
        "t.yaml:4:14: strategies[1]: like: unknown strategy 'y' (known: cot, direct, self-consistency, zero-shot-cot)",
    ),
    (
        HEAD + CASES + "strategies: [cot]\n",
        "t.yaml:4:13: strategy 'cot' shows worked examples and there are none (add `fewshot` or use zero-shot-cot)",
    ),
    (
        HEAD + CASES + "strategies: [cot]\nfewshot: [{a: 2}]\n",
        "t.yaml:5:11: fewshot[1]: no rationale, which strategy 'cot' shows (add `rationale`, or drop the strategy)",
    ),
    (
        HEAD + CASES + "strategies: [{name: x, instruction: '{{ promt }}'}]\n",
        "t.yaml:3:9: case 1: instruction: 'promt' is undefined (did you mean 'prompt'?)",
    ),
    # conditions
    (
        HEAD + CASES + "skip: {when: n_prams < 3, reason: x}\n",
        "t.yaml:4:7: skip: when: a model has no 'n_prams' (did you mean 'n_params'?)",
    ),
    (
        HEAD + CASES + "xfail: {when: 'n_params <', reason: x}\n",
        "t.yaml:4:15: xfail.when: not a valid template: unexpected 'end of template' (see the Jinja2 syntax)",
    ),
    (HEAD + CASES + "skip: {when: n_params > 1}\n", "t.yaml:4:7: skip: 'reason' is missing (add it)"),
    # generate
    (
        HEAD + "generate: {count: 1, vars: {a: {intger: [1, 2]}}}\n",
        "t.yaml:3:32: generate.vars.a: unknown generator 'intger' (did you mean 'integer'?)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {integer: [1]}}}\n",
        "t.yaml:3:42: generate.vars.a.integer: the short form is a list of min and max (or write a mapping)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {integer: {min: 1}}}}\n",
        "t.yaml:3:42: generate.vars.a.integer: 'max' is missing (add it)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {float: {min: 1, max: 2, decimal: 1}}}}\n",
        "t.yaml:3:57: generate.vars.a.float: unknown key 'decimal' (did you mean 'decimals'?)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {}}}\n",
        "t.yaml:3:32: generate.vars.a: a variable names exactly one generator, not nothing (for example {integer: [1, 9]})",
    ),
    (HEAD + "generate: {vars: {a: 1}}\n", "t.yaml:3:11: generate: 'count' is missing (add it)"),
    (
        HEAD + "generate: {count: 9, vars: {a: {integer: [1, 3]}}}\n",
        "t.yaml:3:11: generate: only 3 of 9 instances found in 1,800 draws (widen `vars`, loosen `where`, lower `count` or set `unique: false`)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {integer: [3, 1]}}}\n",
        "t.yaml:3:11: generate: vars.a: integer: min 3 is above max 1 (swap them)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {expression: b + 1}}}\n",
        "t.yaml:3:11: generate: vars.a: 'b' is undefined (known here: none)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {sample: [[1, 2], 3]}}}\n",
        "t.yaml:3:11: generate: vars.a: sample: 3 of 2 values cannot be drawn without replacement (lower count)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: {symbol: shape}}}\n",
        "t.yaml:3:41: generate.vars.a.symbol: unknown kind 'shape' (did you mean 'shapes'?)",
    ),
    (
        HEAD + "generate: {count: 1, vars: {a: 1}, sweep: {n: []}}\n",
        "t.yaml:3:43: generate.sweep: 'n' has no values to go through (list some)",
    ),
    (
        HEAD + "generate: [{count: 1, vars: {a: 1}}, {count: 1, vars: {a: 1}}]\n",
        "t.yaml:3:12: generate: two blocks are named 'generated' (give each a `name` of its own)",
    ),
    # files
    (
        HEAD + "dataset: {file: nix.jsonl}\n",
        "t.yaml:3:10: dataset: nix.jsonl: there is no such file (paths are relative to the suite)",
    ),
    (
        HEAD + "dataset: {file: 'hf:nix'}\n",
        "t.yaml:3:10: dataset: hf:nix: not a data set file (write hf:USER/REPO/PATH or hf:USER/REPO@REVISION/PATH)",
    ),
    (
        HEAD + CASES + "include: nix.yaml\n",
        "t.yaml:4:10: include: there is no file 'nix.yaml' (paths are relative to this suite)",
    ),
]


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=range(len(ERRORS)))
def test_message(text: str, message: str) -> None:
    assert problems(text) == [message]


def test_every_problem_of_a_file_is_reported_at_once_in_order() -> None:
    text = "promt: x\nscorer: exakt\nthreshold: 80\ngeneration: {max_tokens: 0}\n"
    assert [message.split(": ", 1)[0] for message in problems(text)] == [
        "t.yaml:1:1",
        "t.yaml:2:9",
        "t.yaml:3:12",
        "t.yaml:4:26",
    ]


def test_every_broken_case_is_reported() -> None:
    text = HEAD + "cases:\n  - {b: 1}\n  - {a: 1}\n  - {b: 2}\n"
    assert [message.split(": ")[0] for message in problems(text)] == ["t.yaml:4:5", "t.yaml:6:5"]


def test_reports_stop_at_fifty() -> None:
    assert len(problems(HEAD + "cases:\n" + "  - {b: 1}\n" * 200)) == 50


def test_a_target_that_can_never_be_met_is_found_when_the_file_is_read() -> None:
    text = HEAD + "scorer: number\ncases: [{a: many}]\n"
    assert problems(text, check=target_problem) == [
        "t.yaml:4:9: case 1: the target 'many' is no number (correct it, or use scorer 'exact')"
    ]
    assert len(load(text).cases) == 1
