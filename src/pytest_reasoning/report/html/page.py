"""The report as one self-contained HTML page: no network, a strict content security policy, all text escaped."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_reasoning.report.html.charts import Spec, chart_library, lift_chart, pareto_chart, scaling_chart
from pytest_reasoning.report.html.figures import (
    lift_figure,
    pareto_figure,
    require_matplotlib,
    scaling_figure,
    styled,
)
from pytest_reasoning.report.html.inline_svg import inline_svg
from pytest_reasoning.report.html.inside_figures import distance_figure, lens_figure
from pytest_reasoning.report.html.overview import overview
from pytest_reasoning.report.html.pareto import pareto_points
from pytest_reasoning.report.html.payload import RunHistory, payload
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.side_by_side import SideBySide
from pytest_reasoning.report.tables.comparisons import flip_rows
from pytest_reasoning.report.tables.contrasts import contrast_rows, gap_rows
from pytest_reasoning.report.tables.fresh import fresh_rows
from pytest_reasoning.report.tables.inside import distance_rows, lens_rows
from pytest_reasoning.report.tables.machines import mixed_text
from pytest_reasoning.report.tables.models import model_rows
from pytest_reasoning.report.tables.pairs import run_rows
from pytest_reasoning.report.tables.quantization import sections
from pytest_reasoning.report.tables.repeats import repeated_rows
from pytest_reasoning.report.tables.scaling import scaling_notes, scaling_rows
from pytest_reasoning.report.tables.verdicts import judged_lines, running_text, verdict_texts
from pytest_reasoning.text.sizes import model_size_text
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict.scaling import Scaling

_TEMPLATES = files("pytest_reasoning.report.html") / "templates"
_SCRIPTS = ("core.js", "overview.js", "matrix.js", "case.js", "compare.js", "route.js")
"The parts of the page's own script, in order; what only some pages have comes before the last."
_MOST_CHARTED = 2_900_000
"A page that would be larger with interactive charts, in bytes, has static figures only."


def html_report(
    results: Results,
    *,
    running: str = "",
    compared: SideBySide | None = None,
    history: RunHistory | None = None,
) -> str:
    """Return the page.

    Args:
        results: the report document.
        running: how far a run is that goes on, such as `3 of 40 cases answered`; its page has no analyses and
            loads itself again now and then. Empty if the run has ended.
        compared: the runs that the document is made of, which get a view of their own; None for a single run.
        history: earlier runs, which are shown with each case.

    Raises:
        MissingLibraryError: matplotlib is not installed.
    """
    require_matplotlib()
    style = _read("style.css")
    environment = Environment(
        loader=PackageLoader("pytest_reasoning.report.html"), autoescape=True, undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    text, detail = verdict_texts(results, others="from run to run") if compared else verdict_texts(results)
    analyses = {} if running else _analyses(results)
    if compared is not None:
        analyses["flips"] = []  # the view of the comparison shows them
    pairs = compared.pairs if compared is not None else ()
    packed = payload(results, pairs, history)
    charts = analyses.pop("charts", {})
    library = chart_library() if charts else ""
    if library and len(library) + len(packed) < _MOST_CHARTED:
        packed = payload(results, pairs, history, charts)
    else:
        library = ""
    more = ("running.js",) if running else ("charts.js",) if library else ()
    script = "".join(_read(name) for name in (*_SCRIPTS[:-1], *more, _SCRIPTS[-1]))
    context: dict[str, Any] = {
        "title": "Reasoning report: still running" if running else f"Reasoning report: {text.lower()}",
        "running": bool(running),
        "verdict": "running" if running else results.verdict,
        "verdict_text": "Still running" if running else text,
        "verdict_detail": f"{running}; {running_text(results)}" if running else detail,
        "started": printable(results.started.replace("T", " ").replace("+00:00", " UTC")),
        "duration": f"{results.elapsed_s:,.0f} s" if results.elapsed_s >= 10 else f"{results.elapsed_s:.1f} s",
        "outcome_count": counted(len(results.outcomes), "outcome"),
        "environment": _environment(results),
        "plugin": printable(str(results.environment.get("plugin") or "")),
        "judged": judged_lines(results),
        "overview": overview(results),
        "runs": run_rows(compared) if compared is not None else [],
        "level": f"{100 * compared.confidence:.3g} %" if compared is not None else "",
        "payload": Markup(packed),
        "library": Markup(library),
        "library_hash": _hash(library) if library else "",
        "style": Markup(style),
        "script": Markup(script),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "sections": [(key, name) for key, name in _SECTIONS if analyses.get(_SHOWN_BY.get(key, key))],
        **analyses,
    }
    return environment.get_template("page.html.j2").render(context)


def _analyses(results: Results) -> dict[str, Any]:
    """Return what the view of analyses shows, and under `charts` the specifications of its interactive charts."""
    charts: dict[str, Spec] = {}
    return {
        "charts": charts,
        "flips": flip_rows(results),
        "models": model_rows(results),
        "thinks": any(model.thinking_tokens for model in results.models),
        "scaling": _scaling_figures(results, charts),
        "scaling_rows": scaling_rows(results.scaling),
        "scaling_notes": scaling_notes(results.scaling),
        "contrasts": contrast_rows(results),
        "lifts": _lifts(results, charts),
        "gaps": gap_rows(results),
        "repeats": repeated_rows(results.repeats),
        "fresh": fresh_rows(results.contamination),
        "seed": printable(results.seed),
        "pareto": _pareto(results, charts),
        "quantization": sections(results.quantization),
        "lens": lens_rows(results.lenses),
        "lens_figures": _lens_figures(results),
        "distances": distance_rows(results.distances),
        "distance_figures": _distance_figures(results),
    }


_SECTIONS = (
    ("flips", "Against the baseline"), ("models", "Models"), ("quantization", "Quantization"),
    ("scaling", "Ability against size"), ("sizes", "Small against large"), ("lifts", "Lift over direct"),
    ("gaps", "Longer instances"), ("repeats", "Repeats"), ("fresh", "Fresh instances"),
    ("lens", "Where answers can be read"), ("distances", "Distance of models inside"),
    ("pareto", "Size against pass rate"),
)  # fmt: skip
"The sections of the view of analyses."
_SHOWN_BY = {"sizes": "contrasts"}
"Context keys of the sections whose key is not their name."


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _environment(results: Results) -> str:
    known = results.environment
    named = (("llama-cpp-python", "llama_cpp_python"), ("", "backend"), ("", "cpu"), ("", "batching"))
    parts = [f"{label} {known[key]}".strip() for label, key in named if known.get(key)]
    return printable(" · ".join((*parts, *filter(None, [mixed_text(results)]))))


def _svg(text: str) -> Markup:
    return Markup(text)


def _scaling_figures(results: Results, charts: dict[str, Spec]) -> list[dict[str, str]]:
    sizes = {model.name: model_size_text(model.n_params, model.size_label) for model in results.models}
    suites: dict[str, list[Scaling]] = {}
    for analysis in results.scaling:
        if len(analysis.pass_rate.models) > 2:
            suites.setdefault(analysis.suite, []).append(analysis)
    figures = []
    for place, (suite, analyses) in enumerate(suites.items()):
        name = printable(suite)
        title = f"{name}: pass rate against parameters"
        with styled():
            svg = inline_svg(scaling_figure(analyses, sizes), name=f"scaling{place}", title=title)
        charts[f"scaling{place}"] = scaling_chart(analyses, sizes, title)
        figures.append({"suite": name, "svg": _svg(svg), "chart": f"scaling{place}"})
    return figures


def _lifts(results: Results, charts: dict[str, Spec]) -> list[dict[str, str]]:
    lifts = results.lifts
    figures = []
    for place, strategy in enumerate(dict.fromkeys(lift.strategy for lift in lifts)):
        own, name = [lift for lift in lifts if lift.strategy == strategy], printable(strategy)
        models, title = [model.name for model in results.models], f"Lift of {name} over direct by suite and model"
        with styled():
            svg = inline_svg(lift_figure(own, models), name=f"lift{place}", title=title)
        charts[f"lift{place}"] = lift_chart(own, models, title)
        figures.append({"strategy": name, "svg": _svg(svg), "chart": f"lift{place}"})
    return figures


def _pareto(results: Results, charts: dict[str, Spec]) -> Markup | None:
    points = pareto_points(results)
    if not points:
        return None
    title = "File size against pass rate"
    charts["pareto"] = pareto_chart(points, title)
    with styled():
        return _svg(inline_svg(pareto_figure(points), name="pareto", title=title))


def _lens_figures(results: Results) -> list[dict[str, str]]:
    suites = dict.fromkeys(view.suite for view in results.lenses)
    models = list(dict.fromkeys(view.model for view in results.lenses))
    figures = []
    for place, suite in enumerate(suites):
        name = printable(suite)
        title = f"{name}: log-probability of the target by depth"
        own = [view for view in results.lenses if view.suite == suite]
        with styled():
            svg = inline_svg(lens_figure(own, models), name=f"lens{place}", title=title)
        figures.append({"suite": name, "svg": _svg(svg)})
    return figures


def _distance_figures(results: Results) -> list[dict[str, str]]:
    figures = []
    for place, one in enumerate(results.distances):
        name = printable(f"{one.suite}: {one.model} and {one.reference}")
        with styled():
            svg = inline_svg(distance_figure(one), name=f"distance{place}", title=f"{name}, block by block")
        figures.append({"name": name, "svg": _svg(svg)})
    return figures
