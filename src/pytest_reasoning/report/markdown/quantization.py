"""The quantization report in the Markdown summary: tables and lines under a heading for each reference."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.report.markdown.writing import escaped, table
from pytest_reasoning.report.tables.quantization import (
    answer_rows,
    closing_lines,
    fidelity_rows,
    head,
    suite_rows,
)
from pytest_reasoning.verdict.quantization import Quantization

_ANSWERS = ("name", "verdict", "file", "bits", "rate", "interval", "flips", "difference", "bounds", "p")
_FIDELITY = ("name", "kl", "kl_bounds", "agreement", "target", "target_bounds", "written", "speed", "memory")
_SUITES = ("name", "suite", "verdict", "before", "now", "flips", "difference", "bounds", "p")


def quantization_parts(found: Iterable[Quantization]) -> list[str]:
    """Return the parts of the summary that show each reference with its variants."""
    parts = []
    for one in found:
        level = f"{one.confidence * 100:g} %"
        parts += [
            f"### Quantization of {escaped(one.reference.model)}",
            escaped(head(one)) + ".",
            "\n".join(f"- {escaped(line)}" for line in closing_lines(one)),
            table(
                ("model", "verdict", "file", "bits/weight", "pass rate", f"{level} interval", "flips", "difference",
                 f"{level} interval, paired", "p, Holm"),
                [[escaped(row[key]) for key in _ANSWERS] for row in answer_rows(one)],
                8,
            ),
            table(
                ("model", "KL, nats", f"{level} interval", "same top token", "target's chance", f"{level} interval",
                 "written token's chance", "tokens/s", "peak memory"),
                [[escaped(row[key]) for key in _FIDELITY] for row in fidelity_rows(one)],
                8,
            ),
        ]  # fmt: skip
        rows = [[escaped(row[key]) for key in _SUITES] for row in suite_rows(one)]
        if rows:
            suites = table(
                ("variant", "suite", "verdict", "reference", "variant", "flips", "difference", f"{level} interval",
                 "p, Holm"),
                rows,
                6,
            )  # fmt: skip
            parts.append(f"<details><summary>By suite</summary>\n\n{suites}\n\n</details>")
    return parts
