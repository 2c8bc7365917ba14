"""Finds the texts with which the plain layout, used for base models, would begin the next question.

The layout (see `render.py`) is: question, `A:` and answer, blank line, next question. After its answer a base model
goes on with such a question of its own, and answers that too.
"""

from __future__ import annotations

import re

from pytest_reasoning.prompting.conversation import Conversation

ANSWER_LABEL = "\nA:"
"The text between a question and its answer."
LEAST_LINE = 12
"Length from which a question's last line is taken not to be part of an answer, in characters."
_LEAD = re.compile(r"[^\W\d_][\w ]{0,20}[:：]|#{1,4} \w[\w ]{0,20}\n|\d{1,3}\.(?=\s)")


def next_question(asked: Conversation, *, options: bool, decoding: bool) -> tuple[str, ...]:
    """Return the texts with which the next question would begin after an answer.

    Args:
        asked: the messages to the model.
        options: whether the question offers options; then `A:` at the start of a line may be the first option.
        decoding: whether the model was prompted with this layout. Recorded completions may come from another one,
            in which a blank line ends nothing.
    """
    shown = asked.messages[: asked.query + 1]
    questions = [message.content for message in shown if message.role == "user"]
    answers = [message.content for message in shown if message.role == "assistant"]
    leads = {match[0] if (match := _LEAD.match(question)) is not None else "" for question in questions}
    lead = leads.pop().rstrip() if len(leads) == 1 else ""
    found = []
    if lead and not lead[0].isdecimal():
        found.append(f"\n{lead}")
    elif decoding and answers and not any("\n\n" in answer.strip() for answer in answers):
        found.append("\n\n")
    last = questions[-1].rstrip().rpartition("\n")[2].strip()
    if decoding and (not lead or "\n" in questions[-1].strip()) and len(last) >= LEAST_LINE:
        found.append(f"\n{last}")
    if not options:
        found += [ANSWER_LABEL, "\nB:"]  # a base model that has read `A:` may go on through the alphabet
    return tuple(found)
