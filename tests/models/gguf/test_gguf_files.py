"""Facts from GGUF headers, and what every wrong file says; nothing is loaded."""

from __future__ import annotations

import random
import resource
import struct
import time
from dataclasses import replace
from pathlib import Path

import gguf as gguf_package
import pytest

from kit.found import resolve
from kit.gguf_bytes import BASE, WEIGHTS, gguf, text
from pytest_reasoning.models import ModelsFile
from pytest_reasoning.models.embedded import ZOO, embedded_names
from pytest_reasoning.models.gguf.header import BadHeaderError, read_header
from pytest_reasoning.models.gguf.types import tensor_type
from pytest_reasoning.models.models_file.load import models_file_from_text
from pytest_reasoning.records import Gguf
from pytest_reasoning.text.errors import ModelError

MUTATIONS = 500


def found(folder: Path, reference: str = "./m.gguf", models: str | None = None) -> Gguf:
    file: ModelsFile | None = None
    if models is not None:
        file = models_file_from_text(models, folder=folder, display="reasoning-models.yaml")
    (facts,) = resolve([reference], folder, models_file=file)
    return facts


def refused(folder: Path, reference: str = "./m.gguf", models: str | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        found(folder, reference, models)
    message = str(caught.value)
    assert "\n" not in message
    return message


def write(folder: Path, content: bytes, name: str = "m.gguf") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_facts(tmp_path: Path) -> None:
    write(tmp_path, gguf({**BASE, "general.file_type": 7, "tokenizer.chat_template": "{{ messages }}"}))
    facts = found(tmp_path)
    assert (facts.architecture, facts.n_layers, facts.n_embd, facts.n_ctx_train) == ("llama", 2, 64, 512)
    assert (facts.n_params, facts.quantization, facts.bos_token, facts.eos_token) == (
        64 * 67,
        "Q8_0",
        "<s>",
        "</s>",
    )
    assert facts.chat_template == "{{ messages }}"
    assert facts.memory is not None
    assert (facts.memory.weights_bytes, facts.memory.kv_numbers_per_token) == (4 * 64 * 67, 2 * 2 * 64)


@pytest.mark.parametrize("name", embedded_names())
def test_the_library_reads_the_same(name: str) -> None:
    path = ZOO / f"{name}.gguf"
    header, other = read_header(path), gguf_package.GGUFReader(path)
    assert [(t.name, list(t.shape), t.type) for t in header.tensors] == [
        (t.name, t.shape.tolist(), int(t.tensor_type)) for t in other.tensors
    ]
    for key, kept in header.metadata.items():
        contents = other.fields[key].contents()
        assert kept == (tuple(contents) if isinstance(contents, list) else contents)
    assert header.data_offset == other.data_offset


@pytest.mark.slow
def test_a_long_vocabulary_is_counted_and_its_special_tokens_found(tmp_path: Path) -> None:
    tokens = [f"t{number}" for number in range(200_000)]
    path = write(tmp_path, gguf({**BASE, "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.eos_token_id": 151_645}))
    header = read_header(path)
    assert header.length("tokenizer.ggml.tokens") == 200_000
    assert (header.bos_token, header.eos_token) == ("t0", "t151645")
    other = read_header(write(tmp_path, gguf({**BASE, "tokenizer.ggml.tokens": [*tokens[:-1], "x"]}), "o.gguf"))
    assert other.tokenizer_sha256 != header.tokenizer_sha256 != ""


DAMAGED = "its GGUF header is damaged or the file is cut short: "
AGAIN = " (download it again)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gguf(version=9), f"{DAMAGED}GGUF version 9 is not known, 2 and 3 are{AGAIN}"),
        (gguf(version=3 << 24), f"{DAMAGED}it is a big-endian file (convert it for this machine){AGAIN}"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 0),
            f"{DAMAGED}it claims 1,099,511,627,776 tensors{AGAIN}",
        ),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 40), f"{DAMAGED}it claims 1,099,511,627,776 keys{AGAIN}"),
        (gguf()[:40], f"{DAMAGED}it ends after 40 bytes, inside its header{AGAIN}"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 1 << 40),
            f"{DAMAGED}key 'k' claims 1,099,511,627,776 texts{AGAIN}",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 0, 1 << 50),
            f"{DAMAGED}its header claims more than 256 MiB{AGAIN}",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 9, 1),
            f"{DAMAGED}key 'k' is an array of the unknown type 9{AGAIN}",
        ),
        (gguf({**BASE, "general.alignment": 3}), f"{DAMAGED}alignment 3 is no power of two{AGAIN}"),
        (
            gguf({}, [("w", (1 << 40, 1 << 30))], data=False),
            f"{DAMAGED}tensor 'w' has an impossible shape{AGAIN}",
        ),
        (gguf(tensors=[("w", (1, 1, 1, 1, 1))]), f"{DAMAGED}tensor 'w' has 5 dimensions, 4 is the most{AGAIN}"),
        (
            gguf()[:-9000],
            f"{DAMAGED}it has {len(gguf()) - 9000:,} bytes where "
            f"tensor 'blk.0.attn_q.weight' ends at {len(gguf()):,}{AGAIN}",
        ),
        (
            b"PK\x03\x04",
            "is not a GGUF file: it begins with b'PK\\x03\\x04', not b'GGUF' "
            "(convert it with llama.cpp's convert_hf_to_gguf.py, or download it again)",
        ),
        (
            gguf({**BASE, "general.type": "adapter"}),
            "is a LoRA adapter, no model (name its base model in the models file, and this file there as `lora`)",
        ),
        (
            gguf({**BASE, "general.architecture": "clip"}),
            "is the image part of a model (name the file of its language part)",
        ),
        (
            gguf({**BASE, "general.type": "imatrix"}),
            "is an importance matrix, no model (name the model's own file)",
        ),
        (gguf(tensors=()), "holds no weights, only a vocabulary (name a model)"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_wrong_files(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path, content)
    assert refused(tmp_path) == f"model './m.gguf': {message}"


def test_a_model_in_parts(tmp_path: Path) -> None:
    names = [f"big-{number:05}-of-00002.gguf" for number in (1, 2)]
    write(tmp_path, gguf({**BASE, "split.count": 2, "split.no": 0}, WEIGHTS[:1]), names[0])
    assert refused(tmp_path, f"./{names[0]}") == (
        f"model './{names[0]}': its part {names[1]} is missing (put all parts in one folder)"
    )
    write(tmp_path, gguf({"split.count": 2, "split.no": 1}, WEIGHTS[1:]), names[1])
    facts = found(tmp_path, f"./{names[0]}")
    assert (facts.name, facts.n_params) == ("big", 64 * 67)
    assert facts.size_bytes == sum((tmp_path / name).stat().st_size for name in names)
    assert found(tmp_path, "./*.gguf") == replace(facts, reference="./*.gguf")
    assert (
        refused(tmp_path, f"./{names[1]}") == f"model './{names[1]}': is part 2 of 2 (name the first: {names[0]})"
    )
    write(tmp_path, (tmp_path / names[0]).read_bytes(), "odd.gguf")
    assert refused(tmp_path, "./odd.gguf") == (
        "model './odd.gguf': is one part of 2, and its name does not say which "
        "(name the parts NAME-00001-of-00002.gguf …)"
    )


ADAPTER = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}


