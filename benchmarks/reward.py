#!/usr/bin/env python3
"""Does the reward measure learning or copying, and does it agree with the user's own quiz?

    python benchmarks/reward.py [--model M] [--set FOLDER ...] [--seeds N] [--reward quiz|cloze] [--json FILE]

A set is a folder with docs/*.md and quiz.jsonl, whose questions name their document. Each passage's quiz is drawn and
its candidate self-edits are written as a study does; two controls join them. `copy` holds the reward half's questions
word for word with their answers, past the filters: what an editor would write that had seen the quiz. `copy_filtered`
is what the filters leave of it, which should be nothing. All are trained to the race's last budget, nobody drops out;
siblings share seed, recipe and layers as in a study. Each adapter is scored on the reward half, the report half and
the user's questions: gain in mean log-probability a token of the answer over the base, in nats.

The budget is steps times rows a step. An edit with fewer rows than a step holds, as every copy and `raw` are, takes as
many steps of fewer rows: trained tokens differ, as they do in a study, and are in the JSON.

With --reward cloze both halves are gaps of the passage, alternately, instead of the model's own questions.

User questions belong to a document, so every passage of a document is scored on all of that document's. A case is a
passage in a seed. Intervals (95 %) take cases as independent; seeds of one passage and passages of one document are
not quite, so with several of them the true intervals are wider.

--json FILE holds:
    model, identity, dtype, hardware, seeds, reward, settings   what was run
    num_user_left_out   user questions, over all sets, that name no document of their set
    passages   one object a case: set, seed, document, part, parts (which passage of the document), title,
               num_reward, num_report, num_user (questions), candidates: name, rows, reward, report, user (gains, null
               where there is none), trained_tokens, failure
    sets       one object a set: its name in `set`, and the fields of statistics.agreement.Agreement, documented there
    pooled     the same fields over all cases
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from selfstudy.build import build
from selfstudy.documents.markdown import read_passages
from selfstudy.documents.quiz_file import read_quiz
from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome
from selfstudy.engine.contract import EngineContract
from selfstudy.inner_loop.ask import answer_likelihoods
from selfstudy.inner_loop.trial import Entry, run_cohort
from selfstudy.memory.notes import draw_quiz, quiz_rows, trial_recipe, write_candidates
from selfstudy.memory.study_settings import StudySettings, settings_for
from selfstudy.outer_loop.exam import cloze_quiz
from selfstudy.quizzes.held_out import HeldOutQuiz
from selfstudy.self_edits import filters
from selfstudy.self_edits.contract import Scorer, Writer
from selfstudy.statistics.agreement import Agreement, Case, Mean, Share, agreement

HERE = Path(__file__).resolve().parent.parent
CONTROLS = ("copy", "copy_filtered")


@dataclass(frozen=True)
class DocumentSet:
    """`user` are the user's questions about `passages`; `num_left_out` further ones name none of their documents."""

    name: str
    passages: tuple[Passage, ...]
    user: Quiz
    num_left_out: int = 0


@dataclass(frozen=True)
class Scored:
    """A candidate's number of rows and its gains (nats a token) on the three quizzes; None where there is none."""

    name: str
    rows: int
    reward: float | None
    report: float | None
    user: float | None
    trained_tokens: int
    failure: str | None


@dataclass(frozen=True)
class PassageResult:
    """All candidates of one passage in one seed, the controls last. `part` of `parts` says which passage it is."""

    set: str
    seed: int
    document: str
    part: int
    parts: int
    title: str
    num_reward: int
    num_report: int
    num_user: int
    candidates: tuple[Scored, ...]

    @property
    def case(self) -> Case:
        honest = [c for c in self.candidates if c.name not in CONTROLS]
        copy, filtered = (next(c for c in self.candidates if c.name == name) for name in CONTROLS)
        return Case(
            tuple(c.reward for c in honest), tuple(c.user for c in honest), copy.reward, copy.user, filtered.rows
        )


