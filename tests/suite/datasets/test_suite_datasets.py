"""Data sets and foreign formats."""

# ruff: noqa: E501 - messages, templates and tokens stand whole

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kit.suite_texts import HEAD, load, problems

ROWS = [{"full": "Ada Lovelace", "n": 1}, {"full": "Larry Page", "n": 2}, {"full": "Elon Musk", "n": 3}]
SUITE = "prompt: 'Q: {{ name }}'\ntarget: '{{ n }}'\n"


def written(folder: Path, name: str, content: str) -> Path:
    folder.joinpath(name).write_text(content, encoding="utf-8")
    return folder


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


FILES = {
    "rows.jsonl": jsonl(ROWS),
    "rows.json": json.dumps(ROWS),
    "rows.csv": "full,n\nAda Lovelace,1\nLarry Page,2\nElon Musk,3\n",
    "rows.tsv": "full\tn\nAda Lovelace\t1\nLarry Page\t2\nElon Musk\t3\n",
}


@pytest.mark.parametrize("name", FILES)
def test_formats_by_their_ending(name: str, tmp_path: Path) -> None:
    written(tmp_path, name, FILES[name])
    suite = load(SUITE + f"dataset: {{file: {name}, fields: {{name: full}}}}\n", tmp_path)
    assert [(case.id, case.prompt, case.target, case.origin) for case in suite.cases] == [
        ("row-1", "Q: Ada Lovelace", ("1",), "dataset"),
        ("row-2", "Q: Larry Page", ("2",), "dataset"),
        ("row-3", "Q: Elon Musk", ("3",), "dataset"),
    ]


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    suite = load(SUITE + "dataset: {file: rows.parquet, fields: {name: full}}\n", tmp_path)
    assert [case.target for case in suite.cases] == [("1",), ("2",), ("3",)]


def prompts(options: str, folder: Path) -> list[str]:
    written(folder, "rows.jsonl", FILES["rows.jsonl"])
    text = SUITE + f"dataset: {{file: rows.jsonl, fields: {{name: full}}, {options}}}\n"
    return [f"{case.id} {case.prompt}" for case in load(text, folder).cases]


def test_where_limit_offset_and_ids(tmp_path: Path) -> None:
    assert prompts("where: n > 1", tmp_path) == ["row-2 Q: Larry Page", "row-3 Q: Elon Musk"]
    assert prompts("where: [n > 1, row < 3]", tmp_path) == ["row-2 Q: Larry Page"]
    assert prompts("limit: 1", tmp_path) == ["row-1 Q: Ada Lovelace"]
    assert prompts("offset: 1, limit: 1", tmp_path) == ["row-2 Q: Larry Page"]
    assert prompts('id: "full.split() | last | lower"', tmp_path)[0] == "lovelace Q: Ada Lovelace"


def test_the_shuffle_is_fixed_by_its_seed(tmp_path: Path) -> None:
    assert prompts("shuffle: 1", tmp_path) == prompts("shuffle: 1", tmp_path)
    assert {tuple(prompts(f"shuffle: {seed}", tmp_path)) for seed in range(9)} > {
        tuple(prompts("shuffle: 1", tmp_path))
    }


def test_fields_may_be_expressions(tmp_path: Path) -> None:
    written(tmp_path, "rows.jsonl", FILES["rows.jsonl"])
    text = "prompt: '{{ initials }}'\ntarget: x\n"
    text += "dataset: {file: rows.jsonl, fields: {initials: \"full.split() | map('first') | join\"}}\n"
    assert load(text, tmp_path).cases[1].prompt == "LP"


def test_several_data_sets(tmp_path: Path) -> None:
    written(tmp_path, "x.jsonl", jsonl([{"a": 1}]))
    written(tmp_path, "y.jsonl", jsonl([{"a": 2}]))
    suite = load(HEAD + "dataset: [{file: x.jsonl}, {file: y.jsonl}]\n", tmp_path)
    assert [case.id for case in suite.cases] == ["x-row-1", "y-row-1"]


