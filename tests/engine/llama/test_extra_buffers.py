"""Intel's AMX tiles are left out where ggml lists the layouts of weights, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LISTED = """
import sys
from llama_cpp import _ggml
from pytest_reasoning.engine.llama.extra_buffers import extra_buffer_types, without_amx
if sys.argv[1:]: print(*extra_buffer_types(_ggml.libggml))
print(without_amx(_ggml.libggml))
print(*extra_buffer_types(_ggml.libggml))
"""
STACK = """
import ctypes
from pytest_reasoning.engine.llama import extra_buffers
def size():
    now = extra_buffers._SignalStack()
    ctypes.CDLL(None).sigaltstack(None, ctypes.byref(now))
    return now.flags, now.size
before = size()
with extra_buffers._small_signal_stack():
    print(size(), ctypes.CDLL(None).syscall(158, 0x1023, 18))
print(size() == before)
"""
"158 is arch_prctl, 0x1023 asks for a component of the state, and 18 are the tiles."


def outcome(program: str, *words: str) -> list[str]:
    """A process of its own, because ggml lists the types once."""
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def has_amx() -> bool:
    info = Path("/proc/cpuinfo")
    return info.exists() and "amx_int8" in info.read_text(encoding="utf-8")


def test_amx_is_left_out_and_the_other_layouts_stay() -> None:
    left_out, types = outcome(LISTED)
    assert left_out == "True"
    assert "AMX" not in types.split()
    plain = outcome(LISTED, "listed before")[0].split()
    assert types.split() == [name for name in plain if name != "AMX"]


@pytest.mark.skipif(not has_amx(), reason="needs a processor with AMX")
def test_what_was_listed_before_is_said() -> None:
    first, left_out, _ = outcome(LISTED, "listed before")
    assert "AMX" in first.split()
    assert left_out == "False"


@pytest.mark.skipif(sys.platform != "linux", reason="tiles are asked for on Linux only")
def test_the_request_for_tiles_fails_within_and_the_stack_is_given_back() -> None:
    within, given_back = outcome(STACK)
    assert within.endswith("-1")
    assert "8192" in within
    assert given_back == "True"
