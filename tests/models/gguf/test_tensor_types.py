"""Types by kind of matrix, bits per weight, and fallbacks told from a header: against llama.cpp's own account."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import llama_cpp
import pytest

from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.gguf.facts import read_facts
from pytest_reasoning.models.gguf.fallbacks import fallbacks_of, kind_of, types_by_kind
from pytest_reasoning.models.gguf.file_types import quantizations
from pytest_reasoning.models.gguf.header import Tensor
from pytest_reasoning.records import Fallback
from pytest_reasoning.report import fallback_lines

SILENT = llama_cpp.llama_log_callback(lambda *_: None)
"Kept for as long as the process: llama.cpp calls the last one it was given in every later test."
F16, Q4_0, Q5_0, Q8_0, Q4_K, Q6_K = 1, 2, 6, 8, 12, 14
WARNED = re.compile(
    r"warning: (?:blk\.\d+\.)?(\w+)\.weight +- ncols +(\d+) .*?type +(\w+)\).*?falling back to +(\w+)"
)


def tensor(name: str, kind: int, *shape: int) -> Tensor:
    return Tensor(name=name, shape=shape, type=kind, offset=0)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What llama.cpp logs in this process."""
    lines: list[str] = []
    callback = llama_cpp.llama_log_callback(lambda _level, text, _data: lines.append(text.decode()))
    llama_cpp.llama_log_set(callback, None)
    yield lines
    llama_cpp.llama_log_set(SILENT, None)


def test_the_names_are_those_of_the_binding() -> None:
    prefix = re.compile("LLAMA_FTYPE_(?:MOSTLY|ALL)_")
    theirs = {prefix.sub("", name): getattr(llama_cpp, name) for name in dir(llama_cpp) if prefix.match(name)}
    assert dict(quantizations()) == theirs
    assert theirs["Q4_K_M"] == 15


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S",
             "Q5_K_M", "Q6_K", "IQ4_NL", "IQ4_XS", "IQ3_S", "IQ3_M", "TQ1_0", "MXFP4_MOE", "BF16"],
)  # fmt: skip
def test_fallbacks_are_those_that_the_quantiser_reports(kind: str, tmp_path: Path, said: list[str]) -> None:
    path = tmp_path / "made.gguf"
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread = quantizations()[kind], 1
    source = str(ZOO / "small.gguf").encode()
    assert llama_cpp.llama_model_quantize(source, str(path).encode(), ctypes.byref(params)) == 0
    facts = read_facts(path, name="m", reference="m")
    assert facts.quantization == kind
    theirs = Counter(
        (what, asked.upper(), got.upper(), int(row)) for what, row, asked, got in WARNED.findall("".join(said))
    )
    ours = Counter({(one.kind, one.asked, one.type, one.row): one.tensors for one in facts.fallbacks})
    # Of the embedding, which is the output matrix too, it changes the type without a word.
    ours.pop(("token_embd", "Q6_K", "Q8_0", 96), None)
    theirs.pop(("token_embd", "Q6_K", "Q8_0", 96), None)
    assert ours == theirs
    weights = re.search(r"quant size  = .*\(([\d.]+) BPW\)", "".join(said))
    assert weights is not None
    assert facts.bits_per_weight == pytest.approx(float(weights[1]), abs=0.006)


def test_kinds_are_named_without_their_layer() -> None:
    names = ["blk.12.attn_q.weight", "token_embd.weight", "blk.0.ffn_down_exps.weight", "enc.blk.3.attn_k.weight"]
    assert [kind_of(name) for name in names] == ["attn_q", "token_embd", "ffn_down_exps", "attn_k"]


def test_vectors_are_not_counted() -> None:
    tensors = [
        tensor("blk.0.attn_q.weight", Q4_K, 256, 256),
        tensor("blk.1.attn_q.weight", Q6_K, 256, 256),
        tensor("blk.0.attn_norm.weight", 0, 256),
        tensor("new.weight", 99, 256, 256),
    ]
    assert types_by_kind(tensors) == {"attn_q": {"Q4_K": 1, "Q6_K": 1}, "new": {"type 99": 1}}


@pytest.mark.parametrize(
    ("quantization", "name", "kind", "row", "asked"),
    [
        ("Q4_K_M", "blk.0.attn_q.weight", Q5_0, 576, "Q4_K"),
        ("Q4_K_M", "blk.0.attn_q.weight", Q5_0, 512, None),  # somebody's own mix: the rows would have fitted
        ("Q4_K_M", "blk.0.attn_q.weight", Q4_K, 512, None),
        ("Q4_K_M", "blk.0.attn_v.weight", Q8_0, 576, "Q6_K"),
        ("Q4_K_M", "output.weight", Q6_K, 512, None),
        ("Q4_K_M", "blk.0.attn_q.weight", F16, 40, "Q4_K"),
        ("Q4_K_M", "blk.0.ffn_gate_inp.weight", F16, 64, None),
        ("Q4_K_M", "blk.0.attn_norm.weight", Q5_0, 40, None),
        ("Q2_K", "blk.0.attn_q.weight", Q4_0, 576, "Q2_K"),
        ("Q3_K_L", "blk.0.attn_q.weight", Q4_0, 576, "Q3_K"),
        ("Q8_0", "blk.0.attn_q.weight", Q8_0, 576, None),
        ("Q8_0", "blk.0.attn_q.weight", F16, 40, "Q8_0"),
        ("Q4_0", "blk.0.attn_q.weight", Q4_0, 576, None),
        ("F16", "blk.0.attn_q.weight", F16, 40, None),
        ("type 99", "blk.0.attn_q.weight", Q8_0, 40, None),
    ],
)
def test_a_fallback_is_a_type_of_small_blocks_where_rows_do_not_fit(
    quantization: str, name: str, kind: int, row: int, asked: str | None
) -> None:
    found = fallbacks_of([tensor(name, kind, row, 8)], quantization)
    assert [one.asked for one in found] == ([] if asked is None else [asked])


def test_the_header_says_which_matrices_fell_back() -> None:
    facts = read_facts(ZOO / "nano.gguf", name="n@Q4_K_M", reference="n")
    assert fallback_lines([facts]) == []
    changed = replace(
        facts,
        quantization="Q4_K_M",
        bits_per_weight=6.125,
        fallbacks=(
            Fallback(kind="attn_q", asked="Q4_K", type="Q5_0", row=64, tensors=2),
            Fallback(kind="ffn_down", asked="Q4_K", type="Q5_0", row=192, tensors=2),
            Fallback(kind="attn_\x1b[31mv", asked="Q6_K", type="Q8_0", row=64, tensors=1),
        ),
    )
    assert fallback_lines([changed]) == [
        "reasoning: n@Q4_K_M: rows of 64 and 192 numbers do not fit the blocks of Q4_K and Q6_K, so 5 of 8 "
        "matrices fell back (Q4_K → Q5_0: attn_q, ffn_down; Q6_K → Q8_0: attn_\\x1b[31mv), 6.12 bits per weight"
    ]
