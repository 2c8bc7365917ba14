r"""Makes the images of README and docs from one real run; nothing in them is drawn by hand.

    export COLUMNS=110
    pytest cases/{symbol_mapping_{4,8},last_letters_{4,6},addition_3_digits,coin_flips}.yaml \
        --reasoning-models=nano,wide,small,medium,large --reasoning-json=run.json --color=yes > run.txt
    python docs/images/make.py run.json run.txt

Needs chromium and chromedriver.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from pytest_reasoning.report import read_results
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.html.figures import scaling_figure, styled
from pytest_reasoning.report.html.inline_svg import FAINT, INK, SERIES
from pytest_reasoning.text.sizes import model_size_text

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from kit.chromium import Chromium, chromium  # noqa: E402

FIGURES = ("symbol-mapping-4", "last-letters-4", "addition-3-digits")
"Suites shown in docs/scaling.md."
VIEWS = {
    "page": "view=overview",
    "page-cases": "view=cases&differ=1",
    "page-case": "suite=last-letters-4&strategy=cot&case=vudvay-xevi-zfe-ede",
    "page-analyses": "view=analyses",
}
"The views of the page by the name of their image."
COLORS = dict(zip((INK, FAINT, *SERIES), ("#57606a", "#c9d1d9", "#0b7cd0", "#d9541c", "#15803d"), strict=False))
"Readable on white and on black, as GitHub shows both."


def main() -> None:
    """Make every image."""
    report = read_results(Path(sys.argv[1]))
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
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, terminal = Path(folder, "page.html"), Path(folder, "terminal.html")
        page.write_text(html_report(report), encoding="utf-8")
        terminal.write_text(_terminal(Path(sys.argv[2]).read_text(encoding="utf-8")), encoding="utf-8")
        with chromium(Path(folder, "profile"), 1200, 980) as browser:
            _page(browser, page)
            _shot_of_terminal(browser, terminal)


def _page(browser: Chromium, page: Path) -> None:
    for name, address in VIEWS.items():
        browser.open(page, address)
        browser.screenshot(HERE / f"{name}.png")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.command("Emulation.setEmulatedMedia", features=dark)
    browser.open(page, VIEWS["page-cases"])
    browser.screenshot(HERE / "page-dark.png")
    browser.command("Emulation.setEmulatedMedia", features=[])
    browser.command("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    browser.open(page)
    browser.screenshot(HERE / "page-phone.png")
    browser.command("Emulation.clearDeviceMetricsOverride")


def _terminal(ansi: str) -> str:
    """Return the summary, from its heading on, as a page in a terminal's colours."""
    lines = ansi.splitlines()
    start = max(place for place, line in enumerate(lines) if " reasoning " in line and "===" in line)
    end = next((place for place in range(start + 1, len(lines)) if "===" in lines[place]), len(lines))
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    for line in lines[start:end]:
        console.print(Text.from_ansi(line), soft_wrap=True)
    return console.export_html(theme=SVG_EXPORT_THEME, inline_styles=True)


def _shot_of_terminal(browser: Chromium, terminal: Path) -> None:
    browser.show(terminal)
    browser.run("document.body.style.cssText = 'margin:0;padding:14px 18px;display:inline-block;font-size:13px'")
    width, height = browser.run("return [document.body.offsetWidth, document.body.offsetHeight]")
    browser.command(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1.25, mobile=False
    )
    browser.screenshot(HERE / "terminal.png")


if __name__ == "__main__":
    main()
