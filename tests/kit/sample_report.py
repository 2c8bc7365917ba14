"""A report of two suites and five models, made by hand, for the tests of everything that shows one."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.document import parse_results
from pytest_reasoning.report.results import Results

HOSTILE = (
    ' <script>document.title = "owned"</script><img src=x onerror="document.title=1"> \x1b[31mred\x1b[0m '
    "\u202egnp.exe </script><!-- {{ 7*7 }} ![x](javascript:1) @everyone | `a` \x00\u2028"
)
"Everything that has ever escaped from a report."
SIZES = {
    "nano": (60_000, 1),
    "small": (190_000, 2),
    "wide": (330_000, 1),
    "medium": (600_000, 3),
    "large": (2_000_000, 4),
}
RATES = {
    ("letters-2", "direct"): (0.1, 0.9, 0.2, 0.9, 1.0),
    ("letters-2", "cot"): (0.1, 1.0, 0.2, 1.0, 1.0),
    ("letters-4", "direct"): (0.0, 0.5, 0.0, 0.7, 0.9),
}


def sample_document(cases: int = 20, *, hostile: bool = False) -> dict[str, Any]:
    """Return the JSON document; the first `rate * cases` cases of each cell are right."""
    outcomes, gates, prompts = [], [], []
    for (suite, strategy), rates in RATES.items():
        for case in range(cases):
            text = f"Q: What is 1?\nA: 1\n\nQ: What is {case} in {suite}?\nA:"
            prompts.append(
                {"suite": suite, "case": f"case-{case}", "strategy": strategy, "models": [*SIZES], "text": text}
            )
        for model, rate in zip(SIZES, rates, strict=True):
            right = round(rate * cases)
            for case in range(cases):
                wrong = case >= right
                outcomes.append(
                    {
                        "nodeid": f"cases/{suite}.yaml::case-{case}[{model}-{strategy}]", "suite": suite,
                        "case": f"case-{case}", "model": model, "strategy": strategy, "sample": 0,
                        "status": "wrong" if wrong else "correct", "target": [str(case)],
                        "answer": "no" if wrong else str(case), "explanation": "compared as text",
                        "completion": HOSTILE if wrong and hostile else f" {'no' if wrong else case}",
                        "prompt_tokens": 12, "completion_tokens": 3, "elapsed_s": 0.01, "cached": False,
                        "logprobs": [-0.1, -0.5, -2.0], "ends": _ends(wrong, case, hostile=hostile),
                        "target_logprob": -3.0 if wrong else -0.05,
                    }
                )  # fmt: skip
            gates.append(
                {
                    "nodeid": f"cases/{suite}.yaml::pass-rate[{model}-{strategy}]", "suite": suite, "model": model,
                    "strategy": strategy, "correct": right, "total": cases, "rate": right / cases,
                    "interval": [0.0, 1.0], "threshold": {"min": 0.5},
                    "verdict": "passed" if rate >= 0.5 else "failed", "reason": f"pass rate {rate:.2f}",
                }
            )  # fmt: skip
    return {
        "version": 1, "started": "2026-11-23T12:00:00+00:00", "elapsed_s": 12.5,
        "environment": {"plugin": "0.1.0", "llama_cpp_python": "0.3.36", "backend": "cpu", "cpu": "A CPU"},
        "models": [
            {
                "name": name, "reference": f"zoo:{name}", "sha256": name * 8, "architecture": "llama",
                "n_params": n_params, "n_layers": n_layers, "n_embd": 64, "quantization": "F16",
                "size_bytes": 2 * n_params, "prompt_tokens": 100, "completion_tokens": 500, "elapsed_s": 2.0,
            }
            for name, (n_params, n_layers) in SIZES.items()
        ],
        "outcomes": outcomes, "gates": gates, "prompts": prompts,
    }  # fmt: skip


def _ends(wrong: bool, case: int, *, hostile: bool) -> list[int]:
    if wrong and hostile:
        return [1, 20, len(HOSTILE)]
    end = 1 + len("no" if wrong else str(case))
    return [1, end, end]


@cache
def sample_report(cases: int = 20, *, hostile: bool = False, scaled: bool = True) -> Results:
    """Return the same as results, with what is found in them."""
    read = parse_results(json.dumps(sample_document(cases, hostile=hostile)), "sample.json")
    return analyzed(read, scaled=scaled)
