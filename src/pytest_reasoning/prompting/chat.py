"""Renders a model's chat template as transformers and llama.cpp do.

A template comes with a model file and is not trusted: it runs in a metered environment, and exceeding the budget is
an error of the model.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, Undefined, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.filters import FILTERS
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.utils import Namespace

from pytest_reasoning.records import Message, Thinking
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.metered import STATEMENTS, Limits, MeteredEnvironment
from pytest_reasoning.text.unicode import valid_text

LIMITS = Limits(value=4_000_000, work=2_000_000, remedy="templates that models are trained with cost far less")
MAX_SOURCE = 1 << 20
"Longest template, in characters."
_MORE_METHODS = frozenset({"removeprefix", "removesuffix"})
_PROBE = "\ue002"
"A system message that no suite contains; shows whether a template uses system messages."


def chat_text(
    messages: Sequence[Message], chat_template: str, thinking: Thinking, bos_token: str, eos_token: str
) -> str:
    """Return the messages rendered by the template, up to where the assistant's answer begins.

    If the template does not support system messages, theirs is put before the first question.

    Raises:
        ModelError: the template fails.
    """
    template = _compiled(chat_template)
    options = _options(thinking, bos_token, eos_token)
    if messages[0].role == "system" and not _knows_system(chat_template):
        first = replace(messages[1], content=f"{messages[0].content}\n{messages[1].content}")
        messages = (first, *messages[2:])
    try:
        return _rendered(template, messages, options)
    except Exception as error:  # a model's template may raise anything; it is the model's fault, not ours
        what = f"the model's chat template failed: {_line(error)}"
        raise ModelError(f"{what} (set `chat: false` for this model)") from None


@lru_cache(maxsize=16)
def _knows_system(chat_template: str) -> bool:
    messages = [Message(role="system", content=_PROBE), Message(role="user", content="x")]
    try:
        return _PROBE in _rendered(_compiled(chat_template), messages, _options(Thinking(), "", ""))
    except Exception:  # many templates raise on purpose here
        return False


def _options(thinking: Thinking, bos_token: str, eos_token: str) -> dict[str, Any]:
    return {"bos_token": bos_token, "eos_token": eos_token, **thinking_options(thinking)}


def thinking_options(thinking: Thinking) -> dict[str, bool | int]:
    """Return the options about thinking, by the names that chat templates use; unset ones are left out."""
    options: dict[str, bool | int] = {}
    if thinking.enabled is not None:
        # Qwen3 and most others read enable_thinking, DeepSeek-V3.1 and Granite thinking.
        options |= {"enable_thinking": thinking.enabled, "thinking": thinking.enabled}
    if thinking.budget is not None:
        options["thinking_budget"] = thinking.budget
    return options


def _rendered(template: Template, messages: Sequence[Message], options: dict[str, Any]) -> str:
    turns = [{"role": message.role, "content": message.content} for message in messages]
    environment = template.environment
    assert isinstance(environment, ChatEnvironment)
    environment.renew()
    parts, size = [], 0
    for part in template.generate(messages=turns, add_generation_prompt=True, **options):
        size += environment.meter.size(part)
        environment.meter.check(size)
        parts.append(part)
    return valid_text("".join(parts))


@lru_cache(maxsize=16)
def _compiled(chat_template: str) -> Template:
    try:
        if len(chat_template) > MAX_SOURCE:
            raise TemplateError(f"it is {len(chat_template):,} characters long, the limit is {MAX_SOURCE:,}")
        return ChatEnvironment().from_string(chat_template)
    except Exception as error:
        what = f"the model's chat template is not valid: {_line(error)}"
        raise ModelError(f"{what} (set `chat: false` for this model)") from None


class ChatEnvironment(MeteredEnvironment):
    """Adds to what suite templates may use: macros, namespaces, blocks, and `break` and `continue` in loops."""

    statements = (
        *STATEMENTS,
        nodes.AssignBlock, nodes.Break, nodes.CallBlock, nodes.Continue, nodes.ExprStmt, nodes.FilterBlock,
        nodes.Macro, nodes.Scope,
    )  # fmt: skip

    def __init__(self) -> None:
        """Take nothing: all chat templates get the same environment."""
        filters = {name: FILTERS[name] for name in ("e", "escape", "forceescape", "indent", "safe", "truncate")}
        super().__init__(
            LIMITS,
            {**filters, "tojson": _to_json},
            {
                "dict": dict,
                "namespace": Namespace,
                "raise_exception": _raise_exception,
                "strftime_now": _formatted_now,
            },
            undefined=Undefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[loopcontrols, _GenerationTag],
        )

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read `obj.attr`: values of a namespace, and what suites may read."""
        if isinstance(obj, Namespace):
            return not attr.startswith("_")
        return (isinstance(obj, str) and attr in _MORE_METHODS) or super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether a template may call `obj`: its own macros, and what suites may call."""
        # Calling an undefined value raises an error that says why it is undefined.
        return isinstance(obj, Macro | Undefined) or super().is_safe_callable(obj)

    def _text(self, value: Any) -> str:
        """Return a value as transformers prints it, for example `True` with a capital letter."""
        return str(value) if isinstance(value, bool) else super()._text(value)


class _GenerationTag(Extension):
    """`{% generation %}`, with which transformers marks the assistant's tokens for training; it prints nothing."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own form

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what stands between the tags."""
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _formatted_now(form: str) -> str:
    """Return the current date in a template's format; set SOURCE_DATE_EPOCH (in seconds) for a fixed date."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    zone = datetime.timezone.utc
    now = datetime.datetime.fromtimestamp(int(epoch), zone) if epoch.isdecimal() else datetime.datetime.now()
    return now.strftime(form)


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:
    # Jinja2's own escapes <, > and & for HTML, which no model has seen in training.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
