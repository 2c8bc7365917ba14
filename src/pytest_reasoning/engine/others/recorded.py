"""Completions read from a file instead of made: the engine of models that are `completions`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_reasoning.engine.protocol import EngineFacts, EngineTotals, OnProgress, Ticket
from pytest_reasoning.records import Completion, FinishReason, Request
from pytest_reasoning.text.errors import ModelError

Row = dict[str, Any]


class RecordedEngine:
    """Answers requests from rows of JSON: `{"id": CASE, "completion": TEXT or one per sample}`.

    A row may name its question by `prompt` instead of `id`: the whole text a base model would read, or the case's
    own question. `suite` and `strategy` narrow a row to one of them; the outcomes of a JSON report are such rows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._requests: list[Request] = []
        self._rows: dict[str, list[Row]] | None = None
        self._done = 0

    @property
    def facts(self) -> EngineFacts | None:
        """None: nothing is run."""
        return None

    @property
    def totals(self) -> EngineTotals:
        """What was handed out; it took no time."""
        return EngineTotals()

    def submit(self, request: Request) -> Ticket:
        """Note a request."""
        self._requests.append(request)
        return len(self._requests) - 1

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Return what is recorded for a request; raises ModelError if the file cannot be used at all."""
        del on_progress
        if self._rows is None:
            self._rows = read_rows(self.path)
        request = self._requests[ticket]
        self._done += 1
        case = request.key.case
        found = [row for key in (case, *_questions(request)) for row in self._rows.get(key, [])]
        rows = [row for row in found if _fits(row, request)]
        if not rows:
            return _failed(
                f"no completion recorded for case {case!r} in {self.path.name} (record it, or leave it out)"
            )
        text = rows[0]["completion"]
        if isinstance(text, list):
            if request.sample >= len(text):
                return _failed(
                    f"no completion recorded for sample {request.sample} of case {case!r} in {self.path.name}: "
                    f"it has {len(text)} (record more, or lower `repeats`)"
                )
            text = text[request.sample]
        finish: FinishReason = "length" if rows[0].get("status") == "truncated" else "stop"
        return Completion(text=text, tokens=(), logprobs=(), finish=finish, prompt_tokens=0)

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Nothing is made."""

    def ready(self, ticket: Ticket) -> bool:
        """Always: nothing is waited for."""
        return ticket < len(self._requests)

    def pump(self, wait_s: float = 0.0) -> None:
        """Nothing moves."""

    def close(self) -> None:
        """Nothing is open."""


def read_rows(path: Path) -> dict[str, list[Row]]:
    """Return the rows of a file of recorded completions by case id, or by what `_asked` makes of their prompt.

    The file is JSON lines, or a JSON report whose `outcomes` are taken. Raises ModelError with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ModelError(f"{path}: cannot be read: {why} (name a file of recorded completions)") from None
    rows: dict[str, list[Row]] = {}
    for line, row in _parsed(text, path):
        case = row.get("id", row.get("case")) if isinstance(row, dict) else None
        if case is None and isinstance(row, dict) and isinstance(row.get("prompt"), str):
            case = _asked(row["prompt"])
        texts = row.get("completion") if isinstance(row, dict) else None
        alone = isinstance(texts, str)
        if not isinstance(case, str) or not (
            alone or (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts))
        ):
            raise ModelError(
                f'{path}:{line}: not a recorded completion (write {{"id": "CASE", "completion": "TEXT"}}, or '
                'a "prompt" for the id)'
            )
        rows.setdefault(case, []).append(row)
    return rows


def _parsed(text: str, path: Path) -> list[tuple[int, Any]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and isinstance(whole.get("outcomes"), list):
        return [(1, row) for row in (*whole["outcomes"], *whole.get("fresh", ()))]
    parsed: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            parsed.append((number, json.loads(line)))
        except (ValueError, RecursionError):
            raise ModelError(f"{path}:{number}: not JSON (each line is one recorded completion)") from None
    return parsed


def _questions(request: Request) -> tuple[str, ...]:
    """Return what a row may call the question of a request: the whole prompt, or the part that is its own."""
    return tuple(dict.fromkeys((_asked(request.prompt), _asked(request.prompt[request.prefix_chars :]))))


def _asked(prompt: str) -> str:
    """Return a prompt in the form in which prompts are compared; it is no case id, which has no line feed."""
    return f"\n{prompt.strip().removesuffix('A:').strip()}"


def _fits(row: Row, request: Request) -> bool:
    key = request.key
    wanted = (("suite", key.suite), ("strategy", key.strategy), ("sample", request.sample))
    return all(row.get(key, value) == value for key, value in wanted)


def _failed(error: str) -> Completion:
    return Completion(text="", tokens=(), logprobs=(), finish="error", prompt_tokens=0, error=error)
