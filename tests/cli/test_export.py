"""What `selfstudy export` writes: others read it, and it answers there as it does here; or nothing is written."""

from __future__ import annotations

import contextlib
import io
import json
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import metadata_load
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from selfstudy.api import merging
from selfstudy.api.origin import Origin, origin_of
from selfstudy.cli.export import export
from selfstudy.domain.version import GateResult
from selfstudy.engine.engine import Engine
from selfstudy.inner_loop.ask import answers
from selfstudy.models.load import load
from selfstudy.store.errors import CorruptBlob
from tests.cli import small_home
from tests.cli.small_home import QUESTIONS, mistake, run
from tests.models.folders import names


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_home.model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    folder = tmp_path_factory.mktemp("home")
    small_home.make(folder, model)
    return folder


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """Where to export to, in a folder of its own."""
    return tmp_path / "place" / "out"


def _by_the_card(folder: Path, question: str) -> str:
    """What the code in the card prints."""
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    code = code.replace('folder = "."', f"folder = {str(folder)!r}").replace("Your question?", question)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue().strip()


def test_peft_reads_the_adapter_and_says_the_same(home: Path, model: Path, at: Path) -> None:
    done = run(export, "v1", "--to", at, "--home", home, "--dtype", "float32")
    assert done.out.startswith(f"v1 is in {at} (")
    assert done.out.endswith(f" MB): a PEFT adapter for {model}\n")
    assert {"adapter_config.json", "adapter_model.safetensors", "README.md", "tokenizer.json"} <= set(names(at))
    assert json.loads((at / "adapter_config.json").read_text())["base_model_name_or_path"] == str(model)
    found, engine, adapter = small_home.loaded(model)
    peft = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model), at).eval()
    prompt = found.chat.question_prompt(QUESTIONS[0])
    with torch.no_grad():
        theirs = peft(torch.tensor([prompt])).logits[0, -1].argmax()
    assert answers(engine, found.chat, QUESTIONS[:1], (adapter,)) != answers(engine, found.chat, QUESTIONS[:1])
    (first,) = answers(engine, found.chat, QUESTIONS[:1], (adapter,), max_new_tokens=1)
    assert found.chat.decode([int(theirs)]).strip() == first


def test_the_code_in_the_card_gives_the_answers_of_base_and_adapter(home: Path, model: Path, at: Path) -> None:
    run(export, "v1", "--to", at, "--home", home)
    assert [_by_the_card(at, question) for question in QUESTIONS[:3]] == small_home.said(model)[:3]


def test_tokenizer_and_template_are_the_models_own(home: Path, model: Path, at: Path) -> None:
    run(export, "v1", "--to", at, "--home", home)
    turns = [{"role": "user", "content": "Who, <|im_end|>?"}]
    mine, theirs = (AutoTokenizer.from_pretrained(folder) for folder in (at, model))
    assert mine.apply_chat_template(turns)["input_ids"] == theirs.apply_chat_template(turns)["input_ids"]
    assert mine.eos_token == theirs.eos_token


def test_what_is_merged_is_a_model_for_transformers_and_for_selfstudy(home: Path, model: Path, at: Path) -> None:
    done = run(export, "v1", "--to", at, "--home", home, "--merged")
    assert done.out.splitlines()[1] == "loaded again it gave 6 of 6 answers as base and adapter do, 1 of 6 right"
    assert {"model.safetensors", "config.json", "chat_template.jinja", "README.md"} <= set(names(at))
    assert not any("adapter" in name for name in names(at))
    assert [path.name for path in at.parent.iterdir()] == ["out"]
    again = load(str(at), dtype="float32")
    expected = small_home.said(model)
    assert answers(Engine(again.model, again.identity), again.chat, QUESTIONS) == expected
    assert [_by_the_card(at, question) for question in QUESTIONS[:3]] == expected[:3]
    theirs = AutoModelForCausalLM.from_pretrained(at)
    assert theirs.dtype == torch.float32
    assert set(theirs.generation_config.eos_token_id) == set(again.chat.stop_ids)
    assert at.stat().st_mode & 0o777 == 0o755
    assert {(at / name).stat().st_mode & 0o777 for name in names(at)} == {0o644}


@pytest.mark.parametrize(
    ("dtype", "remedy"), [("auto", "leave out --merged"), ("bfloat16", "give --dtype float32, or leave out --merged")]
)
def test_a_merged_model_that_answers_otherwise_is_removed(
    home: Path, at: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, remedy: str
) -> None:
    write = merging.write_weights

    def damage(loaded: Any, folder: Path) -> None:
        loaded.model.model.layers[1].mlp.down_proj.weight.mul_(-1.0)
        write(loaded, folder)

    monkeypatch.setattr(merging, "write_weights", damage)
    line = mistake(export, "v1", "--to", at, "--home", home, "--merged", "--dtype", dtype)
    named = "float32" if dtype == "auto" else dtype
    assert re.fullmatch(
        rf"export: merged in {named}, v1 answers [0-5] of 6 questions as base and adapter do together, fewer than 90%; "
        rf"nothing was kept: {remedy}",
        line,
    )
    assert list(at.parent.iterdir()) == []


