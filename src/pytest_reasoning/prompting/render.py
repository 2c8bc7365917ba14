"""Renders messages as the prompt, with the model's chat template or (for base models) in the plain layout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pytest_reasoning.prompting.chat import chat_text
from pytest_reasoning.prompting.conversation import Conversation
from pytest_reasoning.records import Message, Thinking

_SENTINELS = ("\ue000", "\ue001")
"Two questions that no suite contains; the shared prefix ends where their prompts first differ."


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The text that an engine evaluates."""

    text: str
    prefix_chars: int
    "Length of the first part, which no case's question can change, in characters."


def render_prompt(
    conversation: Conversation,
    *,
    chat_template: str | None,
    thinking: Thinking = Thinking(),  # noqa: B008 - frozen
    bos_token: str = "",
    eos_token: str = "",
) -> Prompt:
    """Return the prompt, rendered by the model's chat template or, without one, in the plain layout.

    Args:
        conversation: the messages.
        chat_template: the model's template; None for the plain layout (question, `A:`).
        thinking: options about thinking.
        bos_token: text of the BOS token, for templates that write it; empty where the tokenizer adds it.
        eos_token: text of the EOS token.

    Raises:
        ModelError: the template fails.
    """
    if chat_template is None:
        return _plain(conversation)
    tokens = (bos_token, eos_token)
    text = chat_text(conversation.messages, chat_template, thinking, *tokens) + conversation.answer_start
    before = conversation.messages[: conversation.query]
    after = conversation.messages[conversation.query + 1 :]
    prefix = _chat_prefix(before, after, chat_template, thinking, *tokens)
    return Prompt(text=text, prefix_chars=len(prefix) if text.startswith(prefix) else 0)


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


@lru_cache(maxsize=256)
def _chat_prefix(
    before: tuple[Message, ...], after: tuple[Message, ...], chat_template: str, thinking: Thinking, *tokens: str
) -> str:
    first, second = (
        chat_text((*before, Message(role="user", content=query), *after), chat_template, thinking, *tokens)
        for query in _SENTINELS
    )
    pairs = enumerate(zip(first, second, strict=False))
    end = next((index for index, (a, b) in pairs if a != b), min(len(first), len(second)))
    return first[:end]
