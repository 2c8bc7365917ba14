"""Servers that answer slowly, endlessly or with far too much: each costs its deadline and little memory."""

from __future__ import annotations

import re
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import Any

import pytest
from test_endpoint_engine import ask, quick, request

from kit.openai_server import Reply, completion, running
from pytest_reasoning.engine.others.http import Broken, Connection
from pytest_reasoning.engine.others.openai import Exchange
from pytest_reasoning.records import Remote

pytestmark = pytest.mark.slow

__all__ = ["quick"]  # a fixture that is used by itself

LIMIT_S = 0.6
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Pieces = Callable[[], Iterator[bytes]]


def slowly(data: bytes) -> Iterator[bytes]:
    """Byte by byte, and each well before a read would time out."""
    for byte in data:
        time.sleep(0.05)
        yield bytes([byte])


def head_then(pieces: Iterator[bytes], head: bytes = HEAD) -> Iterator[bytes]:
    yield head + b"\r\n"
    yield from pieces


def whole_request(client: socket.socket) -> bytes:
    """Read a request with its body: closing a socket before that would reset the connection."""
    asked = b""
    while piece := client.recv(1 << 16):
        asked += piece
        head, end, body = asked.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if end and len(body) >= (int(length[1]) if length else 0):
            break
    return asked


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def bomb() -> Iterator[bytes]:
    """Four gigabytes of zeros, packed a thousand times over."""
    pack = zlib.compressobj(9, wbits=31)
    for zeros in repeat(bytes(1 << 20), 4096):
        yield pack.compress(zeros)


ENDLESS: dict[str, Pieces] = {
    "nothing": lambda: repeat(b""),
    "status line": lambda: slowly(HEAD),
    "headers": lambda: slowly(HEAD + b"X: " + b"y" * 9999),
    "body": lambda: head_then(slowly(b"{" * 9999), HEAD + b"Content-Length: 9999\r\n"),
    "body to the end of the connection": lambda: head_then(slowly(b" " * 9999)),
    "chunks": lambda: head_then(map(chunk, slowly(b" " * 9999)), HEAD + b"Transfer-Encoding: chunked\r\n"),
}


@contextmanager
def raw_server(pieces: Pieces, of_path: bytes = b"") -> Iterator[str]:
    """A server that sends what `pieces` yields to whoever asks for `of_path`, and a list of models to others."""
    models = b'{"data": [{"id": "m"}]}'

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            while asked := whole_request(client):
                if of_path not in asked.split(b"\r\n", 1)[0]:
                    client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(models) + models)
                    continue
                for piece in pieces():
                    if stopped.is_set():
                        return
                    client.sendall(piece) if piece else time.sleep(0.05)
                return

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        stopped.set()


@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("path", [b"/completions", b"/models"])
def test_one_deadline_holds_for_all_of_a_request(what: str, path: bytes) -> None:
    with raw_server(ENDLESS[what], path) as url:
        (answer,) = ask(url, timeout_s=LIMIT_S)
        assert (answer.finish, answer.error) == ("deadline", f"no answer from {url} within {LIMIT_S:g} s")


def test_a_request_that_hangs_does_not_hold_up_the_others() -> None:
    def answer(_: str, body: dict[str, object]) -> Reply:
        if body["prompt"] == "hangs":
            time.sleep(3.0)
        return completion("ok")

    with running(answer) as server:
        hung, fine = ask(server.url, request("hangs"), request("fine"), timeout_s=LIMIT_S, concurrency=1)
    assert (hung.finish, fine.text) == ("deadline", "ok")


def test_endless_headers_break_the_connection() -> None:
    def headers() -> Iterator[bytes]:
        yield HEAD
        yield from repeat(b"X-More: " + b"y" * 1000 + b"\r\n")

    with raw_server(headers, b"/completions") as url, pytest.raises(Exception, match="the connection broke"):
        ask(url, retries=0)


@pytest.mark.parametrize(
    ("head", "pieces", "why"),
    [
        (b"", lambda: repeat(b" " * (1 << 20)), "its answer is larger than 32 MB"),
        (b"Content-Encoding: gzip\r\n", bomb, "its answer is larger than 32 MB"),
        (b"Content-Encoding: br\r\n", lambda: iter([b"x"]), "its answer is packed as 'br'"),
    ],
)
def test_an_answer_that_is_too_large_is_an_error_of_its_own(head: bytes, pieces: Pieces, why: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with raw_server(lambda: head_then(pieces(), HEAD + head), b"/completions") as url:
        (answer,) = ask(url)
        assert (answer.finish, answer.error) == (
            "error",
            f"endpoint {url}: {why} (see what is behind this address)",
        )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10, "kB"


def test_an_answer_that_is_packed_all_the_same_is_read() -> None:
    text = b'{"choices": [{"text": " 3", "finish_reason": "stop"}]}'
    pack = zlib.compressobj(wbits=31)
    packed = pack.compress(text) + pack.flush()
    head = HEAD + b"Content-Encoding: gzip\r\n"
    with raw_server(lambda: head_then(iter([packed]), head), b"/completions") as url:
        (answer,) = ask(url)
    assert (answer.text, answer.finish) == (" 3", "stop")


@pytest.mark.parametrize("usage", ['{"completion_tokens": 1e999}', "[" * 100_000])
def test_numbers_and_nesting_beyond_reason_are_an_error_of_one_request(usage: str) -> None:
    body = f'{{"choices": [{{"text": "3"}}], "usage": {usage}}}'.encode()
    with raw_server(lambda: head_then(iter([body])), b"/completions") as url:
        (answer,) = ask(url)
        assert answer.finish == "error"
        assert answer.error is not None
        assert answer.error.startswith(f"endpoint {url} answers /completions in a form of its own")


def test_without_a_limit_a_request_has_time_by_its_tokens_and_the_speed_so_far() -> None:
    exchange = Exchange(Remote(url="http://127.0.0.1:9/v1"), timeout_s=None)
    long = request(max_tokens=400)
    assert exchange.patience_s(long) == 300.0 + 400 * 1.0
    exchange._slowest_token_s = 2.0
    assert exchange.patience_s(long) == 300.0 + 400 * 4 * 2.0
    assert exchange.patience_s(request(max_tokens=1)) == 300.0 + 8.0


@pytest.mark.parametrize("event", ["connection.connect_tcp.started", "http11.send_request_headers.started"])
def test_a_connection_that_is_closed_while_its_thread_asks_leaves_no_socket_open(
    event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = Connection._note_socket

    def closed_at(self: Connection, seen: str, info: Mapping[str, Any]) -> None:
        if seen == event:
            self.close()  # as another thread does
        noted(self, seen, info)

    monkeypatch.setattr(Connection, "_note_socket", closed_at)
    with running(lambda _, __: completion("4")) as server:
        connection = Connection(server.url, {}, connect_s=5)
        with pytest.raises(Broken):
            connection.ask("GET", f"{server.url}/models", time.monotonic() + 10)
        assert connection._socket.fileno() == -1
        with pytest.raises(Broken):
            connection.ask("GET", f"{server.url}/models", time.monotonic() + 10)
