"""The engine behind a server: protocol, concurrency, retries, deadlines, and what each failure says."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from kit.openai_server import Reply, chat, completion, running
from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.others import openai
from pytest_reasoning.engine.others.endpoint import endpoint_engine
from pytest_reasoning.records import Completion, Generation, Message, Remote, Request, RequestKey
from pytest_reasoning.text.errors import ModelError

pytestmark = pytest.mark.slow

KEY = "sk-Secret0123456789"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep pauses short and the environment clean."""
    monkeypatch.setattr(openai, "FIRST_PAUSE_S", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def request(prompt: str = "Q: 1\nA:", sample: int = 0, **fields: Any) -> Request:
    generation = Generation(**fields)
    return Request(
        key=RequestKey(suite="s", case=prompt, strategy="d"),
        prompt=prompt,
        prefix_chars=0,
        generation=generation,
        sample=sample,
    )


def ask(url: str, *requests: Request, timeout_s: float | None = 20.0, **fields: Any) -> list[Completion]:
    engine = endpoint_engine(Remote(url=url, **{"chat": False, **fields}), EngineSettings(timeout_s=timeout_s))
    try:
        tickets = [engine.submit(one) for one in requests or (request(),)]
        return [engine.result(ticket) for ticket in tickets]
    finally:
        engine.close()


def test_a_plain_prompt_goes_to_completions() -> None:
    with running(lambda _, __: completion(" 3")) as server:
        (answer,) = ask(server.url, request(max_tokens=9, stop=("\n",)))
    assert (answer.text, answer.finish, answer.prompt_tokens, answer.error) == (" 3", "stop", 7, None)
    assert server.asked == [
        (
            "/v1/completions",
            {"model": "listed-model", "prompt": "Q: 1\nA:", "max_tokens": 9, "temperature": 0.0, "stop": ["\n"]},
        )
    ]


def test_messages_go_to_chat_completions() -> None:
    asked = Request(
        key=RequestKey(suite="s", case="c", strategy="d"),
        prompt="",
        prefix_chars=0,
        generation=Generation(temperature=0.5, top_k=3, seed=7),
        sample=2,
        messages=(Message(role="system", content="Be brief."), Message(role="user", content="1?")),
    )
    with running(lambda _, __: chat("3", reasoning_content="1+2")) as server:
        (answer,) = ask(server.url, asked, chat=True, model="m")
    assert answer.text == "<think>1+2</think>3"
    assert server.asked == [
        (
            "/v1/chat/completions",
            {
                "model": "m",
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1?"}],
                "max_tokens": 256,
                "temperature": 0.5,
                "top_p": 1.0,
                "top_k": 3,
                "seed": 9,
            },
        )
    ]


def test_what_a_template_is_told_is_sent_and_a_server_that_takes_none_is_named() -> None:
    asked = replace(
        request(), messages=(Message(role="user", content="1?"),), template_options=(("enable_thinking", False),)
    )
    with running(lambda _, __: chat("3")) as server:
        ask(server.url, asked, chat=True)
    assert server.asked[0][1]["chat_template_kwargs"] == {"enable_thinking": False}
    refusal = {"error": {"message": "Unrecognized request argument supplied: chat_template_kwargs"}}
    with running(lambda _, __: (400, refusal)) as server:
        (answer,) = ask(server.url, asked, chat=True)
    assert str(answer.error).endswith("(leave `thinking` out: the server takes no chat_template_kwargs)")


@pytest.mark.parametrize(
    ("reason", "message", "finish"),
    [
        ("stop", {"content": None, "refusal": "I will not."}, "refusal"),
        ("tool_calls", {"content": None, "tool_calls": [{"function": {"name": "f"}}]}, "tool_call"),
        ("stop", {"content": "", "function_call": {"name": "f"}}, "tool_call"),
        ("content_filter", {"content": ""}, "content_filter"),
        ("content_filter", {"content": "So 3"}, "content_filter"),
        ("length", {"content": "So"}, "length"),
        ("stop", {"content": "3", "refusal": None, "tool_calls": []}, "stop"),
        (None, {"content": "3"}, "stop"),
        ({}, {"content": "3"}, "stop"),
    ],
)
def test_why_an_answer_ended(reason: Any, message: dict[str, Any], finish: str) -> None:
    asked = replace(request(), messages=(Message(role="user", content="1?"),))
    reply = (200, {"choices": [{"message": message, "finish_reason": reason}]})
    with running(lambda _, __: reply) as server:
        (answer,) = ask(server.url, asked, chat=True)
    assert (answer.finish, answer.error) == (finish, None)
    assert answer.text == (message["content"] or message.get("refusal") or "")


def test_a_redirect_says_where_to() -> None:
    with running(lambda _, __: (308, {})) as server:
        server.headers["Location"] = "https://u:pw@b.example/v2/chat?token=abc#x"
        with pytest.raises(ModelError) as caught:
            ask(server.url)
    where = "https://b.example/v2/chat (name the address it has now)"
    assert str(caught.value) == f"endpoint {server.url}: status 308: it redirects to {where}"


def test_as_many_at_once_as_asked_for() -> None:
    def slow(_: str, body: dict[str, Any]) -> Reply:
        time.sleep(0.1)
        return completion(body["prompt"])

    with running(slow) as server:
        answers = ask(server.url, *(request(str(n)) for n in range(9)), concurrency=3)
    assert [answer.text for answer in answers] == [str(n) for n in range(9)]
    assert server.most_at_once == 3


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_passing_failures_are_tried_again(status: int) -> None:
    replies = iter([(status, {}), (status, {}), completion("ok")])
    with running(lambda _, __: next(replies)) as server:
        (answer,) = ask(server.url)
    assert answer.text == "ok"
    assert len(server.asked) == 3


def test_when_the_tries_are_used_up_the_request_fails_and_others_go_on() -> None:
    def answer(_: str, body: dict[str, Any]) -> Reply:
        return completion("ok") if body["prompt"] == "good" else (500, {"error": {"message": "out of\nluck"}})

    with running(answer) as server:
        bad, good = ask(server.url, request("bad"), request("good"), retries=1)
        assert good.text == "ok"
        assert (bad.finish, bad.error) == (
            "error",
            f"endpoint {server.url} answered with status 500: out of luck (see the server's log)",
        )


def test_a_deadline() -> None:
    def slow(_: str, __: dict[str, Any]) -> Reply:
        time.sleep(1.5)
        return completion("late")

    with running(slow) as server:
        (answer,) = ask(server.url, timeout_s=0.3)
        assert (answer.finish, answer.error) == ("deadline", f"no answer from {server.url} within 0.3 s")


@pytest.mark.parametrize(
    ("reply", "finish", "error"),
    [
        (
            (400, {"error": {"message": "This model's maximum context length is 8 tokens"}}),
            "overflow",
            "the prompt does not fit the server's context: This model's maximum context length is 8 tokens",
        ),
        (
            (200, {"answer": "3"}),
            "error",
            "endpoint URL answers /completions in a form of its own "
            "(name the address of an OpenAI-compatible server)",
        ),
        (
            (418, {"detail": "teapot"}),
            "error",
            "endpoint URL answered with status 418: teapot (see the server's log)",
        ),
    ],
)
def test_what_concerns_one_request_alone(reply: Reply, finish: str, error: str) -> None:
    with running(lambda _, __: reply) as server:
        (answer,) = ask(server.url)
        assert (answer.finish, answer.error) == (finish, error.replace("URL", server.url))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ((401, {}), "endpoint URL: status 401: the key in OPENAI_API_KEY is not set (set it)"),
        (
            (404, {"error": "no such model"}),
            "endpoint URL: status 404: there is no /completions or model 'listed-model' here: no such model "
            "(correct address and model)",
        ),
    ],
)
def test_what_concerns_the_server_ends_the_model(reply: Reply, message: str) -> None:
    with running(lambda _, __: reply) as server:
        with pytest.raises(ModelError) as caught:
            ask(server.url, *(request(str(n)) for n in range(20)), concurrency=1)
        assert str(caught.value) == message.replace("URL", server.url)
        assert len(server.asked) < 20


