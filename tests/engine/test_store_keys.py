"""The key a completion is stored under: everything that decides is in it, nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.store import keys
from pytest_reasoning.engine.store.keys import DECIDING_SOURCES, machine, model_key, native_library, request_key
from pytest_reasoning.records import Generation, Request
from pytest_reasoning.text.file_hashes import sha256_of

GREEDY = Request(key="a", prompt="Q: 1?\nA:", prefix_chars=3, generation=Generation(max_tokens=8))
SAMPLED = replace(GREEDY, generation=Generation(max_tokens=8, temperature=0.7, seed=1))


@pytest.mark.parametrize(
    "other",
    [
        replace(GREEDY, prompt="Q: 2?\nA:"),
        replace(GREEDY, prefix_chars=0),
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


@pytest.mark.parametrize(
    "same",
    [
        replace(GREEDY, key="b"),
        replace(GREEDY, sample=5),
        replace(GREEDY, generation=Generation(max_tokens=8, seed=9, top_k=3, top_p=0.5, min_p=0.1)),
    ],
)
def test_what_greedy_decoding_does_not_look_at_is_not(same: Request) -> None:
    assert request_key("m", GREEDY) == request_key("m", same)


@pytest.mark.parametrize(
    "other",
    [
        replace(SAMPLED, key="b"),
        replace(SAMPLED, sample=1),
        replace(SAMPLED, generation=replace(SAMPLED.generation, seed=2)),
        replace(SAMPLED, generation=replace(SAMPLED.generation, top_p=0.9)),
    ],
)
def test_a_drawn_completion_has_its_random_numbers_in_the_key(other: Request) -> None:
    assert request_key("m", SAMPLED) != request_key("m", other)


def test_the_model_key_holds_file_mode_and_width_but_no_deadline() -> None:
    settings = EngineSettings()
    key = model_key("a", settings, sha256_of)
    assert key == model_key("a", replace(settings, timeout_s=1, memory_bytes=1, log_path="x", threads=1), sha256_of)
    others = [replace(settings, width=16), replace(settings, batching="fast"), replace(settings, gpu_layers=0)]
    others += [replace(settings, n_ctx=128)]
    assert len({key, model_key("b", settings, sha256_of), *(model_key("a", s, sha256_of) for s in others)}) == 6


def test_threads_count_where_the_mode_promises_nothing_about_them() -> None:
    fast = EngineSettings(batching="fast")
    assert model_key("a", fast, sha256_of) != model_key("a", replace(fast, threads=1), sha256_of)


def test_the_native_library_is_known_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = native_library(sha256_of)
    assert len(before) > 1
    assert before[0]
    (tmp_path / "libllama.so").write_bytes(b"another build")
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path))
    assert native_library(sha256_of) != before


def test_the_machine_is_known_by_its_processor_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine()
    assert any("flags" in part or "Features" in part for part in before) or sys.platform != "linux"
    monkeypatch.setenv("GGML_TEST_OF_KEYS", "1")
    machine.cache_clear()
    try:
        assert set(machine()) - set(before) == {"GGML_TEST_OF_KEYS=1"}
    finally:
        machine.cache_clear()


def test_the_code_that_decides_is_in_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys._sources()
    folder = Path(keys.__file__).parent
    for name in DECIDING_SOURCES:
        shutil.copy(folder / name, tmp_path / name)
    monkeypatch.setattr(keys, "__file__", str(tmp_path / "keys.py"))
    keys._sources.cache_clear()
    assert keys._sources() == before
    (tmp_path / "calls.py").write_text("changed", encoding="utf-8")
    keys._sources.cache_clear()
    changed = keys._sources()
    keys._sources.cache_clear()
    assert changed != before


def test_no_key_needs_llama_cpp_or_numpy() -> None:
    code = (
        "import sys; from pathlib import Path; from pytest_reasoning.engine import EngineSettings;"
        "from pytest_reasoning.engine.store.keys import model_key;"
        "from pytest_reasoning.text.file_hashes import sha256_of;"
        "model_key('a', EngineSettings(), sha256_of); print(sorted({'llama_cpp', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
