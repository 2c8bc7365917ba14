"""Chat templates that would hang the process or take its memory end with one line of error."""

# ruff: noqa: E501 - templates stand whole

from __future__ import annotations

import pytest

from pytest_reasoning.prompting.chat import ChatEnvironment, chat_text
from pytest_reasoning.records import Message, Thinking
from pytest_reasoning.text.errors import ModelError

pytestmark = pytest.mark.slow

ASKED = [Message(role="user", content="What is 2 + 3?")]
COSTS = "costs more than 2,000,000 steps"
VALUE = "makes a value larger than 4,000,000 characters or entries"


def rendered(template: str) -> str:
    return chat_text(ASKED, template, Thinking(), "<s>", "</s>")


BOMBS = [
    ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}x", COSTS),
    ("{% for a in range(9999999999) %}{% endfor %}", VALUE),
    ("{{ 10 ** (10 ** 8) }}", "makes a number of more than 300 digits"),
    ("{{ (10 ** 200) * (10 ** 200) }}", "makes a number of more than 300 digits"),
    ("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}", COSTS),
    ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "maximum recursion depth exceeded"),
    ("{{ lipsum(n=200000) }}", "'lipsum' is undefined"),
    ("{{ '%4000000000d' % 1 }}", "the format '%4000000000d' is not available"),
    ("{{ '%*d' % (4000000000, 1) }}", "is not available"),
    ("{{ 'x' * 4000000000 }}", VALUE),
    ("{{ [0] * 600000000 }}", VALUE),
    ("{{ '{:>4000000000}'.format('x') }}", "access to attribute 'format' of 'str' object is unsafe"),
    ("{{ {1: 1}|tojson(indent=2000000000) }}", "gives the filter 'tojson' a number above 16"),
    ("{{ 'x'.center(4000000000) }}", VALUE),
    ("{{ 'x'.zfill(4000000000) }}", VALUE),
    ("{{ 'x'|indent(4000000000) }}", "gives the filter 'indent' a number above 1000"),
    ("{{ ('x' * 99)|indent('y' * 100000) }}", "gives the filter 'indent' a text of 100000 characters"),
    ("{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}", VALUE),
    ("{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}", VALUE),
    ("{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}", COSTS),
    ("{% set x = 'a' %}{% for i in range(60) %}{% set y %}{{ x }}{{ x }}{% endset %}{% endfor %}{{ y }}", None),
    ("{% for i in range(200000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}", VALUE),
]


@pytest.mark.parametrize(("template", "what"), BOMBS)
def test_what_costs_too_much_is_an_error_of_the_model(template: str, what: str | None) -> None:
    if what is None:  # a block's text is renewed in each turn of the loop, so that nothing grows
        assert rendered(template) == ""
        return
    with pytest.raises(ModelError) as caught:
        rendered(template)
    assert str(caught.value).startswith("the model's chat template failed: ")
    assert what in str(caught.value)
    assert "(set `chat: false` for this model)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_doubling_in_a_block_of_text_is_charged() -> None:
    doubling = "{% set n = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set y %}{{ n.x }}{{ n.x }}{% endset %}"
    with pytest.raises(ModelError, match=r"makes a value larger|costs more than"):
        rendered(doubling + "{% set n.x = y %}{% endfor %}{{ n.x }}")


def test_each_rendering_has_its_whole_budget() -> None:
    template = "{% for i in range(200000) %}{% endfor %}{{ messages[0].content }}"
    assert [rendered(template) for _ in range(3)] == ["What is 2 + 3?"] * 3


def test_a_template_of_megabytes_is_not_compiled() -> None:
    with pytest.raises(ModelError, match="it is 2,000,000 characters long, the limit is 1,048,576"):
        rendered("x" * 2_000_000)


@pytest.mark.parametrize("name", ["cycler", "joiner", "lipsum", "self", "config", "request"])
def test_only_listed_functions_exist(name: str) -> None:
    assert name not in ChatEnvironment().globals


WRITTEN = [
    ("{{ true }} {{ none }} {{ 1.5 }} {{ missing }}", "True None 1.5 "),
    (
        "{% macro turn(m) %}[{{ m.role }}]{{ m.content }}{% endmacro %}{{ turn(messages[0]) }}",
        "[user]What is 2 + 3?",
    ),
    (
        "{% set n = namespace(found=false) %}{% for m in messages %}{% set n.found = true %}{% endfor %}{{ n.found }}",
        "True",
    ),
    ("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "01"),
    ("{% set block %}a{{ 1 }}{% endset %}{{ block }}", "a1"),
    ("{{ dict(a=1).items()|list }}", "[('a', 1)]"),
    ("{{ 'abc'.removesuffix('c') }}{{ 'a,b'.split(',')[-1] }}", "abb"),
    ("{{ messages|map(attribute='role')|join('+') }}", "user"),
    ("{{ (messages|selectattr('role', 'equalto', 'user')|list)|length }}", "1"),
    ("{{ messages[0]['content'][:4] }}{{ messages[-1].content.endswith('?') }}", "WhatTrue"),
    ("{% generation %}x{% endgeneration %}{{ [1, '<']|tojson }}", 'x[1, "<"]'),
]


@pytest.mark.parametrize(("template", "text"), WRITTEN)
def test_what_models_use_still_works(template: str, text: str) -> None:
    assert rendered(template) == text
