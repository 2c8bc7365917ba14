"""`--reasoning-batching` is named in the header and in reports; pinned batching is said to be unmeasured."""

from __future__ import annotations

import json

import pytest


@pytest.mark.slow
def test_pinned_batching_is_named_and_certified_at_its_own_width(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nreasoning_batching = pinned\n")
    result = pytester.runpytest(
        *("-p", "no:cacheprovider", "--reasoning-models=nano", "--reasoning-suites=last-letters"),
        *("--reasoning-limit=6", "--reasoning-store=off", "--reasoning-certify", "--reasoning-json=report.json"),
    )
    result.stdout.fnmatch_lines(["reasoning: nano (*); pinned batching (not yet measured on a GPU), * on the CPU*"])
    output = result.stdout.str()
    assert "again in reverse order, threads" in output
    assert "batch width" not in output, "the width decides the row, so the second run keeps it"
    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    assert report["environment"]["batching"] == "pinned"
    engine = report["models"][0]["engine"]
    assert (engine["batching"], engine["width"], engine["kv_cells"] % 33) == ("pinned", 32, 0)


def test_other_words_are_refused(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-batching=slow")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--reasoning-batching*"])
