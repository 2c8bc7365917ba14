"""Completions, and what servers answer: what a model or a server says."""

# ruff: noqa: E501 - pieces stand whole, and either outcome is right

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

from fuzz_mutations import bytes_mutations, mutated_bytes
from fuzz_target import Check, Target
from hypothesis import strategies as st

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.others.endpoint import endpoint_engine
from pytest_reasoning.records import (
    Case,
    Completion,
    FinishReason,
    Generation,
    Message,
    Remote,
    Request,
    RequestKey,
    Status,
)
from pytest_reasoning.scoring import score_completion
from pytest_reasoning.suite import suite_from_text
from pytest_reasoning.text.errors import ModelError

SUITE = r"""
prompt: Q
cases:
  - {id: exact, scorer: exact, target: "3"}
  - {id: number, scorer: number, target: "3"}
  - {id: first, scorer: {type: number, take: first}, target: "-1.5"}
  - {id: boolean, scorer: boolean, target: "yes"}
  - {id: choice, scorer: choice, options: [red, green, blue, "3"], target: red}
  - {id: contains, scorer: contains, target: aaa}
  - {id: regex, scorer: {type: regex, pattern: "\\b3\\b|red"}, target: x}
  - {id: date, scorer: date, target: "2024-05-01"}
  - {id: json, scorer: json, target: '{"a": [1, 2]}'}
  - {id: list, scorer: list, target: "a, b, c"}
  - {id: set, scorer: set, target: "a, b"}
  - {id: math, scorer: math, target: '\frac{1}{2}'}
  - {id: any, scorer: {type: any, of: [number, exact, boolean]}, target: "3"}
"""
PIECES = [
    "#", "*", "**", "-", "_", "`", "```\n", "$", "\\", "\\boxed{", "}", "{", "[", "]", "(", ")", '"', "'", "a", "3", " ", "\n",
    "\t", ".", ",", "=", ":", "/", "%", "0", "9" * 50, "-1", "1,000", "1/2", "1e9", "x^2", "\\frac{1}{2}", "\\sqrt{", "true",
    "yes", "no ", "not ", "red", "A) ", "(B)", "The answer is 3. ", "Answer: ", "So the final answer is", "#### 3\n", "3 + 4 = 7\n",
    '{"a": ', '{"a": [1, 2]}', "null", "1. ", "- a\n", "a, ", "a and b", "May 1, 2024 ", "2024-05-01", "01/05/24", "<think>",
    "</think>", "Q: ", "A: ", "twenty-one ", "hundred ", "million ", "\u202e", "\u0300", "\U0001f600", "\ufffd", "é", "数", "\x00",
    "no, it is not ", "is wrong. ", "wait, ", "or ", "Therefore ", "|", "| a | b |\n", "~~", "&amp;", "\\n", "\\u0061", "½", "²", "∞",
]  # fmt: skip
MOST_CHARS = 100_000

KEY = "sk-Fuzz0123456789"
ANSWER = json.dumps(
    {
        "id": KEY,
        "choices": [{"index": 0, "message": {"content": f"3 {KEY}", "reasoning": "1+2"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1}},
    }
).encode()
REFUSAL = b'{"error": {"message": "context length of 8 exceeded by ' + KEY.encode() + b'", "code": 3}}'
BODIES = [
    ANSWER, REFUSAL, b"", b"null", b"[]", b'{"choices": [{"text": "\\ud800"}]}', b"[" * 100_000, b'{"a":' * 50_000,
    b'{"choices": [{"message": {"content": null, "refusal": "no"}}], "usage": {"prompt_tokens": 1e999}}',
    b'{"choices": [{"message": {"content": null, "tool_calls": [{}]}}], "usage": {"completion_tokens": 1' + b"0" * 400 + b"}}",
]  # fmt: skip
HEADS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 307 Moved\r\nLocation: http://u:%b@[::1/\r\nContent-Length: %%d\r\n\r\n" % KEY.encode(),
    b"HTTP/1.1 404 No\r\nX-Key: %b\r\nContent-Length: %%d\r\n\r\n" % KEY.encode(),
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 999 \xff\r\n\r\n",
    b"",
]


