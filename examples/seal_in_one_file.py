"""The whole of SEAL (Self-Adapting Language Models, arXiv 2506.10943) in one flat file, on engine calls.

Two loops. Inner: a self-edit is trained into a fresh adapter, which is then quizzed without the passage. Outer
(ReST-EM): the self-edit that taught most becomes an example, and the model is fine-tuned to write like that.
Sizes are small enough for one CPU core and a few minutes: what you see is the method at work, not a result.

    python examples/seal_in_one_file.py
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from selfstudy.build import build
from selfstudy.domain.identity import derive_seed
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row, Segment
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import GenerateRequest, ScoreRequest, TrainJob

# The paper: Qwen2.5-7B, 50 passages a round, 5 self-edits each, 3 seeds each, 2 rounds. Here:
MODEL = "smollm2-135m"
DOCUMENTS = ("lighthouse.md", "programmes.md")
EDITS, SEEDS, ROUNDS, RUN = 3, 1, 1, 0
# The paper's inner loop: rank 32, alpha 64, q and v projections, rate 1e-3 falling to 0, 10 epochs, one row a step.
# Deviation: 3 epochs, for time. All else is the default of UpdateRecipe.
INNER = UpdateRecipe(epochs=3)
# The paper's outer step: rank 64, alpha 128, all projections, rate 3e-4, 2 epochs, 10 examples a step.
# Deviation: 2 examples a step, since there are 2 in all.
OUTER = UpdateRecipe(rank=64, alpha=128, targets=ALL_LINEAR, learning_rate=3e-4, epochs=2, rows_per_step=2)
# The paper samples at temperature 1. Deviation: 0.7, above which a model of this size writes nonsense.
EDIT_TOKENS, TEMPERATURE, TOP_P = 90, 0.7, 0.95

# The paper's prompt asks a base model for implications and ends in the cue "Implications:".
# Deviation: own wording, one example, and the first list mark is given: this model needs to be shown what is meant.
PROMPT = """Each passage is followed by a list of statements that follow from it, directly or indirectly.

Passage:
The Harwick signal box
It was put up in 1871 by Tolland & Sons, who charged 312 pounds. It is glazed on three sides only, because of the wind.

Implications:
1. The Harwick signal box was built in 1871.
2. Tolland & Sons were paid 312 pounds for the Harwick signal box.
3. One side of the Harwick signal box has no windows, since the wind is strong there.

Passage:
{title}
{text}

Implications:
1."""

HERE = Path(__file__).parent
clock = time.perf_counter()


def say(text: str) -> None:
    print(f"[{time.perf_counter() - clock:4.0f} s] {text}", flush=True)


def read_passage(name: str) -> Passage:
    heading, _, text = (HERE / "docs" / name).read_text(encoding="utf-8").partition("\n")
    return Passage(name, heading.lstrip("# "), " ".join(text.split()))


def questions_of(name: str) -> list[Question]:
    lines = (HERE / "quiz.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines if line.strip()]
    return [Question(q["question"], tuple(q["answers"]), name) for q in found if q["document"] == name]


workshop = build(MODEL)
engine, form = workshop.engine, workshop.form
passages = [read_passage(name) for name in DOCUMENTS]
quizzes = [questions_of(name) for name in DOCUMENTS]
prompts = [PROMPT.format(title=p.title, text=p.text) for p in passages]
say(f"{MODEL}: {len(passages)} passages, {sum(map(len, quizzes))} questions, {EDITS} self-edits each")


def rows_of(passage: Passage, completion: str) -> tuple[Row, ...]:
    """Step 3 of the single-passage run: each line under the title is a row, and the passage is the last row.

    Deviations: marks in front of a line are taken off, and a last line that was cut short is left out. The paper's
    rules for preambles and for "---" are not needed here.
    """
    lines = completion.split("\n")
    lines = lines if completion.rstrip().endswith((".", "!", "?")) else lines[:-1]
    texts = [line.strip().lstrip("0123456789.-*) ") for line in lines]
    return tuple(Row.plain(f"{passage.title}\n{text}") for text in [*filter(None, texts), passage.text])


def answer_request(question: Question, adapters: tuple[Adapter, ...]) -> ScoreRequest:
    """Step 5: the likelihood of the accepted answer after the question, closed-book: the passage is not in context.

    Deviation: the question is put in the model's chat form, since this model is an instruct model.
    """
    row = form.encode(Row.question_answer(question.text, question.answers[0]))
    return ScoreRequest(row.ids[: row.trained[-1]], row.trained[0], adapters)  # the end of turn is not asked for


def likelihood(asked: list[tuple[int, tuple[Adapter, ...]]]) -> list[float]:
    """For each (passage, adapters): the mean log-probability a token of its quiz's answers."""
    requests = [answer_request(q, adapters) for p, adapters in asked for q in quizzes[p]]
    scores = iter(engine.score(requests))
    return [sum(next(scores).mean for _ in quizzes[p]) / len(quizzes[p]) for p, _ in asked]


