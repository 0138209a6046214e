"""The page about a reproduction."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import html

from selfstudy.domain.directives import Directives
from selfstudy.domain.rewarded import Pace
from selfstudy.reports.reproduction import ReproductionPage, render_reproduction
from selfstudy.reports.wording import gain, signed
from selfstudy.statistics.bootstrap import Estimate
from tests.reports import run

UNKNOWN = Estimate(None, None, None)


def parse(shown: ReproductionPage) -> html.HtmlElement:
    return html.fromstring(render_reproduction(shown))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def section(page: html.HtmlElement, name: str) -> html.HtmlElement:
    (found,) = page.xpath(f"//section[@id='{name}']")
    return found


def cells(part: html.HtmlElement) -> list[list[str]]:
    return [[words(c) for c in row.xpath("th|td")] for row in part.xpath(".//tbody/tr")]


def charts(part: html.HtmlElement) -> list[html.HtmlElement]:
    return part.xpath(".//*[local-name()='svg'][@role='img']")


def test_the_same_values_give_the_same_text() -> None:
    assert render_reproduction(run.squad()) == render_reproduction(run.squad())


def test_paper_ours_interval_and_n_stand_in_one_row() -> None:
    page = parse(run.squad())
    head = [words(c) for c in section(page, "rows").xpath(".//thead//th")]
    assert head[:6] == ["no.", "row", "paper", "ours", "interval", "n"]
    found = cells(section(page, "rows"))
    assert len(found) == len(run.rows()) == 23
    assert found[6][:7] == ["7", "rewrite", "49.4", "13.1", "2.1 to 26.1", "41", "8"]
    assert found[6][7:10] == ["+0.80", "+0.55 to +1.08", "1,633"]
    assert "not done" not in words(page)


def test_every_figure_of_the_issue_is_drawn() -> None:
    page = parse(run.squad())
    assert [len(charts(section(page, name))) for name in ("tokens", "rounds", "spread", "time")] == [2, 3, 7, 2]
    assert [words(said)[:14] for said in page.xpath("//section[@id='rounds']//figure/p")] == ["round 1: mean "]
    for chart in page.xpath("//*[local-name()='svg'][@role='img']"):
        assert len(chart.get("aria-label")) > 40
    accuracy = charts(section(page, "tokens"))[0].get("aria-label")
    assert "row 15: 35.4 % at 1,377 tokens" in accuracy
    assert "rewrite: 5.80 s over 8 trials" in charts(section(page, "time"))[0].get("aria-label")


def test_every_candidate_has_its_figures_in_a_table() -> None:
    shown = run.squad()
    tables = section(parse(shown), "spread").xpath(".//details[@class='numbers']")
    assert len(tables) == len(shown.rounds)
    for table, of in zip(tables, shown.rounds, strict=True):
        rewards = ["–" if each.reward is None else gain(each.reward, each.error) for each in of.tried]
        assert [row[3] for row in cells(table)] == rewards
        assert [row[-1] for row in cells(table)] == ["yes" if each.accepted else "no" for each in of.tried]
    rounds = cells(section(parse(shown), "rounds"))
    assert [row[3:6] for row in rounds] == [
        [str(len(of.tried)), str(of.accepted), str(of.refused)] for of in shown.rounds
    ]
    assert rounds[0][6].startswith(signed(shown.rounds[0].mean.value or 0))


def test_what_candidates_asked_for_and_why_they_failed_stands_in_their_table() -> None:
    first, second, third, *others = run.tried(3, 2)
    tried = (
        replace(first, directives=Directives(epochs=2, rule="distil")), second,
        replace(third, reward=None, error=None, trials=3, failed=2, failures=("directives: no line",) * 2), *others,
    )  # fmt: skip
    rounds = (run.a_round("bandit", 1, tried), run.a_round("bandit", 2, run.tried(3, 2)))
    asked, plain = section(parse(run.squad(rounds=rounds)), "spread").xpath(".//details[@class='numbers']")
    column = [words(c) for c in asked.xpath(".//thead//th")].index("asked for")
    assert [row[column] for row in cells(asked)] == ["epochs: 2, rule: distil", *["–"] * 5]
    assert cells(asked)[2][column + 4] == "2directives: no line"
    assert "asked for" not in words(plain)
    assert [len(row) for row in cells(plain)] == [8] * 6


def test_of_single_candidates_no_best_is_drawn() -> None:
    rounds = tuple(run.a_round("bandit", n, run.tried(3, 1, seed=n)) for n in (1, 2))
    (chart,) = charts(section(parse(run.squad(rounds=rounds)), "rounds"))
    assert "mean" in chart.get("aria-label")
    assert "best" not in chart.get("aria-label")


def test_long_spreads_are_closed_until_they_are_asked_for() -> None:
    long = run.a_round("best_of_n", 1, run.tried(13, 2))
    details = section(parse(run.squad(rounds=(long, run.squad().rounds[0]))), "spread").xpath("./div/details")
    assert [each.get("open") is not None for each in details] == [False, True]


def test_an_unfinished_and_empty_run_says_so() -> None:
    page = parse(ReproductionPage("squad", "squad, smoke", False))
    text = words(page)
    assert "The run is not done" in text
    for said in ("No row is done.", "No round is done", "No candidates were tried", "No trial was made"):
        assert said in text
    assert not page.xpath("//table")
    assert not charts(page)
    text = words(parse(ReproductionPage("reward", "reward, smoke", False)))
    for said in ("The race has not begun.", "No stage is done.", "No candidates were tried", "No trial was made"):
        assert said in text


def test_rows_without_training_are_not_set_against_tokens() -> None:
    page = parse(run.squad(rows=run.rows()[:3], rounds=()))
    assert not charts(section(page, "tokens"))
    assert words(section(page, "tokens")).count("trained on no tokens") == 2


def test_what_is_not_determined_is_a_dash() -> None:
    row = replace(run.rows()[6], accuracy=UNKNOWN, likelihood_gain=UNKNOWN, failed=8, pace=Pace.of([]))
    page = parse(run.squad(rows=(*run.rows()[:6], row)))
    found = cells(section(page, "rows"))[6]
    assert found[1] == "rewrite8 trials failed"
    assert found[3:9] == ["–", "–", "41", "8", "–", "–"]


def test_the_study_of_rewards() -> None:
    page = parse(run.reward())
    study = section(page, "study")
    assert cells(study)[0][:3] == ["key_likelihood", "10", "+0.71 (+0.48 to +0.84)"]
    assert "The race keeps +0.91" in words(study)
    assert "cloze: +0.62 (+0.30 to +0.80)" in charts(study)[0].get("aria-label")
    assert [len(charts(section(page, name))) for name in ("rounds", "spread", "time")] == [1, 1, 1]
    assert "after about the same 2,000 tokens" in words(section(page, "tokens"))
    assert [row[0] for row in cells(section(page, "rounds"))] == [of.name for of in run.reward().stages]


def test_a_study_that_is_not_done_shows_the_evaluations_so_far() -> None:
    page = parse(run.reward(stages=run.reward().stages[:2], study=None, done=False))
    assert len(charts(section(page, "spread"))) == 2
    assert "The race has not begun." in words(section(page, "rounds"))
    assert not page.xpath("//section[@id='study']")


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 7 * 7 }}&amp;</style></title><!--_"


@pytest.mark.parametrize("shown", [run.squad(), run.reward()], ids=["squad", "reward"])
def test_nothing_is_fetched_and_hostile_texts_appear_as_text(shown: ReproductionPage) -> None:
    tried = tuple(replace(each, title=EVIL, arm=EVIL, failures=(EVIL,)) for each in run.tried(3, 2))
    hostile = replace(
        shown, about=EVIL, rows=tuple(replace(row, name=EVIL) for row in shown.rows[:5]),
        rounds=tuple(replace(of, algorithm=EVIL, arm=EVIL, unit=EVIL, tried=tried) for of in shown.rounds[:2]),
        stages=tuple(replace(of, name=EVIL, tried=tried) for of in shown.stages), facts=((EVIL, EVIL),),
    )  # fmt: skip
    for page in (parse(shown), parse(hostile)):
        assert not page.xpath("//script | //img | //comment()")
        assert not page.xpath("//@src | //@srcset | //@data | //@action | //@*[starts-with(name(), 'on')]")
        assert all(link == "data:," for link in page.xpath("//@href"))
        assert not any(re.search(r"https?:|//\w", value) for value in page.xpath("//@*"))
    assert EVIL in words(parse(hostile))
