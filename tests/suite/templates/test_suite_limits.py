"""Hostile suite files: each limit, and the escapes known from other sandboxes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.suite_texts import HEAD, load, problems
from pytest_reasoning.suite import load_suite
from pytest_reasoning.text.errors import SuiteError


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < 2


def refused(template: str) -> str:
    text = "target: x\nprompt: '" + template.replace("'", "''") + "'\ncases: [{a: [1, 2], name: Ada}]\n"
    (message,) = problems(text)
    return message.removeprefix("t.yaml:3:9: case 1: prompt: ")


def test_size(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (16 * 2**20 + 1))
    with pytest.raises(SuiteError) as caught:
        load_suite(path, display="big.yaml")
    assert str(caught.value) == (
        "big.yaml: the file has 16,777,217 bytes, the limit is 16,777,216"
        " (shorten it; rows of a suite can stand in a `dataset`)"
    )


def test_depth() -> None:
    assert problems("a: " + "[" * 500) == ["t.yaml:1:35: nested deeper than 32 levels (flatten it)"]
    (message,) = problems("a: " + "[" * 100_000)
    assert message.endswith(": nested deeper than 32 levels (flatten it)")


def test_aliases_that_multiply() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (message,) = problems("\n".join(levels))
    assert message.endswith("more than 1,000,000 values, aliases written out (move the rows to a `dataset`)")


def test_aliases_that_do_not_multiply_are_fine() -> None:
    text = HEAD + "cases:\n  - &one {id: x, a: &a 1}\n  - {id: y, a: *a}\n"
    assert [case.prompt for case in load(text).cases] == ["Q: 1", "Q: 1"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"prompt: \xff\n")
    with pytest.raises(SuiteError) as caught:
        load_suite(path, display="x.yaml")
    assert str(caught.value) == "x.yaml: byte 8 is not UTF-8 (save the file as UTF-8)"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(tmp_path / "x.yaml", display="x.yaml")
    assert str(caught.value) == (
        "x.yaml: cannot be read: No such file or directory (check the path and its permissions)"
    )


VALUE = "makes a value larger than 100,000 characters or entries (make it smaller)"
STEPS = "costs more than 1,000,000 steps (make it simpler, or use `generate`)"
DIGITS = "makes a number of more than 300 digits (make it smaller)"
TOO_MUCH = [
    ("{{ 'a' * 10 ** 9 }}", VALUE),
    ("{{ [0] * 10 ** 9 }}", VALUE),
    ("{{ 10 ** (10 ** 10) }}", DIGITS),
    ("{{ (10 ** 200) * (10 ** 200) }}", DIGITS),
    ("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", STEPS),
    ("{% for i in range(9999) %}{{ 'a' * 50000 == 'b' * 50000 }}{% endfor %}", STEPS),
    ("{{ range(10 ** 9) }}", VALUE),
    ("{{ range(10 ** 30) }}", VALUE),
    ("{{ name.ljust(10 ** 9) }}", VALUE),
    ("{{ name.center(10 ** 9) }}", VALUE),
    ("{{ ('a' * 9999).replace('a', 'a' * 9999) }}", VALUE),
    ("{{ ('a' * 9999) | replace('a', 'a' * 9999) }}", VALUE),
    ("{{ (['a'] * 9999) | join('b' * 9999) }}", VALUE),
    ("{{ ('b' * 9999).join(['a'] * 9999) }}", VALUE),
    ("{{ 1.5 | round(10 ** 9) }}", "gives the filter 'round' a number above 100 (make it smaller)"),
    (
        "{{ 1.5 | round(precision=10 ** 9, method='ceil') }}",
        "gives the filter 'round' a number above 100 (make it smaller)",
    ),
    ("{{ a | batch(10 ** 9, 0) | list }}", "gives the filter 'batch' a number above 10000 (make it smaller)"),
    (
        "{% set b = [a] * 9 %}" + "".join(f"{{% set b = [{', '.join('b' * 9)}] %}}" for _ in range(30)) + "{{ b }}",
        VALUE,
    ),
    ("{% set b = name %}" + "{% set b = b ~ b %}" * 40 + "{{ b }}", VALUE),
    (
        "{% for i in range(9999) %}{{ 'a' * 999 }}{% endfor %}",
        "renders more than 100,000 characters (make it smaller)",
    ),
    ("{{ '%099999d' % 1 }}", "the format '%099999d' is not available (use forms like %02d, %.2f and %s)"),
    ("{{ '%*d' % (99999, 1) }}", "the format '%*d' is not available (use forms like %02d, %.2f and %s)"),
    ("{{ " + "(" * 9000 + ")" * 9000 + " }}", "nested too deeply to compile (make it simpler)"),
    ("{{ x" + "-" * 300 + "1 }}", "not a valid template: it is nested deeper than 200 levels (make it simpler)"),
    ("{{ " + "-" * 9000 + "1 }}", "nested too deeply to compile (make it simpler)"),
    ("x" * 20_000 + "{{ a }}", "a template of 20,007 characters, the limit is 20,000 (put data in variables)"),
]


@pytest.mark.parametrize(("template", "message"), TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_templates_that_cost_too_much(template: str, message: str) -> None:
    assert refused(template) == message


def test_constants_are_not_computed_while_compiling() -> None:
    # Jinja2 folds constants: without care this runs before any rendering, outside the meter.
    assert refused("{% if false %}{{ 'a' * 10 ** 12 }}{% endif %}{{ 9 ** (9 ** 9) }}") == DIGITS


ESCAPES = [
    "{{ name.__class__ }}",
    "{{ name.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''.__class__.__base__.__subclasses__()[40]('/etc/passwd').read() }}",
    "{{ a.__init__.__globals__ }}",
    "{{ a['__class__'] }}",
    "{{ name['__class__'] }}",
    "{{ name | attr('__class__') }}",
    "{{ name | map(attribute='__class__') | list }}",
    "{{ [name] | map(attribute='__class__') | list }}",
    "{{ [name] | selectattr('__class__') | list }}",
    "{{ [name] | groupby('__class__') }}",
    "{{ [name, 'b'] | sort(attribute='__class__') }}",
    "{{ [name] | map('attr', '__class__') | list }}",
    "{{ '{0.__class__}'.format(name) }}",
    "{{ '{x.__class__}'.format_map({'x': name}) }}",
    "{{ ('{0.__cl' ~ 'ass__}').format(name) }}",
    "{{ name.format }}",
    "{{ ['{0.__class__}'] | map('format', name) | list }}",
    "{{ '%s' | format(name.__class__) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ dict.__base__ }}",
    "{{ range.__class__ }}",
    "{{ range.__self__ }}",
    "{{ zip.__globals__ }}",
    "{{ loop.__class__ }}",
    "{% for x in a %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in a %}{{ loop._iterator }}{% endfor %}",
    "{% for x in a %}{{ loop }}{% endfor %}",
    "{{ a.append(3) }}",
    "{{ a.__setitem__(0, 1) }}",
    "{{ {'x': 1}.update({}) }}",
    "{{ (1).__class__ }}",
    "{{ (1).real.__class__ }}",
    "{{ none.__class__ }}",
    "{{ undefined_thing.__class__ }}",
    "{{ (a | map('upper')).gi_frame }}",
    "{{ (a | batch(1)).gi_frame.f_globals }}",
    "{% import 'os' as os %}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
    "{% from 'os' import system %}",
    "{% macro f() %}{% endmacro %}{{ f.__globals__ }}",
    "{% call f() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% set x %}y{% endset %}",
    "{% block b %}{% endblock %}",
    "{% autoescape true %}x{% endautoescape %}",
    "{% do a.append(1) %}",
    "{% debug %}",
    "{% set ns = namespace() %}",
    "{% set a.x = 1 %}",
    "{% for x in a recursive %}{{ loop([1]) }}{% endfor %}",
    "{{ open('/etc/passwd') }}",
    "{{ __import__('os') }}",
    "{{ eval('1') }}",
    "{{ ''.encode }}",
    "{{ name.translate({}) }}",
    "{{ a | random }}",
    "{{ a | pprint }}",
    "{{ name | xmlattr }}",
    "{{ 1 if }}",
]


@pytest.mark.parametrize("template", ESCAPES)
def test_escapes_from_the_sandbox(template: str) -> None:
    message = refused(template)
    assert "root:" not in message
    assert not message.startswith("AttributeError")


def test_expressions_are_in_the_sandbox_too() -> None:
    text = HEAD + "generate: {count: 1, vars: {a: {expression: \"''.__class__\"}}}\n"
    assert problems(text) == [
        "t.yaml:3:11: generate: vars.a: access to attribute '__class__' of 'str' object is unsafe"
        " (see the list of what templates may use)"
    ]


def test_values_are_never_templates() -> None:
    assert load(HEAD + "cases: [{a: '{{ 1 + 1 }}'}]\n").cases[0].prompt == "Q: {{ 1 + 1 }}"


def test_too_many_cases_of_a_sweep() -> None:
    text = HEAD + "generate: {count: 50000, vars: {a: 1}, sweep: {n: [1, 2, 3]}}\n"
    assert problems(text) == ["t.yaml:3:11: generate: 3 points × 50000 instances are 150,000, the limit is 100,000"]
