"""The key a completion is stored under: everything that decides is in it, nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import pytest_reasoning
from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.process.child import ENVIRONMENT
from pytest_reasoning.engine.store.keys import deciding_environment, model_key, native_library, request_key
from pytest_reasoning.records import Generation, Lora, Request, RequestKey, Rope
from pytest_reasoning.text.file_hashes import sha256_of

pytestmark = pytest.mark.slow

GREEDY = Request(key=RequestKey(case="a"), prompt="Q: 1?\nA:", prefix_chars=3, generation=Generation(max_tokens=8))
SAMPLED = replace(GREEDY, generation=Generation(max_tokens=8, temperature=0.7, seed=1))


@pytest.mark.parametrize(
    "other",
    [
        replace(GREEDY, prompt="Q: 2?\nA:"),
        replace(GREEDY, prefix_chars=0),
        replace(GREEDY, earlier_chars=5),
        replace(GREEDY, generation=Generation(max_tokens=9)),
        replace(GREEDY, generation=Generation(max_tokens=8, stop=("\n",))),
        replace(GREEDY, choices=(" a", " b")),
        replace(GREEDY, grammar='root ::= "a"'),
        SAMPLED,
    ],
)
def test_what_decides_a_greedy_completion_is_in_the_key(other: Request) -> None:
    assert request_key("m", GREEDY) == request_key("m", replace(GREEDY))
    assert request_key("m", GREEDY) != request_key("m", other)
    assert request_key("m", GREEDY) != request_key("n", GREEDY)


def test_the_key_of_a_first_stage_is_that_from_before_later_stages_were_told_apart() -> None:
    key = "7acb3829de5f741c"
    assert request_key("m", GREEDY).hex()[:16] == key


@pytest.mark.parametrize(
    "same",
    [
        replace(GREEDY, key=RequestKey(case="b")),
        replace(GREEDY, sample=5),
        replace(GREEDY, generation=Generation(max_tokens=8, seed=9, top_k=3, top_p=0.5, min_p=0.1)),
    ],
)
def test_what_greedy_decoding_does_not_look_at_is_not(same: Request) -> None:
    assert request_key("m", GREEDY) == request_key("m", same)


@pytest.mark.parametrize(
    "other",
    [
        replace(SAMPLED, key=RequestKey(case="b")),
        replace(SAMPLED, sample=1),
        replace(SAMPLED, generation=replace(SAMPLED.generation, seed=2)),
        replace(SAMPLED, generation=replace(SAMPLED.generation, top_p=0.9)),
    ],
)
def test_a_drawn_completion_has_its_random_numbers_in_the_key(other: Request) -> None:
    assert request_key("m", SAMPLED) != request_key("m", other)


def test_the_model_key_holds_all_settings_but_those_that_only_allow_or_forbid() -> None:
    key = model_key("a", EngineSettings(), sha256_of)
    same = settings_of(timeout_s=1, memory_bytes=1, log_path="x", threads=1, thinking=True, generation={"top_k": 3})
    assert model_key("a", same, sha256_of) == key
    assert model_key("a", settings_of(mixed_machines=False), sha256_of) == key
    others = [
        settings_of(mixed_machines=True),  # such an answer may be of any machine
        settings_of(width=16),
        settings_of(batching="fast"),
        settings_of(gpu_layers=0),
        settings_of(n_ctx=128),
        settings_of(kv_type="q8_0"),
        settings_of(rope=Rope(freq_base=10_000.0)),
        settings_of(rope=Rope(freq_base=20_000.0)),
        settings_of(kv_overrides={"llama.rope.freq_base": 1.0}),
        settings_of(lora=(Lora(path="a.gguf", sha256="1"),)),
        settings_of(lora=(Lora(path="a.gguf", sha256="2"),)),
        settings_of(split_mode="row"),
    ]
    keys = {key, model_key("b", EngineSettings(), sha256_of), *(model_key("a", s, sha256_of) for s in others)}
    assert len(keys) == 2 + len(others)


def test_where_an_adapter_lies_is_not_in_the_key() -> None:
    here, there = (settings_of(lora=(Lora(path=path, sha256="1"),)) for path in ("a.gguf", "b.gguf"))
    assert model_key("a", here, sha256_of) == model_key("a", there, sha256_of)


def test_threads_count_where_the_mode_promises_nothing_about_them() -> None:
    fast, slow = settings_of(batching="fast"), settings_of(batching="fast", threads=1)
    assert model_key("a", fast, sha256_of) != model_key("a", slow, sha256_of)


def test_the_native_library_is_known_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = native_library(sha256_of)
    assert len(before) > 1
    assert before[0]
    (tmp_path / "libllama.so").write_bytes(b"another build")
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path))
    assert native_library(sha256_of) != before


def test_the_child_s_environment_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before, key = deciding_environment(), model_key("a", EngineSettings(), sha256_of)
    assert before.items() >= ENVIRONMENT.items()
    monkeypatch.setenv("EDITOR", "ed")
    assert model_key("a", EngineSettings(), sha256_of) == key
    monkeypatch.setenv("GGML_TEST_OF_KEYS", "1")
    assert set(deciding_environment()) - set(before) == {"GGML_TEST_OF_KEYS"}
    assert model_key("a", EngineSettings(), sha256_of) != key


KEY = """
import sys
sys.path.insert(0, sys.argv[1])
import pytest_reasoning
assert pytest_reasoning.__file__.startswith(sys.argv[1])
from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.store.keys import model_key
from pytest_reasoning.records import ModelSettings, Rope
for model in (ModelSettings(), ModelSettings(rope=Rope(freq_base=10_000.0))):
    print(model_key("a", EngineSettings(model=model), lambda path: path.name))
