"""What parent and child process say to each other: one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import ChoiceScore, Completion, Generation, Lora, Request, Rope

Message = dict[str, Any]
"""Always has `op`: to the child `start`, `submit`, `cancel`; back `ready`, `failed`, `facts`, `started`,
`progress`, `done`."""


def encode(message: Message) -> bytes:
    """One line, newline included."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """The message of one line; raises ValueError if it is not one."""
    message = json.loads(line)
    if not isinstance(message, dict) or "op" not in message:
        raise ValueError(f"not a message: {line[:80]!r}")
    return message


def request_to_wire(request: Request) -> Message:
    """A request as JSON-able data."""
    return asdict(request)


def request_from_wire(data: Message) -> Request:
    """The request that `request_to_wire` was given."""
    generation = dict(data["generation"])
    generation["stop"] = tuple(generation["stop"])
    return Request(
        **{
            **data,
            "generation": Generation(**generation),
            "choices": tuple(data["choices"]),
            "next_question": tuple(data["next_question"]),
            "thinking_formats": tuple((opening, closing) for opening, closing in data["thinking_formats"]),
        }
    )


def settings_from_wire(data: Message) -> EngineSettings:
    """The settings whose fields `data` holds."""
    return EngineSettings(
        **{
            **data,
            "rope": Rope(**data["rope"]) if data["rope"] else None,
            "lora": tuple(Lora(**adapter) for adapter in data["lora"]),
            "tensor_split": tuple(data["tensor_split"]),
        }
    )


def completion_to_wire(completion: Completion) -> Message:
    """A completion as JSON-able data."""
    return asdict(completion)


def completion_from_wire(data: Message) -> Completion:
    """The completion that `completion_to_wire` was given."""
    return Completion(
        **{
            **data,
            "tokens": tuple(data["tokens"]),
            "logprobs": tuple(data["logprobs"]),
            "ends": tuple(data.get("ends", ())),
            "choices": tuple(ChoiceScore(**choice) for choice in data["choices"]),
        }
    )
