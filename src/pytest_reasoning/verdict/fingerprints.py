"""Fingerprints of cases and models: short hashes that pair cases with a baseline and name causes of changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from pytest_reasoning.records import (
    OTHER_KINDS,
    Case,
    Endpoint,
    EngineFacts,
    Generation,
    Gguf,
    Message,
    Model,
    ModelSettings,
    Recorded,
    Remote,
    Thinking,
)
from pytest_reasoning.text.wording import listed

CASE_PARTS = {"content": 12, "instance": 8, "prompt": 8, "scorer": 6, "sampling": 6}
"Hexadecimal digits of each hash: enough to tell the cases of a suite apart, few enough to read a diff."

MODEL_FACTS = (
    "weights file", "quantization", "model settings", "tokenizer", "chat template", "llama.cpp",
    "llama-cpp-python", "backend", "batching", "cpu", "gpu", "machine classes", "plugin",
)  # fmt: skip
"Facts about a model in the order in which a cause names them."

MACHINE_FACTS = ("llama.cpp", "llama-cpp-python", "backend", "cpu", "gpu")
"Facts that make up a class of machine (`MachineClass`)."

NOT_DECIDING = (
    *("threads", "replicas", "mixed_machines", "width", "memory_bytes", "thinking", "generation"),
    *("launch", "launch_python", "ray"),
)
"Model settings that do not change answers, or belong to the case's sampling."


def case_fingerprints(
    case: Case,
    *,
    messages: Sequence[Message],
    answer_start: str = "",
    strategy: Mapping[str, Any] | None = None,
) -> Mapping[str, str]:
    """Return the hashes of a case under a strategy, by the names in `CASE_PARTS`.

    `content` covers the question and its targets; it recognizes a case that was renamed or moved. `instance` covers
    the case's variables (or its id, if it has none) and its targets; it recognizes a case that was reworded.
    `prompt` covers all messages before the chat template is applied, so that a new template counts as a change of
    the model, not of the suite. None of them depends on the case's file or line.

    Args:
        case: the rendered case.
        messages: the messages to the model, including the case's question.
        answer_start: text that the model's answer is made to start with.
        strategy: other settings of the strategy: `extraction`, `samples`, `temperature`.
    """
    sets = strategy or {}
    said = ", ".join(_message_text(message) for message in messages)
    asked = f"[[{said}], {_canonical(answer_start)}, {_canonical(sets.get('extraction', ''))}]"
    parts = {
        "content": _canonical([case.prompt, list(case.target)]),
        "instance": _canonical([case.variables or case.id, list(case.target)]),
        "prompt": asked,
        "scorer": _canonical([case.scorer.type, dict(case.scorer.params)]),
        "sampling": _sampling_text(
            case.generation,
            case.choices,
            case.grammar,
            case.thinking,
            sets.get("samples", 1),
            sets.get("temperature"),
        ),
    }
    return {name: text_hash(text, CASE_PARTS[name]) for name, text in parts.items()}


def model_fingerprints(model: Model, *, engine: EngineFacts | None, plugin: str, cpu: str) -> Mapping[str, str]:
    """Return all that decides a model's answers except the questions; empty values are left out.

    Args:
        model: the model with the facts from its file.
        engine: what its engine reported about itself; None if it never ran.
        plugin: version of this plugin.
        cpu: name and features of the processor.
    """
    template = None if isinstance(model, Recorded) else model.chat_template
    remote = model.remote if isinstance(model, Endpoint) else None
    facts = {
        "weights file": "" if isinstance(model, Endpoint) else model.sha256[:16],
        "model settings": _settings_hash(model.settings, remote),
        "tokenizer": model.tokenizer_sha256[:16] if isinstance(model, Gguf) else "",
        "chat template": text_hash(template, 16) if template else "none",
        "quantization": model.quantization if isinstance(model, Gguf) else OTHER_KINDS[type(model)],
    }
    own = {name: value for name, value in facts.items() if value}
    return own | engine_fingerprints(asdict(engine) if engine is not None else {}, plugin=plugin, cpu=cpu)


def engine_fingerprints(engine: Mapping[str, Any], *, plugin: str, cpu: str) -> dict[str, str]:
    """Return what decides answers beside the model; `engine` holds the known fields of `EngineFacts`.

    Where several classes of machine answered, a fact names what each has, and `machine classes` is their number.
    """
    machines: Sequence[Mapping[str, str]] = engine.get("machines") or ()
    cpus = " and ".join(dict.fromkeys(one["cpu"] for one in machines))
    facts = {
        **{
            name: " and ".join(dict.fromkeys(one[key] for one in machines if one[key])) or engine.get(key)
            for name, key in (
                ("llama.cpp", "llama_cpp"),
                ("llama-cpp-python", "llama_cpp_python"),
                ("backend", "backend"),
                ("gpu", "gpu"),
            )
        },
        "batching": engine.get("batching"),
        "cpu": cpus or cpu,
        "machine classes": len(machines) if len(machines) > 1 else None,
        "plugin": plugin,
    }
    return {name: str(value) for name, value in facts.items() if value}


def machine_of(facts: Mapping[str, str]) -> str:
    """Return the class of machine of a model's fingerprints as one line; empty for a server or a recording."""
    if "cpu" not in facts:
        return ""
    return ", ".join(facts[fact] for fact in reversed(MACHINE_FACTS) if fact in facts)


