"""Quantized variants against their reference: the rows and lines shared by terminal, Markdown and page."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.report.tables.formats import (
    NONE,
    Row,
    file_size,
    label,
    p_value,
    percent,
    signed,
    signed_interval,
    speed,
    tight_interval,
)
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.quantization import MeasuredFile, Quantization, Variant, VariantComparison


def sections(found: Iterable[Quantization]) -> list[Row]:
    """Return for each reference the heading, the confidence level, the lines and the rows of three tables."""
    return [
        {
            "head": head(one),
            "level": f"{one.confidence * 100:g} %",
            "lines": closing_lines(one),
            "answers": answer_rows(one),
            "fidelity": fidelity_rows(one),
            "suites": suite_rows(one),
        }
        for one in found
    ]


def answer_rows(found: Quantization) -> list[Row]:
    """Return one row per model, the reference first: its file, its answers and its verdict."""
    rows = [
        {**_side(found.reference), "flips": "", "difference": "", "bounds": "", "verdict": "reference", "p": ""}
    ]
    for variant in found.variants:
        overall = variant.overall
        rows.append(
            {
                **_side(variant.side),
                "flips": "" if overall is None else _flips(overall),
                "difference": "" if overall is None else signed(overall.difference, 3),
                "bounds": "" if overall is None else signed_interval(overall.interval, 3),
                "verdict": variant.verdict,
                "p": "" if overall is None else p_value(overall.p_adjusted),
            }
        )
    return rows


def fidelity_rows(found: Quantization) -> list[Row]:
    """Return one row per model: its divergence from the reference, its speed and its memory."""
    rows = [_cost(found.reference) | dict.fromkeys(_FIDELITY, "")]
    for variant in found.variants:
        rows.append(_cost(variant.side) | _fidelity(variant))
    return rows


def suite_rows(found: Quantization) -> list[Row]:
    """Return one row per variant, suite and strategy."""
    return [
        {
            "name": printable(variant.side.model),
            "suite": label(one.suite, one.strategy),
            "before": f"{one.before_correct:.4g}/{one.pairs}",
            "now": f"{one.now_correct:.4g}/{one.pairs}",
            "flips": _flips(one),
            "difference": signed(one.difference, 3),
            "bounds": signed_interval(one.interval, 3),
            "p": p_value(one.p_adjusted),
            "verdict": one.verdict,
        }
        for variant in found.variants
        for one in variant.suites
    ]


def head(found: Quantization) -> str:
    """Return one line that says what was compared, and how."""
    pairs = max((one.overall.pairs for one in found.variants if one.overall is not None), default=0)
    return (
        f"quantized variants of {printable(found.reference.model)}, {counted(pairs, 'paired case')}, "
        f"margin {found.margin:g}, {found.confidence * 100:g} % intervals"
    )


def closing_lines(found: Quantization) -> list[str]:
    """Return the lines below the tables: regressions by suite, unjudged variants, Pareto line, recommendation."""
    lines = [
        printable(f"{variant.side.model} is a regression in {one.suite} / {one.strategy}: {_change(one)}")
        for variant in found.variants
        for one in variant.suites
        if one.verdict == "regression"
    ]
    lines += [
        f"{printable(one.side.model)}: {printable(one.reason)}"
        for one in found.variants
        if one.verdict == "not judged"
    ]
    if found.left_out:
        lines.append(f"left out, because not every model ran them whole: {printable(', '.join(found.left_out))}")
    lines.append(pareto_line([found.reference, *(one.side for one in found.variants)]))
    lines.append(f"recommendation: {printable(found.recommendation)}")
    return lines


def pareto_line(sides: Iterable[MeasuredFile]) -> str:
    """Return the files on the Pareto frontier, smallest first, then the others."""
    rated = sorted((side for side in sides if side.rate is not None), key=lambda side: side.size_bytes)
    worth = [_point(side) for side in rated if side.frontier]
    others = [_point(side) for side in rated if not side.frontier]
    equalled = f"; a smaller file equals {', '.join(others)}" if others else ""
    return f"size against pass rate: {' → '.join(worth)}{equalled}"


def _side(side: MeasuredFile) -> Row:
    return {
        "name": printable(side.model),
        "type": printable(side.quantization),
        "file": file_size(side.size_bytes),
        "bits": NONE if side.bits_per_weight is None else f"{side.bits_per_weight:.2f}",
        "rate": percent(side.rate, 1),
        "interval": tight_interval(side.interval, 3),
        "n": str(side.total),
    }


def _cost(side: MeasuredFile) -> Row:
    return {
        "name": printable(side.model),
        "speed": NONE if side.tokens_per_s is None else speed(side.tokens_per_s, 1),
        "memory": file_size(side.peak_bytes),
    }


_FIDELITY = ("kl", "kl_bounds", "agreement", "agreement_bounds", "target", "target_bounds", "written", "tokens")


def _fidelity(variant: Variant) -> Row:
    found = variant.fidelity
    if found is None:
        return dict.fromkeys(_FIDELITY, NONE)
    return {
        "kl": f"{found.kl:.2g}",
        "kl_bounds": NONE if found.kl_interval is None else "{:.2g} to {:.2g}".format(*found.kl_interval),
        "agreement": percent(found.agreement, 2),
        "agreement_bounds": tight_interval((100 * found.agreement_interval[0], 100 * found.agreement_interval[1])),
        "target": signed(found.target_change, 4),
        "target_bounds": signed_interval(found.target_change_interval, 4),
        "written": signed(found.written_change, 4),
        "tokens": f"{found.tokens:,} of {counted(found.completions, 'completion')}",
    }


def _flips(one: VariantComparison) -> str:
    return f"{one.lost} lost, {one.gained} gained"


def _change(one: VariantComparison) -> str:
    return (
        f"{one.before_correct:.4g} → {one.now_correct:.4g} of {one.pairs} ({_flips(one)}; "
        f"{signed(one.difference)}, {signed_interval(one.interval, 3)}; p {p_value(one.p_adjusted)} by Holm)"
    )


def _point(side: MeasuredFile) -> str:
    return f"{printable(side.model)} ({file_size(side.size_bytes)}, {percent(side.rate, 1)})"
