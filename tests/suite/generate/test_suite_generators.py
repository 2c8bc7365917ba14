"""Generated instances: the same everywhere for a seed, and what each generator draws."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from kit.suite_texts import HEAD, load
from pytest_reasoning.suite import RandomStream

EVERY_GENERATOR = """\
prompt: x
target: y
generate:
  count: 2
  seed: 7
  vars:
    n: {integer: [1, 99]}
    d: {digits: 4}
    f: {float: [0, 10]}
    c: {choice: [red, green, blue]}
    w: {choice: {from: [a, b], weights: [1, 9]}}
    s: {sample: [[1, 2, 3, 4, 5], 3]}
    p: {pseudoword: {length: [3, 6], capitalize: true}}
    name: {name: full}
    first: {name: first}
    y: {symbol: greek}
    ys: {symbol: {kind: shapes, count: 3}}
    perm: {permutation: [a, b, c, d]}
    l: {list: [{integer: [0, 9]}, 4]}
    u: {list: {of: {integer: [0, 4]}, count: 4, distinct: true}}
    j: {join: [{pseudoword: 3}, 2]}
    k: {join: {of: {choice: [x, y]}, count: "n % 3 + 1", separator: "-"}}
    e: {expression: "n * 2 + l[0]"}
    t: {template: "{{ n }} and {{ c }}"}
    const: 5