def sample_edits(round_number: int, count: int) -> list[tuple[int, str]]:
    """ReST-EM, E-step, first half: sample `count` self-edits for every passage from the model as it is now.

    Deviation: an edit ends at its first blank line, after which this model begins another passage.
    """
    requests = [
        GenerateRequest(
            form.plain(prompts[p]), EDIT_TOKENS, form.stop_ids, temperature=TEMPERATURE, top_p=TOP_P,
            seed=derive_seed(RUN, round_number, passages[p].identity, n, "sample"),
        )
        for p in range(len(passages)) for n in range(count)
    ]  # fmt: skip
    places = [p for p in range(len(passages)) for _ in range(count)]
    return [(p, form.decode(g.ids).split("\n\n")[0]) for p, g in zip(places, engine.generate(requests), strict=True)]


def inner_loop(edits: list[tuple[int, str]], round_number: int) -> list[float]:
    """ReST-EM, E-step, second half: each edit's reward.

    Every edit trains a fresh LoRA from the unmodified model, at each of SEEDS seeds; all of them train at once. Its
    reward is the mean over seeds. Deviations: the reward is the *gain* in likelihood of the answers over the model
    as it is, where the paper has a judge count right answers (6 questions are too few to tell edits apart by
    counting); and siblings share their seed, where the paper's comes from the clock.
    """
    jobs = [
        TrainJob(
            tuple(form.encode(row) for row in rows_of(passages[p], text)), INNER,
            derive_seed(RUN, round_number, passages[p].identity, repeat, "trial"),
        )
        for p, text in edits for repeat in range(SEEDS)
    ]  # fmt: skip
    owners = [n for n in range(len(edits)) for _ in range(SEEDS)]
    trained = [(n, r.adapter) for n, r in zip(owners, engine.train(jobs), strict=True) if r.adapter is not None]
    before = likelihood([(p, ()) for p in range(len(passages))])
    after = likelihood([(edits[n][0], (adapter,)) for n, adapter in trained])
    gains: list[list[float]] = [[] for _ in edits]
    for (n, _), value in zip(trained, after, strict=True):
        gains[n].append(value - before[edits[n][0]])
    return [sum(g) / len(g) if g else float("-inf") for g in gains]


def outer_step(edits: list[tuple[int, str]], rewards: list[float], round_number: int) -> None:
    """ReST-EM, M-step: the best edit of each passage (no filter, ties to the first) becomes an example; fine-tune.

    The loss is on the completion only, and the adapter is merged into the weights: the merged model is writer and
    learner of the next round.
    """
    jobs_rows = []
    for p in range(len(passages)):
        best = max((n for n in range(len(edits)) if edits[n][0] == p), key=lambda n: rewards[n])
        segments = (Segment("plain", prompts[p], False), Segment("plain", edits[best][1], True))
        jobs_rows.append(form.encode(Row(segments)))
        say(f"{passages[p].document}: the best of {EDITS} gains {rewards[best]:+.3f}; it begins:")
        print("         1." + " / ".join(edits[best][1].split("\n")[:2])[:150])
    seed = derive_seed(RUN, round_number, "", 0, "editor")
    (result,) = engine.train([TrainJob(tuple(jobs_rows), OUTER, seed)])
    if result.adapter is None:
        raise SystemExit(f"the editor's training failed: {result.failure}")
    engine.merge([result.adapter])
    say(f"editor trained: loss {result.losses[0]:.3f} → {result.losses[-1]:.3f}, merged into the weights")


def show(edits: list[tuple[int, str]], rewards: list[float]) -> None:
    for p, passage in enumerate(passages):
        mine = [(len(rows_of(passage, text)), r) for (q, text), r in zip(edits, rewards, strict=True) if q == p]
        listed = ", ".join(f"{reward:+.3f} ({rows} rows)" for rows, reward in mine)
        say(f"{passage.document}: gain a token, in nats, of each self-edit: {listed}")


for round_number in range(ROUNDS):
    edits = sample_edits(round_number, EDITS)
    say(f"round {round_number + 1}: {len(edits)} self-edits written, for example:\n1.{edits[0][1]}\n")
    rewards = inner_loop(edits, round_number)
    show(edits, rewards)
    outer_step(edits, rewards, round_number)

# The editor after the last round writes one fresh self-edit a passage, which is measured like the others.
# Deviation: the paper measures on 200 other passages. Two self-edits on the training passages prove nothing.
edits = sample_edits(ROUNDS, 1)
say(f"after the last round it writes, for example:\n1.{edits[0][1]}\n")
show(edits, inner_loop(edits, ROUNDS))