def test_a_request_that_comes_after_the_end_of_a_model_is_told_the_same() -> None:
    with running(lambda _, __: (401, {})) as server:
        engine = endpoint_engine(Remote(url=server.url, chat=False), EngineSettings(timeout_s=20.0))
        try:
            for number in range(2):
                with pytest.raises(ModelError, match=r"the key in OPENAI_API_KEY is not set \(set it\)"):
                    engine.result(engine.submit(request(str(number))))
        finally:
            engine.close()
        assert len(server.asked) == 1


def test_nobody_there() -> None:
    with pytest.raises(ModelError) as caught:
        ask("http://127.0.0.1:9/v1", retries=1)
    assert str(caught.value) == (
        "endpoint http://127.0.0.1:9/v1: cannot be reached (start the server, or correct the address)"
    )


@pytest.mark.parametrize("fields", [{"choices": ("a", "b")}, {"grammar": 'root ::= "a"'}])
def test_what_an_endpoint_cannot_do(fields: dict[str, Any]) -> None:
    asked = Request(
        key=RequestKey(suite="s", case="c", strategy="d"),
        prompt="",
        prefix_chars=0,
        generation=Generation(),
        **fields,
    )
    (answer,) = ask("http://127.0.0.1:9/v1", asked)
    what = "score given choices" if "choices" in fields else "be held to a grammar"
    assert answer.error == f"an endpoint cannot {what} (run this suite on the model's GGUF file)"


def test_a_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("MY_KEY", KEY)
    with running(lambda _, __: (401, {"error": {"message": f"Incorrect key {KEY}"}})) as server:
        with pytest.raises(ModelError) as caught:
            ask(server.url, key_variable="MY_KEY")
        assert str(caught.value) == f"endpoint {server.url}: status 401: the key in MY_KEY is refused (set it)"
        server.answer = lambda _, __: (418, {"error": f"what is {KEY}?"})
        (answer,) = ask(server.url, key_variable="MY_KEY")
        assert (
            answer.error == f"endpoint {server.url} answered with status 418: what is [key]? (see the server's log)"
        )
        server.answer = lambda _, __: completion(f" {KEY}")
        (answer,) = ask(server.url, key_variable="MY_KEY")
        assert answer.text == " [key]"
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert "Secret" not in caplog.text


def test_a_key_that_no_header_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nX-Other: 1")
    with pytest.raises(ModelError) as caught:
        ask("http://127.0.0.1:9/v1")
    assert str(caught.value) == "endpoint http://127.0.0.1:9/v1: OPENAI_API_KEY holds characters that no key has"
