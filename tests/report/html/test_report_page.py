"""The HTML page in a real Chromium: it works, it is inert, and it asks nobody for anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kit.chromium import Chromium, chromium
from kit.sample_report import HOSTILE, sample_document, sample_report
from pytest_reasoning.report.assembly import analyzed
from pytest_reasoning.report.document import parse_results
from pytest_reasoning.report.html import html_report
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import Comparison
from pytest_reasoning.verdict.baseline.comparison import Flip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(html_report(sample_report(hostile=True)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def rows(browser: Chromium) -> list[str]:
    """Return the ids of the cases that are drawn."""
    names: list[str] = browser.run(
        "return [...document.querySelectorAll('#matrix tr[data-index] .id b')].map(e => e.textContent)"
    )
    return names


def choose(browser: Chromium, **values: str) -> None:
    browser.run(
        "for (const [id, value] of Object.entries(arguments[0])) document.getElementById(id).value = value;"
        "document.getElementById('filter').dispatchEvent(new Event('input'))",
        values,
    )


def count_starts(browser: Chromium, text: str) -> None:
    browser.wait(f"return document.getElementById('count').textContent.startsWith('{text}')")


def seen(browser: Chromium, view: str) -> bool:
    shown: bool = browser.run("return !document.getElementById(arguments[0]).hidden", view)
    return shown


def test_it_opens_without_an_error_and_without_a_request(browser: Chromium, page: Path) -> None:
    browser.open(page)
    messages = [entry["message"] for entry in browser.log("browser")]
    assert messages == []
    events = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    asked = {event["request"]["url"] for event in sent if event["documentURL"] == page.as_uri()}
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}


def test_the_page_of_a_run_that_goes_on_says_so_and_has_no_analyses_yet(browser: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "running.html"
    path.write_text(html_report(sample_report(), running="300 of 4,000 cases answered"), encoding="utf-8")
    browser.log("browser")
    browser.open(path)
    said = browser.run("return document.querySelector('.verdict').textContent")
    assert said.startswith("Still running 300 of 4,000 cases answered; ")
    assert browser.run("return document.getElementById('to-analyses').offsetParent === null")
    assert browser.run("return document.querySelectorAll('.heat tbody tr').length") > 3
    assert browser.log("browser") == []


def test_no_recommendation_stands_beside_a_red_bar(browser: Chromium, page: Path) -> None:
    browser.open(page)
    colors = "return ['failed', 'passed'].map(name => { const item = document.createElement('li'); "
    colors += "item.className = name; document.querySelector('.reasons').append(item); "
    colors += "const found = getComputedStyle(item).borderLeftColor; item.remove(); return found; })"
    assert browser.run(colors) == ["rgb(179, 38, 30)", "rgb(217, 221, 227)"]


def test_the_policy_refuses_whatever_was_not_ours(browser: Chromium, page: Path) -> None:
    browser.open(page)
    browser.log("browser")
    browser.run(
        "const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/x.png';"
        "document.body.append(image);"
        "const script = document.createElement('script');"
        "try { script.textContent = 'document.title = 1' } catch { } document.body.append(script);"
    )
    browser.wait("return document.images.length === 1 && document.images[0].complete")
    refused = "\n".join(entry["message"] for entry in browser.log("browser"))
    assert 'violates the following Content Security Policy directive: "img-src data:"' in refused
    assert "This document requires 'TrustedScript' assignment" in refused
    assert browser.run("return document.title") == "Reasoning report: failed"


def test_dark_follows_the_system_and_the_button(browser: Chromium, page: Path) -> None:
    browser.open(page)
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.run(background) == "rgb(255, 255, 255)"
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.run(background) == "rgb(20, 23, 27)"
    browser.run("document.getElementById('theme').click()")
    assert browser.run(background) == "rgb(255, 255, 255)"
    browser.command("Emulation.setEmulatedMedia", features=[])


def test_five_thousand_outcomes_stay_below_three_megabytes() -> None:
    document = sample_document(cases=334)
    for place, outcome in enumerate(document["outcomes"]):
        words = " ".join(f"w{(place * 7919 + word * word) % 9973}" for word in range(40))
        outcome["completion"] = f" step by step {words} so the answer is {outcome['answer']}."
        outcome["logprobs"] = [-((place * 31 + token * 17) % 397) / 100 for token in range(60)]
        lengths = [1 + (place * 13 + token * 7) % 5 for token in range(60)]
        outcome["ends"] = [sum(lengths[: token + 1]) for token in range(60)]
    page = html_report(parse_results(json.dumps(document), "large.json"))
    assert len(document["outcomes"]) > 5000
    assert len(page.encode()) < 3_000_000


def test_all_text_is_escaped_in_the_page_itself() -> None:
    report = sample_report()
    attack = '"><script>alert(1)</script>\u202e'
    hostile = replace(
        report,
        models=tuple(replace(model, name=attack + model.name, reference=attack) for model in report.models),
        outcomes=tuple(replace(o, suite=attack, model=attack + o.model, strategy=attack) for o in report.outcomes),
        gates=tuple(replace(gate, reason=attack, nodeid=attack) for gate in report.gates),
    )
    page = html_report(analyzed(hostile, scaled=True))
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_the_page_is_whole_without_models_that_have_sizes() -> None:
    report = sample_report()
    unsized = replace(report, models=tuple(replace(m, n_params=0, n_layers=0) for m in report.models))
    page = html_report(analyzed(unsized, scaled=True))
    assert 'id="scaling"' not in page
    assert 'id="lifts"' in page
    nothing: Results = replace(report, outcomes=(), gates=(), prompts=())
    assert "Nothing judged" in html_report(nothing)


def test_ids_in_the_page_are_unique() -> None:
    ids = re.findall(r'\sid="([^"]+)"', html_report(sample_report()))
    assert len(ids) == len(set(ids))


def test_nothing_is_wider_than_paper(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=overview")
    browser.command("Emulation.setEmulatedMedia", media="print")
    browser.command("Emulation.setDeviceMetricsOverride", width=794, height=1123, deviceScaleFactor=1, mobile=False)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("return getComputedStyle(document.querySelector('.bar nav')).display") == "none"
    assert browser.run("return getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"
    browser.command("Emulation.clearDeviceMetricsOverride")
    browser.command("Emulation.setEmulatedMedia", media="")


def test_hostile_completions_are_text(browser: Chromium, page: Path) -> None:
    browser.open(page, "suite=letters-4&strategy=direct&case=case-19")
    assert browser.run("return document.querySelector('#case .answer pre').textContent") == printable(HOSTILE)
    browser.open(page, "view=cases&suite=letters-4&q=case-19")
    count_starts(browser, "1 of 60")
    assert browser.run("return document.querySelectorAll('main script, main img').length") == 0
    assert browser.run("return document.title") == "Reasoning report: failed"
    assert browser.log("browser") == []


def test_the_overview_sorts_by_a_model_and_folds_families(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=overview")
    names = (
        "return [...document.querySelectorAll('.heat tbody tr:not(.family)')]"
        ".map(row => `${row.dataset.name} ${row.dataset.strategy}`)"
    )
    assert browser.run(names) == ["letters-2 direct", "letters-2 cot", "letters-4 direct"]
    sort = "document.querySelector('.heat [data-sort=\"3\"] .sort').click()"
    browser.run(sort)
    assert browser.run(names) == ["letters-4 direct", "letters-2 direct", "letters-2 cot"]
    browser.run(sort)
    assert browser.run(names) == ["letters-2 cot", "letters-2 direct", "letters-4 direct"]
    assert browser.run("return document.querySelector('.heat .family').textContent").startswith(
        "letters 2 suites7 %"
    )
    browser.run("document.querySelector('.toggle').click()")
    hidden = "return [...document.querySelectorAll('.heat tbody tr:not(.family)')].every(row => row.hidden)"
    assert browser.run(hidden)
    browser.run("document.getElementById('fold').click()")
    assert not browser.run(hidden)


def test_a_cell_of_the_overview_leads_to_its_cases(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=overview")
    browser.run("document.querySelector('.heat button[data-strategy=cot][data-model=small]').click()")
    count_starts(browser, "20 of 60")
    assert browser.run("return document.getElementById('model').value") == "small"
    assert browser.run("return [...document.querySelectorAll('#matrix thead th')].map(e => e.textContent)") == [
        "Case", "Question", "Target", "small",
    ]  # fmt: skip


def test_filters_narrow_the_cases_stay_in_the_address_and_survive_a_reload(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=cases")
    assert browser.run("return document.getElementById('count').textContent") == "60 of 60 cases."
    choose(browser, status="!correct", model="large")
    count_starts(browser, "2 of 60")
    assert rows(browser) == ["case-18", "case-19"]
    address = browser.run("return location.hash.slice(1)")
    assert address == "view=cases&model=large&status=%21correct"
    browser.open(page, address)
    count_starts(browser, "2 of 60")
    choose(browser, status="", model="", q="Case-7 letters-4")
    count_starts(browser, "1 of 60")
    browser.run("document.querySelector('#filter button[type=reset]').click()")
    count_starts(browser, "60 of 60")
    browser.run("document.getElementById('differ').click()")
    count_starts(browser, "54 of 60")


def test_the_matrix_shows_questions_and_answers_and_sorts_by_any_column(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=cases&suite=letters-4")
    first = browser.run(
        "return [...document.querySelector('#matrix tr[data-index]').cells].map(e => e.textContent)"
    )
    assert first[:3] == ["case-0letters-4 / direct", "Q: What is 0 in letters-4? A:", "0"]
    assert first[4:7] == ["\u2713 0", "\u2717 no", "\u2713 0"]
    sort = "[...document.querySelectorAll('#matrix .sort')].find(e => e.textContent === arguments[0]).click()"
    browser.run(sort, "Case")
    browser.run(sort, "Case")
    assert rows(browser)[:2] == ["case-19", "case-18"]
    browser.run(sort, "large")
    browser.run(sort, "large")
    assert rows(browser)[:3] == ["case-18", "case-19", "case-0"]
    assert "sort=large&down=1" in browser.run("return location.hash")


def test_flipped_cases_are_marked_and_found(browser: Chromium, tmp_path: Path) -> None:
    report = sample_report()
    lost = Flip(
        case="case-3",
        target=("3",),
        before_status="correct",
        before_answer="3",
        before_correct=1,
        before_samples=1,
        now_correct=0,
        now_samples=1,
        now_status="wrong",
        now_answer="no",
    )
    one = Comparison(
        suite="letters-4", strategy="direct", model="nano", verdict="failed", reason="1 lost", lost=(lost,)
    )
    path = tmp_path / "flipped.html"
    path.write_text(html_report(replace(report, comparisons=(one,))), encoding="utf-8")
    browser.open(path, "view=cases&flipped=1")
    count_starts(browser, "1 of 60")
    assert browser.run("return document.querySelector('#matrix .flip.lost').textContent") == "lost"


def test_the_keyboard_reaches_search_cases_and_views(browser: Chromium, page: Path) -> None:
    browser.open(page, "view=overview")
    browser.press("/")
    assert browser.run("return document.activeElement.id") == "q"
    assert seen(browser, "cases")
    browser.press("\ue00c")
    browser.press("j")
    browser.press("j")
    assert browser.run("return document.activeElement.querySelector('.id b').textContent") == "case-1"
    browser.press("\ue007")
    browser.wait("return !document.getElementById('case').hidden")
    assert browser.run("return location.hash") == "#suite=letters-2&strategy=direct&case=case-1"
    browser.press("j")
    assert browser.run("return document.querySelector('#case h2').textContent") == "case-2"
    browser.press("\ue00c")
    browser.wait("return !document.getElementById('cases').hidden")
    assert browser.run("return document.activeElement.querySelector('.id b').textContent") == "case-2"
    browser.press("3")
    browser.wait("return !document.getElementById('analyses').hidden")


def test_a_case_shows_prompt_answers_probabilities_and_its_command(browser: Chromium, page: Path) -> None:
    browser.open(page, "suite=letters-2&strategy=direct&case=case-0")
    text: str = browser.run("return document.getElementById('case').textContent")
    assert "Q: What is 1?\nA: 1" in text
    assert "Q: What is 0 in letters-2?\nA:" in text
    assert 'Expected: "0"' in text
    assert "pytest 'cases/letters-2.yaml::case-0[nano-direct]' --reasoning-models=zoo:nano" in text
    heights = browser.run(
        "return [...document.querySelectorAll('.strip i')].map(bar => parseFloat(bar.style.height))"
    )
    assert heights[:3] == pytest.approx([90.48, 60.65, 13.53], abs=0.01)
    texts = browser.run("return [...document.querySelectorAll('.strip b')].map(b => b.textContent)")
    assert texts[:3] == [" ", "0", "\u220e"]
    titles = browser.run("return [...document.querySelector('.strip').children].map(box => box.title)")
    assert titles[1] == 'token 2, "0": probability 0.607, log -0.50'


def test_thinking_is_folded(browser: Chromium, tmp_path: Path) -> None:
    report = sample_report()
    text = "<think>One\u200b and one.</think> The answer is 2."
    outcomes = (replace(report.outcomes[0], completion=text, thinking_tokens=5, logprobs=(), ends=()),)
    path = tmp_path / "thinking.html"
    path.write_text(html_report(replace(report, outcomes=outcomes, gates=())), encoding="utf-8")
    browser.open(path, "case=case-0")
    folded = "return [...document.querySelectorAll('.answer details')].map(e => [e.open, e.textContent])"
    assert browser.run(folded) == [[False, "Thinking, 5 tokens<think>One\\u200b and one.</think>"]]
    assert browser.run("return document.querySelector('.answer > pre').textContent") == " The answer is 2."


def test_nothing_is_wider_than_a_phone(browser: Chromium, page: Path) -> None:
    for address in ("view=overview", "view=cases", "view=analyses", "case=case-19"):
        browser.open(page, address)
        browser.command(
            "Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True
        )
        assert browser.run("return document.documentElement.scrollWidth") == 360
        browser.command("Emulation.clearDeviceMetricsOverride")


def test_ten_models_with_long_names_and_5000_outcomes_are_scrolled_in_one_screen(
    browser: Chromium, tmp_path: Path
) -> None:
    report = sample_report()
    names = [f"Some-Family-{size}B-Instruct-2026-Thinking-Q{size % 8 + 1}_K_M" for size in range(10)]
    models = tuple(replace(report.models[0], name=name) for name in names)
    outcomes = tuple(
        replace(
            report.outcomes[0], suite=f"suite-{case // 20}", case=f"case-{case}", model=name,
            nodeid=f"cases/suite.yaml::case-{case}[{name}]", status="correct" if (case + place) % 3 else "wrong",
        )
        for case in range(500)
        for place, name in enumerate(names)
    )  # fmt: skip
    path = tmp_path / "many.html"
    path.write_text(
        html_report(analyzed(replace(report, models=models, outcomes=outcomes, gates=(), prompts=()))),
        encoding="utf-8",
    )
    browser.open(path, "view=cases&differ=1")
    count_starts(browser, "500 of 500")
    assert len(rows(browser)) < 60
    browser.run("document.getElementById('matrix').scrollTop = 490 * 50")
    browser.wait("return [...document.querySelectorAll('#matrix .id b')].some(e => e.textContent === 'case-495')")
    heads = browser.run("return [...document.querySelectorAll('#matrix .sort')].slice(3).map(e => e.textContent)")
    assert all(20 < len(head) <= 22 and "..." in head for head in heads)
    assert len(set(heads)) == 10
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    browser.run("document.getElementById('matrix').scrollLeft = 900")
    assert browser.run(
        "const box = document.getElementById('matrix').getBoundingClientRect(), "
        "cell = document.querySelector('#matrix tr[data-index] .id').getBoundingClientRect(); "
        "return Math.abs(box.left - cell.left) < 3"
    )
    browser.open(path, "view=overview")
    assert browser.run("return document.querySelectorAll('.heat thead th').length") == 13
    assert browser.log("browser") == []
