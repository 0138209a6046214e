#!/usr/bin/env python3
"""Do answers of one adapter depend on what is decoded beside them?

    python benchmarks/agreement.py [--model M] [--dtype auto|fp32|bf16] [--set FOLDER] [--steps S] [--most N]
        [--json FILE]

An adapter is trained for --steps steps on the notes of a document set, and answers its questions and as many of the
notes' own, greedily, at most 24 new tokens each: all in one call, in calls of 8, one by one, and in one call in which
three other adapters answer the same questions. Each way is compared with the one by one: the share of places (an end of
the reply is one) with the same token, and the share of equal answers. In exact arithmetic all are 1; in bfloat16 sums
taken in another order round otherwise, and where two tokens are nearly as likely the other one is taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import hardware, model_options, open_with_tokenizer, table

from selfstudy.documents.quiz_file import read_notes, read_quiz
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import GenerateRequest, Generation, TrainJob
from selfstudy.engine.engine import Engine

NEW_TOKENS, OTHERS, PART = 24, 3, 8
SET = Path(__file__).resolve().parent.parent / "examples" / "sets" / "observatory"


def same_places(one: Sequence[Generation], other: Sequence[Generation]) -> tuple[float, float]:
    """The shares of equal places and of equal answers."""
    places = [a == b for x, y in zip(one, other, strict=True) for a, b in zip_longest(_places(x), _places(y))]
    answers = [_places(x) == _places(y) for x, y in zip(one, other, strict=True)]
    return sum(places) / len(places), sum(answers) / len(answers)


def _places(of: Generation) -> tuple[int, ...]:
    return (*of.ids, -1) if of.stopped else of.ids


def ways(
    engine: Engine, prompts: Sequence[tuple[int, ...]], ends: tuple[int, ...], adapters: Sequence[Adapter]
) -> dict[str, Callable[[], list[Generation]]]:
    """How the first adapter's answers can be had."""

    def asked(adapter: Adapter) -> list[GenerateRequest]:
        return [GenerateRequest(ids, NEW_TOKENS, ends, (adapter,)) for ids in prompts]

    mine = asked(adapters[0])

    def in_parts(size: int) -> list[Generation]:
        return [g for n in range(0, len(mine), size) for g in engine.generate(mine[n : n + size])]

    def beside_others() -> list[Generation]:
        # In turns, so that no prompt is decoded beside its neighbours of before.
        requests = [each for group in zip(*map(asked, adapters), strict=True) for each in group]
        return engine.generate(requests)[:: len(adapters)]

    return {
        "one by one": lambda: in_parts(1),
        f"{PART} at once": lambda: in_parts(PART),
        "all at once": lambda: engine.generate(mine),
        f"all, beside {len(adapters) - 1} adapters": beside_others,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, parents=[model_options()]
    )
    parser.add_argument("--set", type=Path, default=SET, help="folder with quiz.jsonl and notes.jsonl")
    parser.add_argument("--steps", type=int, default=30, help="of training, four notes a step")
    parser.add_argument("--most", type=int, default=64, help="questions asked")
    args = parser.parse_args()
    engine, form = open_with_tokenizer(args, 1 + OTHERS)
    rows = read_notes(args.set / "notes.jsonl")
    recipe = UpdateRecipe(
        rank=16, alpha=32, targets=ALL_LINEAR, learning_rate=5e-4, epochs=99, rows_per_step=4, max_steps=args.steps
    )
    job = TrainJob(tuple(form.encode(row) for row in rows), recipe, 0)
    results = engine.train([replace(job, seed=seed) for seed in range(1 + OTHERS)])
    questions = [q.text for q in read_quiz(args.set / "quiz.jsonl")] + [row.prompt for row in rows if row.prompt]
    prompts = [form.question_prompt(text) for text in dict.fromkeys(questions)][: args.most]
    found = {name: way() for name, way in ways(engine, prompts, form.stop_ids, [r.adapter for r in results]).items()}
    first, *others = found
    shares = [(name, *same_places(found[first], found[name])) for name in others]
    lines = [{"way": name, "places": places, "answers": answers} for name, places, answers in shares]
    print(f"{engine.identity}, {engine.backbone.dtype}, {len(prompts)} questions; against one by one:")
    print(table(lines, {"way": "{}", "places": "{:.1%}", "answers": "{:.1%}"}))
    if args.json:
        about = {"hardware": hardware(engine.backbone), "model": engine.identity, "questions": len(prompts)}
        dtype = str(engine.backbone.dtype).removeprefix("torch.")
        args.json.write_text(json.dumps({**about, "dtype": dtype, "rows": lines}, indent=2) + "\n")


if __name__ == "__main__":
    main()
