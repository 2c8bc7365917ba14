"""Puts one request to a server in OpenAI's protocol, with retries and back-off; no message ever shows the key."""

from __future__ import annotations

import contextlib
import os
import random
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from pytest_reasoning.engine.others.http import Broken, Connection, Late, Reply, Unreachable, Unusable
from pytest_reasoning.records import Completion, FinishReason, Remote, Request
from pytest_reasoning.text.redaction import HTTP_LOGGERS, Redaction, keep_out_of_logs, shown_address
from pytest_reasoning.text.unicode import json_of

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
MOST_REASON_CHARS = 200
MOST_TOKENS = 10**9
"Largest token count of one answer that is believed."
SILENCE_S = 300.0
"Without a timeout: how long a server may be silent in addition to the time for its tokens."
FIRST_TOKEN_S = 1.0
"Without a timeout, before the first answer: the time allowed for each token of `max_tokens`."
TOKENS_SLOWER = 4.0
"Without a timeout, after an answer: how many times slower a token may be than in the slowest answer so far."
MOST_STOPS = 4
TEMPLATE_OPTIONS = "chat_template_kwargs"
"What a chat template is told besides the messages; llama-server, vLLM and SGLang take it."
_OVERFLOW = re.compile(r"context.{0,20}(?:length|size|window)|exceed.{0,20}context|too many tokens", re.IGNORECASE)


