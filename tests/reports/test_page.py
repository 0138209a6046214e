"""The page's structure, read as a browser reads it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import html

from selfstudy.domain.version import GateResult, Score
from selfstudy.reports.learn_report import KnownDocument, LearnReport, PassageRace
from selfstudy.reports.page import render
from tests.reports.job import HARBOUR, answered, races, report, scores, sources, version

NOTHING = Score(0, 0)


def parse(shown: LearnReport) -> html.HtmlElement:
    return html.fromstring(render(shown))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def one(page: html.HtmlElement, path: str) -> html.HtmlElement:
    (found,) = page.xpath(path)
    return found


def cell(card: html.HtmlElement, name: str) -> html.HtmlElement:
    return one(card, f".//dt[.='{name}']/following-sibling::dd[1]")


@pytest.fixture(scope="module")
def page() -> html.HtmlElement:
    return parse(report())


def test_the_same_report_gives_the_same_text() -> None:
    assert render(report()) == render(report())


def test_the_head_says_what_came_of_the_job(page: html.HtmlElement) -> None:
    head = words(one(page, "//header"))
    assert words(one(page, "//h1")) == "Version v3 ✓ published"
    assert "2 of 18 right before, 10 after; 142 of 142 general questions kept." in head
    for fact in ("smollm2-135m", "2026-08-20 09:14 UTC", "4 min 16 s", "41,832", "261", "current version"):
        assert fact in head
    rows = [[words(c) for c in row.xpath("th|td")] for row in page.xpath("//header//tbody/tr")]
    assert rows == [["harbour.mdlearned before", "1", "3"], ["boats/ferry.md", "1", "2"], ["market-days.md", "1", "1"]]


def test_a_refused_version_names_the_reasons() -> None:
    reasons = ("it kept 121 of 142", "it gained nothing")
    page = parse(replace(report(), version=version(gate=GateResult(False, reasons)), current="v1"))
    assert words(one(page, "//h1")) == "Version v3 ✗ refused by the gate"
    assert [words(item) for item in page.xpath("//*[@class='refusal']//li")] == list(reasons)
    assert "the current version is v1" in words(one(page, "//*[@class='refusal']"))
    assert "It passed" not in words(page)


def test_every_question_has_its_card(page: html.HtmlElement) -> None:
    cards = page.xpath("//article[contains(@class, 'card')]")
    assert [words(one(card, ".//h3")) for card in cards] == [asked.question for asked in answered()]
    for card, asked in zip(cards, answered(), strict=True):
        assert words(cell(card, "accepted")) == " · ".join(asked.accepted)
        for when, said, right in (
            ("before", asked.before, asked.right_before),
            ("after", asked.after, asked.right_after),
        ):
            shown = cell(card, when)
            assert words(shown) == ("✓right: " if right else "✗wrong: ") + said
            assert shown.get("class") == ("is-right" if right else "is-wrong")
            assert len(shown.xpath(".//mark")) == right
        source = card.xpath(".//dd[@class='source']")
        assert [words(s) for s in source] == [sources()[asked.question]] if asked.question in sources() else not source
        assert all(one(s, ".//mark").text.casefold() in map(str.casefold, asked.accepted) for s in source)


def test_the_filter_counts_and_needs_no_script(page: html.HtmlElement) -> None:
    labels = {label.get("for"): words(label) for label in page.xpath("//fieldset//label")}
    assert labels == {
        "show-all": "all 18", "show-gained": "changed to right 9", "show-wrong": "still wrong 7", "show-lost": "lost 1",
        "show-right": "right both times 1",
    }  # fmt: skip
    style = one(page, "//style").text
    for name in ("gained", "wrong", "lost", "right"):
        assert f"#questions:has(#show-{name}:checked) .card:not(.{name})" in style
        assert len(page.xpath(f"//article[contains(@class, 'card {name}')]")) == int(labels[f"show-{name}"].split()[-1])


def test_a_filter_without_questions_cannot_be_chosen() -> None:
    page = parse(replace(report(), version=version(answered=answered()[:1])))
    disabled = page.xpath("//fieldset/input[@disabled]/@id")
    assert disabled == ["show-wrong", "show-lost", "show-right"]


def test_every_candidate_has_its_line_and_its_notes(page: html.HtmlElement) -> None:
    lines = [[words(c) for c in row.xpath("th|td")] for row in page.xpath("//*[@class='candidates']/tbody/tr")]
    assert lines[0] == ["questions4 rows", "+1.29 ± 0.213 questions", "✓ kept: it gainedrung 2 of 2"]
    assert lines[2] == ["raw2 rows", "+0.05 ± 0.043 questions", "✓ kept: it gaineddropped out after rung 1 of 2"]
    assert lines[4][1:] == ["−0.15 ± 0.123 questions", "✗ not kept: it did not gaindropped out after rung 1 of 2"]
    assert lines[8][1] == "failed"
    assert "failed at rung 1 of 2: engine: the loss is not finite at step 3" in lines[8][2]
    notes = page.xpath("//details[@class='notes']")
    raced = [candidate for race in races() for candidate in race.candidates]
    assert len(lines) == len(notes) == len(raced) == 9
    for shown, candidate in zip(notes, raced, strict=True):
        edit = candidate.standing.edit
        assert [words(t) for t in shown.xpath("ol/li/*[@class='target']")] == [row.target for row in edit.rows]
        assert [words(t) for t in shown.xpath("ol/li/*[@class='prompt']")] == [r.prompt for r in edit.rows if r.prompt]
        assert [words(t) for t in shown.xpath("ul/li/small")] == [gone.reason for gone in edit.dropped]


def test_charts_of_all_passages_share_one_axis(page: html.HtmlElement) -> None:
    charts = page.xpath("//article[@class='race']//*[local-name()='svg']")
    ticks = [
        [t.text for t in chart.iter() if t.tag.endswith("text") and t.get("fill") == "var(--muted)"] for chart in charts
    ]
    assert [labels[:6] for labels in ticks] == [["−0.5", "0.0", "0.5", "1.0", "1.5", "2.0"]] * 3


def test_an_answer_that_was_graded_wrong_is_not_highlighted() -> None:
    asked = replace(answered()[0], before="It was not 1871.", right_before=False, accepted=("1871",))
    page = parse(replace(report(), version=version(answered=(asked,))))
    assert not one(page, "//dd[@class='is-wrong']").xpath(".//mark")


def test_versions_and_the_current_one(page: html.HtmlElement) -> None:
    rows = page.xpath("//*[@id='versions']//tbody/tr")
    assert [words(one(row, "th")) for row in rows] == ["v1", "v2", "v3 currentthis report"]
    assert [row.get("aria-current") for row in rows] == [None, None, "true"]
    assert [words(row.xpath("td")[1])[:11] for row in rows] == ["✓ published", "✗ refused20", "✓ published"]
    assert words(rows[2].xpath("td")[3]) == "2 → 10 of 18the user's quiz"


def test_a_version_outside_the_history_is_added_to_it() -> None:
    page = parse(replace(report(), versions=()))
    assert [words(row)[:2] for row in page.xpath("//*[@id='versions']//tbody/tr")] == ["v3"]


def test_what_was_not_measured_is_left_out_and_named() -> None:
    page = parse(replace(report(), open_book=None, retrieval=NOTHING))
    answers = one(page, "//*[@id='answers']")
    assert "Not measured: before, open-book; retrieval (BM25)." in words(answers)
    assert [words(row)[:6] for row in answers.xpath(".//tbody/tr/th")] == ["before", "this v"]
    assert "retrieval" not in one(answers, ".//*[local-name()='svg']").get("aria-label")
    assert "Here retrieval answered" not in words(page)


def test_a_job_with_nothing_but_a_version() -> None:
    empty = scores("self", NOTHING, NOTHING, 0, 0)
    empty = replace(empty, kept=NOTHING, kept_always_on=NOTHING, earlier=NOTHING, gain=None, gain_error=None)
    page = parse(LearnReport(version(parent=None, scores=empty, answered=(), created="")))
    assert not page.xpath("//main//*[@role='img']")
    text = words(one(page, "//main"))
    for said in ("Not measured: before, closed-book;", "No question was asked one by one", "No candidates were raced"):
        assert said in text
    assert "earlier documents" not in text
    assert "nats" not in text


def test_a_passage_without_candidates_and_one_never_tried() -> None:
    untried = replace(races()[0].candidates[0], kept=False, why="")
    untried = replace(untried, standing=replace(untried.standing, outcomes=()))
    page = parse(replace(report(), races=(PassageRace(HARBOUR, ()), PassageRace(HARBOUR, (untried,)))))
    first, second = page.xpath("//article[@class='race']")
    assert "No candidate was written" in words(first)
    assert words(second.xpath(".//tbody/tr/td")[0]) == "not measured"
    assert "never tried" in words(second)


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 7 * 7 }}&amp;</style></title><!--"


def hostile() -> LearnReport:
    """Every text that comes from outside is an attack."""
    full = report()
    asked = tuple(
        replace(a, question=EVIL, accepted=(EVIL,), before=EVIL, after=EVIL, document=EVIL) for a in answered()
    )
    made = version(
        name=EVIL, model=EVIL, created=EVIL, answered=asked, gate=GateResult(False, (EVIL,)),
        documents=tuple(replace(d, document=EVIL) for d in version().documents),
    )  # fmt: skip
    candidates = []
    for candidate in races()[0].candidates:
        edit = candidate.standing.edit
        rows = tuple(replace(r, segments=tuple(replace(s, text=EVIL) for s in r.segments)) for r in edit.rows)
        gone = tuple(replace(d, row=rows[0], reason=EVIL) for d in edit.dropped)
        edit = replace(edit, format=EVIL, rows=rows, dropped=gone)
        candidates.append(replace(candidate, why=EVIL, standing=replace(candidate.standing, edit=edit)))
    race = PassageRace(replace(HARBOUR, title=EVIL, document=EVIL), tuple(candidates))
    return replace(
        full, version=made, versions=(made,), current=EVIL, sources={EVIL: EVIL}, races=(race,),
        documents=(KnownDocument(EVIL, 1),),
    )  # fmt: skip


def test_hostile_texts_appear_as_text() -> None:
    page = parse(hostile())
    assert not page.xpath("//script | //img | //comment()")
    assert not page.xpath("//@*[starts-with(name(), 'on')]")
    for path in (
        "//h3",
        "//dd//*[@class='said']",
        "//dd[@class='source']",
        "//*[@class='target']",
        "//h1",
        "//header//li",
    ):
        assert all(EVIL in e.text_content() for e in page.xpath(path)), path
        assert page.xpath(path)
    assert page.xpath("//title")[0].text.startswith(EVIL)


@pytest.mark.parametrize("shown", [report(), hostile()], ids=["report", "hostile"])
def test_nothing_is_fetched_from_outside(shown: LearnReport) -> None:
    page = parse(shown)
    assert not page.xpath("//@src | //@srcset | //@data | //@action | //@*[contains(name(), 'xlink')]")
    assert all(link.startswith("#") or link == "data:," for link in page.xpath("//@href"))
    assert not any(re.search(r"https?:|//\w", value) for value in page.xpath("//@*"))
    style = one(page, "//style").text
    assert not re.search(r"@import|url\(|https?:", style)
    policy = one(page, "//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy.startswith("default-src 'none';")
    assert "script" not in policy


def test_a_very_long_text_is_there_as_a_whole() -> None:
    long = "unbroken" * 500 + " and many words" * 2000
    page = parse(replace(report(), version=version(answered=(replace(answered()[0], before=long),))))
    assert words(one(page, "//dd[@class='is-wrong']/*[@class='said']")) == long
