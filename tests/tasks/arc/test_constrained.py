"""Whatever is drawn from the allowed ids, a plan comes out. All but the last two are skipped without llguidance."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from selfstudy.engine.contract import AllowedTokens, GenerateRequest
from selfstudy.engine.engine import Engine
from selfstudy.models.tiny import tiny_model
from selfstudy.tasks.arc.constrained import MOST_TOKENS, plan_tokens
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import PATTERN, parse_plan, plan_text
from selfstudy.tasks.arc.plan_prompt import plan_prompt
from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query
from tests.tasks.arc.strategies import grid
from tests.tasks.arc.vocabularies import Known, cached, invented, of

NAMES = ("invented", "SmolLM2-135M", "qwen2.5-coder-0.5b")
PLAN = Plan(size=True, trained_on="everything", learning_rate=2e-5, epochs=12)


@cache
def _known(name: str) -> Known:
    return invented() if name == "invented" else cached(name)


@cache
def _allowed(name: str) -> AllowedTokens:
    pytest.importorskip("llguidance")
    known = _known(name)
    return plan_tokens(known.pieces, known.end, known.encode)


def _decoded(name: str, seed: int) -> tuple[int, ...]:
    """Uniformly over the allowed ids, until the end id."""
    known, allowed, draw = _known(name), _allowed(name), random.Random(seed)
    ids: list[int] = []
    while len(ids) < MOST_TOKENS:
        chosen = draw.choice(sorted(allowed(ids)))
        if chosen == known.end:
            return tuple(ids)
        assert known.pieces[chosen]
        ids.append(chosen)
    raise AssertionError(f"no end within {MOST_TOKENS} ids: {known.text(ids)}")


@pytest.mark.parametrize("name", NAMES)
def test_random_decoding_gives_plans(name: str) -> None:
    _allowed(name)
    texts = [_known(name).text(_decoded(name, seed)) for seed in range(200)]
    drawn = Counter(parse_plan(text) for text in texts)
    assert all(re.fullmatch(PATTERN, text) for text in texts)
    assert len(drawn) > 150
    assert {plan.trained_on for plan in drawn} == {"everything", "last_output"}


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_can_be_written_in_the_tokenizers_own_ids(name: str) -> None:
    allowed, known = _allowed(name), _known(name)
    ids = list(known.encode(plan_text(PLAN)))
    for place, chosen in enumerate(ids):
        assert chosen in allowed(ids[:place]), known.text(ids[:place])
    assert list(allowed(ids)) == [known.end]


@pytest.mark.parametrize("name", NAMES)
def test_where_there_is_no_choice_the_ids_are_the_tokenizers_own(name: str) -> None:
    allowed, known = _allowed(name), _known(name)
    own = known.encode(plan_text(PLAN))
    forced = sum(len(allowed(own[:place])) == 1 for place in range(len(own)))
    assert forced > len(own) / 2


@pytest.mark.parametrize("name", NAMES)
def test_what_is_allowed_depends_on_the_ids_alone(name: str) -> None:
    allowed, known = _allowed(name), _known(name)
    prefixes = [ids[:place] for seed in range(3) for ids in [_decoded(name, seed)] for place in range(len(ids) + 1)]
    first = [list(allowed(prefix)) for prefix in prefixes]
    shuffled = list(enumerate(prefixes))
    random.Random(0).shuffle(shuffled)
    other = plan_tokens(known.pieces, known.end, known.encode)
    for place, prefix in shuffled:
        assert list(allowed(prefix)) == list(other(list(prefix))) == first[place]


def test_a_random_model_writes_plans() -> None:
    pytest.importorskip("llguidance")
    loaded = tiny_model(3, vocab=261)  # wider than its vocabulary, as real models are
    known = of(loaded.tokenizer.backend_tokenizer)  # type: ignore[attr-defined]
    allowed = plan_tokens(known.pieces, known.end, known.encode)
    puzzle = Puzzle("made", (Example(grid("12"), grid("21")),), (Query(grid("3")),))
    prompt = loaded.chat.prompt(plan_prompt(puzzle))
    asked = GenerateRequest(prompt, MOST_TOKENS, loaded.chat.stop_ids, temperature=1.0, allowed_tokens=allowed)
    requests = [replace(asked, seed=seed) for seed in range(8)]
    written = Engine(loaded.model, loaded.identity).generate(requests)
    assert all(generation.stopped for generation in written)
    assert len({parse_plan(loaded.chat.decode(generation.ids)) for generation in written}) > 4


def test_ids_that_were_not_allowed_are_refused() -> None:
    allowed, known = _allowed("invented"), _known("invented")
    wrong = list(known.encode("I"))
    with pytest.raises(ValueError) as caught:
        allowed(wrong)
    assert str(caught.value) == f"plan: the ids {wrong} are not the beginning of a plan"
    assert allowed([])


def test_a_vocabulary_that_could_get_stuck_is_refused() -> None:
    pytest.importorskip("llguidance")
    known = _known("invented")
    pieces = [None if piece == b"7" else piece for piece in known.pieces]
    with pytest.raises(ValueError) as caught:
        plan_tokens(pieces, known.end, known.encode)
    assert str(caught.value) == "plan: the vocabulary has no token for '7' alone; use another model"


def test_without_llguidance_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(ValueError) as caught:
        plan_tokens([b"a", None], 1, lambda text: [0])
    assert str(caught.value) == (
        "plan: constrained decoding needs the package llguidance (import of llguidance halted; None in sys.modules); "
        "pip install 'selfstudy[arc]'"
    )


def test_the_module_loads_neither_llguidance_nor_torch() -> None:
    code = "import sys, selfstudy.tasks.arc.constrained, selfstudy.tasks.arc.plan_prompt; "
    code += "print(*{'llguidance', 'numpy', 'torch', 'tokenizers', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
