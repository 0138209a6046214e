"""The page about a reproduction."""

from __future__ import annotations

from selfstudy.reports.reproduction import PageRound, PageRow, PageStudy, render_reproduction

ROW = PageRow("rewrite <b>", 0.5, 0.25, 0.75, -0.31, None, None, 974, 200, 1234.6, 61.0, 2, 49.4)
ROUND = PageRound("rest_em", 1, "rewrite", 10, 2, 1, 0.5, 1.25, None, 0.8, 0.1, 0.4)


def test_paper_ours_and_interval_stand_in_one_row() -> None:
    page = render_reproduction("squad, smoke", True, [ROW], [ROUND])
    cells = ["49.4", "50.0", "25.0 to 75.0", "\N{MINUS SIGN}0.31", "– to –", "974", "200", "1235", "1 min 01 s"]
    places = [page.index(f">{cell}</td>") for cell in cells]
    assert places == sorted(places)
    assert "rewrite &lt;b&gt;" in page
    assert "2 trials failed" in page
    assert "+1.25" in page
    assert "not done" not in page


def test_an_unfinished_and_empty_run_says_so() -> None:
    page = render_reproduction("squad, smoke", False, [], [])
    assert "The run is not done" in page
    assert "<table>" not in page
    assert "<script" not in page


def test_the_reward_study_is_a_table_of_its_own() -> None:
    study = PageStudy(("reward", "regret"), (("cloze", "+0.10 (+0.02 to +0.20)"),), "The race keeps all.")
    page = render_reproduction("reward, smoke", True, [], [], study)
    assert page.index("cloze") < page.index("+0.10 (+0.02 to +0.20)") < page.index("The race keeps all.")
