"""The page in a real browser: nothing fetched, nothing complained about, legible everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from selfstudy.reports.learn_report import KnownDocument
from selfstudy.reports.page import render
from selfstudy.reports.reproduction import render_reproduction
from selfstudy.reports.write import write_report
from tests.reports import run
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
BOXES = """
[...document.querySelectorAll('.chart')].flatMap((chart, n) => [...chart.querySelectorAll('text')].map(e => {
  const b = e.getBoundingClientRect(), inset = b.height / 6;
  return [n, e.textContent, b.left, b.top + inset, b.right, b.bottom - inset];
}))
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


def check(chromium: Browser, page: Path, width: int, dark: bool, num_charts: int) -> None:
    """It opens alone, fits its width, and all that is written in it stands out from the page."""
    chromium.show(page, width, dark=dark)
    contrast = chromium.value(CONTRAST)
    assert contrast["chart"] >= 4.5
    assert contrast["text"] >= 4.5
    assert (contrast["background"] < 0.2) == dark
    assert chromium.value("document.documentElement.scrollWidth") <= width
    heights = chromium.value("[...document.querySelectorAll('.chart')].map(e => e.getBoundingClientRect().height)")
    assert len(heights) == num_charts
    assert min(heights) > 60
    fetched = [e["params"]["request"]["url"] for e in chromium.seen if e.get("method") == "Network.requestWillBeSent"]
    assert fetched == [page.as_uri()]
    assert [e for e in chromium.seen if e.get("method") in COMPLAINTS] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_opens_alone_and_is_legible(chromium: Browser, page: Path, width: int, dark: bool) -> None:
    check(chromium, page, width, dark, num_charts=5)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize(("task", "num_charts"), [("squad", 14), ("reward", 4)])
def test_a_reproduction_is_legible(
    chromium: Browser, tmp_path: Path, task: str, num_charts: int, width: int, dark: bool
) -> None:
    file = tmp_path / f"{task}.html"
    write_report(render_reproduction({"squad": run.squad, "reward": run.reward}[task]()), file)
    check(chromium, file, width, dark, num_charts)
    # No text of a chart lies outside the page, and none on another text of it.
    boxes = chromium.value(BOXES)
    assert all(left >= 0 and right <= width for _, _, left, _, right, _ in boxes)
    for n, (chart, text, left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:n]:
            apart = right <= other[2] or left >= other[4] or bottom <= other[3] or top >= other[5]
            assert chart != other[0] or apart, (text, other[1])


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
