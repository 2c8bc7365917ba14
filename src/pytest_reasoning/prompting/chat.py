"""Renders a model's chat template as transformers and llama.cpp do, in a sandbox: it comes with the file."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_reasoning.records import Message, Thinking
from pytest_reasoning.text.errors import ModelError

_PROBE = "\ue002"
"A system text no suite holds."


def chat_text(
    messages: Sequence[Message], chat_template: str, thinking: Thinking, bos_token: str, eos_token: str
) -> str:
    """Return the messages as the template writes them, ready for the assistant's turn; raise `ModelError`.

    Where the template knows no system message, it is put before the first question.
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
    options: dict[str, Any] = {"bos_token": bos_token, "eos_token": eos_token}
    if thinking.enabled is not None:
        # Qwen3 and most others read enable_thinking, DeepSeek-V3.1 and Granite thinking.
        options |= {"enable_thinking": thinking.enabled, "thinking": thinking.enabled}
    if thinking.budget is not None:
        options["thinking_budget"] = thinking.budget
    return options


def _rendered(template: Template, messages: Sequence[Message], options: dict[str, Any]) -> str:
    turns = [{"role": message.role, "content": message.content} for message in messages]
    return template.render(messages=turns, add_generation_prompt=True, **options)


@lru_cache(maxsize=16)
def _compiled(chat_template: str) -> Template:
    extensions = [loopcontrols, _GenerationTag]
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=extensions)
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _formatted_now
    try:
        return environment.from_string(chat_template)
    except Exception as error:
        what = f"the model's chat template is not valid: {_line(error)}"
        raise ModelError(f"{what} (set `chat: false` for this model)") from None


class _GenerationTag(Extension):
    """`{% generation %}`, by which transformers marks the assistant's tokens for training: it writes nothing."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own form

    def parse(self, parser: Parser) -> list[Node]:
        """Return what stands between the tags."""
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _formatted_now(form: str) -> str:
    """Return the date a template asks for; SOURCE_DATE_EPOCH, in seconds, keeps it from changing every day."""
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
