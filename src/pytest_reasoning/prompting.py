"""`Case` + strategy → messages → prompt text, for base models (plain) and chat models (their own template)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_reasoning.errors import ModelError
from pytest_reasoning.records import Case, Exemplar, Message

STRATEGIES = ("direct", "cot")
_SENTINELS = ("\ue000", "\ue001")
"Two queries no suite holds: where the prompts for them first differ, the shared prefix ends."


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What is said to the model, and which message is the case's own question."""

    messages: tuple[Message, ...]
    query: int
    "Index of the case's own question in `messages`; what comes before is shared by the suite."
    answer_start: str = ""
    "Text the model's answer is made to begin with."


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The text an engine evaluates."""

    text: str
    prefix_chars: int
    "Length of the leading part that no case's question can change."


def conversation(case: Case, strategy: str) -> Conversation:
    """Return the messages that put `case` to a model under `strategy` (`direct`, or `cot`: Wei et al. 2022)."""
    messages = [Message(role="system", content=case.system)] if case.system else []
    for exemplar in case.fewshot:
        messages.append(Message(role="user", content=exemplar.prompt))
        messages.append(Message(role="assistant", content=_shown_answer(exemplar, strategy)))
    messages.append(Message(role="user", content=case.prompt))
    return Conversation(messages=tuple(messages), query=len(messages) - 1)


def _shown_answer(exemplar: Exemplar, strategy: str) -> str:
    if strategy == "direct" or exemplar.rationale is None:
        return exemplar.target
    return f"{exemplar.rationale} The answer is {exemplar.target}."


def render_prompt(conversation: Conversation, *, chat_template: str | None) -> Prompt:
    """Return the prompt: by the model's chat template, or plain (`question`, `A: answer`) if it has none.

    Raises `ModelError` if the model's template cannot be rendered.
    """
    if chat_template is None:
        return _plain(conversation)
    text = _chat(conversation, chat_template)
    first, second = (_chat(_asking(conversation, sentinel), chat_template) for sentinel in _SENTINELS)
    shared = _common(first, second)
    return Prompt(text=text, prefix_chars=shared if text[:shared] == first[:shared] else 0)


def _plain(conversation: Conversation) -> Prompt:
    text, prefix_chars = "", 0
    for index, message in enumerate(conversation.messages):
        if index == conversation.query:
            prefix_chars = len(text)
        if message.role == "system":
            text += f"{message.content}\n\n"
        elif message.role == "user":
            text += message.content
        else:
            text += f"\nA: {message.content}\n\n"
    start = f" {conversation.answer_start}" if conversation.answer_start else ""
    return Prompt(text=f"{text}\nA:{start}", prefix_chars=prefix_chars)


def _asking(conversation: Conversation, query: str) -> Conversation:
    messages = list(conversation.messages)
    messages[conversation.query] = Message(role="user", content=query)
    return replace(conversation, messages=tuple(messages))


def _common(first: str, second: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )


@lru_cache(maxsize=256)
def _chat(conversation: Conversation, chat_template: str) -> str:
    messages = [{"role": message.role, "content": message.content} for message in conversation.messages]
    template = _compiled(chat_template)
    try:
        text = template.render(messages=messages, add_generation_prompt=True, bos_token="", eos_token="")
    except Exception as error:  # a model's template may meet anything; it is the model's fault, not ours
        raise ModelError(
            f"the model's chat template failed: {_line(error)} (set `chat: false` for this model)"
        ) from None
    return text + conversation.answer_start


@lru_cache(maxsize=16)
def _compiled(chat_template: str) -> Template:
    # As transformers and llama.cpp render it.
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
    try:
        return environment.from_string(chat_template)
    except TemplateSyntaxError as error:
        what = f"the model's chat template is not valid, line {error.lineno}: {_line(error)}"
        raise ModelError(f"{what} (set `chat: false` for this model)") from None


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _to_json(value: Any, indent: int | None = None, **options: Mapping[str, Any]) -> str:  # noqa: ARG001
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