BAD = [
    ("x.jsonl", '{"a": 1}\n{"a": \n', "", "x.jsonl:2: not valid JSON: Expecting value: line 2 column 1 (char 7) (check quotes and commas)"),
    ("x.jsonl", "[1]\n", "", "x.jsonl:1: a row is a mapping of columns, not list (see `format`)"),
    ("x.jsonl", '{"b": 1}\n', "", "x.jsonl:1: prompt: 'a' is undefined (known here: b)"),
    ("x.jsonl", '{"a": 1}\n', "fields: {a: b + 1}", "x.jsonl:1: fields.a: 'b' is undefined (known here: a)"),
    ("x.jsonl", '{"a": 1}\n', "where: a > 1", "x.jsonl: no row is left (loosen `where`, lower `offset`)"),
    ("x.jsonl", '{"a": 1}\n', "id: \"'a::b'\"", "x.jsonl:1: the id 'a::b' holds '::', which node ids cannot (use letters, digits and '-')"),
    ("x.jsonl", "[" * 100_000 + "\n", "", "x.jsonl:1: nested too deeply (flatten it)"),
    ("x.json", '{"a": 1}', "", "x.json: the JSON is not a list of rows (wrap it in [ ], or use .jsonl)"),
    ("x.csv", "a,b\n1\n", "", "x.csv:2: the row has not 2 columns like the head (quote texts that hold the separator)"),
    ("x.csv", "a,b\n1,2,3\n", "", "x.csv:2: the row has not 2 columns like the head (quote texts that hold the separator)"),
    ("x.txt", "1\n", "", "x.txt: no format known for '.txt' (set `format`)"),
    ("x.json", '{"task": 1}', "format: big-bench", "x.json: not BIG-bench JSON: no list of `examples` (set another `format`)"),
    ("x.json", '{"examples": [{"input": 1}]}', "", "x.json: example 1 has neither `target` nor `target_scores`"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "options", "message"), BAD, ids=range(len(BAD)))
def test_bad_rows(name: str, content: str, options: str, message: str, tmp_path: Path) -> None:
    written(tmp_path, name, content)
    text = HEAD + f"dataset: {{file: {name}{', ' if options else ''}{options}}}\n"
    (found,) = problems(text, tmp_path)
    assert found.removeprefix("t.yaml:3:10: ").removeprefix("dataset: ") == message


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    written(tmp_path, "x.parquet", "")
    assert problems(HEAD + "dataset: {file: x.parquet}\n", tmp_path) == [
        "t.yaml:3:10: dataset: x.parquet: needs pyarrow (pip install 'pytest-reasoning[parquet]')"
    ]


def test_big_bench(tmp_path: Path) -> None:
    task = {
        "task_prefix": "Answer. ",
        "examples": [
            {"input": "2+2", "target": "4"},
            {"input": "sky", "target_scores": {"blue": 1, "azure": 1, "red": 0}},
        ],
    }
    written(tmp_path, "task.json", json.dumps(task))
    text = "prompt: '{{ prefix }}{{ input }}'\ntarget: \"{{ [target] | flat }}\"\ndataset: {file: task.json}\n"
    text = text.replace("{{ [target] | flat }}", "{{ target if target is string else target[0] }}")
    suite = load(text, tmp_path)
    assert [(case.prompt, case.target) for case in suite.cases] == [
        ("Answer. 2+2", ("4",)),
        ("Answer. sky", ("blue",)),
    ]


LM_EVAL = """
task: sums
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl}}
test_split: test
output_type: generate_until
description: "Add.\\n"
doc_to_text: "Q: {{question}}"
doc_to_target: answer
generation_kwargs: {until: ["\\n"], max_gen_toks: 32, do_sample: false}
filter_list:
  - name: last
    filter: [{function: regex, regex_pattern: "(-?[0-9]+)"}, {function: take_first}]
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true, ignore_case: true}]
fewshot_config: {samples: [{question: 1+1, answer: "2"}]}
num_fewshot: 1
metadata: {version: 1.0}
"""


