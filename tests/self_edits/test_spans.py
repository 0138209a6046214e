"""Answer spans: every one stands where it says it stands, and the kinds of facts are found."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.subject import subject_of

_WORDS = st.sampled_from(
    "the a of in by at and , . ; Wilma Trask "
    "17 degrees 06:30 April 2009 `quill ship` #red --undo nine stacked trays is "
    "was built It She copper 0.8 percent because which".split(" ")
)


@given(st.lists(_WORDS, max_size=30).map(" ".join))
def test_spans_stand_in_their_sentence(sentence: str) -> None:
    spans = answer_spans(sentence, "Wilma")
    for span in spans:
        assert span.text in sentence[span.start : span.end]
        assert span.text.strip() == span.text != ""
    for left, right in itertools.pairwise(spans):
        assert left.end <= right.start


@given(st.text(max_size=80))
def test_any_text_is_read_without_error(sentence: str) -> None:
    for span in answer_spans(sentence):
        assert span.text in sentence[span.start : span.end]


@pytest.mark.parametrize(
    ("sentence", "answer", "kind"),
    [
        ("Water is warmed to 17 degrees by a coil.", "17 degrees", "number"),
        ("Releases go out at 06:30 on Tuesday.", "06:30", "number"),
        ("It stopped on 12 June without a word.", "12 June", "number"),
        ("She was bought as a cable layer and sold again.", "cable layer", "phrase"),
        ("It was built by Wilma Trask in a dairy.", "Wilma Trask", "name"),
        ("It is started with the command `quill ship --wave 1`.", "quill ship --wave 1", "code"),
        ("Rollbacks need the flag --undo-last.", "--undo-last", "code"),
        ("Splinters are treated in room 27.", "27", "code"),
        (
            "It was owned by Goldman Sachs, Morgan Stanley and BP for a year.",
            "Goldman Sachs, Morgan Stanley and BP",
            "name",
        ),
        ("The Bureau des Longitudes named it.", "Bureau des Longitudes", "name"),
        ("The 7th and 6th centuries BC saw its writing.", "7th and 6th centuries BC", "number"),
        ("It grew by 5 per cent in a year.", "5 per cent", "number"),
        ("It stands on a 667-acre campus by the sea.", "667-acre campus", "number"),
    ],
)
def test_kinds_of_facts(sentence: str, answer: str, kind: str) -> None:
    found = {s.text: s for s in answer_spans(sentence)}
    assert answer in found
    assert found[answer].kind == kind
    assert found[answer].worth == max(each.worth for each in found.values())


def test_quotes_and_what_ends_them_are_no_part_of_an_answer() -> None:
    assert [s.text for s in answer_spans("Run `quill , ` and `ship.` now")] == ["quill", "ship"]


def test_the_title_is_no_answer() -> None:
    assert all(s.text != "Tarn Ollie" for s in answer_spans("The Tarn Ollie carries a crew.", "Tarn Ollie"))


@pytest.mark.parametrize(
    ("title", "text", "subject"),
    [
        ("Working hours at Gorsedale Millwork", "The day at Gorsedale Millwork begins.", "Gorsedale Millwork"),
        ("Tessavane error codes", "Tessavane marks each failure.", "Tessavane"),
        ("Incident 3: Morvane clinicbot fails", "Then the Morvane clinicbot fell.", "the Morvane clinicbot"),
        ("A title of its own", "Nothing in common.", "A title of its own"),
        ("The station in the tower", "Tiddock Light Radio keeps the station.", "Tiddock Light Radio"),
        ("The station in the tower", "Listeners find the station.", "the station"),
    ],
)
def test_subject(title: str, text: str, subject: str) -> None:
    assert subject_of(title, text) == subject