def test_one_answer_in_ten_may_differ(home: Path, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = answers
    calls = []

    def other(*arguments: Any) -> list[str]:
        calls.append(arguments)
        found = given(*arguments)
        return found if len(calls) == 1 else [*found[:-changed], *["?"] * changed]

    monkeypatch.setattr(merging, "answers", other)
    monkeypatch.setattr(merging, "_questions", lambda version: merging.retention_probe()[:20])
    changed = 3
    assert "answers 17 of 20 questions" in mistake(export, "v1", "--to", at, "--home", home, "--merged")
    calls.clear()
    changed = 2
    run(export, "v1", "--to", at, "--home", home, "--merged")
    assert "answered 18 of 20 questions word for word" in (at / "README.md").read_text(encoding="utf-8")


def test_a_model_without_a_chat_template(tmp_path: Path, at: Path) -> None:
    base = small_home.model_folder(tmp_path / "plain")
    (base / "chat_template.jinja").unlink()
    small_home.make(tmp_path / "home", base)
    run(export, "v1", "--to", at, "--home", tmp_path / "home", "--merged")
    assert "chat_template.jinja" not in names(at)
    assert r"\n\nQuestion: QUESTION\nAnswer:" in (at / "README.md").read_text(encoding="utf-8")
    assert [_by_the_card(at, question) for question in QUESTIONS[:3]] == small_home.said(base)[:3]


def test_a_version_without_questions_is_checked_with_general_ones(tmp_path: Path, model: Path, at: Path) -> None:
    small_home.make(tmp_path / "home", model, answered=())
    done = run(export, "v1", "--to", at, "--home", tmp_path / "home", "--merged", "--json")
    assert json.loads(done.out)["check"] == {"same": {"right": 20, "n": 20, "accuracy": 1.0}, "right": None}


def test_the_card_says_what_was_learned_and_measured(home: Path, model: Path, at: Path) -> None:
    run(export, "v1", "--to", at, "--home", home)
    header = metadata_load(at / "README.md")
    assert header == {
        "library_name": "peft", "base_model": str(model), "base_model_relation": "adapter",
        "pipeline_tag": "text-generation", "tags": ["selfstudy", "lora", "self-adapting"],
    }  # fmt: skip
    text = (at / "README.md").read_text(encoding="utf-8")
    for line in (
        "- `ferry.md`",
        "- `` odd `name`.md ``",
        "| the quiz, this version behind its router | 10 of 18 | 56% | 34% to 75% |",
        "| the quiz, base with the document in context | 5 of 18 | 28% | 12% to 51% |",
        "| general questions kept, behind the router | 142 of 142 | 100% | 97% to 100% |",
        "| **general questions kept, always on: this export** | 120 of 142 | 85% | 78% to 90% |",
        "Gate: **passed**. Behind its router the version gained, and forgot no more than was allowed.",
        "The model's own held-out questions gained +1.50 nats a token over the base (standard error 0.25).",
        "seed = 3",
    ):
        assert line in text.splitlines(), line
    assert "The router is not part" in text
    assert "Exported by selfstudy 0.1.0." in text
    assert "earlier documents" not in text  # nothing was asked of them


def test_the_card_of_a_merged_model(home: Path, model: Path, at: Path) -> None:
    run(export, "v1", "--to", at, "--home", home, "--merged")
    header = metadata_load(at / "README.md")
    assert (header["library_name"], header["base_model_relation"]) == ("transformers", "finetune")
    text = (at / "README.md").read_text(encoding="utf-8")
    assert "| **the quiz, this export** | 1 of 6 | 17% | 3% to 56% |" in text
    assert "rounded to float32" in text


def test_a_refused_version_is_exported_and_its_card_says_so(tmp_path: Path, model: Path, at: Path) -> None:
    small_home.make(tmp_path / "home", model, gate=GateResult(False, ("it lost 9 of 142", "it gained nothing")))
    run(export, "v1", "--to", at, "--home", tmp_path / "home")
    text = (at / "README.md").read_text(encoding="utf-8")
    assert "Gate: **refused**, because it lost 9 of 142; it gained nothing. selfstudy itself does not" in text


def test_json(home: Path, model: Path, at: Path) -> None:
    done = run(export, "v1", "--to", at, "--home", home, "--json")
    found = json.loads(done.out)
    assert found["files"] == names(at)
    assert found["bytes"] == sum((at / name).stat().st_size for name in names(at))
    assert {key: found[key] for key in ("version", "folder", "merged", "base_model", "check")} == {
        "version": "v1", "folder": str(at), "merged": False, "base_model": str(model), "check": None,
    }  # fmt: skip
    assert done.err.splitlines() == [f"selfstudy: loading {model}"]


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_what_exists_is_left_alone(home: Path, tmp_path: Path, there: str) -> None:
    to = tmp_path / "out"
    {"folder": to.mkdir, "file": to.touch, "link": lambda: to.symlink_to("nowhere")}[there]()
    line = mistake(export, "v1", "--to", to, "--home", home)
    assert line == f"export: {to} exists already; choose another folder for --to"
    assert names(tmp_path) == ["out"]


def test_versions_that_are_not_there(home: Path, tmp_path: Path, at: Path) -> None:
    assert mistake(export, "v7", "--to", at, "--home", home) == "there is no version v7; known: v1"
    assert mistake(export, "best", "--to", at, "--home", home).startswith("'best' is no version's name")
    assert mistake(export, "v1", "--to", at, "--home", tmp_path / "none").startswith(
        f"{tmp_path / 'none'} does not exist"
    )
    assert not at.parent.exists()


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_damaged_adapter(tmp_path: Path, model: Path, at: Path, damage: str) -> None:
    version = small_home.make(tmp_path / "home", model)
    file = tmp_path / "home" / "blobs" / version.adapter
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(CorruptBlob) as caught:
        run(export, "v1", "--to", at, "--home", tmp_path / "home")
    what = "is missing" if damage == "missing" else r"is damaged \(\d+ bytes with SHA-256 [0-9a-f]{64}\)"
    assert re.fullmatch(
        rf"export: the adapter of v1 cannot be read: {re.escape(str(file))} {what}; put it back from a copy of the "
        r"store, or learn the documents again in another --home",
        str(caught.value),
    )
    assert not at.parent.exists()


def test_a_base_with_other_weights(home: Path, model: Path, tmp_path: Path, at: Path) -> None:
    other = small_home.model_folder(tmp_path / "other", seed=6)
    line = mistake(export, "v1", "--to", at, "--home", home, "--model", other)
    assert re.fullmatch(
        rf"export: v1 was trained on {re.escape(str(model))} \(base [0-9a-f]{{12}}\), and {re.escape(str(other))} has "
        r"other weights \(base [0-9a-f]{12}\); say with --model where the base is",
        line,
    )
    assert not at.parent.exists()


def test_a_base_that_was_moved(home: Path, tmp_path: Path, at: Path) -> None:
    moved = small_home.model_folder(tmp_path / "moved")
    run(export, "v1", "--to", at, "--home", home, "--model", moved)
    assert json.loads((at / "adapter_config.json").read_text())["base_model_name_or_path"] == str(moved)


@contextlib.contextmanager
def small_files() -> Iterator[None]:
    """No file may grow beyond 4 kB, as on a disk without room.

    Around the one call that it is meant for: pytest's own report may be a file too, and a long one by then.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("merged", [[], ["--merged"]])
def test_no_room(home: Path, at: Path, merged: list[str]) -> None:
    with small_files():
        line = mistake(export, "v1", "--to", at, "--home", home, *merged)
    assert re.fullmatch(
        rf"export: {re.escape(str(at))} cannot be written \(.*File too large.*\); make room there, or choose another "
        r"folder for --to",
        line,
    )
    assert list(at.parent.iterdir()) == []


def test_a_parent_that_is_a_file(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = mistake(export, "v1", "--to", tmp_path / "file" / "out", "--home", home)
    assert line == f"export: {tmp_path / 'file'} is no folder; choose another folder for --to"


def test_interrupted_it_leaves_nothing(home: Path, at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(merging, "write_tokenizer", stop)
    with pytest.raises(KeyboardInterrupt):
        run(export, "v1", "--to", at, "--home", home, "--merged")
    assert list(at.parent.iterdir()) == []


def test_bases_have_names_that_resolve_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some" / "model").mkdir(parents=True)
    assert origin_of("SmolLM2-135M", "cache/a") == Origin(
        "HuggingFaceTB/SmolLM2-135M-Instruct", "Apache-2.0", "SmolLM2-135M-Instruct.Q4_1.gguf"
    )
    assert origin_of("qwen2.5-coder-0.5b", "cache/a").name == "Qwen/Qwen2.5-Coder-0.5B-Instruct"
    assert origin_of("some/model", "some/model") == Origin(str(tmp_path / "some" / "model"))
    assert origin_of("owner/model", "cache/hub/x") == Origin("owner/model")
    assert origin_of("a.gguf", "cache/a-1") == Origin(
        str(tmp_path / "cache" / "a-1"), dequantised=str(tmp_path / "a.gguf")
    )