def across_machines(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return how the classes of machine differ that two runs' answers come from, as a clause; empty if they do not.

    Answers of one class agree to the last bit; between classes a few may differ though nothing else has changed.
    """
    if "cpu" not in before or "cpu" not in now:  # of a server or a recording no machine is known
        return ""
    unlike = [fact for fact in MACHINE_FACTS if fact in before and fact in now and before[fact] != now[fact]]
    clauses = [f"{listed(unlike)} {'differs' if len(unlike) == 1 else 'differ'}"] if unlike else []
    classes = before.get("machine classes", "1"), now.get("machine classes", "1")
    if classes != ("1", "1"):
        clauses.append(f"{classes[0]} before and {classes[1]} now")
    return f"across classes of machine: {', '.join(clauses)}" if clauses else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The facts that differ between two runs of one model, and those that do not."""

    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    unknown: tuple[str, ...]
    "Facts that only one of the runs recorded."

    def __str__(self) -> str:
        """Return one clause for a sentence: what changed, and what did not."""
        said = f"{listed(self.changed)} changed" if self.changed else "nothing recorded changed"
        if self.changed and self.unchanged:
            said += f"; {listed(self.unchanged)} did not"
        if self.unknown:
            said += f"; unknown: {', '.join(self.unknown)}"
        return said


def cause_between(before: Mapping[str, str], now: Mapping[str, str], *, same_of_suite: Iterable[str] = ()) -> Cause:
    """Return what changed between the fingerprints of two runs.

    Args:
        before: `model_fingerprints` of the baseline.
        now: `model_fingerprints` of this run.
        same_of_suite: parts of the suite that are known to be unchanged: "prompts", "scorers", "sampling".
    """
    for name, unset in (("model settings", "none"), ("machine classes", "1")):
        if name in before.keys() | now.keys():
            before, now = {name: unset, **before}, {name: unset, **now}
    names = sorted(before.keys() | now.keys(), key=lambda name: (_place(name), name))
    both = [name for name in names if name in before and name in now]
    return Cause(
        changed=tuple(name for name in both if before[name] != now[name]),
        unchanged=(*same_of_suite, *(name for name in both if before[name] == now[name])),
        unknown=tuple(name for name in names if name not in both),
    )


def text_hash(text: str, digits: int) -> str:
    """Return the first hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def _settings_hash(settings: ModelSettings, remote: Remote | None) -> str:
    """Return a hash of the adapters, overrides and other settings of the models file; empty if there are none."""
    set_ = {key: value for key, value in asdict(settings).items() if key not in NOT_DECIDING}
    if remote is None and set_ == {
        key: value for key, value in asdict(ModelSettings()).items() if key not in NOT_DECIDING
    }:
        return ""
    set_["lora"] = [[adapter.sha256, adapter.scale] for adapter in settings.lora]
    set_["remote"] = [remote.url, remote.model] if remote is not None else None
    return text_hash(_canonical(set_), 16)


def _place(fact: str) -> int:
    return MODEL_FACTS.index(fact) if fact in MODEL_FACTS else len(MODEL_FACTS)


@lru_cache(maxsize=1024)
def _message_text(message: Message) -> str:
    """Return the canonical text of one message; cached, because few-shot examples recur in each case of a suite."""
    return _canonical(asdict(message))


@lru_cache(maxsize=1024)
def _sampling_text(
    generation: Generation,
    choices: tuple[str, ...],
    grammar: str | None,
    thinking: Thinking,
    samples: int,
    temperature: float | None,
) -> str:
    sets = [asdict(generation), list(choices), grammar, asdict(thinking), samples, temperature]
    return _canonical(sets)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