def read_set(folder: Path) -> DocumentSet:
    """Raises ValueError for a set without documents, or whose questions name none of them."""
    passages = read_passages(sorted((folder / "docs").glob("*.md")))
    if not passages:
        raise ValueError(f"set: {folder / 'docs'} holds no .md file")
    quiz = read_quiz(folder / "quiz.jsonl")
    documents = {p.document for p in passages}
    user = tuple(q for q in quiz if q.document in documents)
    if not user:
        raise ValueError(f'quiz: no question of {folder / "quiz.jsonl"} has a "document" that is a file in docs')
    return DocumentSet(folder.name, passages, user, len(quiz) - len(user))


def gaps(passage: Passage) -> HeldOutQuiz:
    """The gaps that the reward `cloze` asks for, every second one kept for the report."""
    asked = cloze_quiz(passage)
    return HeldOutQuiz(asked[0::2], asked[1::2])


def controls(passage: Passage, quiz: HeldOutQuiz) -> list[SelfEdit]:
    """The reward half as a self-edit, and what the filters leave of it."""
    rows = quiz_rows(quiz.reward)
    left, dropped = filters.apply(rows, quiz.all)
    return [
        SelfEdit(passage.identity, CONTROLS[0], tuple(rows)),
        SelfEdit(passage.identity, CONTROLS[1], tuple(left), tuple(dropped)),
    ]


def measure(
    engine: EngineContract,
    form: PromptForm,
    documents: DocumentSet,
    *,
    writer: Writer,
    scorer: Scorer,
    settings: StudySettings,
    seed: int,
    cloze: bool = False,
) -> list[PassageResult]:
    """One result a passage of the set, in order; all candidates of all passages train in one cohort.

    With `cloze` the quiz is gaps of the passage, else the model's own questions.
    """
    passages = documents.passages
    quizzes = [gaps(p) if cloze else draw_quiz(p, scorer, settings.quiz, seed) for p in passages]
    edits = [
        [*write_candidates(p, settings.candidates, writer, scorer, quiz.all), *controls(p, quiz)]
        for p, quiz in zip(passages, quizzes, strict=True)
    ]
    asked = [
        (*quiz.all, *(q for q in documents.user if q.document == p.document))
        for p, quiz in zip(passages, quizzes, strict=True)
    ]
    questions = list(dict.fromkeys(question for quiz in asked for question in quiz))
    base = dict(zip(questions, answer_likelihoods(engine, form, [(q, ()) for q in questions]), strict=True))
    # The seed of the race's last rung: these are then the outcomes that a study would have seen there.
    rung = len(settings.budgets) - 1
    entries = [
        Entry(edit, quiz, tuple(base[q] for q in quiz), derive_seed(seed, rung, p.identity, 0, "trial"))
        for p, of_passage, quiz in zip(passages, edits, asked, strict=True)
        for edit in of_passage
    ]
    outcomes = iter(run_cohort(engine, form, entries, trial_recipe(engine, settings), settings.budgets[-1]))
    names = [*(f"{c.format}/{c.samples}" for c in settings.candidates), *CONTROLS]
    parts = Counter(p.document for p in passages)
    reached: Counter[str] = Counter()
    results = []
    for passage, quiz, of_passage, whole in zip(passages, quizzes, edits, asked, strict=True):
        reached[passage.document] += 1
        scored = [_scored(name, edit, next(outcomes), quiz) for name, edit in zip(names, of_passage, strict=True)]
        results.append(
            PassageResult(
                documents.name, seed, passage.document, reached[passage.document], parts[passage.document],
                passage.title, len(quiz.reward), len(quiz.report), len(whole) - len(quiz.all), tuple(scored),
            )
        )  # fmt: skip
    return results


def _scored(name: str, edit: SelfEdit, outcome: Outcome, quiz: HeldOutQuiz) -> Scored:
    gains, first, second = outcome.gains, len(quiz.reward), len(quiz.all)
    return Scored(
        name, len(edit.rows), _mean(gains[:first]), _mean(gains[first:second]), _mean(gains[second:]),
        outcome.trained_tokens, outcome.failure,
    )  # fmt: skip


def _mean(gains: Sequence[float]) -> float | None:
    return sum(gains) / len(gains) if gains else None


