"""A report → one self-contained HTML page: no network, a strict content policy, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_reasoning.report.document import Report
from pytest_reasoning.report.fresh import fresh_rows
from pytest_reasoning.report.html.figures import (
    lift_figure,
    pareto_figure,
    require_matplotlib,
    scaling_figure,
    styled,
)
from pytest_reasoning.report.html.inline_svg import inline_svg
from pytest_reasoning.report.html.pareto import pareto_points
from pytest_reasoning.report.html.payload import payload
from pytest_reasoning.report.quantization_rows import sections
from pytest_reasoning.report.repeated import repeated_rows
from pytest_reasoning.report.rows import (
    contrast_rows,
    flip_rows,
    gap_rows,
    heat_rows,
    judged_lines,
    model_rows,
    scaling_rows,
    verdict_texts,
)
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.contrasts import strategy_lifts
from pytest_reasoning.verdict.scaling import Scaling, analyse

_TEMPLATES = files("pytest_reasoning.report.html") / "templates"


def html_report(report: Report) -> str:
    """Return the page.

    Raises:
        MissingLibraryError: matplotlib is not installed.
    """
    require_matplotlib()
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    environment = Environment(
        loader=PackageLoader("pytest_reasoning.report.html"), autoescape=True, undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    scaling = analyse(report.whole, report.facts) if report.scaled else ()
    text, detail = verdict_texts(report)
    context: dict[str, Any] = {
        "title": f"Reasoning report: {text.lower()}",
        "verdict": report.verdict,
        "verdict_text": text,
        "verdict_detail": detail,
        "started": printable(report.started.replace("T", " ").replace("+00:00", " UTC")),
        "duration": f"{report.elapsed_s:,.0f} s" if report.elapsed_s >= 10 else f"{report.elapsed_s:.1f} s",
        "outcome_count": f"{len(report.outcomes):,}",
        "environment": _environment(report),
        "plugin": printable(str(report.environment.get("plugin") or "")),
        "judged": judged_lines(report),
        "flips": flip_rows(report),
        "models": model_rows(report),
        "thinks": any(model.thinking_tokens for model in report.models),
        "model_names": [printable(model.name) for model in report.models],
        "heat": heat_rows(report),
        "scaling": _scaling_figures(report, scaling),
        "scaling_rows": scaling_rows(scaling),
        "contrasts": contrast_rows(report),
        "lifts": _lifts(report),
        "gaps": gap_rows(report),
        "repeats": repeated_rows(report.repeats),
        "fresh": fresh_rows(report.contamination),
        "seed": printable(report.seed),
        "pareto": _pareto(report),
        "quantization": sections(report.quantization),
        "payload": Markup(payload(report)),
        "style": Markup(style),
        "script": Markup(script),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    context["sections"] = [(key, name) for key, name in _SECTIONS if context.get(_SHOWN_BY.get(key, key), True)]
    return environment.get_template("page.html.j2").render(context)


_SECTIONS = (
    ("models", "Models"), ("quantization", "Quantisation"), ("map", "Suites by models"), ("gates", "What failed"),
    ("flips", "Against the baseline"),
    ("scaling", "Ability against size"), ("sizes", "Small against large"), ("lifts", "Lift over direct"),
    ("gaps", "Longer instances"), ("repeats", "Repeats"), ("fresh", "Fresh instances"),
    ("pareto", "Size against pass rate"), ("cases", "Cases"),
)  # fmt: skip
_SHOWN_BY = {"gates": "judged", "map": "heat", "sizes": "contrasts"}
"A section whose context key has another name."


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _environment(report: Report) -> str:
    known = report.environment
    named = (("llama-cpp-python", "llama_cpp_python"), ("", "backend"), ("", "cpu"), ("", "batching"))
    return printable(" · ".join(f"{label} {known[key]}".strip() for label, key in named if known.get(key)))


def _svg(text: str) -> Markup:
    return Markup(text)


def _scaling_figures(report: Report, scaling: tuple[Scaling, ...]) -> list[dict[str, str]]:
    sizes = {model.name: model.n_params for model in report.models}
    suites: dict[str, list[Scaling]] = {}
    for analysis in scaling:
        if len(analysis.pass_rate.models) > 2:
            suites.setdefault(analysis.suite, []).append(analysis)
    figures = []
    for place, (suite, analyses) in enumerate(suites.items()):
        name = printable(suite)
        with styled():
            svg = inline_svg(
                scaling_figure(analyses, sizes),
                name=f"scaling{place}",
                title=f"{name}: pass rate against parameters",
            )
        figures.append({"suite": name, "svg": _svg(svg)})
    return figures


def _lifts(report: Report) -> list[dict[str, str]]:
    lifts = strategy_lifts(report.whole)
    figures = []
    for place, strategy in enumerate(dict.fromkeys(lift.strategy for lift in lifts)):
        own, name = [lift for lift in lifts if lift.strategy == strategy], printable(strategy)
        with styled():
            figure = lift_figure(own, [model.name for model in report.models])
            svg = inline_svg(figure, name=f"lift{place}", title=f"Lift of {name} over direct by suite and model")
        figures.append({"strategy": name, "svg": _svg(svg)})
    return figures


def _pareto(report: Report) -> Markup | None:
    points = pareto_points(report)
    if not points:
        return None
    with styled():
        return _svg(inline_svg(pareto_figure(points), name="pareto", title="File size against pass rate"))
