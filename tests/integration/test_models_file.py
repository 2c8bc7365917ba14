"""`reasoning-models.yaml`: names, groups, settings, and every mistake with its line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.models_file.load import models_file_from_text
from pytest_reasoning.models.models_file.schema import models_json_schema, models_schema_text
from pytest_reasoning.text.errors import ModelsFileError

ANSWERS = {"one": " 3", "two": " 4", "three": " 8"}


def write_models(pytester: pytest.Pytester, text: str, name: str = "reasoning-models.yaml") -> None:
    (pytester.path / name).write_text(text, encoding="utf-8")


def models_of(result: pytest.RunResult) -> list[str]:
    return sorted({line.rpartition("[")[2].rstrip("]") for line in result.outlines if "::" in line})


def usage_error(pytester: pytest.Pytester, *options: str) -> str:
    result = pytester.runpytest(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    return "\n".join(line for line in result.errlines if line).replace(str(pytester.path), "HERE")


@pytest.mark.parametrize(
    ("named", "models"), [("ci", ["a", "b"]), ("all", ["a", "b", "c"]), ("c,ci", ["a", "b", "c"])]
)
def test_names_and_groups(
    pytester: pytest.Pytester, suite: Write, recorded: Record, named: str, models: str
) -> None:
    suite()
    for name in "xyz":
        recorded(name, ANSWERS)
    write_models(
        pytester, "a: x.jsonl\nb: {completions: y.jsonl}\nc: completions:z.jsonl\nci: [a, some]\nsome: [b]\n"
    )
    assert models_of(pytester.runpytest(f"--reasoning-models={named}", "--collect-only", "-q")) == list(models)


def test_the_file_lies_beside_the_ini_file_and_its_paths_are_relative_to_it(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    recorded("m", ANSWERS)
    pytester.makeini("[pytest]\nreasoning_models = mine")
    write_models(pytester, "mine: m.jsonl\n")
    (pytester.path / "deep").mkdir()
    pytester.chdir()
    result = pytester.runpytest("--rootdir", str(pytester.path), "-c", "tox.ini", "cases/sums.yaml")
    result.assert_outcomes(passed=3, skipped=1)


def test_another_file_can_be_named(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    recorded("m", ANSWERS)
    write_models(pytester, "mine: m.jsonl\n", "other.yaml")
    pytester.runpytest("--reasoning-models=mine", "--reasoning-models-file=other.yaml").assert_outcomes(
        passed=3, skipped=1
    )
    assert usage_error(pytester, "--reasoning-models=mine", "--reasoning-models-file=none.yaml") == (
        "ERROR: none.yaml: cannot be read: No such file or directory (check the path and its permissions)"
    )


def test_a_name_of_neither_file_nor_package(pytester: pytest.Pytester, recorded: Record) -> None:
    recorded("m", ANSWERS)
    write_models(pytester, "mine: m.jsonl\n")
    message = usage_error(pytester, "--reasoning-models=mime")
    assert message.startswith(
        "ERROR: model 'mime': no model of that name in the models file, and no embedded one "
        "(did you mean 'mine'? there are mine, all, "
    )


def test_what_a_name_stands_for_is_missing(pytester: pytest.Pytester) -> None:
    write_models(pytester, "\nmine: {gguf: ft.gguf}\n")
    assert usage_error(pytester, "--reasoning-models=mine") == (
        "ERROR: reasoning-models.yaml:2: model 'ft.gguf': no such file (searched from HERE)"
    )


def test_settings_reach_the_engine(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="generation: {max_tokens: 5}\n")
    suite("free")
    write_models(
        pytester,
        f"plain: {{gguf: {ZOO / 'nano.gguf'}, threads: 1}}\n"
        f"tuned: {{gguf: {ZOO / 'nano.gguf'}, threads: 1, n_ctx: 64, width: 8, "
        "rope: {scaling: linear, freq_scale: 0.1},"
        " kv_overrides: {llama.attention.layer_norm_rms_epsilon: 0.9}, generation: {max_tokens: 2, stop: [Z]}}\n",
    )
    pytester.runpytest("--reasoning-models=all", "--reasoning-json=report.json")
    report = json.loads((pytester.path / "report.json").read_text())
    engines = {model["name"]: model["engine"] for model in report["models"]}
    assert (engines["tuned"]["n_ctx"], engines["tuned"]["width"]) == (64, 8)
    assert engines["plain"]["n_ctx"] > 64
    texts = {(o["model"], o["case"]): o["completion"] for o in report["outcomes"] if o["suite"] == "sums"}
    assert any(texts["plain", case] != texts["tuned", case] for case in ("one", "two", "three"))
    # What the suite says goes before what the model's entry says.
    tokens = {(o["suite"], o["completion_tokens"]) for o in report["outcomes"] if o["model"] == "tuned"}
    assert max(count for name, count in tokens if name == "free") == 2 < max(tokens)[1]


def test_two_files_under_one_name_are_told_apart(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    for name in ("ft-a", "ft-b"):
        (pytester.path / f"{name}.gguf").write_bytes((ZOO / "nano.gguf").read_bytes())
    write_models(pytester, "mine: ft-*.gguf\n")
    result = pytester.runpytest("--reasoning-models=mine", "--collect-only", "-q")
    assert models_of(result) == ["mine@ft-a", "mine@ft-b"]


def test_a_chat_template_can_be_given_and_taken_away(pytester: pytest.Pytester, suite: Write) -> None:
    suite(cases="  - {id: one, a: 1, b: 2, target: 3}\n")
    (pytester.path / "chat.jinja").write_text("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}!")
    nano = ZOO / "nano.gguf"
    write_models(
        pytester, f"talks: {{gguf: {nano}, chat_template: chat.jinja}}\nplain: {{gguf: {nano}, chat: false}}\n"
    )
    result = pytester.runpytest("--reasoning-models=talks,plain", "--reasoning-show-prompt", "-q")
    assert [line for line in result.outlines if line][:5] == [
        "cases/sums.yaml::one[talks]",
        "  | <user>Q: What is 1 plus 2?!",
        "cases/sums.yaml::one[plain]",
        "  | Q: What is 1 plus 2?",
        "  | A:",
    ]
    write_models(pytester, f"talks: {{gguf: {nano}, chat: true}}\n")
    assert usage_error(pytester, "--reasoning-models=talks") == (
        f"ERROR: reasoning-models.yaml:1: model '{nano}': has no chat template "
        "(drop `chat: true`, or name a file as `chat_template`)"
    )


def test_pinned_models(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    recorded("m", ANSWERS)
    lock = pytester.path / "reasoning-models.lock"
    assert usage_error(pytester, "--reasoning-models=./m.jsonl", "--reasoning-locked") == (
        "ERROR: model './m.jsonl': is not in reasoning-models.lock "
        "(run once with --reasoning-lock and keep the file)"
    )
    pytester.runpytest("--reasoning-models=./m.jsonl", "--reasoning-lock").assert_outcomes(passed=3, skipped=1)
    written = lock.read_text(encoding="utf-8")
    pytester.runpytest("--reasoning-models=./m.jsonl", "--reasoning-locked").assert_outcomes(passed=3, skipped=1)
    old = written.split("  file ")[1][:12]
    recorded("m", {**ANSWERS, "one": " 9"})
    message = usage_error(pytester, "--reasoning-models=./m.jsonl", "--reasoning-locked")
    assert message.startswith("ERROR: model './m.jsonl': m.jsonl has SHA-256 ")
    assert message.endswith(f"…, and the lock file has {old}… (run with --reasoning-lock if this is meant)")
    assert lock.read_text(encoding="utf-8") == written
    lock.write_text(f"{written}<<<<<<< ours\n", encoding="utf-8")
    assert usage_error(pytester, "--reasoning-models=./m.jsonl", "--reasoning-locked") == (
        "ERROR: reasoning-models.lock:5: a merge conflict is left (keep one side's blocks)"
    )
    assert usage_error(pytester, "--reasoning-models=./m.jsonl", "--reasoning-locked", "--reasoning-lock") == (
        "ERROR: --reasoning-lock and --reasoning-locked cannot be combined (leave one out)"
    )
    lock.unlink()
    assert usage_error(pytester, "--reasoning-models=endpoint:http://127.0.0.1:9", "--reasoning-locked").endswith(
        "what an endpoint serves cannot be pinned (leave it out, or drop --reasoning-locked)"
    )


WRONG = """\
a b: zoo:small
c: {gguf: y.gguf, n_ctxx: 3}
d: {gguf: y.gguf, n_ctx: 0, rope: {scaling: lin}}
e: {n_ctx: 4}
f: {gguf: a.gguf, memory: 8, lora: [{pth: 3}], width: 5, gpu_layers: many}
g: {endpoint: "http://u:pa55word@h/v1"}
h: {endpoint: "http://h/v1", n_ctx: 5}
i: [c, smal, i]
j: 7
k: {gguf: a.gguf, completions: b}
l: hf:foo
m: {gguf: a, kv_overrides: {x: [1]}, generation: {temp: 1}}
n: []
"""
COMPLAINTS = """\
1:1: 'a b' cannot be a model's name (use letters, digits and . _ @ + = -)
2:19: model 'c': unknown key 'n_ctxx' (did you mean 'n_ctx'?)
3:26: model 'd': n_ctx: input should be greater than or equal to 1 (raise it)
3:45: model 'd': rope.scaling: input should be 'none', 'linear' or 'yarn' (change it)
4:4: model 'e': one of gguf, endpoint and completions is needed (add `gguf: PATH`)
5:27: model 'f': memory: a size is a number with a unit (write 8GB or 512MiB)
5:37: model 'f': lora[1]: 'path' is missing (add it)
5:38: model 'f': lora[1]: unknown key 'pth' (did you mean 'path'?)
5:55: model 'f': width: input should be a multiple of 4 (change it)
5:70: model 'f': gpu_layers: a number of layers or all is needed (write `all`, or 0 for the CPU alone)
6:4: model 'g': an address must not hold a user or password (put the key in an environment variable, \
OPENAI_API_KEY or the models file's `key_variable`)
7:4: model 'h': 'n_ctx' has no meaning for endpoint (remove it)
8:8: model 'i': no model 'smal' in this file (known: a b, c, d, e, f, g, h, j, k, l, m, n)
8:14: model 'i': the group holds itself (remove 'i')
9:4: model 'j': a reference, a mapping or a list of names is needed (write `j: PATH`)
10:4: model 'k': gguf and completions cannot both be given (keep one)
11:4: model 'l': is not read as a hub reference (write hf:USER/REPO[@REVISION][:QUANT or file])
12:32: model 'm': kv_overrides.x: a number, a text, true or false is needed (write it as the file has it)
12:51: model 'm': generation: unknown key 'temp' (known: max_tokens, min_p, stop, temperature, top_k, top_p)
13:4: model 'n': an empty group (name at least one model)
"""


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ModelsFileError) as caught:
        models_file_from_text(WRONG, folder=tmp_path, display="m.yaml")
    assert str(caught.value).splitlines() == [f"m.yaml:{line}" for line in COMPLAINTS.splitlines()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "m.yaml:1: a models file maps names to models (write `small: zoo:small`)"),
        ("a: x.gguf\na: y.gguf\n", "m.yaml:2:1: the key 'a' stands twice (the first is on line 1: keep one)"),
        ("a: !!python/name:os.system x\n", "m.yaml:1:4: the tag '!!python/name:os.system' is not allowed"),
    ],
)
def test_no_mapping_of_names(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ModelsFileError) as caught:
        models_file_from_text(text, folder=tmp_path, display="m.yaml")
    assert str(caught.value).startswith(message)


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = models_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    right = {
        "small": "zoo:small",
        "large": {"gguf": "hf:Qwen/Qwen3-8B-GGUF:Q4_K_M", "gpu_layers": "all", "memory": "8GB", "chat": True},
        "mine": {"gguf": "a.gguf", "lora": [{"path": "b.gguf", "scale": 0.5}, "c.gguf"], "kv_overrides": {"k": 1}},
        "ci": ["small", "mine"],
    }
    jsonschema.validate(right, schema)
    wrongs: tuple[dict[str, object], ...] = ({"a": {"gguf": "x", "n_ctxx": 3}}, {"a b": "x"}, {"a": 7}, {"a": []})
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_schema_in_the_repository_is_this_one() -> None:
    shipped = ZOO.parent / "models_file" / "models.schema.json"
    # After a change: pytest-reasoning schema models > src/pytest_reasoning/models/models_file/models.schema.json
    assert shipped.read_text(encoding="utf-8") == models_schema_text()