class RemoteFault(Exception):
    """The server cannot be used at all, so every other request would fail too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A server's completion, with the tokens it reports."""

    completion: Completion
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Exchange:
    """The conversation with one server; `ask` may be called from several threads."""

    def __init__(self, remote: Remote, *, timeout_s: float | None) -> None:
        """Read the key.

        Args:
            remote: the server.
            timeout_s: longest time of one request in seconds, with retries and pauses; None means `patience_s`.

        Raises:
            RemoteFault: httpx is missing or the key cannot be sent.
        """
        if find_spec("httpx") is None:
            raise RemoteFault(
                f"endpoint {shown_address(remote.url)}: httpx is not installed "
                "(pip install 'pytest-reasoning[endpoint]')"
            )
        self.remote = remote
        self._timeout_s = timeout_s
        self._key = os.environ.get(remote.key_variable, "").strip()
        self._redacted = Redaction(keys=[self._key], address=remote.url)
        keep_out_of_logs(self._redacted, HTTP_LOGGERS)
        if not self._key.isascii() or not self._key.isprintable():
            # The HTTP client's own error would quote the header, and the key in it.
            where = f"endpoint {shown_address(remote.url)}"
            raise RemoteFault(f"{where}: {remote.key_variable} holds characters that no key has")
        self._of_thread = threading.local()
        self._connections: list[Connection] = []
        self._lock = threading.Lock()
        self._naming = threading.Lock()
        "Held while the server is being asked for the name of its model."
        self._closed = False
        self._model = remote.model
        self._knows_model = bool(remote.model)
        self._slowest_token_s = 0.0

    def ask(self, request: Request) -> Answer:
        """Return the server's answer, or a completion whose `error` says why there is none.

        All text from the server passes through here, where keys are removed from it.

        Raises:
            RemoteFault: the server cannot be used at all.
        """
        try:
            answer = self._ask(request)
        except RemoteFault as fault:
            raise RemoteFault(self._redacted(str(fault))) from None
        said = answer.completion
        error = None if said.error is None else self._redacted(said.error)
        return replace(answer, completion=replace(said, text=self._redacted(said.text), error=error))

    def _ask(self, request: Request) -> Answer:
        began = time.monotonic()
        if request.choices or request.grammar is not None:
            what = "score given choices" if request.choices else "be held to a grammar"
            return _failed("error", f"an endpoint cannot {what} (run this suite on the model's GGUF file)")
        limit_s = self.patience_s(request) if self._timeout_s is None else self._timeout_s
        chat = self.remote.chat is not False
        path = "/chat/completions" if chat else "/completions"
        where = f"endpoint {self.remote.url}"
        try:
            body = _body(request, self._named_model(began + limit_s), chat=chat)
            reply = self._post(path, body, began + limit_s)
        except Late:
            return _failed("deadline", f"no answer from {self.remote.url} within {limit_s:.4g} s")
        except Unusable as error:
            return _failed("error", f"{where}: {error} (see what is behind this address)")
        if 300 <= reply.status < 400:
            target = f" to {self._one_line(reply.location)}" if reply.location else ""
            raise RemoteFault(f"{where}: status {reply.status}: it redirects{target} (name the address it has now)")
        if reply.status >= 400:
            return self._refused(reply, path)
        return self._answered(reply, path, chat, time.monotonic() - began)

    def patience_s(self, request: Request) -> float:
        """Return the seconds that a request may take without a timeout: far more than its tokens should need."""
        slowest = TOKENS_SLOWER * self._slowest_token_s or FIRST_TOKEN_S
        return SILENCE_S + slowest * request.generation.max_tokens

    def close(self) -> None:
        """Close all connections; requests that still wait fail."""
        self._closed = True
        with self._lock:
            for connection in self._connections:
                connection.close()

    def _connection(self) -> Connection:
        """Return this thread's connection."""
        found: Connection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            connect_s = self.remote.connect_timeout_s
            found = self._of_thread.connection = Connection(self.remote.url, headers, connect_s=connect_s)
            with self._lock:
                self._connections.append(found)
                if self._closed:
                    found.close()
        return found

    def _named_model(self, deadline: float) -> str | None:
        """Return the name of the requested model, or of the first one that the server lists."""
        with self._naming:
            if self._knows_model:
                return self._model or None
            # Many servers run one model and need no name; a real fault shows with the request itself.
            with contextlib.suppress(
                Unreachable, Broken, Unusable, ValueError, LookupError, TypeError, RecursionError
            ):
                reply = self._connection().ask("GET", f"{self.remote.url}/models", deadline)
                self._model = str(json_of(reply.text)["data"][0]["id"])
            self._knows_model = True
            return self._model or None

    def _post(self, path: str, body: dict[str, Any], deadline: float) -> Reply:
        """Send until the server gives a final answer, or tries or time are used up."""
        for attempt in range(self.remote.retries + 1):
            last = attempt == self.remote.retries
            retry_after = None
            try:
                reply = self._connection().ask("POST", f"{self.remote.url}{path}", deadline, body)
                if reply.status not in RETRIED or last:
                    return reply
                retry_after = reply.retry_after
            except Unreachable:
                if last:
                    raise RemoteFault(
                        f"endpoint {self.remote.url}: cannot be reached (start the server, or correct the address)"
                    ) from None
            except Broken:
                if last or self._closed:
                    raise RemoteFault(f"endpoint {self.remote.url}: the connection broke (run again)") from None
            pause_s = _pause(attempt, retry_after)
            if time.monotonic() + pause_s >= deadline:
                raise Late
            time.sleep(pause_s)
        raise AssertionError("unreachable")

    def _refused(self, reply: Reply, path: str) -> Answer:
        status, reason = reply.status, self._reason(reply)
        where = f"endpoint {self.remote.url}"
        if status in (401, 403):
            have = "is refused" if self._key else "is not set"
            raise RemoteFault(f"{where}: status {status}: the key in {self.remote.key_variable} {have} (set it)")
        if status in (404, 405):
            model = f" or model {self._model!r}" if self._model else ""
            what = f"there is no {path}{model} here{reason}"
            raise RemoteFault(f"{where}: status {status}: {what} (correct address and model)")
        if status in (400, 413, 422) and _OVERFLOW.search(reason):
            return _failed("overflow", f"the prompt does not fit the server's context{reason}")
        remedy = f"leave `thinking` out: the server takes no {TEMPLATE_OPTIONS}"
        if TEMPLATE_OPTIONS not in reason:
            remedy = "see the server's log"
        return _failed("error", f"{where} answered with status {status}{reason} ({remedy})")

    def _answered(self, reply: Reply, path: str, chat: bool, elapsed_s: float) -> Answer:
        try:
            data = json_of(reply.text)
            choice = data["choices"][0]
            text = _chat_text(choice["message"]) if chat else choice["text"]
            if not isinstance(text, str):
                raise TypeError
            usage = data.get("usage") or {}
            prompt_tokens, completion_tokens = (
                _count(usage.get(key)) for key in ("prompt_tokens", "completion_tokens")
            )
            thinking_tokens = _count((usage.get("completion_tokens_details") or {}).get("reasoning_tokens"))
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            what = f"endpoint {self.remote.url} answers {path} in a form of its own"
            return _failed("error", f"{what} (name the address of an OpenAI-compatible server)")
        finish = finish_of(choice.get("finish_reason"), choice.get("message"))
        completion = Completion(
            text=text,
            tokens=(),
            logprobs=(),
            finish=finish,
            prompt_tokens=prompt_tokens,
            elapsed_s=elapsed_s,
            server_tokens=completion_tokens,
            thinking_tokens=thinking_tokens,
        )
        if completion_tokens > 0:
            with self._lock:
                self._slowest_token_s = max(self._slowest_token_s, elapsed_s / completion_tokens)
        return Answer(completion=completion, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)

    def _reason(self, reply: Reply) -> str:
        """Return the server's error message as one short line after a colon, or an empty text."""
        try:
            data = json_of(reply.text)
            error = data.get("error", data.get("detail", data.get("message", "")))
            text = error.get("message", "") if isinstance(error, dict) else error
        except (ValueError, AttributeError, RecursionError):
            text = reply.text
        line = self._one_line(str(text))
        return f": {line}" if line else ""

    def _one_line(self, text: str) -> str:
        """Return the beginning of a server's text; keys are removed before the cut, so no part of one stays."""
        return " ".join(self._redacted(text).split())[:MOST_REASON_CHARS]