@contextmanager
def _scorers() -> Iterator[Check]:
    cases = {case.id: case for case in suite_from_text(SUITE, path=Path("/nowhere/t.yaml"), display="t.yaml").cases}

    def check(asked: tuple[str, list[tuple[str, int]], FinishReason]) -> None:
        name, pieces, finish = asked
        case: Case = cases[name]
        text = "".join(piece * times for piece, times in pieces)[:MOST_CHARS]
        completion = Completion(text=text, tokens=(), logprobs=(), finish=finish, prompt_tokens=1)
        score = score_completion(case, completion)
        assert score.status in get_args(Status)
        assert score.status != "error", score.explanation  # which is for scorers that fail
        assert name == "math" or len(text) > 2_000 or score == score_completion(case, completion)

    yield check


@contextmanager
def _server() -> Iterator[Check]:
    """Ask a server on this machine that answers with the bytes of the input, whatever it is asked."""
    reply = b""

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                connection.recv(1 << 16)
                connection.sendall(reply)

    request = Request(
        key=RequestKey(case="c"),
        prompt="Q",
        prefix_chars=0,
        generation=Generation(),
        messages=(Message(role="user", content="Q"),),
    )
    variable = "REASONING_FUZZ_KEY"
    os.environ[variable] = KEY
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        remote = Remote(url=url, key_variable=variable, retries=0, concurrency=1)

        def check(data: bytes) -> None:
            nonlocal reply
            reply = data
            engine = endpoint_engine(remote, EngineSettings(timeout_s=20))
            try:
                answer = engine.result(engine.submit(request))
            except ModelError as error:
                said = str(error)
            else:
                said = f"{answer.text} {answer.error or ''}"
                assert answer.error is None or "\n" not in answer.error
                assert answer.finish != "deadline", "the server has hung up, and it was waited for"
            finally:
                engine.close()
            said.encode("utf-8")
            assert KEY not in said

        try:
            yield check
        finally:
            del os.environ[variable]
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(10)


def _reply(head: bytes, body: bytes, changes: list[tuple[str, int, int, bytes]], spoils_head: bool) -> bytes:
    if spoils_head:
        return mutated_bytes((head % len(body) if b"%d" in head else head) + body, changes)
    body = mutated_bytes(body, changes)
    if b"chunked" in head:
        return head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    return (head % len(body) if b"%d" in head else head) + body


def _asked(*names: str) -> st.SearchStrategy[tuple[str, list[tuple[str, int]], str]]:
    pieces = st.tuples(
        st.one_of(st.sampled_from(PIECES), st.text(max_size=4)),
        st.one_of(st.just(1), st.integers(1, 9), st.sampled_from([100, 2_000, 30_000, 100_000])),
    )
    return st.tuples(
        st.sampled_from(names), st.lists(pieces, min_size=1, max_size=8), st.sampled_from(["stop", "eos", "length"])
    )


SCORING = Target(
    name="completion and scorer",
    what="12 scorers on up to 100,000 characters, made of 84 pieces that are repeated",
    promise="a score, the same again, and never `error`",
    inputs=_asked(
        "exact", "number", "first", "boolean", "choice", "contains", "regex", "date", "json", "list", "set", "any"
    ),
    open=_scorers,
    limit_s=1,
    examples=120,
)
MATHS = Target(
    name="completion and `math`",
    what="the same for the scorer of mathematics, which gives up reading and comparing after 5 s each",
    promise="a score, and never `error`",
    inputs=_asked("math"),
    open=_scorers,
    limit_s=10,
    examples=20,
)
ENDPOINT = Target(
    name="endpoint response",
    what="heads and bodies of a server's answer, mixed and with bytes changed; the key in every field",
    promise="an answer, an error of one line or of the model, at once, in valid text, without the key",
    inputs=st.builds(_reply, st.sampled_from(HEADS), st.sampled_from(BODIES), bytes_mutations(200), st.booleans()),
    open=_server,
    limit_s=1,
    examples=150,
)
