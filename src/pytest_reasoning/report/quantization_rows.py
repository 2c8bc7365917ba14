"""The quantisation report → rows of plain texts and lines, the same for terminal, Markdown and page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_reasoning.stats import Interval
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.quantization import Finding, Quantization, Side, Variant

Row = dict[str, Any]


def sections(found: Iterable[Quantization]) -> list[Row]:
    """Return all that is shown of each reference: head, level, lines, and the rows of three tables."""
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
    """Return one row a model, the reference first: its file, its answers, and how it is judged."""
    rows = [
        {**_side(found.reference), "flips": "", "difference": "", "bounds": "", "verdict": "reference", "p": ""}
    ]
    for variant in found.variants:
        overall = variant.overall
        rows.append(
            {
                **_side(variant.side),
                "flips": "" if overall is None else f"{overall.lost} lost, {overall.gained} gained",
                "difference": "" if overall is None else f"{overall.difference:+.3f}",
                "bounds": "" if overall is None else _signed(overall.interval),
                "verdict": variant.verdict,
                "p": "" if overall is None else f"{overall.p_adjusted:.2g}",
            }
        )
    return rows


def fidelity_rows(found: Quantization) -> list[Row]:
    """Return one row a model: its probabilities against the reference's, its speed and its memory."""
    rows = [_cost(found.reference) | dict.fromkeys(_FIDELITY, "")]
    for variant in found.variants:
        rows.append(_cost(variant.side) | _fidelity(variant))
    return rows


def suite_rows(found: Quantization) -> list[Row]:
    """Return one row per variant, suite and strategy."""
    return [
        {
            "name": printable(variant.side.model),
            "suite": printable(f"{one.suite} / {one.strategy}"),
            "before": f"{one.before_correct:.4g}/{one.pairs}",
            "now": f"{one.now_correct:.4g}/{one.pairs}",
            "flips": f"{one.lost} lost, {one.gained} gained",
            "difference": f"{one.difference:+.3f}",
            "bounds": _signed(one.interval),
            "p": f"{one.p_adjusted:.2g}",
            "verdict": one.verdict,
        }
        for variant in found.variants
        for one in variant.suites
    ]


def head(found: Quantization) -> str:
    """Return what was compared and how, in one line."""
    pairs = max((one.overall.pairs for one in found.variants if one.overall is not None), default=0)
    return (
        f"quantised forms of {printable(found.reference.model)}, {pairs} paired cases, margin {found.margin:g}, "
        f"{found.confidence * 100:g} % intervals"
    )


def closing_lines(found: Quantization) -> list[str]:
    """Return the lines below the tables: regressions by suite, what is not judged, Pareto line, recommendation."""
    lines = [
        printable(f"{variant.side.model} is a regression in {one.suite} / {one.strategy}: {_flips(one)}")
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
        lines.append(f"left out, as not all of them ran them whole: {printable(', '.join(found.left_out))}")
    lines.append(pareto_line([found.reference, *(one.side for one in found.variants)]))
    lines.append(f"recommendation: {printable(found.recommendation)}")
    return lines


def pareto_line(sides: Iterable[Side]) -> str:
    """Return the files that no smaller one equals, smallest first, then the others."""
    rated = sorted((side for side in sides if side.rate is not None), key=lambda side: side.size_bytes)
    worth = [_point(side) for side in rated if side.frontier]
    others = [_point(side) for side in rated if not side.frontier]
    equalled = f"; a smaller file equals {', '.join(others)}" if others else ""
    return f"size against pass rate: {' → '.join(worth)}{equalled}"


def size_of(size_bytes: float | None) -> str:
    """Return a size as people read it."""
    if not size_bytes:
        return "–"
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes / 1e3:.3g} kB"


def _side(side: Side) -> Row:
    return {
        "name": printable(side.model),
        "type": printable(side.quantization),
        "file": size_of(side.size_bytes),
        "bits": "–" if side.bits_per_weight is None else f"{side.bits_per_weight:.2f}",
        "rate": _share(side.rate),
        "interval": _bounds(side.interval),
        "n": str(side.total),
    }


def _cost(side: Side) -> Row:
    return {
        "name": printable(side.model),
        "speed": "–" if side.tokens_per_s is None else f"{side.tokens_per_s:,.0f}",
        "memory": size_of(side.peak_bytes),
    }


_FIDELITY = ("kl", "kl_bounds", "agreement", "agreement_bounds", "target", "target_bounds", "written", "tokens")


def _fidelity(variant: Variant) -> Row:
    found = variant.fidelity
    if found is None:
        return dict.fromkeys(_FIDELITY, "–")
    return {
        "kl": f"{found.kl:.2g}",
        "kl_bounds": "–" if found.kl_interval is None else "{:.2g} to {:.2g}".format(*found.kl_interval),
        "agreement": f"{100 * found.agreement:.2f} %",
        "agreement_bounds": "{:.2f}-{:.2f}".format(*(100 * bound for bound in found.agreement_interval)),
        "target": "–" if found.target_change is None else f"{found.target_change:+.4f}",
        "target_bounds": "–"
        if found.target_change_interval is None
        else "{:+.4f} to {:+.4f}".format(*found.target_change_interval),
        "written": f"{found.written_change:+.4f}",
        "tokens": f"{found.tokens:,} of {found.completions:,} completions",
    }


def _flips(one: Finding) -> str:
    return (
        f"{one.before_correct:.4g} → {one.now_correct:.4g} of {one.pairs} ({one.lost} lost, {one.gained} gained; "
        f"{one.difference:+.2f}, {_signed(one.interval)}; p {one.p_adjusted:.2g} by Holm)"
    )


def _point(side: Side) -> str:
    return f"{printable(side.model)} ({size_of(side.size_bytes)}, {_share(side.rate)})"


def _share(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _bounds(bounds: Interval | None) -> str:
    return "–" if bounds is None else "{:.3f}-{:.3f}".format(*bounds)


def _signed(bounds: Interval) -> str:
    return "{:+.3f} to {:+.3f}".format(*bounds)