def adapter(width: int = 64, name: str = "blk.0.attn_q.weight", architecture: str = "llama") -> bytes:
    tensors = [(f"{name}.lora_a", (width, 4)), (f"{name}.lora_b", (4, 64))]
    return gguf({**ADAPTER, "general.architecture": architecture}, tensors)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gguf(), "is no LoRA adapter (make it with convert_lora_to_gguf.py)"),
        (
            adapter(width=96),
            "is for another model: tensor blk.0.attn_q.weight has 64 × 64 numbers, and the adapter is for 96 "
            "(name its own base model)",
        ),
        (
            adapter(name="blk.9.attn_q.weight"),
            "is for another model: the model has no tensor blk.9.attn_q.weight (name its own base model)",
        ),
        (
            adapter(architecture="qwen3"),
            "is for another model: its architecture is qwen3, and the model's is llama (name its own base model)",
        ),
    ],
)
def test_a_wrong_adapter(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path, gguf())
    write(tmp_path, content, "a.gguf")
    models = "mine: {gguf: m.gguf, lora: a.gguf}\n"
    assert refused(tmp_path, "mine", models) == f"reasoning-models.yaml:1: model 'm.gguf': lora a.gguf: {message}"


def test_an_adapter_that_fits(tmp_path: Path) -> None:
    write(tmp_path, gguf())
    path = write(tmp_path, adapter(), "a.gguf")
    facts = found(tmp_path, "mine", "mine: {gguf: m.gguf, lora: [{path: a.gguf, scale: 0.5}]}\n")
    (lora,) = facts.settings.lora
    assert (facts.name, lora.path, lora.scale) == ("mine", str(path), 0.5)
    assert refused(tmp_path, "mine", "mine: {gguf: m.gguf, lora: aa.gguf}\n") == (
        f"reasoning-models.yaml:1: model 'm.gguf': lora aa.gguf: no such file, did you mean 'a.gguf'? "
        f"(searched from {tmp_path})"
    )


def damaged(whole: bytes, header: int, chance: random.Random) -> bytes:
    """A file with one kind of damage: cut off, or bytes of its header replaced."""
    if chance.random() < 0.3:
        return whole[: chance.randrange(len(whole))]
    data = bytearray(whole)
    start = chance.randrange(header)
    size = chance.choice((1, 4, 8, 64))
    data[start : start + size] = chance.choice((b"\xff", b"\x00", chance.randbytes(1))) * size
    return bytes(data[: len(whole)])


@pytest.mark.slow
def test_damaged_files_end_in_an_error_each_quickly_and_in_little_memory(tmp_path: Path) -> None:
    whole = (ZOO / "nano.gguf").read_bytes()
    header = read_header(ZOO / "nano.gguf").data_offset
    chance = random.Random(20261123)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    messages: list[str] = []
    slowest, tries = 0.0, 0
    while len(messages) < MUTATIONS:
        tries += 1
        path = write(tmp_path, damaged(whole, header, chance))
        began = time.process_time()
        try:
            resolve(["./m.gguf"], tmp_path)
        except ModelError as error:
            messages.append(str(error))
        slowest = max(slowest, time.process_time() - began)
        path.unlink()
    assert all(message.startswith("model './m.gguf': ") and "\n" not in message for message in messages)
    # What is not refused has a changed letter of a token, a changed number: a file as good as another.
    assert tries < 2 * MUTATIONS
    assert slowest < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


def test_a_header_never_takes_much_time_or_memory(tmp_path: Path) -> None:
    hostile = (
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 0, 8 << 20) + bytes(8 << 20)
    )
    began = time.process_time()
    assert read_header(write(tmp_path, hostile)).length("k") == 8 << 20
    with pytest.raises(BadHeaderError):
        read_header(write(tmp_path, hostile[:-1]))
    assert time.process_time() - began < 5


def test_the_table_of_types_is_that_of_the_gguf_package() -> None:
    for kind, (block, size) in gguf_package.constants.GGML_QUANT_SIZES.items():
        assert tensor_type(int(kind)) == (kind.name, int(block), int(size))
    assert tensor_type(12345) is None
