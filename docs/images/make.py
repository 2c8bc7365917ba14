"""Makes the images of README and docs from stored reports of real runs; nothing in them is drawn by hand.

    benchmarks/real_ladder.sh FOLDER MODEL...                # a run of real models, or any other report
    python docs/images/make.py FOLDER/ladder.json            # every view of the page, and the terminal's summary
    python docs/images/make.py --compare OLD.json NEW.json   # the view of several runs
    python docs/images/make.py --scaling RUN.json            # the figures of docs/scaling.md

The figures come from the embedded models: symbol_mapping_4, last_letters_4 and addition_3_digits of `cases/`.
Several reports are merged as shards of one run. Needs chromium and chromedriver.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from pytest_reasoning.report import Results, closing_lines, highlights, merged_results, read_results, summary
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.html.figures import scaling_figure, styled
from pytest_reasoning.report.html.inline_svg import FAINT, INK, SERIES
from pytest_reasoning.report.side_by_side import side_by_side
from pytest_reasoning.text.sizes import model_size_text
from pytest_reasoning.verdict import ComparisonSettings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from kit.chromium import Chromium, chromium  # noqa: E402

FIGURES = ("symbol-mapping-4", "last-letters-4", "addition-3-digits")
"Suites shown in docs/scaling.md."
COLORS = dict(zip((INK, FAINT, *SERIES), ("#57606a", "#c9d1d9", "#0b7cd0", "#d9541c", "#15803d"), strict=False))
"Readable on white and on black, as GitHub shows both."
_WIDTH = 124
"Columns of the terminal."
_SHADES = 224
"Colors of an image: enough for text and shades, and a third of the size."


def main() -> None:
    """Make the images that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="*", type=Path, help="reports of one run")
    parser.add_argument("--compare", nargs="+", type=Path, default=(), help="reports of several runs")
    parser.add_argument("--scaling", type=Path, help="a report with the suites of docs/scaling.md")
    options = parser.parse_args()
    if options.scaling is not None:
        _figures(read_results(options.scaling))
    if not options.reports and not options.compare:
        return
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        chromium(Path(folder, "profile"), 1280, 940) as browser,
    ):
        page, terminal = Path(folder, "page.html"), Path(folder, "terminal.html")
        if options.reports:
            names = [path.name for path in options.reports]
            results = merged_results([read_results(path) for path in options.reports], names)
            # whoever made the images need not be known by where the models lay
            named = tuple(replace(model, reference=Path(model.reference).name) for model in results.models)
            results = replace(results, models=named)
            page.write_text(html_report(results), encoding="utf-8")
            terminal.write_text(_terminal(results), encoding="utf-8")
            _page(browser, page, results)
            _shot_of_terminal(browser, terminal)
        if options.compare:
            reports = [read_results(path) for path in options.compare]
            runs = side_by_side(reports, [path.name for path in options.compare], ComparisonSettings())
            page.write_text(html_report(runs.results, compared=runs), encoding="utf-8")
            browser.open(page, "view=compare")
            browser.run(
                "document.getElementById('pair-changed').checked = true; drawPairs();"
                "document.querySelector('.pairs .toggle').click(); document.activeElement.blur()"
            )
            _shot(browser, "page-compare")


def _figures(report: Results) -> None:
    analyses = [one for one in report.scaling if one.suite in FIGURES]
    sizes = {model.name: model_size_text(model.n_params, model.size_label) for model in report.models}
    for suite in dict.fromkeys(one.suite for one in analyses):
        with styled():
            figure = scaling_figure([one for one in analyses if one.suite == suite], sizes)
            buffer = io.StringIO()
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = buffer.getvalue()
        for stand_in, color in COLORS.items():
            text = text.replace(stand_in, color)
        (HERE / f"scaling-{suite}.svg").write_text(text, encoding="utf-8")


def _page(browser: Chromium, page: Path, results: Results) -> None:
    views = {
        "page": "view=overview",
        "page-cases": "view=cases&differ=1" if len(results.models) > 1 else "view=cases",
        "page-case": _telling_case(results),
        "page-analyses": "view=analyses",
    }
    for name, address in views.items():
        browser.open(page, address)
        if name == "page-analyses":
            browser.run(
                "(document.querySelector('figure[data-chart]') ?? document.body).scrollIntoView({block: 'end'})"
            )
        _shot(browser, name)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.command("Emulation.setEmulatedMedia", features=dark)
    browser.open(page, views["page-cases"])
    _shot(browser, "page-dark")
    browser.command("Emulation.setEmulatedMedia", features=[])
    browser.command("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    browser.open(page)
    _shot(browser, "page-phone")
    browser.command("Emulation.clearDeviceMetricsOverride")


def _telling_case(results: Results) -> str:
    """Return the address of a case that some models answer rightly and others do not."""
    statuses: dict[tuple[str, str, str], set[bool]] = {}
    for one in results.outcomes:
        key = (one.suite, one.strategy, one.case)
        statuses.setdefault(key, set()).add(one.status == "correct")
    suite, strategy, case = next((key for key, found in statuses.items() if len(found) > 1), next(iter(statuses)))
    return f"suite={suite}&strategy={strategy}&case={case}"


def _shot(browser: Chromium, name: str) -> None:
    path = HERE / f"{name}.png"
    browser.screenshot(path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(_SHADES, dither=Image.Dither.NONE).save(path, optimize=True)


def _terminal(results: Results) -> str:
    """Return the summary of the run as a page in a terminal's colors."""
    parts = [
        summary(results, width=_WIDTH, color=True, plain=False),
        highlights(results, width=_WIDTH, plain=False),
    ]
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    for line in "\n".join(filter(None, [*parts, *closing_lines(results, {}, width=_WIDTH)])).split("\n"):
        console.print(Text.from_ansi(line), soft_wrap=True)
    return console.export_html(theme=SVG_EXPORT_THEME, inline_styles=True)


def _shot_of_terminal(browser: Chromium, terminal: Path) -> None:
    browser.show(terminal)
    browser.run("document.body.style.cssText = 'margin:0;padding:14px 18px;display:inline-block;font-size:13px'")
    width, height = browser.run("return [document.body.offsetWidth, document.body.offsetHeight]")
    browser.command(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1.25, mobile=False
    )
    _shot(browser, "terminal")
    browser.command("Emulation.clearDeviceMetricsOverride")


if __name__ == "__main__":
    main()
