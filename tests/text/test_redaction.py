"""What is a key, and how it is taken out of texts, addresses and logs."""

from __future__ import annotations

import logging

import pytest

from pytest_reasoning.text.redaction import Redaction, keep_out_of_logs, shown_address

KEY = 'sk-"Sec/ret\\0123'


@pytest.mark.parametrize(
    "form", [KEY, "sk-%22Sec%2Fret%5C0123", 'sk-\\"Sec/ret\\\\0123', 'sk-"Sec/ret\\\\0123'], ids=range(4)
)
def test_a_key_is_replaced_in_every_form(form: str) -> None:
    assert Redaction(keys=[KEY])(f"a {form}, {form}") == "a [key], [key]"


def test_a_placeholder_is_no_key() -> None:
    assert Redaction(keys=["", "none", "EMPTY"])("the answer is none, EMPTY") == "the answer is none, EMPTY"


def test_the_longer_of_two_keys_goes_first() -> None:
    assert Redaction(keys=["abcdefgh", "abcdefgh-2"])("abcdefgh-2") == "[key]"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/v1", "https://a.example/v1"),
        ("https://a.example/openai/deployments/gpt-4o-mini-2024-07-18/v1", None),
        ("https://a.example/models/Meta-Llama-3.1-8B-Instruct/v1", None),
        ("https://a.example/internationalization_of_servers/v1", None),
        ("https://a.example/sk-abcdefgh12/v1", "https://a.example/[key]/v1"),
        ("https://a.example/p/1f0c9a7e-5d1b-4c55-9c8e-0123456789ab/v1", "https://a.example/p/[key]/v1"),
        ("https://a.example/A1b2C3d4E5f6G7h8I9j0/v1", "https://a.example/[key]/v1"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_an_address_that_holds_a_key(address: str, shown: str | None) -> None:
    assert shown_address(address) == (shown or address)


def test_a_log_says_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    keep_out_of_logs(Redaction(keys=[KEY]), ["reasoning-test.client"])
    keep_out_of_logs(Redaction(address="http://a/sk-abcdefgh12/v1"), ["reasoning-test.client"])
    logger = logging.getLogger("reasoning-test.client")
    logger.info("asked %s with %r", "http://a/sk-abcdefgh12/v1", [("x", KEY)])
    logger.info("%s of %d", "nothing", 3)
    assert caplog.messages == ["asked http://a/[key]/v1 with [('x', '[key]')]", "nothing of 3"]
