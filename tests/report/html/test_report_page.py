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


def listed(browser: Chromium) -> list[str]:
    names: list[str] = browser.run("return [...document.querySelectorAll('#list .id')].map(e => e.textContent)")
    return names


def choose(browser: Chromium, **values: str) -> None:
    browser.run(
        "for (const [id, value] of Object.entries(arguments[0])) document.getElementById(id).value = value;"
        "document.getElementById('filter').dispatchEvent(new Event('input'))",
        values,
    )


def count(browser: Chromium) -> str:
    text: str = browser.run("return document.getElementById('count').textContent")
    return text


def test_it_opens_without_an_error_and_without_a_request(browser: Chromium, page: Path) -> None:
    browser.open(page)
    messages = [entry["message"] for entry in browser.log("browser")]
    assert messages == []
    events = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    asked = {event["request"]["url"] for event in sent if event["documentURL"] == page.as_uri()}
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}


def test_hostile_completions_are_text(browser: Chromium, page: Path) -> None:
    browser.open(page)
    choose(browser, text="case-19", suite="letters-4")
    browser.wait("return document.getElementById('count').textContent.startsWith('1 of 60')")
    browser.run("document.querySelector('#list details').open = true")
    browser.wait("return document.querySelector('#list .answer pre') !== null")
    shown = browser.run("return document.querySelector('#list .answer pre').textContent")
    assert shown == printable(HOSTILE)
    assert browser.run("return document.querySelectorAll('#list script, #list img').length") == 0
    assert browser.run("return document.title") == "Reasoning report: failed"
    assert browser.log("browser") == []


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


def test_filters_narrow_the_list_and_say_how_far(browser: Chromium, page: Path) -> None:
    browser.open(page)
    assert count(browser) == "60 of 60 cases."
    choose(browser, status="!correct", model="large")
    browser.wait("return document.getElementById('count').textContent.startsWith('2 of')")
    assert listed(browser) == ["case-18", "case-19"]
    choose(browser, status="", model="", text="Case-7 letters-4")
    browser.wait("return document.getElementById('count').textContent.startsWith('1 of')")
    assert listed(browser) == ["case-7"]
    browser.run("document.querySelector('#filter button[type=reset]').click()")
    browser.wait("return document.getElementById('count').textContent.startsWith('60 of')")


def test_a_cell_of_the_map_leads_to_its_cases(browser: Chromium, page: Path) -> None:
    browser.open(page)
    browser.run("document.querySelector('.heat button[data-strategy=cot][data-model=small]').click()")
    browser.wait("return document.getElementById('count').textContent.startsWith('20 of')")
    assert browser.run("return document.getElementById('model').value") == "small"


def test_the_keyboard_reaches_search_and_cases(browser: Chromium, page: Path) -> None:
    browser.open(page)
    browser.press("/")
    assert browser.run("return document.activeElement.id") == "text"
    browser.press("\ue00c")
    browser.press("j")
    browser.press("j")
    assert browser.run("return document.activeElement.querySelector('.id').textContent") == "case-1"
    browser.press("\ue007")
    browser.wait("return document.activeElement.parentElement.open")


def test_a_case_shows_prompt_answers_and_probabilities(browser: Chromium, page: Path) -> None:
    browser.open(page)
    browser.run("document.querySelector('#list details').open = true")
    browser.wait("return document.querySelector('#list .body') !== null")
    text: str = browser.run("return document.querySelector('#list .body').textContent")
    assert "Q: What is 1?\nA: 1" in text
    assert "Q: What is 0 in letters-2?\nA:" in text
    assert 'expected: "0"' in text
    assert "cases/letters-2.yaml::case-0[nano-direct]" in text
    heights = browser.run(
        "return [...document.querySelectorAll('.strip:first-of-type i')].map(bar => parseFloat(bar.style.height))"
    )
    assert heights[:3] == pytest.approx([90.48, 60.65, 13.53], abs=0.01)
    texts = browser.run("return [...document.querySelectorAll('.strip:first-of-type b')].map(b => b.textContent)")
    assert texts[:3] == [" ", "0", "∎"]
    titles = browser.run("return [...document.querySelector('.strip').children].map(box => box.title)")
    assert titles[1] == 'token 2, "0": probability 0.607, log -0.50'


def test_dark_follows_the_system_and_the_button(browser: Chromium, page: Path) -> None:
    browser.open(page)
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.run(background) == "rgb(255, 255, 255)"
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.run(background) == "rgb(20, 23, 27)"
    browser.run("document.getElementById('theme').click()")
    assert browser.run(background) == "rgb(255, 255, 255)"
    browser.command("Emulation.setEmulatedMedia", features=[])


def test_nothing_is_wider_than_a_phone(browser: Chromium, page: Path) -> None:
    browser.open(page)
    browser.command("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    assert browser.run("return document.documentElement.scrollWidth") == 360
    browser.command("Emulation.clearDeviceMetricsOverride")


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
    browser.open(page)
    browser.command("Emulation.setEmulatedMedia", media="print")
    browser.command("Emulation.setDeviceMetricsOverride", width=794, height=1123, deviceScaleFactor=1, mobile=False)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("return getComputedStyle(document.getElementById('filter')).display") == "none"
    browser.command("Emulation.clearDeviceMetricsOverride")
    browser.command("Emulation.setEmulatedMedia", media="")
