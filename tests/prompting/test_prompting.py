"""Prompts, byte for byte: plain for base models, by the model's own template for chat models."""

# ruff: noqa: E501 - messages, templates and tokens stand whole

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_reasoning.prompting import Conversation, conversation, follow_up, generation_for, render_prompt
from pytest_reasoning.records import STRATEGIES, Case, Exemplar, Generation, Message, ScorerSpec, Strategy, Thinking
from pytest_reasoning.text.errors import ModelError

CASE = Case(
    suite="s",
    id="c",
    file="s.yaml",
    line=1,
    prompt="Q: What is 2 + 3?",
    target=("5",),
    scorer=ScorerSpec(type="exact"),
    generation=Generation(max_tokens=9),
    system="Answer.",
    fewshot=(Exemplar(prompt="Q: What is 1 + 1?", target="2", rationale="1 and 1 make 2."),),
)
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
NO_SYSTEM = (
    "{{ bos_token }}{% for message in messages %}{% if message.role == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "[{{ message.role }}]{{ message.content | trim }}{{ eos_token if message.role == 'assistant' }}{% endfor %}[assistant]"
)

PLAIN = [
    (CASE, "direct", "Answer.\n\nQ: What is 1 + 1?\nA: 2\n\n", "Q: What is 2 + 3?\nA:"),
    (
        CASE,
        "cot",
        "Answer.\n\nQ: What is 1 + 1?\nA: 1 and 1 make 2. The answer is 2.\n\n",
        "Q: What is 2 + 3?\nA:",
    ),
    (CASE, "zero-shot-cot", "Answer.\n\n", "Q: What is 2 + 3?\nA: Let's think step by step."),
    (
        CASE,
        "self-consistency",
        "Answer.\n\nQ: What is 1 + 1?\nA: 1 and 1 make 2. The answer is 2.\n\n",
        "Q: What is 2 + 3?\nA:",
    ),
    (replace(CASE, system=None, fewshot=()), "direct", "", "Q: What is 2 + 3?\nA:"),
]


@pytest.mark.parametrize(("case", "strategy", "prefix", "own"), PLAIN)
def test_plain_prompts(case: Case, strategy: str, prefix: str, own: str) -> None:
    prompt = render_prompt(conversation(case, strategy), chat_template=None)
    assert prompt.text == prefix + own
    assert prompt.text[: prompt.prefix_chars] == prefix


def test_chat_prompts_and_their_shared_prefix() -> None:
    prompt = render_prompt(conversation(CASE, "direct"), chat_template=CHATML)
    prefix = (
        "<|im_start|>system\nAnswer.<|im_end|>\n<|im_start|>user\nQ: What is 1 + 1?<|im_end|>\n"
        "<|im_start|>assistant\n2<|im_end|>\n<|im_start|>user\n"
    )
    assert prompt.text == prefix + "Q: What is 2 + 3?<|im_end|>\n<|im_start|>assistant\n"
    assert prompt.text[: prompt.prefix_chars] == prefix


def test_the_shared_prefix_does_not_depend_on_the_question() -> None:
    # Questions that begin alike must not lengthen it: it decides how prompts are cut into calls.
    lengths = {
        render_prompt(conversation(replace(CASE, prompt=prompt), "direct"), chat_template=template).prefix_chars
        for template in (CHATML, NO_SYSTEM)
        for prompt in ("Q: What is 2 + 3?", "Q: What is 2 + 4?", "", "<|im_start|>")
    }
    assert len(lengths) == 2


def test_a_system_message_the_template_does_not_know_is_put_before_the_first_question() -> None:
    prompt = render_prompt(conversation(CASE, "direct"), chat_template=NO_SYSTEM, bos_token="<s>", eos_token="</s>")
    assert prompt.text == ("<s>[user]Answer.\nQ: What is 1 + 1?[assistant]2</s>[user]Q: What is 2 + 3?[assistant]")


def test_a_template_that_leaves_the_system_message_out_gets_it_too() -> None:
    silent = "{% for m in messages %}{% if m.role != 'system' %}[{{ m.content }}]{% endif %}{% endfor %}"
    assert render_prompt(conversation(CASE, "zero-shot-cot"), chat_template=silent).text.startswith("[Answer.\nQ:")


