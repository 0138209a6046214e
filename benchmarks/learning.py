#!/usr/bin/env python3
"""What a model learns of document sets, and what it forgets: every condition beside the others, in one run.

    python benchmarks/learning.py [--model M] [--set FOLDER ...] [--probe FILE] [--editor FOLDER]
        [--seeds N] [--first-seed S] [--fresh-general-rows] [--json FILE]

A set is a folder with docs/*.md, quiz.jsonl and, for the teacher condition, notes.jsonl. Conditions: before
(closed-book base), open_book (document in context), passage_only (our update rule on the passages' own text), peft
(--peft-script at equal seconds), teacher_notes (one adapter, always on), ours (notes without a teacher or an answer
key, always on) and ours_routed. The probe is filtered to what this base answers right here.

General rows are kept on disk between runs, and the seconds count what getting them really took; a cold job is measured
with --fresh-general-rows.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from selfstudy.build import Workshop, build
from selfstudy.documents.markdown import read_passages
from selfstudy.documents.quiz_file import read_notes, read_quiz
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Quiz
from selfstudy.domain.token_row import TokenRow
from selfstudy.inner_loop.ask import answer_likelihoods, answers
from selfstudy.memory.learn import Learned, train_on_notes
from selfstudy.memory.retain import general_prompts
from selfstudy.memory.retain_cache import kept_general_rows
from selfstudy.memory.study import study
from selfstudy.memory.study_settings import settings_for
from selfstudy.models.files import cache_folder
from selfstudy.models.resolve import resolve
from selfstudy.self_edits.registry import get_format
from selfstudy.self_edits.write import write_self_edit
from selfstudy.statistics.intervals import wilson

HERE = Path(__file__).resolve().parent.parent
CONDITIONS = ("open_book", "passage_only", "peft", "teacher_notes", "ours")


@dataclass
class SetResult:
    """Counts of right answers; a list holds one count a seed.

    The log-likelihoods are of the accepted answers, in nats, the mean over questions (always on): with few questions
    they tell settings apart that counts of right answers do not.
    """

    name: str
    n: int
    before: int
    open_book: int | None = None
    passage_only: list[int] = field(default_factory=list)
    peft: list[int] = field(default_factory=list)
    peft_kept: list[int] = field(default_factory=list)
    teacher_notes: list[int] = field(default_factory=list)
    teacher_kept: list[int] = field(default_factory=list)
    teacher_loglik: list[float] = field(default_factory=list)
    ours: list[int] = field(default_factory=list)
    ours_loglik: list[float] = field(default_factory=list)
    probe_n: int = 0
    kept_always_on: list[int] = field(default_factory=list)
    kept_routed: list[int] = field(default_factory=list)
    ours_routed: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    teacher_seconds: list[float] = field(default_factory=list)
    trained_tokens: list[int] = field(default_factory=list)


def right(said: list[str], quiz: Quiz) -> list[bool]:
    return [question.accepts(text) for question, text in zip(quiz, said, strict=True)]


def closed_book(shop: Workshop, quiz: Quiz, learned: Learned | None = None) -> list[str]:
    return answers(shop.engine, shop.form, [q.text for q in quiz], (learned.adapter,) if learned else ())


def loglik(shop: Workshop, quiz: Quiz, learned: Learned) -> float:
    found = answer_likelihoods(shop.engine, shop.form, [(q, (learned.adapter,)) for q in quiz])
    return round(statistics.mean(found), 3)


def routed(said_base: list[str], said_adapter: list[str], quiz: Quiz, learned: Learned) -> list[str]:
    """What a user gets: the router picks whose answer counts."""
    return [
        adapter if learned.router.to_adapter(q.text) else base
        for q, base, adapter in zip(quiz, said_base, said_adapter, strict=True)
    ]


def open_book(shop: Workshop, quiz: Quiz, passages: tuple[Passage, ...]) -> int:
    texts: dict[str, str] = {}
    for passage in passages:
        texts[passage.document] = f"{texts.get(passage.document, passage.title)}\n\n{passage.text}"
    everything = "\n\n".join(texts.values())
    contexts = [texts.get(q.document or "", everything) for q in quiz]
    return sum(right(answers(shop.engine, shop.form, [q.text for q in quiz], contexts=contexts), quiz))


def peft(
    args: argparse.Namespace, folder: Path, model: Path, probe: Path, seconds: float, seed: int
) -> tuple[int, int]:
    command = [sys.executable, str(args.peft_script), "learn", "--model", str(model), "--set", str(folder)]
    command += ["--probe", str(probe), "--seconds", str(seconds), "--seed", str(seed)]
    if (folder / "notes.jsonl").exists():
        command += ["--notes", str(folder / "notes.jsonl")]
    out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return out["after"], out["probe_kept"]


def measure(
    args: argparse.Namespace,
    shop: Workshop,
    folder: Path,
    probe: Quiz,
    probe_said: list[str],
    general: tuple[TokenRow, ...],
    general_seconds: float,
) -> SetResult:
    """All conditions on one set. The seconds count in what the general rows took, made or read."""
    passages = read_passages(sorted((folder / "docs").glob("*.md")))
    quiz = read_quiz(folder / "quiz.jsonl")
    settings = settings_for(shop.engine.width)
    said_base = closed_book(shop, quiz)
    result = SetResult(folder.name, len(quiz), sum(right(said_base, quiz)), probe_n=len(probe))
    if "open_book" in args.conditions:
        result.open_book = open_book(shop, quiz, passages)
    prompts = general_prompts()
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        common = {"synonyms": shop.synonyms, "pieces": shop.pieces}
        if "ours" in args.conditions:
            begin = time.perf_counter()
            studied = study(
                shop.engine, shop.form, passages, general, prompts, writer=shop.writer(seed), scorer=shop.scorer,
                settings=settings, seed=seed, say=lambda text: print(f"  {folder.name}: {text}", file=sys.stderr),
                **common,
            )  # fmt: skip
            result.seconds.append(round(time.perf_counter() - begin + general_seconds, 1))
            learned = studied.learned
            result.trained_tokens.append(learned.trained_tokens)
            said, probe_now = closed_book(shop, quiz, learned), closed_book(shop, probe, learned)
            result.ours.append(sum(right(said, quiz)))
            result.ours_loglik.append(loglik(shop, quiz, learned))
            result.kept_always_on.append(sum(right(probe_now, probe)))
            result.kept_routed.append(sum(right(routed(probe_said, probe_now, probe, learned), probe)))
            result.ours_routed.append(sum(right(routed(said_base, said, quiz, learned), quiz)))
            if args.show:
                for q, text in zip(quiz, said, strict=True):
                    print(f"    {'+' if q.accepts(text) else '-'} {q.text} | {text} | {q.answers[0]}", file=sys.stderr)
                for q, text in zip(probe, probe_now, strict=True):
                    if not q.accepts(text):
                        print(f"    lost, always on: {q.text} | {text} | {q.answers[0]}", file=sys.stderr)
            print(json.dumps(asdict(result)), file=sys.stderr)  # what there is, should the rest be cut off
        sources = {"teacher_notes": folder / "notes.jsonl", "passage_only": None}
        for condition, file in sources.items():
            if condition not in args.conditions or (file is not None and not file.exists()):
                continue
            rows = read_notes(file) if file else tuple(
                row for p in passages for row in write_self_edit(p, get_format("raw"), None, None).rows
            )  # fmt: skip
            begin = time.perf_counter()
            learned = train_on_notes(
                shop.engine, shop.form, passages, rows, general, prompts, settings=settings.learn, seed=seed, **common
            )
            said = closed_book(shop, quiz, learned)
            getattr(result, condition).append(sum(right(said, quiz)))
            if condition == "teacher_notes":
                result.teacher_seconds.append(round(time.perf_counter() - begin + general_seconds, 1))
                result.teacher_kept.append(sum(right(closed_book(shop, probe, learned), probe)))
                result.teacher_loglik.append(loglik(shop, quiz, learned))
                if args.show:
                    for q, text in zip(quiz, said, strict=True):
                        print(f"    T{'+' if q.accepts(text) else '-'} {q.text} | {text}", file=sys.stderr)
        if "peft" in args.conditions:
            seconds = result.seconds[-1] if result.seconds else 240.0
            model = resolve(args.model, cache_folder()).folder
            after, kept = peft(args, folder, model, args.probe, seconds, seed)
            result.peft.append(after)
            result.peft_kept.append(kept)
        print(json.dumps(asdict(result)), file=sys.stderr)
    return result


def table(results: list[SetResult]) -> str:
    columns = ("before", "open_book", "passage_only", "peft", "teacher_notes", "ours", "ours_routed")
    kept = ("peft_kept", "teacher_kept", "kept_always_on", "kept_routed")
    lines = ["set n " + " ".join(columns) + " | probe_n " + " ".join(kept) + " | seconds tokens"]
    for r in results:
        cells = [_cell(getattr(r, c)) for c in columns]
        lines.append(
            f"{r.name} {r.n} {' '.join(cells)} | {r.probe_n} {' '.join(_cell(getattr(r, c)) for c in kept)} | "
            f"{_cell(r.seconds)} {_cell(r.trained_tokens)}"
        )
    for column in columns:
        pairs = [(v, r.n) for r in results for v in _values(getattr(r, column))]
        if pairs:
            low, high = wilson(sum(v for v, _ in pairs), sum(n for _, n in pairs))
            mean = statistics.mean(v for v, _ in pairs)
            lines.append(
                f"{column}: mean {mean:.2f}, share {low:.3f}..{high:.3f} (95 %, {sum(n for _, n in pairs)} answers)"
            )
    for column in kept:
        shares = [v / r.probe_n for r in results for v in _values(getattr(r, column)) if r.probe_n]
        if shares:
            lines.append(f"{column}: mean {statistics.mean(shares):.1%}, lowest {min(shares):.1%}")
    return "\n".join(lines)


def _values(value: object) -> list[int]:
    return value if isinstance(value, list) else [] if value is None else [value]  # type: ignore[list-item]


def _cell(value: object) -> str:
    return "/".join(str(v) for v in _values(value)) or "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--set", type=Path, nargs="+", default=[HERE / "examples" / "sets" / "observatory"])
    parser.add_argument("--probe", type=Path, default=HERE / "src/selfstudy/memory/retention_probe.jsonl")
    parser.add_argument("--editor", type=Path, help="adapter of a taught editor; without it the shipped one")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0, help="the seeds that follow it in order, to go on later")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--peft-script", type=Path, default=HERE.parent / "shared/baselines/peft_inner_loop.py")
    parser.add_argument(
        "--fresh-general-rows", action="store_true", help="make the general rows anew: the seconds of a cold job"
    )
    parser.add_argument(
        "--show", action="store_true", help="print to standard error every answer, and what is not kept of the probe"
    )
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if "peft" in args.conditions and not args.peft_script.exists():
        print(f"peft left out: {args.peft_script} is not here (--peft-script)", file=sys.stderr)
        args.conditions.remove("peft")

    shop = build(args.model, editor=args.editor)
    probe = read_quiz(args.probe)
    said = closed_book(shop, probe)
    kept = [i for i, ok in enumerate(right(said, probe)) if ok]
    probe, said = tuple(probe[i] for i in kept), [said[i] for i in kept]
    begin = time.perf_counter()
    folder = None if args.fresh_general_rows else cache_folder() / "general_rows"
    general = kept_general_rows(
        shop.engine, shop.form, general_prompts(), folder, say=lambda text: print(text, file=sys.stderr)
    )
    general_seconds = time.perf_counter() - begin
    results = [measure(args, shop, folder, probe, said, general.rows, general_seconds) for folder in args.set]
    print(table(results))
    if args.json:
        document = {
            "model": args.model, "identity": shop.engine.identity, "dtype": str(shop.engine.backbone.dtype),
            "hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
            "seeds": args.seeds, "first_seed": args.first_seed, "general_rows_cached": general.from_disk,
            "general_rows_seconds": round(general_seconds, 1), "settings": asdict(settings_for(shop.engine.width)),
            "sets": [asdict(r) for r in results],
        }  # fmt: skip
        args.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
