"""Turns a case and a strategy into messages, and messages into the prompt's text."""

from pytest_reasoning.prompting.chat import thinking_options
from pytest_reasoning.prompting.conversation import (
    Conversation,
    CustomStrategy,
    conversation,
    follow_up,
    generation_for,
)
from pytest_reasoning.prompting.layout import next_question
from pytest_reasoning.prompting.render import Prompt, render_prompt

__all__ = [
    "Conversation",
    "CustomStrategy",
    "Prompt",
    "conversation",
    "follow_up",
    "generation_for",
    "next_question",
    "render_prompt",
    "thinking_options",
]