"""


def keys_of(folder: Path) -> list[str]:
    """The keys of two models, made by the copy of the package in `folder`."""
    command = [sys.executable, "-c", KEY, str(folder)]
    # Other tests set what only a child should have.
    plain = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=plain).stdout.split()


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("batching/decoding.py", "FAST_ROWS = 512", "FAST_ROWS = 256", 2),
        ("batching/decoding.py", "ROW_BLOCK = 4", "ROW_BLOCK = 2", 2),
        ("batching/decoding.py", "DECODING = 1", "DECODING = 2", 2),
        ("process/child.py", '    "GGML_CPU_TILED_MM_FORCE": "1",\n', "", 2),
        ("llama/params.py", '"rope_freq_base": rope.freq_base', '"rope_freq_base": 2 * rope.freq_base', 1),
        ("llama/params.py", '"swa_full": True', '"swa_full": False', 2),
        ("batching/layouts.py", "from __future__", "# A comment.\nfrom __future__", 0),
        ("batching/scheduler.py", "class Scheduler:", "# A comment.\nclass Scheduler:", 0),
    ],
)
def test_what_decides_changes_the_key_and_a_comment_does_not(
    file: str, old: str, new: str, changed: int, tmp_path: Path
) -> None:
    package = Path(pytest_reasoning.__file__).parent
    ignore = shutil.ignore_patterns("*.gguf", "__pycache__")
    shutil.copytree(package, tmp_path / "pytest_reasoning", ignore=ignore)
    before = keys_of(tmp_path)
    source = tmp_path / "pytest_reasoning" / "engine" / file
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1
    source.write_text(text.replace(old, new), encoding="utf-8")
    after = keys_of(tmp_path)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == changed


def test_no_key_needs_llama_cpp_or_numpy() -> None:
    code = (
        "import sys; from pathlib import Path; from pytest_reasoning.engine import EngineSettings;"
        "from pytest_reasoning.engine.store.keys import model_key;"
        "from pytest_reasoning.text.file_hashes import sha256_of;"
        "model_key('a', EngineSettings(), sha256_of); print(sorted({'llama_cpp', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
