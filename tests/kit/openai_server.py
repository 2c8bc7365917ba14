"""A server on 127.0.0.1 that speaks OpenAI's protocol and answers, or misbehaves, as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Any]
"Status and JSON body."


def completion(text: str) -> Reply:
    """An answer of /completions."""
    return 200, {
        "choices": [{"text": text, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }


def chat(content: str | None, **message: Any) -> Reply:
    """An answer of /chat/completions."""
    return 200, {"choices": [{"message": {"content": content, **message}, "finish_reason": "stop"}]}


@dataclass(slots=True)
class Server:
    """What was asked, and how it is answered."""

    answer: Callable[[str, dict[str, Any]], Reply]
    "Called with path and body."
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    "Authorization headers."
    headers: dict[str, str] = field(default_factory=dict)
    "Sent with every answer."
    models: Any = field(default_factory=lambda: {"data": [{"id": "listed-model"}]})
    "The answer to `GET /models`."
    most_at_once: int = 0
    now: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def running(answer: Callable[[str, dict[str, Any]], Reply]) -> Iterator[Server]:
    """Serve until the block ends."""
    state = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Be silent."""

        def do_GET(self) -> None:
            self._send(200, state.models)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            text = self.rfile.read(length)
            if len(text) < length:  # the client has gone
                self.close_connection = True
                return
            body = json.loads(text)
            with state.lock:
                state.asked.append((self.path, body))
                state.keys.append(self.headers.get("Authorization", ""))
                state.now += 1
                state.most_at_once = max(state.most_at_once, state.now)
            try:
                status, data = state.answer(self.path, body)
            finally:
                with state.lock:
                    state.now -= 1
            self._send(status, data)

        def handle(self) -> None:
            """Serve one client; that it goes is nothing to print."""
            with suppress(ConnectionError):
                super().handle()

        def _send(self, status: int, data: Any) -> None:
            if status == 0:
                self.close_connection = True
                self.connection.close()
                return
            text = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield state
        http.shutdown()