"""


def test_instances_are_the_same_on_every_python_and_platform() -> None:
    # If this fails, every stored baseline of a generated suite is void: do not update the values lightly.
    first, second = load(EVERY_GENERATOR).cases
    assert dict(first.variables) == {
        "n": 71, "d": 7987, "f": 0.55, "c": "green", "w": "b", "s": [2, 1, 3], "p": "Qamywy", "name": "Rosa Meyer",
        "first": "Marco", "y": "υ", "ys": ["◇", "□", "△"], "perm": ["c", "b", "d", "a"], "l": [5, 4, 2, 3],
        "u": [2, 0, 1, 4], "j": "yli fyh", "k": "y-x-y", "e": 147, "t": "71 and green", "const": 5,
    }  # fmt: skip
    assert dict(second.variables) == {
        "n": 18, "d": 5284, "f": 3.61, "c": "blue", "w": "b", "s": [3, 4, 1], "p": "Ixacip", "name": "Vera Gupta",
        "first": "Anika", "y": "δ", "ys": ["□", "△", "▲"], "perm": ["d", "a", "c", "b"], "l": [8, 4, 9, 4],
        "u": [1, 0, 3, 2], "j": "bob xys", "k": "y", "e": 44, "t": "18 and blue", "const": 5,
    }  # fmt: skip


def test_the_stream_itself() -> None:
    stream = RandomStream(7, "a")
    assert [stream.between(1, 1000) for _ in range(8)] == [176, 889, 418, 593, 477, 827, 388, 928]
    assert stream.sample("abcdef", 3) == ["f", "e", "b"]
    assert stream.unit() == pytest.approx(0.86782226, abs=1e-9)


def test_draws_are_even() -> None:
    stream = RandomStream("even")
    counts = Counter(stream.below(6) for _ in range(60_000))
    # Chi-square with 5 degrees of freedom: above 20.5 once in a thousand streams.
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts.values()) < 20.5


def variables(text: str, **options: Any) -> list[dict[str, object]]:
    return [dict(case.variables) for case in load(HEAD + text, **options).cases]


def test_a_larger_count_keeps_the_earlier_instances() -> None:
    few = variables("generate: {count: 3, vars: {a: {integer: [1, 999]}}}\n")
    many = variables("generate: {count: 9, vars: {a: {integer: [1, 999]}}}\n")
    assert many[:3] == few


def test_another_variable_keeps_the_values_of_the_others() -> None:
    one = variables("generate: {count: 3, vars: {a: {integer: [1, 999]}}}\n")
    two = variables("generate: {count: 3, vars: {b: {integer: [1, 9]}, a: {integer: [1, 999]}}}\n")
    assert [row["a"] for row in two] == [row["a"] for row in one]


def test_where_and_unique() -> None:
    rows = variables("generate: {count: 5, vars: {a: {integer: [1, 9]}}, where: 'a is odd'}\n")
    assert sorted(row["a"] for row in rows) == [1, 3, 5, 7, 9]  # type: ignore[type-var]
    assert len(variables("generate: {count: 9, unique: false, vars: {a: {integer: [1, 2]}}}\n")) == 9


def test_several_conditions_and_dependent_variables() -> None:
    rows = variables(
        "generate: {count: 20, vars: {a: {integer: [1, 99]}, b: {integer: [1, a]}, s: {expression: a + b}},"
        " where: [b < a, s < 50]}\n"
    )
    assert all(row["b"] < row["a"] and row["s"] == row["a"] + row["b"] < 50 for row in rows)  # type: ignore[operator]


def test_a_sweep_is_reported_point_by_point() -> None:
    suite = load(
        "prompt: '{{ name }}'\ntarget: x\n"
        "generate: {name: ll, count: 2, sweep: {words: [2, 3]},"
        " vars: {name: {join: [{pseudoword: 3}, words]}}}\n"
    )
    assert [(case.id, case.group, len(case.prompt.split())) for case in suite.cases] == [
        ("ll-words=2-001", "words=2", 2),
        ("ll-words=2-002", "words=2", 2),
        ("ll-words=3-001", "words=3", 3),
        ("ll-words=3-002", "words=3", 3),
    ]


def test_several_blocks() -> None:
    suite = load(HEAD + "generate: [{name: x, count: 1, vars: {a: 1}}, {name: y, count: 1, vars: {a: 2}}]\n")
    assert [(case.id, case.prompt) for case in suite.cases] == [("x-001", "Q: 1"), ("y-001", "Q: 2")]


def test_fresh_instances_stand_beside_the_fixed_ones_and_are_none_of_them() -> None:
    text = HEAD + "cases: [{id: c, a: 0}]\ngenerate: {count: 40, vars: {a: {integer: [1, 99]}}}\n"
    plain, seeded, again = load(text), load(text, fresh_seed=5), load(text, fresh_seed=5)
    assert plain.fresh == ()
    assert plain.cases == seeded.cases
    assert seeded.fresh == again.fresh != load(text, fresh_seed=6).fresh
    assert [case.id for case in seeded.fresh[:2]] == ["fresh-5-generated-001", "fresh-5-generated-002"]
    assert {case.origin for case in seeded.fresh} == {"fresh"}
    assert len({case.prompt for case in (*seeded.cases, *seeded.fresh)}) == 81


def test_each_point_of_a_sweep_has_fresh_instances() -> None:
    sweep = "generate: {count: 2, sweep: {n: [2, 3]}, vars: {a: {digits: n}}}\n"
    assert [(case.id, case.group) for case in load(HEAD + sweep, fresh_seed=1).fresh] == [
        ("fresh-1-generated-n=2-001", "n=2"),
        ("fresh-1-generated-n=2-002", "n=2"),
        ("fresh-1-generated-n=3-001", "n=3"),
        ("fresh-1-generated-n=3-002", "n=3"),
    ]


def test_without_enough_instances_there_is_no_gap_and_the_suite_runs() -> None:
    text = HEAD + "generate: [{count: 3, vars: {a: {integer: [1, 4]}}}, {name: b, count: 1, vars: {a: 9}}]\n"
    suite = load(text, fresh_seed=1)
    assert len(suite.cases) == 4
    assert suite.fresh == ()
    assert str(suite.no_fresh) == (
        "t.yaml:3:54: no gap to fresh instances: only 0 of 1 new instances found in 200 draws (widen `vars`, "
        "loosen `where` or lower `count`)"
    )


@pytest.mark.parametrize(
    ("filters", "value"),
    [
        ("'c' | position", "3"),
        ("3 | letter", "c"),
        ("'abz' | shift(1)", "bca"),
        ("[2, 3, 4] | product", "24"),
        ("[2, 3, 4] | sum", "9"),
        ("407 | digits | join(' ')", "4 0 7"),
        ("342 | words", "three hundred forty-two"),
        ("-70015 | words", "minus seventy thousand fifteen"),
        ("zip([1, 2], ['a', 'b'])", "[[1, 'a'], [2, 'b']]"),
        ("'a b'.split() | map('last') | join", "ab"),
        ("'%02d:%02d' % (7, 5)", "07:05"),
        ("(7 / 2) | round(1)", "3.5"),
        ("[3, 1, 2] | sort | reverse | list", "[3, 2, 1]"),
        ("'hello' | list | unique | join", "helo"),
        ("'hello'.count('l')", "2"),
        ("true", "true"),
    ],
)
def test_filters_for_reasoning(filters: str, value: str) -> None:
    assert load(f'prompt: "{{{{ {filters} }}}}"\ntarget: x\ncases: [{{a: 1}}]\n').cases[0].prompt == value


def test_generated_cases_have_tags_of_their_own_beside_the_suites() -> None:
    text = HEAD + "tags: [all]\ngenerate: {count: 1, sweep: {n: [1, 2]}, tags: ['n-{{ n }}'], vars: {a: 1}}\n"
    assert [case.tags for case in load(text).cases] == [("all", "n-1"), ("all", "n-2")]