def table(result: PassageResult) -> str:
    """The candidates of one passage, one a line."""
    part = f", passage {result.part} of {result.parts}" if result.parts > 1 else ""
    shared = f", those of all {result.parts} passages" if result.parts > 1 else ""
    lines = [
        f"{result.set}, seed {result.seed}: {result.document}{part} ({result.title}); questions: reward "
        f"{result.num_reward}, report {result.num_report}, user {result.num_user} of the document{shared}",
        f"  {'candidate':<20} {'rows':>4} {'reward':>7} {'report':>7} {'user':>7}",
    ]
    for c in result.candidates:
        why = f"  {c.failure}" if c.failure else ""
        lines.append(f"  {c.name:<20} {c.rows:>4} {_gain(c.reward):>7} {_gain(c.report):>7} {_gain(c.user):>7}{why}")
    return "\n".join(lines)


def summary(name: str, found: Agreement) -> str:
    """What the cases of a set, or of all sets, say together."""
    chance = "-" if found.chance is None else f"{found.chance:.2f}"
    return "\n".join(
        (
            f"{name}: {found.num_cases} cases",
            f"  rank agreement of reward and user gain over honest candidates: {_interval(found.rank)}, "
            f"{found.num_unranked} left out",
            f"  the reward's winner is the user's best: {_share(found.winner_is_best)}, by chance {chance}",
            f"  copy has the highest reward: {_share(found.copy_tops_reward)}",
            f"  copy is best on the user's quiz: {_share(found.copy_tops_user)}",
            f"  user gain of copy: {_interval(found.copy_user)}",
            f"  user gain of the reward's honest winner: {_interval(found.winner_user)}; "
            f"less copy's: {_interval(found.winner_over_copy)}",
            f"  user gain of the user's best: {_interval(found.best_user)}; "
            f"mean of honest candidates: {_interval(found.honest_user)}",
            f"  rows of copy that pass the filters: {found.num_copy_rows_left}",
        )
    )


def _gain(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _interval(mean: Mean) -> str:
    around = "" if mean.low is None else f" [{_gain(mean.low)}, {_gain(mean.high)}]"
    return f"{_gain(mean.value)}{around} (n = {mean.n})"


def _share(share: Share) -> str:
    return f"{share.count} of {share.n} [{share.low:.2f}, {share.high:.2f}]"


def summarise(found: Sequence[tuple[DocumentSet, Sequence[PassageResult]]]) -> dict[str, object]:
    """What goes into the JSON file of every set's results, next to what was run."""
    everything = [result for _, results in found for result in results]
    return {
        "num_user_left_out": sum(documents.num_left_out for documents, _ in found),
        "passages": [asdict(result) for result in everything],
        "sets": [{"set": d.name, **asdict(agreement([r.case for r in results]))} for d, results in found],
        "pooled": asdict(agreement([r.case for r in everything])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--set", type=Path, nargs="+", default=[HERE / "examples" / "sets" / "observatory"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--reward", choices=["quiz", "cloze"], default="quiz", help="what is asked for the reward")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    sets = [read_set(folder) for folder in args.set]
    shop = build(args.model)
    settings = settings_for(shop.engine.width)
    found = []
    for documents in sets:
        results = []
        for seed in range(args.seeds):
            print(f"{documents.name}: seed {seed}, {len(documents.passages)} passages", file=sys.stderr)
            results += measure(
                shop.engine, shop.form, documents, writer=shop.writer(seed), scorer=shop.scorer, settings=settings,
                seed=seed, cloze=args.reward == "cloze",
            )  # fmt: skip
        print("\n".join(table(result) for result in results), flush=True)
        if documents.num_left_out:
            print(f"{documents.name}: {documents.num_left_out} user questions name no document of the set; left out")
        found.append((documents, results))
    for documents, results in found:
        print(summary(documents.name, agreement([r.case for r in results])))
    print(summary("pooled", agreement([r.case for _, results in found for r in results])))
    if args.json:
        document = {
            "model": args.model, "identity": shop.engine.identity, "dtype": str(shop.engine.backbone.dtype),
            "hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
            "seeds": args.seeds, "reward": args.reward, "settings": asdict(settings), **summarise(found),
        }  # fmt: skip
        args.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