def test_an_lm_evaluation_task(tmp_path: Path) -> None:
    written(tmp_path, "task.yaml", LM_EVAL)
    written(tmp_path, "rows.jsonl", jsonl([{"question": "2+2", "answer": "4"}]))
    (case,) = load("dataset: {file: task.yaml}\n", tmp_path).cases
    assert (case.prompt, case.target) == ("Add.\nQ: 2+2", ("4",))
    assert (case.generation.stop, case.generation.max_tokens, case.generation.temperature) == (("\n",), 32, 0)
    assert (case.scorer.type, case.scorer.params) == ("regex", {"pattern": "(-?[0-9]+)", "ignore_case": True})
    assert [exemplar.target for exemplar in case.fewshot] == ["2"]


def test_a_multiple_choice_lm_evaluation_task(tmp_path: Path) -> None:
    task = """
task: colours
dataset_kwargs: {data_files: rows.jsonl}
output_type: multiple_choice
doc_to_text: question
doc_to_choice: "{{choices}}"
doc_to_target: label
"""
    written(tmp_path, "task.yaml", task)
    written(tmp_path, "rows.jsonl", jsonl([{"question": "sky", "choices": ["red", "blue"], "label": 1}]))
    (case,) = load("dataset: {file: task.yaml}\n", tmp_path).cases
    assert (case.prompt, case.target, case.choices) == ("sky", ("blue",), (" red", " blue"))


UNSUPPORTED = "(supported: output_type generate_until or multiple_choice, Jinja templates, a local data file)"
NOT_CARRIED = [
    ("output_type: generate_until", "output_type: loglikelihood", f"output_type 'loglikelihood' cannot be carried over {UNSUPPORTED}"),
    ("metadata:", "process_docs: x\nmetadata:", f"`process_docs` cannot be carried over {UNSUPPORTED}"),
    ("doc_to_target: answer", "doc_to_target: !function utils.target", f"`!function` is Python code and cannot be carried over {UNSUPPORTED}"),
    ("doc_to_target: answer", "", f"`doc_to_target` is missing or no template {UNSUPPORTED}"),
    ("metric: exact_match", "metric: bleu", "metric 'bleu' cannot be carried over (supported: exact_match)"),
    ("function: regex", "function: majority_vote", "filter 'majority_vote' cannot be carried over (supported: regex, take_first)"),
    ("ignore_case: true", "ignore_punctuation: true", "metric_list.ignore_punctuation cannot be carried over (supported: ignore_case)"),
    ("max_gen_toks", "num_beams", "generation_kwargs.num_beams cannot be carried over (supported: until, max_gen_toks, temperature, top_p, top_k)"),
    ("dataset_kwargs: {data_files: {test: rows.jsonl}}", "", "the data 'json' is not one local file (name it under dataset_kwargs.data_files)"),
    ("fewshot_config: {samples: [{question: 1+1, answer: \"2\"}]}", "", "`num_fewshot` without `fewshot_config.samples` cannot be carried over (list the samples)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), NOT_CARRIED, ids=range(len(NOT_CARRIED)))
def test_what_cannot_be_carried_over_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in LM_EVAL
    written(tmp_path, "task.yaml", LM_EVAL.replace(old, new))
    written(tmp_path, "rows.jsonl", "")
    assert problems("dataset: {file: task.yaml}\n", tmp_path) == [f"t.yaml:1:10: dataset: task.yaml: {message}"]


def test_rows_share_what_the_suite_says_of_each(tmp_path: Path) -> None:
    written(tmp_path, "rows.jsonl", FILES["rows.jsonl"])
    suite = load(f"{SUITE}tags: [names, easy]\ndataset: {{file: rows.jsonl, fields: {{name: full}}}}\n", tmp_path)
    assert len({id(case.tags) for case in suite.cases}) == 1
    assert suite.cases[0].tags == ("names", "easy")
