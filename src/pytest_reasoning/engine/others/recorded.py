"""The engine for recorded models (`completions:`), which reads completions from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_reasoning.engine.others.openai import finish_of
from pytest_reasoning.engine.protocol import EngineFacts, EngineTotals, OnProgress, Ticket
from pytest_reasoning.records import Completion, FinishReason, Request
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.unicode import json_of

Row = dict[str, Any]


class RecordedEngine:
    """Answers requests from rows of JSON: `{"id": CASE, "completion": TEXT or one per sample}`.

    Instead of `id` a row may have `prompt`: the whole text that a base model would read, or the case's question.
    `suite`, `strategy`, `stage` (1 or 2) and `sample` restrict a row to one of each. Rows that agree in all of
    these are samples, in their order. `finish_reason` says why a completion ended, in the words of OpenAI's
    protocol. The outcomes of a JSON report are such rows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._requests: dict[Ticket, tuple[Request, int]] = {}
        "Requests not answered yet, each with its stage."
        self._next: Ticket = 0
        self._asked: dict[tuple[str, str, str, int], int] = {}
        "Stages asked for, by suite, case, strategy and sample."
        self._rows: dict[str, list[Row]] | None = None
        self._by_prompt = False
        "Whether any row names its question by the prompt."
        self._used: set[int] = set()

    @property
    def facts(self) -> EngineFacts | None:
        """None, since nothing is run."""
        return None

    @property
    def totals(self) -> EngineTotals:
        """The tokens handed out so far; they took no time."""
        return EngineTotals(unmatched=self._unmatched())

    def _unmatched(self) -> tuple[str, ...]:
        rows = self._rows or {}
        left = [_shown(key) for key, own in rows.items() if not any(id(row) in self._used for row in own)]
        return tuple(left) if self._used else ()

    def submit(self, request: Request) -> Ticket:
        """Queue a request; the second request for one sample is its second stage."""
        key = request.key
        asked = key.suite, key.case, key.strategy, request.sample
        stage = self._asked.get(asked, 0) + 1
        self._asked[asked] = stage
        ticket, self._next = self._next, self._next + 1
        self._requests[ticket] = (request, stage)
        return ticket

    def result(self, ticket: Ticket, on_progress: OnProgress | None = None) -> Completion:
        """Return the recorded completion of a request; raises ModelError if the file cannot be used at all."""
        del on_progress
        if self._rows is None:
            self._rows = read_rows(self.path)
            self._by_prompt = any(key.startswith("\n") for key in self._rows)
        request, stage = self._requests.pop(ticket)
        case = request.key.case
        keys = (case, *_questions(request)) if self._by_prompt else (case,)
        found = [row for key in keys for row in self._rows.get(key, [])]
        rows = [row for row in found if _fits(row, request, stage)]
        self._used.update(id(row) for row in rows)
        if not rows:
            return _failed(
                f"no completion recorded for case {case!r} in {self.path.name} (record it, or leave it out)"
            )
        numbered = [row for row in rows if row.get("sample") == request.sample]
        in_order = [(row, text) for row in rows if "sample" not in row for text in _texts(row)]
        if numbered:
            row, text = numbered[0], _texts(numbered[0])[0]
        elif request.sample < len(in_order):
            row, text = in_order[request.sample]
        else:
            return _failed(
                f"no completion recorded for sample {request.sample} of case {case!r} in {self.path.name}: "
                f"it has {len(in_order) or len(rows)} (record more, or lower `repeats`)"
            )
        if stage > 1 and "stage" not in row:
            text = _second_stage(text, request.prompt)
        return Completion(text=text, tokens=(), logprobs=(), finish=_finish(row), prompt_tokens=0)

    def cancel(self, tickets: Iterable[Ticket]) -> None:
        """Forget the requests."""
        for ticket in tickets:
            self._requests.pop(ticket, None)

    def ready(self, ticket: Ticket) -> bool:
        """Return True: every answer is there already."""
        return ticket in self._requests

    def pump(self, wait_s: float = 0.0) -> None:
        """Do nothing: there is nothing to wait for."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def read_rows(path: Path) -> dict[str, list[Row]]:
    """Return the rows of a file of recorded completions by case id, or by their prompt as `_asked` returns it.

    The file has one JSON object per line, or is a JSON report, whose `outcomes` are read.

    Raises:
        ModelError: the file cannot be read; the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
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
        whole = json_of(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and isinstance(whole.get("outcomes"), list):
        return [(1, row) for row in (*whole["outcomes"], *whole.get("fresh", ()))]
    parsed: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            parsed.append((number, json_of(line)))
        except (ValueError, RecursionError):
            raise ModelError(f"{path}:{number}: not JSON (each line is one recorded completion)") from None
    return parsed


def _questions(request: Request) -> tuple[str, ...]:
    """Return the texts by which a row may name a request: its whole prompt, or the question alone."""
    return tuple(dict.fromkeys((_asked(request.prompt), _asked(request.prompt[request.prefix_chars :]))))


def _asked(prompt: str) -> str:
    """Return a prompt in the form used for comparison; its line feed keeps it apart from case ids."""
    return f"\n{prompt.strip().removesuffix('A:').strip()}"


def _texts(row: Row) -> list[str]:
    texts = row["completion"]
    return list(texts) if isinstance(texts, list) else [str(texts)]


def _second_stage(text: str, prompt: str) -> str:
    """Return the text after the request for the final answer, where a row holds both stages in one text."""
    asked = prompt.rstrip().rpartition("\n")[2].strip()
    place = text.rfind(asked) if asked else -1
    return text[place + len(asked) :] if place >= 0 else text


def _finish(row: Row) -> FinishReason:
    reason = row.get("finish_reason", row.get("finish"))
    if isinstance(reason, str):
        return finish_of(reason)
    return "length" if row.get("status") == "truncated" else "stop"


def _shown(key: str) -> str:
    """Return the name of a question for messages: a case's id, or the end of a prompt."""
    return key if not key.startswith("\n") else f"…{key.strip()[-40:]}"


def _fits(row: Row, request: Request, stage: int) -> bool:
    suite, strategy = request.key.suite, request.key.strategy
    return bool(
        row.get("suite", suite) == suite
        and row.get("strategy", strategy) == strategy
        and row.get("stage", stage) == stage
    )


def _failed(error: str) -> Completion:
    return Completion(text="", tokens=(), logprobs=(), finish="error", prompt_tokens=0, error=error)