FINISHES: Mapping[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "refusal": "refusal",
    "eos": "eos",
    "context": "context",
    "next_question": "next_question",
}
"Finish reasons by the names in servers' answers and recordings, except for `stop`."


def finish_of(reason: Any, message: Any = None) -> FinishReason:
    """Return why a completion ended, from a server's `finish_reason` and its message."""
    if isinstance(message, dict) and not message.get("content"):
        if message.get("refusal"):
            return "refusal"
        if message.get("tool_calls") or message.get("function_call"):
            return "tool_call"
    return FINISHES.get(reason, "stop") if isinstance(reason, str) else "stop"


def _body(request: Request, model: str | None, *, chat: bool) -> dict[str, Any]:
    generation = request.generation
    body: dict[str, Any] = {"max_tokens": generation.max_tokens, "temperature": generation.temperature}
    if model is not None:
        body["model"] = model
    if chat:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        body["messages"] = messages or [{"role": "user", "content": request.prompt}]
        if request.template_options:
            body[TEMPLATE_OPTIONS] = dict(request.template_options)
    else:
        body["prompt"] = request.prompt
    # Servers accept at most four stop texts; the others are applied when the text is read.
    stops = [*generation.stop, *(() if chat else request.next_question)]
    if stops:
        body["stop"] = (
            stops if len(stops) <= MOST_STOPS or len(generation.stop) > MOST_STOPS else stops[:MOST_STOPS]
        )
    if generation.temperature > 0:
        # Samples differ by their seeds, as with local models.
        body |= {"top_p": generation.top_p, "seed": (generation.seed + request.sample) % 2**31}
        body |= {key: value for key in ("top_k", "min_p") if (value := getattr(generation, key))}
    return body


def _count(said: Any) -> int:
    """Return a token count from a server's answer, 0 if it is missing; raises ValueError if it is not a count."""
    number = int(said or 0)
    if not 0 <= number <= MOST_TOKENS:
        raise ValueError(f"{number:.3g} tokens")
    return number


def _chat_text(message: dict[str, Any]) -> Any:
    """Return the answer's text; reasoning that a server reports separately is put before it, in thinking tags."""
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    content = message.get("content") or message.get("refusal")
    if isinstance(reasoning, str) and isinstance(content, (str, type(None))):
        return f"<think>{reasoning}</think>{content or ''}"
    return content if content is not None else ""


def _pause(attempt: int, retry_after: str | None) -> float:
    """Return the seconds to wait before the next try: what the server asks for, or twice the last pause."""
    if retry_after is not None and re.fullmatch(r"\d{1,5}(?:\.\d+)?", retry_after.strip()):
        return min(float(retry_after), LONGEST_PAUSE_S)
    return float(min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S) * random.uniform(0.5, 1.0))


def _failed(finish: FinishReason, error: str) -> Answer:
    return Answer(
        completion=Completion(text="", tokens=(), logprobs=(), finish=finish, prompt_tokens=0, error=error)
    )
