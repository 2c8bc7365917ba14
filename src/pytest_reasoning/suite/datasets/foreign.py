"""Reads files of other tools: BIG-bench JSON, and lm-evaluation-harness tasks with local data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from pytest_reasoning.suite.format.schema import CaseSpec
from pytest_reasoning.text.errors import SuiteError
from pytest_reasoning.text.yaml import parse

_SUPPORTED = "supported: output_type generate_until or multiple_choice, Jinja templates, a local data file"


class ForeignFault(Exception):
    """A file of another tool uses a feature that cannot be converted; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A converted lm-evaluation-harness task."""

    data_file: str
    overrides: CaseSpec


def big_bench_rows(data: Any) -> list[dict[str, Any]]:
    """Return the rows of `{"examples": [{"input", "target"} or {"input", "target_scores"}]}`.

    The keys of `target_scores` become `options`, and those with the best score become `target`.
    Raises `ForeignFault`.
    """
    examples = data.get("examples") if isinstance(data, dict) else None
    if not isinstance(examples, list):
        raise ForeignFault("not BIG-bench JSON: no list of `examples` (set another `format`)")
    rows = []
    for number, example in enumerate(examples, start=1):
        if not isinstance(example, dict) or "input" not in example:
            raise ForeignFault(f"example {number} has no `input` (BIG-bench examples have input and target)")
        row = {**example, "prefix": str(data.get("task_prefix", ""))}
        scores = example.get("target_scores")
        if isinstance(scores, dict) and scores:
            best = max(scores.values())
            row["options"] = list(scores)
            row["target"] = [option for option, score in scores.items() if score == best]
        elif "target" not in example:
            raise ForeignFault(f"example {number} has neither `target` nor `target_scores`")
        rows.append(row)
    return rows


def lm_eval_task(text: str) -> Task:
    """Convert a task file; raise `ForeignFault`, which names the feature, if it cannot be converted."""
    data = _plain_yaml(text)
    kind = data.get("output_type", "generate_until")
    if kind not in ("generate_until", "multiple_choice"):
        raise ForeignFault(f"output_type '{kind}' cannot be carried over ({_SUPPORTED})")
    for key in ("process_docs", "process_results", "include", "group", "use_prompt", "class"):
        if key in data:
            raise ForeignFault(f"`{key}` cannot be carried over ({_SUPPORTED})")
    if data.get("num_fewshot") and not _samples(data):
        raise ForeignFault(
            "`num_fewshot` without `fewshot_config.samples` cannot be carried over (list the samples)"
        )
    fields: dict[str, Any] = {
        "prompt": str(data.get("description", "")) + _template(data, "doc_to_text"),
        "target": _template(data, "doc_to_target"),
        "generation": _generation(data.get("generation_kwargs") or {}),
    }
    if kind == "multiple_choice":
        fields |= _choices(data)
    else:
        fields["scorer"] = _scorer(data)
    if samples := _samples(data):
        fields["fewshot"] = samples[: data.get("num_fewshot") or len(samples)]
    try:
        overrides = CaseSpec.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise ForeignFault(
            f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']} ({_SUPPORTED})"
        ) from None
    return Task(data_file=_data_file(data), overrides=overrides)


def _plain_yaml(text: str) -> Mapping[str, Any]:
    if "!function" in text:
        raise ForeignFault(f"`!function` is Python code and cannot be carried over ({_SUPPORTED})")
    try:
        data = parse(text, "task")
    except (SuiteError, yaml.YAMLError) as error:
        raise ForeignFault(str(error)) from None
    if not isinstance(data, dict):
        raise ForeignFault(f"not a task: no mapping ({_SUPPORTED})")
    return data


def _template(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None or isinstance(value, list | dict):
        raise ForeignFault(f"`{key}` is missing or no template ({_SUPPORTED})")
    text = str(value)
    return text if "{{" in text or "{%" in text or " " in text else f"{{{{ {text} }}}}"


def _choices(data: Mapping[str, Any]) -> dict[str, Any]:
    options = data.get("doc_to_choice")
    if options is None:
        raise ForeignFault("multiple_choice without `doc_to_choice` cannot be carried over (add it)")
    if isinstance(options, str):
        options = options.replace("{{", "").replace("}}", "").strip()
    target = str(data["doc_to_target"]).replace("{{", "").replace("}}", "").strip()
    # In lm-eval the target is either an index into the choices or the text of a choice.
    pick = f"{{% if ({target}) is integer %}}{{{{ options[{target}] }}}}{{% else %}}{{{{ {target} }}}}{{% endif %}}"
    return {"options": options, "target": pick, "scorer": {"type": "choice", "by": "likelihood"}}


def _generation(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "until": "stop",
        "max_gen_toks": "max_tokens",
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
    }
    for key in kwargs:
        if key not in names and key != "do_sample":
            raise ForeignFault(f"generation_kwargs.{key} cannot be carried over (supported: {', '.join(names)})")
    generation = {names[key]: value for key, value in kwargs.items() if key in names}
    if not kwargs.get("do_sample", True):
        generation["temperature"] = 0
    return generation


def _scorer(data: Mapping[str, Any]) -> dict[str, Any]:
    ignore_case = False
    for metric in data.get("metric_list") or []:
        if metric.get("metric") not in ("exact_match", "acc"):
            raise ForeignFault(f"metric '{metric.get('metric')}' cannot be carried over (supported: exact_match)")
        for key in metric:
            if key not in ("metric", "aggregation", "higher_is_better", "ignore_case"):
                raise ForeignFault(f"metric_list.{key} cannot be carried over (supported: ignore_case)")
        ignore_case = ignore_case or bool(metric.get("ignore_case"))
    steps = [step for entry in data.get("filter_list") or [] for step in entry.get("filter", [])]
    for step in steps:
        if step.get("function") not in ("regex", "take_first", "remove_whitespace"):
            raise ForeignFault(
                f"filter '{step.get('function')}' cannot be carried over (supported: regex, take_first)"
            )
    patterns = [step["regex_pattern"] for step in steps if step.get("function") == "regex"]
    if patterns:
        return {"type": "regex", "pattern": patterns[0], "ignore_case": ignore_case}
    return {"type": "exact", "ignore_case": ignore_case}


def _samples(data: Mapping[str, Any]) -> list[Any]:
    samples = (data.get("fewshot_config") or {}).get("samples") or []
    return samples if isinstance(samples, list) else []


def _data_file(data: Mapping[str, Any]) -> str:
    files = (data.get("dataset_kwargs") or {}).get("data_files")
    split = data.get("test_split") or data.get("validation_split")
    if isinstance(files, dict):
        files = files.get(split) if split else next(iter(files.values()), None)
    if isinstance(files, list):
        files = files[0] if len(files) == 1 else None
    if not isinstance(files, str):
        path = data.get("dataset_path", "none")
        raise ForeignFault(f"the data '{path}' is not one local file (name it under dataset_kwargs.data_files)")
    return files
