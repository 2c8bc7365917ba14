"""Recipes: which matrix gets which type, and what llama.cpp makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.made_file_run import order
from kit.tiny_gguf import tiny_model
from pytest_reasoning.engine import MadeFiles
from pytest_reasoning.models.gguf.facts import open_gguf
from pytest_reasoning.models.gguf.header import Tensor
from pytest_reasoning.models.gguf.types import TENSOR_TYPES
from pytest_reasoning.models.recipe import HEAD, recipe_bits, recipe_types
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.file_hashes import sha256_of


def tensor(name: str, *shape: int, kind: int = 1) -> Tensor:
    return Tensor(name=name, shape=shape, type=kind, offset=0)


MODEL = [
    tensor("token_embd.weight", 256, 512),
    *(tensor(f"blk.{block}.ffn_up.weight", 256, 1024) for block in range(8)),
    *(tensor(f"blk.{block}.attn_norm.weight", 256, kind=0) for block in range(8)),
    tensor("output_norm.weight", 256, kind=0),
]


@pytest.mark.parametrize(
    ("text", "bits"), [("recipe:4.5bpw", 4.5), ("RECIPE:3bpw", 3.0), ("recipe:bpw", None), ("Q4_K_M", None)]
)
def test_a_recipe_is_named_by_its_size(text: str, bits: float | None) -> None:
    assert recipe_bits(text) == bits


def test_the_blocks_that_lose_answers_are_kept_higher() -> None:
    types = recipe_types(MODEL, {3: 5, 7: 1}, 4.5)
    kept = {name for name, kind in types.items() if kind in ("Q6_K", "Q8_0")}
    assert kept == {"token_embd.weight", "blk.2.ffn_up.weight", "blk.6.ffn_up.weight"}
    assert {kind for name, kind in types.items() if name not in kept} <= {"Q3_K", "Q4_K"}
    assert "output_norm.weight" not in types


@pytest.mark.parametrize("lost", [{3: 5}, {HEAD: 2}])
def test_the_matrix_of_the_logits_is_kept_whoever_is_to_blame(lost: dict[int, int]) -> None:
    assert recipe_types(MODEL, lost, 4.5)["token_embd.weight"] in ("Q6_K", "Q8_0")
    untied = [*MODEL, tensor("output.weight", 256, 512)]
    types = recipe_types(untied, lost, 4.5)
    assert types["output.weight"] in ("Q6_K", "Q8_0")
    assert types["token_embd.weight"] in ("Q2_K", "Q3_K", "Q4_K")


def test_rows_that_fit_no_k_quant_take_what_llama_cpp_takes() -> None:
    odd = [tensor("token_embd.weight", 576, 512), *(tensor(f"blk.{n}.ffn_up.weight", 576, 1536) for n in range(8))]
    assert set(recipe_types(odd, {1: 1}, 5.15).values()) == {"Q8_0", "Q4_0"}


def test_blocks_that_lost_least_are_given_up_first() -> None:
    types = recipe_types(MODEL, {1: 1, 2: 9, 3: 1, 4: 1, 5: 1, 6: 1}, 3.55)
    assert types["blk.1.ffn_up.weight"] in ("Q6_K", "Q8_0")
    assert types["blk.5.ffn_up.weight"] in ("Q2_K", "Q3_K")


def test_too_few_bits_are_refused_with_the_least() -> None:
    with pytest.raises(ModelError, match=r"2.5 bits per weight are too few \(the least is 2.89\)"):
        recipe_types(MODEL, {1: 1}, 2.5)


@pytest.mark.parametrize("bits", [2.9, 3.0, 4.0, 4.6, 6.0, 8.5])
def test_a_recipe_is_never_larger_than_asked(bits: float) -> None:
    sizes = {name: 8 * size / block for name, block, size in TENSOR_TYPES.values()}
    types = recipe_types(MODEL, {3: 5, HEAD: 1}, bits)
    total = sum(one.n_elements * sizes[types.get(one.name, "F32")] for one in MODEL)
    assert total / sum(one.n_elements for one in MODEL) <= bits


def test_llama_cpp_makes_the_file_as_the_recipe_says(tmp_path: Path) -> None:
    source = tiny_model(tmp_path / "m.gguf", "llama")
    model = open_gguf(source, reference="m")
    types = recipe_types(list(model.tensors), {2: 3}, 6.5)
    assert len(set(types.values())) > 1
    files = MadeFiles(tmp_path / "made", hash_of=sha256_of, threads=1)
    made = open_gguf(files.path_of(order(source, "Q8_0", tensor_types=types)), reference="m")
    found = {one.name: TENSOR_TYPES[one.type][0] for one in made.tensors}
    assert {name: found[name] for name in types} == types
    files.close()


def test_the_smallest_recipe_keeps_what_the_smallest_mix_keeps() -> None:
    blocks = [tensor(f"blk.{n}.{part}.weight", 256, 256) for n in range(4) for part in ("attn_q", "ffn_down")]
    types = recipe_types([tensor("token_embd.weight", 256, 512), *blocks], {1: 1}, 4.5)
    assert types["token_embd.weight"] == "Q6_K"
    assert {types[f"blk.{n}.attn_q.weight"] for n in (1, 2, 3)} == {"Q2_K"}
    assert {types[f"blk.{n}.ffn_down.weight"] for n in (1, 2, 3)} == {"Q3_K"}
