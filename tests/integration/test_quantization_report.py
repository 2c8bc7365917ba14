"""Quantised forms of the embedded models, run for real: what is reported, recommended, stored and left off."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.fixtures import Write
from pytest_reasoning.engine.process import child, supervisor

pytestmark = pytest.mark.slow

STORE = "--reasoning-store=kept"
VARIANTS = ("--reasoning-models=small", "--reasoning-quantize=Q8_0,Q4_0", STORE)
COUNT = 160
ADDITION = f"""\
suite: addition
prompt: "Q: What is {{{{ a }}}} + {{{{ b }}}}?"
target: "{{{{ a + b }}}}"
scorer: number
strategies: [cot]
generation: {{max_tokens: 128, temperature: 0, stop: ["\\n\\n"]}}
threshold: 0.5
fewshot:
  - a: 843
    b: 531
    rationale: 3 + 1 + 0 = 4, write 4, carry 0. 4 + 3 + 0 = 7, write 7, carry 0. 8 + 5 + 0 = 13, write 3, carry 1.
  - a: 805
    b: 948
    rationale: 5 + 8 + 0 = 13, write 3, carry 1. 0 + 4 + 1 = 5, write 5, carry 0. 8 + 9 + 0 = 17, write 7, carry 1.
generate: {{count: {COUNT}, seed: 2026, vars: {{a: {{integer: [100, 999]}}, b: {{integer: [100, 999]}}}}}}
"""


def write_models(pytester: pytest.Pytester, text: str) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(text, encoding="utf-8")


def report_of(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    return found


def no_child(*_: object, **__: object) -> None:
    raise AssertionError("a model was loaded")


def test_q8_0_is_non_inferior_and_q4_0_a_regression_in_addition_by_chain_of_thought(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pytester.path / "cases" / "addition.yaml"
    path.parent.mkdir()
    path.write_text(ADDITION, encoding="utf-8")
    result = pytester.runpytest(*VARIANTS, "--reasoning-json=out.json", "--reasoning-culprits")
    report = report_of(pytester)
    (found,) = report["quantization"]
    eight, four = found["variants"]
    assert found["reference"]["rate"] > 0.97
    assert (eight["side"]["model"], eight["verdict"]) == ("small@Q8_0", "non-inferior")
    assert (four["side"]["model"], four["verdict"]) == ("small@Q4_0", "regression")
    assert four["overall"]["pairs"] == COUNT
    assert found["recommended"] == "small@Q8_0"
    assert found["recommendation"].startswith(
        f"take small@Q8_0: the smallest that is no worse than small by more than 0.05 ({COUNT} cases, 95 % "
        "confidence), 54 % of its size; small@Q4_0 is a regression"
    )
    # bits fall, KL grows
    sizes = [side["bits_per_weight"] for side in (found["reference"], eight["side"], four["side"])]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < eight["fidelity"]["kl"] < four["fidelity"]["kl"]
    assert eight["fidelity"]["kl_interval"][1] < four["fidelity"]["kl_interval"][0]
    assert eight["fidelity"]["completions"] == COUNT
    assert four["fidelity"]["target_change"] < 0
    assert eight["side"]["tokens_per_s"] > 0
    assert eight["side"]["peak_bytes"] > 10_000_000
    result.stdout.fnmatch_lines(
        [
            f"quantized variants of small, {COUNT} paired cases, margin 0.05, 95 % intervals",
            "small@Q4_0 is a regression in addition / cot: *",
            "size against pass rate: small@Q4_0 (*) -> small@*",
            "recommendation: take small@Q8_0: the smallest that is no worse than small by*",
        ]
    )

    # each lost case has the block that loses it
    lost = [one for one in report["lost"] if one["model"] == "small@Q4_0"]
    assert len(lost) == four["overall"]["lost"] > 0
    assert {one["reference"] for one in lost} == {"small"}
    assert all(one["content"] and one["figures"]["blocks"] == 2 for one in lost)
    blocks = [one["figures"]["block"] for one in lost if one["figures"]["place"] is not None]
    assert set(blocks) <= {1, 2, None}
    assert any(blocks)
    result.stdout.fnmatch_lines([f"small@Q4_0 against small: block* account* for * of {len(lost)} lost answers *"])

    # an unchanged run loads nothing, neither for answers nor for KL, and says the same
    with monkeypatch.context() as patch:
        patch.setattr(child, "Child", no_child)
        patch.setattr(supervisor, "Child", no_child)
        pytester.runpytest(*VARIANTS, "--reasoning-json=out.json")
        assert report_of(pytester)["divergences"] == report["divergences"]
        (again,) = report_of(pytester)["quantization"]
        assert again["variants"][0]["side"]["peak_bytes"] == eight["side"]["peak_bytes"]

        # in other processes too
        pytester.runpytest(*VARIANTS, "--reasoning-json=out.json", "-n2")
        assert sorted(report_of(pytester)["divergences"], key=str) == sorted(report["divergences"], key=str)

    # switched off there is none
    result = pytester.runpytest(*VARIANTS, "--reasoning-json=out.json", "--reasoning-kl=off")
    assert not report_of(pytester)["divergences"]
    assert report_of(pytester)["quantization"][0]["variants"][0]["fidelity"] is None
    result.stdout.fnmatch_lines(["small@Q8_0 | * - | * - | * - | *"])

    # one line where little is wanted
    result = pytester.runpytest(*VARIANTS, "-q")
    result.stdout.fnmatch_lines(["small: take small@Q8_0: the smallest that is no worse than small by more than *"])


def test_too_few_cases_are_undecided(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: 0\n")
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-quantize=Q8_0", STORE, "-q")
    result.stdout.fnmatch_lines(
        [
            "nano: undecided, needs about 56 more cases: no variant is shown to be no worse than nano by more than "
            "0.05; the first one tested is nano@Q8_0 (+0.00, -0.56 to +0.56)"
        ]
    )
    result = pytester.runpytest(
        "--reasoning-models=nano", "--reasoning-quantize=Q8_0", STORE, "-q", "--reasoning-margin=0.2"
    )
    result.stdout.fnmatch_lines(["nano: undecided, needs about 11 more cases: *"])


def test_what_cannot_be_measured_is_a_warning(
    pytester: pytest.Pytester, suite: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(extra="threshold: 0\n")

    started = child.Child

    def dying(task: dict[str, Any]) -> child.Child:
        monkeypatch.setattr(child, "MODULE", "pytest_reasoning.engine.no_such_module")
        return started(task)

    monkeypatch.setattr(child, "Child", dying)
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-quantize=Q8_0", STORE)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "WARNING: The KL divergence of nano@Q8_0 from nano was not measured: "
            "their process died (exit status 1)*no_such_*"
        ]
    )


def test_variants_are_held_to_their_model(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: 0\n")
    write_models(pytester, "tiny: {gguf: zoo:nano, quantizations: [Q8_0, Q4_0], no_worse_than: {margin: 0.9}}\n")
    result = pytester.runpytest("--reasoning-models=tiny", STORE, "-v")
    assert result.ret == 0
    items = [line.split(" ")[0] for line in result.outlines if "::no-worse" in line and " PASSED" in line]
    assert items == [
        "cases/sums.yaml::no-worse-than-tiny[tiny@Q8_0]",
        "cases/sums.yaml::no-worse-than-tiny[tiny@Q4_0]",
    ]


def test_a_model_held_to_another_does_not_bind_its_variants(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: 0\n")
    write_models(
        pytester,
        "small: zoo:small\ntiny: {gguf: zoo:nano, quantizations: [Q8_0], no_worse_than: {model: small}}\n",
    )
    result = pytester.runpytest("--reasoning-models=small,tiny", STORE, "--collect-only", "-q")
    assert [line for line in result.outlines if "no-worse" in line] == [
        "cases/sums.yaml::no-worse-than-small[tiny]"
    ]


def test_a_margin_that_is_none_is_refused(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-kl=maybe")
    result.stderr.fnmatch_lines(["*--reasoning-kl: invalid choice: 'maybe'*"])