def test_blocks_are_trimmed_as_transformers_does() -> None:
    template = "{% for m in messages %}\n    {% if true %}\n{{ m.content }}\n    {% endif %}\n{% endfor %}\nEND"
    case = replace(CASE, system=None, fewshot=())
    assert render_prompt(conversation(case, "direct"), chat_template=template).text == "Q: What is 2 + 3?\nEND"


def test_json_is_written_as_models_were_trained_on() -> None:
    template = "{{ messages[-1] | tojson }}"
    case = replace(CASE, system=None, fewshot=(), prompt="<é>")
    text = render_prompt(conversation(case, "direct"), chat_template=template).text
    assert text == '{"role": "user", "content": "<é>"}'


@pytest.mark.parametrize(
    ("thinking", "end"),
    [
        (Thinking(), "<|im_start|>assistant\n"),
        (Thinking(enabled=True), "<|im_start|>assistant\n"),
        (Thinking(enabled=False), "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
    ],
)
def test_thinking_is_told_to_the_template(thinking: Thinking, end: str) -> None:
    prompt = render_prompt(conversation(CASE, "direct"), chat_template=CHATML, thinking=thinking)
    assert prompt.text.endswith(f"<|im_end|>\n{end}")


BROKEN = [
    ("{{ messages[", "the model's chat template is not valid: unexpected 'end of template' (set `chat: false` for this model)"),
    ("{{ raise_exception('no') }}", "the model's chat template failed: no (set `chat: false` for this model)"),
    ("{{ ''.__class__.__mro__ }}", "the model's chat template failed: access to attribute '__class__' of 'str' object is unsafe. (set `chat: false` for this model)"),
    ("{{ messages.append(1) }}", "the model's chat template failed: access to attribute 'append' of 'list' object is unsafe. (set `chat: false` for this model)"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "message"), BROKEN)
def test_broken_templates(template: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        render_prompt(conversation(CASE, "direct"), chat_template=template)
    assert str(caught.value) == message


def test_the_two_stages_of_zero_shot_chain_of_thought() -> None:
    asked = conversation(CASE, "zero-shot-cot")
    second = follow_up(CASE, "zero-shot-cot", asked, " 2 and 3 make 5.\n")
    assert second is not None
    assert render_prompt(second, chat_template=None).text == (
        "Answer.\n\nQ: What is 2 + 3?\nA: Let's think step by step. 2 and 3 make 5.\nTherefore, the answer is"
    )
    assert render_prompt(second, chat_template=CHATML).text.endswith(
        "<|im_start|>assistant\nLet's think step by step. 2 and 3 make 5.\nTherefore, the answer is"
    )
    assert follow_up(CASE, "zero-shot-cot", second, " 5.") is None
    assert follow_up(CASE, "cot", asked, " 5.") is None


def test_a_strategy_of_the_suite() -> None:
    plan = Strategy(name="plan", exemplars=False, trigger="Plan:", extraction="So", temperature=0.5)
    case = replace(CASE, questions={"plan": "Make a plan. Q: What is 2 + 3?"})
    assert render_prompt(conversation(case, plan), chat_template=None).text == (
        "Answer.\n\nMake a plan. Q: What is 2 + 3?\nA: Plan:"
    )
    assert generation_for(case, plan) == Generation(max_tokens=9, temperature=0.5)
    assert generation_for(case, "direct") == Generation(max_tokens=9)
    assert generation_for(case, STRATEGIES["self-consistency"]).temperature == 0.7


def test_a_strategy_in_python() -> None:
    class Socratic:
        samples = 1

        def conversation(self, case: Case) -> Conversation:
            return Conversation(messages=(Message(role="user", content=f"Why? {case.prompt}"),), query=0)

        def follow_up(self, case: Case, asked: Conversation, completion: str) -> Conversation | None:
            if len(asked.messages) > 1:
                return None
            more = (Message(role="assistant", content=completion), Message(role="user", content=f"{case.id}?"))
            return Conversation(messages=(*asked.messages, *more), query=0)

    asked = conversation(CASE, Socratic())
    second = follow_up(CASE, Socratic(), asked, "Because")
    assert second is not None
    assert [message.content for message in second.messages] == ["Why? Q: What is 2 + 3?", "Because", "c?"]
    assert follow_up(CASE, Socratic(), second, "x") is None
    assert generation_for(CASE, Socratic()) == CASE.generation
