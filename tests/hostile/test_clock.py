"""A clock that is set back while a run goes on: nothing waits for it, and no time is negative."""

from __future__ import annotations

import json

import pytest

BACK = """
import time

_now = time.time
_calls = 0


def back():
    global _calls
    _calls += 1
    return _now() - 3600 * _calls


time.time = back
"""


def test_a_run_ends_and_a_second_one_finds_its_completions(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(BACK)
    cases = "".join(f"  - {{a: {n}, target: {n}}}\n" for n in range(6))
    text = 'prompt: "{{ a }}"\nscorer: number\nthreshold: 0\ngeneration: {max_tokens: 4}\ncases:\n' + cases
    pytester.path.joinpath("s.yaml").write_text(text)
    for cached in (False, True):
        result = pytester.runpytest_subprocess(
            "s.yaml", "--reasoning-models=nano", "--reasoning-store=store", "--reasoning-json=out.json"
        )
        report = json.loads(pytester.path.joinpath("out.json").read_text())
        assert result.ret == 0
        assert report["elapsed_s"] >= 0
        assert [one["elapsed_s"] >= 0 for one in report["outcomes"]] == [True] * 6
        assert {one["cached"] for one in report["outcomes"]} == {cached}
