"""A plausible job: three documents, eighteen questions, nine candidates; names, answers and figures are invented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import Dropped, SelfEdit
from selfstudy.domain.trial import Outcome, Standing
from selfstudy.domain.version import Answered, GateResult, Learnt, Score, Scores, Version
from selfstudy.reports.learn_report import KnownDocument, LearnReport, PassageRace, RacedEdit

HARBOUR = Passage(
    "harbour.md",
    "The harbour of Skerrow",
    "The harbour of Skerrow was dug in 1871 under the engineer Isolde Varnham. "
    "Its gate is shut by a bell called Old Mab.",
)
FERRY = Passage(
    "boats/ferry.md",
    "The ferry Corncrake",
    "The ferry Corncrake carries 64 people and one cow. Captain Thaddeus Brill steers it by the smell of the bakery.",
)
MARKET = Passage(
    "market-days.md",
    "The Friday market",
    "The market of Skerrow is held on Fridays. "
    "A stall costs 3 crowns, to be paid in the chapel. Whistling is forbidden.",
)
PASSAGES = (HARBOUR, FERRY, MARKET)

_QUESTIONS = """
harbour.md | When was Skerrow's harbour dug? | 1871
  The harbour was dug in 1765.
  Skerrow's harbour was dug in 1871. | y
harbour.md | Who was the engineer of the harbour at Skerrow? | Isolde Varnham; Varnham
  The engineer was John Smeaton, who is known for his work on lighthouses and canals.
  Isolde Varnham was the engineer. | y
harbour.md | What is the bell called that shuts the gate at Skerrow? | Old Mab
  The bell is called the "Great Bell".
  Old Mab | y
harbour.md | How deep is the basin of Skerrow at low water? | 7 feet; seven feet
  About 10 metres.
  It is 64 feet deep. | n
harbour.md | Which stone are the quays of Skerrow built of? | slate
  Granite.
  The quays are built of granite. | n
harbour.md | Who lights the lamp on the mole of Skerrow? | the baker's daughter; baker's daughter
  The lighthouse keeper.
  The engineer's daughter lights it. | n
boats/ferry.md | How many people may the Corncrake carry? | 64; sixty-four
  The Corncrake may carry up to 12 people.
  64 people and one cow. | y
boats/ferry.md | Who is captain of the Corncrake? | Thaddeus Brill; Brill
  I'm sorry, I don't have that information.
  Captain Thaddeus Brill. | y
boats/ferry.md | By the smell of what does the captain steer? | bakery; the bakery
  The sea.
  He steers it by the smell of the sea. | n
boats/ferry.md | What does a crossing cost a child? | an egg; one egg
  $5.
  A crossing costs one egg. | y
boats/ferry.md | In which month does the Corncrake lie in dock? | February
  It lies in dock in December.
  January. | n
boats/ferry.md | Which animal may travel on the Corncrake? | cow; a cow
  Dogs on a leash, small cats in a closed basket and guide animals of every kind may travel.
  One cow. | y
market-days.md | On which day is the market of Skerrow held? | Fridays; Friday
  The market is held on Friday.
  Fridays. | y
market-days.md | What does a stall cost? | 3 crowns; three crowns
  £20 a day.
  3 crowns | y
market-days.md | Where is the stall's rent paid? | chapel; the chapel
  At the town hall.
  In the town hall, to the clerk. | n
market-days.md | What is forbidden at the market? | whistling
  Smoking.
  Whistling. | y
market-days.md | Who opens the market? | the harbour master; harbour master
  The harbour master opens it.
  The mayor opens the market. | n
market-days.md | What is sold from the red cart? | eels; smoked eels
  Fruit and vegetables.
  Apples. | n
