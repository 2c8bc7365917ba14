"""GGUF headers and chat templates: what a model's file brings along."""

# ruff: noqa: E501, PT017 - pieces stand whole, and either outcome is right

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzz_mutations import bytes_mutations, mutated_bytes, mutated_text, mutations
from fuzz_target import Check, Target
from hypothesis import strategies as st

from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.gguf.facts import read_facts
from pytest_reasoning.prompting.chat import LIMITS, chat_text
from pytest_reasoning.records import Message, Thinking
from pytest_reasoning.text.errors import ModelError

NANO = (ZOO / "nano.gguf").read_bytes()
HEADER_BYTES = 20_000
"More than the header of the model, so that some changes meet its weights."
ASKED = [Message(role="system", content="Be brief."), Message(role="user", content="What is 2 + 3?")]

TEMPLATES = [
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}",
    "{%- macro turn(m, depth=0) %}[{{ m['role'] }}]{% if depth %}{{ turn(m, depth - 1) }}{% endif %}{% endmacro -%}"
    "{{ bos_token }}{% for m in messages[1:] %}{{ turn(m, 3) }}{% endfor %}",
    "{% set n = namespace(x='a', i=0) %}{% for i in range(9) %}{% set n.x = n.x ~ n.x %}{% if i > 5 %}{% break %}"
    "{% endif %}{% endfor %}{{ n.x }}{{ messages | tojson(indent=2) }}",
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{{ strftime_now('%d') }}",
]
TOKENS = [
    "{{", "}}", "{%", "%}", "{% for a in range(99999) %}", "{% endfor %}", "{% if 1 %}", "{% endif %}", "{% set x = ",
    "{% macro f(n) %}", "{% endmacro %}", "{{ f(40) }}", "{{ 10 ** (10 ** 8) }}", " * 4000000000", "'x'", "[0]",
    "|center(4000000000)", "|tojson(indent=99999999)", "|indent('y' * 99999)", ".__class__", "['__mro__']", "lipsum()",
    "cycler.__init__.__globals__", "|map('upper')", "|join", "|sort", "|batch(3)", "range(9999999)", "'%4000000000d' % 1",
    ".format", "messages", "[::-1]", "namespace(", "{% set n.x = n.x ~ n.x %}", "'\\ud800'", "loop.index", "|length",
    "(" * 200, "-" * 200, "not " * 200, "[" * 200, "\x00", "{#", "#}", "{% raw %}", "|replace('', 'xxxxxxxxxx')",
]  # fmt: skip


@contextmanager
def _headers() -> Iterator[Check]:
    with tempfile.TemporaryDirectory(prefix="reasoning-fuzz-") as folder:
        path = Path(folder) / "m.gguf"

        def check(data: bytes) -> None:
            path.write_bytes(data)
            try:
                facts = read_facts(path, name="m", reference="./m.gguf")
            except ModelError as error:
                assert "\n" not in str(error)
                assert str(error).startswith("model './m.gguf': ")
            else:
                assert facts.n_params >= 0
                for text in (facts.architecture, facts.chat_template or "", facts.bos_token, facts.eos_token):
                    text.encode("utf-8")

        yield check


@contextmanager
def _templates() -> Iterator[Check]:
    def check(template: str) -> None:
        try:
            text = chat_text(ASKED, template, Thinking(enabled=True), "<s>", "</s>")
        except ModelError as error:
            assert "\n" not in str(error)
            assert str(error).endswith(")")
        else:
            text.encode("utf-8")
            assert len(text) <= LIMITS.value

    yield check


GGUF_HEADER = Target(
    name="GGUF header",
    what="the file of an embedded model: bytes put in, left out, replaced, repeated, cut off",
    promise="its facts, or one line of error",
    inputs=st.builds(mutated_bytes, st.just(NANO), bytes_mutations(HEADER_BYTES)),
    open=_headers,
    limit_s=1,
    examples=300,
)
CHAT_TEMPLATE = Target(
    name="chat template",
    what="four templates with loops, macros, namespaces and filters, and pieces of 45 attacks",
    promise="valid text of at most 4,000,000 characters, or one line of error",
    inputs=st.builds(mutated_text, st.sampled_from(TEMPLATES), mutations(TOKENS)),
    open=_templates,
    limit_s=5,
    examples=300,
)
