"""One request ↔ one HTTP exchange in OpenAI's protocol: tried again with back-off, the key never in a message."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_reasoning.records import Completion, FinishReason, Remote, Request
from pytest_reasoning.text.addresses import is_loopback

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
MOST_REASON_CHARS = 200
MOST_STOPS = 4
_OVERFLOW = re.compile(r"context.{0,20}(?:length|size|window)|exceed.{0,20}context|too many tokens", re.IGNORECASE)


class RemoteFault(Exception):
    """The server cannot be used at all: no request will fare better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, and what the server says it cost."""

    completion: Completion
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Exchange:
    """The connection to one server; `ask` may be called from several threads."""

    def __init__(self, remote: Remote, *, timeout_s: float) -> None:
        """Read the key and make the client.

        Raises RemoteFault if httpx is missing or the key cannot be sent.
        """
        try:
            import httpx
        except ImportError:
            raise RemoteFault(
                f"endpoint {remote.url}: httpx is not installed (pip install 'pytest-reasoning[endpoint]')"
            ) from None
        self.remote = remote
        self.timeout_s = timeout_s
        self._httpx = httpx
        self._key = os.environ.get(remote.key_variable, "").strip()
        if not self._key.isascii() or not self._key.isprintable():
            # The client's own error would quote the header.
            raise RemoteFault(f"endpoint {remote.url}: {remote.key_variable} holds characters that no key has")
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=min(remote.connect_timeout_s, timeout_s)),
            limits=httpx.Limits(max_connections=remote.concurrency),
            # A proxy of the environment cannot reach this machine's own servers.
            trust_env=not is_loopback(remote.url),
        )
        self._model: str | None = remote.model or None

    def ask(self, request: Request) -> Answer:
        """Return the server's answer, or a completion that says why there is none; raises RemoteFault."""
        began = time.monotonic()
        if request.choices or request.grammar is not None:
            what = "score given choices" if request.choices else "be held to a grammar"
            return _failed("error", f"an endpoint cannot {what} (run this suite on the model's GGUF file)")
        chat = self.remote.chat is not False
        path = "/chat/completions" if chat else "/completions"
        body = _body(request, self._named_model(), chat=chat)
        try:
            response = self._post(path, body, began)
        except self._httpx.TimeoutException:
            return _failed("deadline", f"no answer from {self.remote.url} within {self.timeout_s:g} s")
        if response.status_code >= 400:
            return self._refused(response, path)
        return self._answered(response, path, chat, time.monotonic() - began)

    def close(self) -> None:
        """Hang up; what still waits fails."""
        self._client.close()

    def _named_model(self) -> str | None:
        """The model asked for, or the first one the server lists."""
        if self._model is None:
            self._model = ""
            try:
                listed = self._client.get(f"{self.remote.url}/models").json()
                self._model = str(listed["data"][0]["id"])
            except (self._httpx.HTTPError, ValueError, LookupError, TypeError):
                # Many servers run one model and need no name; what is really wrong shows with the request.
                pass
        return self._model or None

    def _post(self, path: str, body: dict[str, Any], began: float) -> Any:
        """Send until there is an answer worth having, the tries are used up or the time is."""
        for attempt in range(self.remote.retries + 1):
            left_s = self.timeout_s - (time.monotonic() - began)
            last = attempt == self.remote.retries
            try:
                response = self._client.post(f"{self.remote.url}{path}", json=body, timeout=max(0.001, left_s))
                if response.status_code not in RETRIED or last:
                    return response
                pause_s = _pause(attempt, response.headers.get("retry-after"))
            except self._httpx.ConnectError:
                if last:
                    raise RemoteFault(
                        f"endpoint {self.remote.url}: cannot be reached (start the server, or correct the address)"
                    ) from None
                pause_s = _pause(attempt, None)
            except self._httpx.TimeoutException:
                raise
            except (self._httpx.HTTPError, RuntimeError) as error:
                if last or isinstance(error, RuntimeError):
                    raise RemoteFault(f"endpoint {self.remote.url}: the connection broke (run again)") from None
                pause_s = _pause(attempt, None)
            if time.monotonic() - began + pause_s >= self.timeout_s:
                raise self._httpx.ReadTimeout("no time for another try")
            time.sleep(pause_s)
        raise AssertionError("unreachable")

    def _refused(self, response: Any, path: str) -> Answer:
        status, reason = response.status_code, self._reason(response)
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
        return _failed("error", f"{where} answered with status {status}{reason} (see the server's log)")

    def _answered(self, response: Any, path: str, chat: bool, elapsed_s: float) -> Answer:
        try:
            data = response.json()
            choice = data["choices"][0]
            text = _chat_text(choice["message"]) if chat else choice["text"]
            if not isinstance(text, str):
                raise TypeError
            usage = data.get("usage") or {}
            prompt_tokens, completion_tokens = (
                int(usage.get(key) or 0) for key in ("prompt_tokens", "completion_tokens")
            )
            thinking_tokens = int((usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0)
        except (ValueError, LookupError, TypeError, AttributeError):
            what = f"endpoint {self.remote.url} answers {path} in a form of its own"
            return _failed("error", f"{what} (name the address of an OpenAI-compatible server)")
        finish = finish_of(choice.get("finish_reason"), choice.get("message"))
        completion = Completion(
            text=self._without_key(text),
            tokens=(),
            logprobs=(),
            finish=finish,
            prompt_tokens=prompt_tokens,
            elapsed_s=elapsed_s,
            server_tokens=completion_tokens,
            thinking_tokens=thinking_tokens,
        )
        return Answer(completion=completion, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)

    def _reason(self, response: Any) -> str:
        """What the server says is wrong, on one short line that begins with a colon; empty if it says nothing."""
        try:
            data = response.json()
            error = data.get("error", data.get("detail", data.get("message", "")))
            text = error.get("message", "") if isinstance(error, dict) else error
        except (ValueError, AttributeError):
            text = response.text
        line = " ".join(self._without_key(str(text)).split())
        return f": {line[:MOST_REASON_CHARS]}" if line else ""

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


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
"What servers and recordings call an end, where it is not a stop text or the end of the model's turn."


def finish_of(reason: Any, message: Any = None) -> FinishReason:
    """Return why a completion ended, by a server's `finish_reason` and the message that came with it."""
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
    else:
        body["prompt"] = request.prompt
    # servers take at most four stop texts; what is left out is cut off when the text is read
    stops = [*generation.stop, *(() if chat else request.next_question)]
    if stops:
        body["stop"] = (
            stops if len(stops) <= MOST_STOPS or len(generation.stop) > MOST_STOPS else stops[:MOST_STOPS]
        )
    if generation.temperature > 0:
        # Samples differ by their seed, as they do in process.
        body |= {"top_p": generation.top_p, "seed": (generation.seed + request.sample) % 2**31}
        body |= {key: value for key in ("top_k", "min_p") if (value := getattr(generation, key))}
    return body


def _chat_text(message: dict[str, Any]) -> Any:
    """The answer; what servers hand out apart as reasoning goes before it, where the model had written it."""
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    content = message.get("content") or message.get("refusal")
    if isinstance(reasoning, str) and isinstance(content, (str, type(None))):
        return f"<think>{reasoning}</think>{content or ''}"
    return content if content is not None else ""


def _pause(attempt: int, retry_after: str | None) -> float:
    """Seconds to wait before the next try: what the server asks for, else doubling with jitter."""
    if retry_after is not None and re.fullmatch(r"\d{1,5}(?:\.\d+)?", retry_after.strip()):
        return min(float(retry_after), LONGEST_PAUSE_S)
    return float(min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S) * random.uniform(0.5, 1.0))


def _failed(finish: FinishReason, error: str) -> Answer:
    return Answer(
        completion=Completion(text="", tokens=(), logprobs=(), finish=finish, prompt_tokens=0, error=error)
    )