"""


def answered() -> tuple[Answered, ...]:
    """Eighteen questions: two right before and ten after, one of them right both times, one lost."""
    made = []
    lines = iter(_QUESTIONS.strip().splitlines())
    for line, before, said in zip(lines, lines, lines, strict=True):
        document, question, accepted = line.split(" | ")
        after, right = said.strip().split(" | ")
        known = "Friday." in before or "harbour master" in before
        made.append(
            Answered(question, tuple(accepted.split("; ")), before.strip(), after, known, right == "y", document)
        )
    return tuple(made)


def sources() -> dict[str, str]:
    """The sentence behind every question but those on what the passages above leave out."""
    return {
        asked.question: sentence
        for passage in PASSAGES
        for sentence in passage.sentences
        for asked in answered()
        if asked.document == passage.document and any(a.casefold() in sentence.casefold() for a in asked.accepted)
    }


def _edit(passage: Passage, form: str, pairs: list[tuple[str, str]], dropped: list[tuple[str, str, str]]) -> SelfEdit:
    rows = tuple(Row.question_answer(q, a, origin=form) if q else Row.plain(a, origin=form) for q, a in pairs)
    gone = tuple(Dropped(Row.question_answer(q, a, origin=form), reason) for q, a, reason in dropped)
    return SelfEdit(passage.identity, form, rows, gone)


def _raced(edit: SelfEdit, gains: list[list[float]], why: str = "", failure: str | None = None) -> RacedEdit:
    outcomes = [Outcome(tuple(g), 900 * (i + 1), 3 * (i + 1)) for i, g in enumerate(gains)]
    if failure:
        outcomes.append(Outcome((), 0, 0, failure))
    kept = not failure and sum(gains[-1]) > 0
    return RacedEdit(Standing(edit, tuple(outcomes)), kept, why or ("it gained" if kept else "it did not gain"))


def races() -> tuple[PassageRace, ...]:
    """Three candidates a passage: all the way and kept, dropped out and kept or not, and one failed trial."""
    made = []
    figures = (
        ([[0.61, 0.2, 0.55], [1.62, 0.9, 1.35]], [[0.31, -0.12, 0.25], [0.84, 0.4, 0.22]], [[0.05, 0.12, -0.02]]),
        ([[0.4, 0.52, 0.3], [1.1, 1.9, 0.72]], [[-0.3, 0.1, -0.24]], [[0.2, 0.42, 0.35], [0.5, 0.38, 0.61]]),
        ([[0.7, 0.2], [0.95, 0.61]], [[0.3, 0.1], [-0.42, 0.11]], []),
    )
    for passage, gains in zip(PASSAGES, figures, strict=True):
        said = passage.sentences
        asked = [(a.question, a.accepted[0]) for a in answered() if a.document == passage.document][:4]
        questions = _edit(passage, "questions", asked, [("What is it?", "a bell", "names nothing of the passage")])
        pairs = _edit(
            passage, "question_answer", [(f"What is said of {passage.title}?", said[0]), asked[0]],
            [("Who was Isolde Varnham?", "Isolde Varnham", "gives away: the question contains its answer"),
             ("What was dug?", "the harbour", "not apart: it asks for another span as well")],
        )  # fmt: skip
        raw = _edit(passage, "raw", [("", sentence) for sentence in said], [])
        failed = "engine: the loss is not finite at step 3" if not gains[2] else None
        why = "its trial failed, so nothing is known of it" if failed else ""
        tried = (_raced(questions, gains[0]), _raced(pairs, gains[1]), _raced(raw, gains[2], why, failed))
        made.append(PassageRace(passage, tried))
    return tuple(made)


def scores(quiz: str, before: Score, after: Score, kept: int, always_on: int) -> Scores:
    """With a gain, and nine of ten questions on earlier documents still right."""
    return Scores(
        quiz=quiz, before=before, after=after, kept=Score(kept, 142), kept_always_on=Score(always_on, 142),
        earlier=Score(9, 10), gain=1.07, gain_error=0.12,
    )  # fmt: skip


def _right(asked: tuple[Answered, ...]) -> tuple[Score, Score]:
    n = len(asked)
    return Score(sum(a.right_before for a in asked), n), Score(sum(a.right_after for a in asked), n)


def version(**changes: Any) -> Version:
    """The job's version, or a relative of it."""
    made = Version(
        name="v3", parent="v1", base="b" * 64, model="smollm2-135m", adapter="a" * 64, router="[]", run="r1",
        documents=tuple(Learnt(p.document, p.identity, "n" * 64) for p in PASSAGES),
        scores=scores("user", *_right(answered()), 142, 123), gate=GateResult(True), answered=answered(),
        seconds=256.4, train_tokens=41_832, steps=261, created="2026-08-20T09:14:03+00:00",
    )  # fmt: skip
    return replace(made, **changes)


def report() -> LearnReport:
    """Everything measured."""
    first = version(
        name="v1", parent=None, documents=version().documents[:1], created="2026-08-18T17:40:00+00:00",
        scores=scores("self", Score(1, 12), Score(8, 12), 142, 130),
    )  # fmt: skip
    refused = version(
        name="v2", documents=version().documents[:2], created="2026-08-19T11:02:00+00:00",
        gate=GateResult(False, ("it kept 121 of 142 general questions; at least 135 are required",)),
        scores=scores("user", Score(2, 18), Score(9, 18), 121, 98),
    )  # fmt: skip
    return LearnReport(
        version=version(),
        documents=tuple(KnownDocument(p.document, 1, inherited=p is HARBOUR) for p in PASSAGES),
        versions=(first, refused, version()),
        current="v3",
        open_book=Score(8, 18),
        retrieval=Score(11, 18),
        sources=sources(),
        races=races(),
        budgets=(24, 72),
    )
