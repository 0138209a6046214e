"""The page in a real browser: nothing fetched, nothing complained about, legible everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from selfstudy.reports.learn_report import KnownDocument
from selfstudy.reports.page import render
from selfstudy.reports.write import write_report
from tests.reports.browser import NAMES, Browser, NoBrowser, browser, find
from tests.reports.job import answered, report, version

COMPLAINTS = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
CONTRAST = """
(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255).map(
      v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const page = light(getComputedStyle(document.body).backgroundColor);
  const ratio = colour => Math.max(page, light(colour)) / Math.min(page, light(colour));
  const texts = [...document.querySelectorAll('.chart text')].map(e => ratio(getComputedStyle(e).fill));
  const words = [...document.querySelectorAll('p, dt, .sign, .said, small, summary, td, th')].map(
    e => ratio(getComputedStyle(e).color));
  return {chart: Math.min(...texts), text: Math.min(...words), background: page};
})()
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip(f"no browser is installed (looked for {', '.join(NAMES)}; Debian: apt-get install chromium)")
    try:
        with browser(program, tmp_path_factory.mktemp("profile")) as running:
            yield running
    except NoBrowser as error:
        pytest.skip(f"{program} does not run here: {error}")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    write_report(render(report()), file)
    return file


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_opens_alone_and_is_legible(chromium: Browser, page: Path, width: int, dark: bool) -> None:
    chromium.show(page, width, dark=dark)
    contrast = chromium.value(CONTRAST)
    assert contrast["chart"] >= 4.5
    assert contrast["text"] >= 4.5
    assert (contrast["background"] < 0.2) == dark
    assert chromium.value("document.documentElement.scrollWidth") <= width
    heights = chromium.value("[...document.querySelectorAll('.chart')].map(e => e.getBoundingClientRect().height)")
    assert len(heights) == 5
    assert min(heights) > 60
    fetched = [e["params"]["request"]["url"] for e in chromium.seen if e.get("method") == "Network.requestWillBeSent"]
    assert fetched == [page.as_uri()]
    assert [e for e in chromium.seen if e.get("method") in COMPLAINTS] == []


def test_the_filter_hides_the_other_cards(chromium: Browser, page: Path) -> None:
    chromium.show(page, 1280)
    shown = "[...document.querySelectorAll('.card')].filter(e => e.checkVisibility()).map(e => e.classList[1])"
    assert len(chromium.value(shown)) == 18
    chromium.value("document.querySelector('label[for=show-lost]').click()")
    assert chromium.value(shown) == ["lost"]


def test_notes_are_closed_until_they_are_asked_for(chromium: Browser, page: Path) -> None:
    chromium.show(page, 1280)
    visible = "[...document.querySelectorAll('.notes .target')].filter(e => e.checkVisibility()).length"
    before = chromium.value(visible)
    chromium.value("document.querySelector('.notes summary').click()")
    assert (before, chromium.value(visible)) == (0, 5)


@pytest.mark.parametrize("width", [1280, 360])
def test_long_texts_wrap(chromium: Browser, tmp_path: Path, width: int) -> None:
    long = "unbroken" * 200
    asked = replace(answered()[0], question=long, accepted=(long,), before=long, after=f"{long} " * 9, document=long)
    race = report().races[0]
    race = replace(race, passage=replace(race.passage, title=long, document=long))
    shown = replace(
        report(), version=version(name=long, model=long, answered=(asked,)), documents=(KnownDocument(long, 1),),
        races=(race,), sources={long: long},
    )  # fmt: skip
    write_report(render(shown), tmp_path / "long.html")
    chromium.show(tmp_path / "long.html", width)
    assert chromium.value("document.documentElement.scrollWidth") <= width
