"""Chat templates rendered here against llama.cpp's own rendering."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from pathlib import Path

import llama_cpp
import pytest

from pytest_reasoning.prompting.chat import chat_text
from pytest_reasoning.records import Message, Thinking

pytestmark = pytest.mark.slow

SOURCE = os.environ.get("LLAMA_CPP_SOURCE")
"llama.cpp's source (`vendor/llama.cpp` of llama-cpp-python's source package), whose templates are compared too."
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{{ message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3 = (
    "{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' "
    "+ message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
GEMMA = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
PHI3 = (
    "{%- for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}"
    "{%- endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
TEMPLATES = {"chatml": CHATML, "llama3": LLAMA3, "gemma": GEMMA, "phi3": PHI3}


def message(role: str, content: str) -> Message:
    return Message(role=role, content=content)  # type: ignore[arg-type]


USER, SYSTEM = message("user", "Q: What is 1 plus 2?"), message("system", "You answer briefly.")
EXAMPLES = [message("user", 'Q: Reverse "ab".\n <x> & é'), message("assistant", "ba")]
CONVERSATIONS = [[USER], [SYSTEM, USER], [*EXAMPLES, USER], [SYSTEM, *EXAMPLES, USER]]


def by_llama_cpp(name: str, messages: list[Message]) -> str:
    """Rendered by llama.cpp's C++ code for well-known templates."""
    rows = (llama_cpp.llama_chat_message * len(messages))()
    for row, one in zip(rows, messages, strict=True):
        row.role, row.content = one.role.encode(), one.content.encode()
    buffer = ctypes.create_string_buffer(10_000)
    size = llama_cpp.llama_chat_apply_template(name.encode(), rows, len(messages), True, buffer, len(buffer))
    return buffer.raw[:size].decode()


@pytest.mark.parametrize("messages", CONVERSATIONS, ids=["user", "system", "examples", "all"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_well_known_templates(name: str, messages: list[Message]) -> None:
    if name == "gemma" and messages[0].role == "system":
        # The C function puts an empty line between; the Jinja code, which servers use, does not (below).
        messages = [message("user", f"{messages[0].content}\n{messages[1].content}"), *messages[2:]]
    assert chat_text(messages, TEMPLATES[name], Thinking(), "", "") == by_llama_cpp(name, messages)


def test_a_system_text_goes_before_the_first_question_where_the_template_has_none() -> None:
    text = chat_text([SYSTEM, USER], GEMMA, Thinking(), "", "")
    assert text == (
        "<start_of_turn>user\nYou answer briefly.\nQ: What is 1 plus 2?<end_of_turn>\n<start_of_turn>model\n"
    )


def test_marks_for_training_write_nothing() -> None:
    template = "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}"
    assert chat_text([USER], template, Thinking(), "", "") == USER.content


def test_tools_are_not_there() -> None:
    template = "{% if tools is defined and tools %}tools{% endif %}{% for tool in tools %}x{% endfor %}ok"
    assert chat_text([USER], template, Thinking(), "", "") == "ok"


def test_the_date_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert chat_text([USER], "{{ strftime_now('%d %b %Y') }}", Thinking(), "", "") == "14 Nov 2023"


DIFFERENT = {
    "fireworks-ai-llama-3-firefunction-v2": "asks for `functions`, which only a caller of tools has: an error here",
    "ibm-granite-granite-3.3-2B-Instruct": "reads `thinking`, which is set here when a suite or model sets it",
    "Kimi-K3": "reads `thinking`, as above",
    "meta-llama-Llama-3.1-8B-Instruct": "the template's own fixed date stays, llama.cpp puts today's",
    "meta-llama-Llama-3.3-70B-Instruct": "the date, as above",
}
"Of the 70 templates of the llama.cpp in llama-cpp-python 0.3.36; the others are rendered alike, byte for byte."


@pytest.mark.skipif(SOURCE is None, reason="LLAMA_CPP_SOURCE is not set to llama.cpp's source")
def test_the_templates_that_llama_cpp_ships(tmp_path: Path) -> None:
    source, program = Path(str(SOURCE)), tmp_path / "render"
    packages = Path(llama_cpp.__file__).parents[1]
    folders = [packages / "lib", packages / "llama_cpp" / "lib"]
    flags = [f"-I{source / folder}" for folder in ("common", "include", "ggml/include", "vendor")]
    flags += [f"-L{folder}" for folder in folders]
    flags += ["-lllama-common", "-lllama", "-lggml", "-lggml-base"]
    code = Path(__file__).with_name("llama_cpp_render.cpp")
    compiler = shutil.which("c++") or "c++"
    subprocess.run([compiler, "-std=c++17", str(code), "-o", str(program), *flags], check=True)
    templates = sorted((source / "models" / "templates").glob("*.jinja"))
    asked = "".join(",".join(f"{m.role}={m.content.encode().hex()}" for m in c) + "\n" for c in CONVERSATIONS)
    command = [str(program), "<s>", "</s>", *map(str, templates)]
    libraries = {"LD_LIBRARY_PATH": ":".join(map(str, folders))}
    ran = subprocess.run(command, input=asked, capture_output=True, text=True, env=libraries)
    lines = ran.stdout.splitlines()
    different, compared = set(), 0
    for line in lines:
        path, conversation, thinking, status, text = line.split("\t")
        assert status == "OK", bytes.fromhex(text)
        compared += 1
        try:
            messages, template = CONVERSATIONS[int(conversation)], Path(path).read_text(encoding="utf-8")
            own = chat_text(messages, template, Thinking(enabled=thinking == "1"), "<s>", "</s>")
        except Exception as error:
            own = str(error)
        if own != re.sub(r"\r", "", bytes.fromhex(text).decode()):
            different.add(Path(path).stem)
    assert compared == len(templates) * len(CONVERSATIONS) * 2 > 0
    assert different <= set(DIFFERENT), different
