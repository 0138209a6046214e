"""The prompt form: what is trained, what the template prints, and that documents cannot forge control tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Metaspace
from transformers import PreTrainedTokenizerFast

from selfstudy.domain.row import Row, Segment
from selfstudy.models.chat import DEFAULT_SYSTEM, ChatForm, open_book
from selfstudy.models.errors import ModelError
from selfstudy.models.loaded import LoadedModel
from selfstudy.models.tiny import CHATML, SPECIAL, tiny_tokenizer

LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set told = '<<SYS>>' + messages[0]['content'] + '<</SYS>> ' %}"
    "{% set messages = messages[1:] %}{% else %}{% set told = '' %}{% endif %}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}"
    "{{ '<s>[INST] ' + (told if loop.first else '') + message['content'].strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'].strip() + ' </s>' }}{% endif %}{% endfor %}"
)
THINKING = CHATML.replace(
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content']",
    "{{ '<|im_start|>' + message['role'] + '\\n' + "
    "('<think></think>' if loop.last and message['role'] == 'assistant' else '') + message['content']",
).replace("<|im_start|>assistant\\n' }}", "<|im_start|>assistant\\n<think></think>' }}")
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system turn') }}{% endif %}" + CHATML
TRIMMING = CHATML.replace("message['content']", "message['content'] | trim")

FORM = ChatForm(tiny_tokenizer())
# Document text with a taste for trouble: control tokens, white space at the ends, all of Unicode that UTF-8 can write.
TEXTS = st.lists(
    st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from([*SPECIAL, "\n", " "])),
    max_size=6,
).map("".join)


def spelled(form: ChatForm, turns: list[Segment], *, generate: bool = False) -> list[int]:
    """What transformers itself makes of a conversation."""
    messages = [{"role": turn.role, "content": turn.text} for turn in turns]
    tokenizer: Any = form.tokenizer
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=generate)
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=False)["input_ids"])


@given(question=TEXTS, answer=TEXTS)
def test_a_row_decodes_to_its_texts_and_trains_answer_and_end_of_turn_only(question: str, answer: str) -> None:
    row = FORM.encode(Row.question_answer(question, answer, weight=0.5))
    assert FORM.decode(row.ids) == f"system\n{DEFAULT_SYSTEM}\nuser\n{question}\nassistant\n{answer}\n"
    assert FORM.decode([row.ids[i] for i in row.trained]) == answer
    assert row.ids[row.trained[-1]] == FORM.end_of_turn == 2
    assert len(row.trained) == len(answer.encode()) + 1
    assert row.trained == tuple(range(row.trained[0], row.trained[-1] + 1))
    assert {row.weights[i] for i in row.trained} == {0.5}


@given(question=TEXTS, answer=TEXTS, context=st.none() | TEXTS)
def test_a_prompt_is_a_prefix_of_its_row(question: str, answer: str, context: str | None) -> None:
    prompt = FORM.question_prompt(question, context)
    row = FORM.encode(Row.question_answer(open_book(question, context), answer))
    assert row.ids[: len(prompt)] == prompt
    assert row.trained[0] == len(prompt)


@given(texts=st.lists(TEXTS, min_size=4, max_size=4))
def test_text_never_becomes_a_control_token(texts: list[str]) -> None:
    user, answer, again, last = texts
    segments = (
        Segment("user", user, False),
        Segment("assistant", answer, False),
        Segment("user", again, False),
        Segment("assistant", last, True),
    )
    row = FORM.encode(Row(segments))
    # Five turns (ours is the system's), each opened and closed once by the template.
    assert [index for index in row.ids if index < len(SPECIAL)] == [1, 2] * 5
    assert not {0, 1, 2} & set(FORM.plain(user))


@given(texts=st.lists(st.text("ab \n!é", max_size=5), min_size=4, max_size=4))
def test_equals_the_chat_template_token_for_token(texts: list[str]) -> None:
    turns = [
        Segment(role, text, role == "assistant") for role, text in zip(("user", "assistant") * 2, texts, strict=True)
    ]
    told = [Segment("system", DEFAULT_SYSTEM, False), *turns]
    assert list(FORM.encode(Row(tuple(turns))).ids) == spelled(FORM, told)
    assert list(FORM.prompt(turns[:3])) == spelled(FORM, told[:4], generate=True)


def test_several_turns_train_each_trained_answer() -> None:
    turns = (
        Segment("user", "1", False),
        Segment("assistant", "one", True),
        Segment("user", "2", False),
        Segment("assistant", "two", True),
    )
    row = ChatForm(FORM.tokenizer, None).encode(Row(turns))
    assert FORM.show(row) == (
        "<|im_start|>user\n1<|im_end|>\n<|im_start|>assistant\n⟦one<|im_end|>⟧\n"
        "<|im_start|>user\n2<|im_end|>\n<|im_start|>assistant\n⟦two<|im_end|>⟧\n"
    )


def test_a_system_segment_replaces_ours() -> None:
    row = FORM.encode(Row((Segment("system", "Be brief.", False), *Row.question_answer("q", "a").segments)))
    assert FORM.show(row).startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nq<|im_end|>")


def test_plain_rows_train_all_but_the_first_token_and_end() -> None:
    row = FORM.encode(Row.plain("abc"))
    assert FORM.show(row) == "a⟦bc<|im_end|>⟧"
    told = FORM.encode(Row((Segment("plain", "ab", False), Segment("plain", "cd", True))))
    assert FORM.show(told) == "ab⟦cd<|im_end|>⟧"


def test_open_book_prompt_is_context_blank_line_question() -> None:
    prompt = FORM.question_prompt("Who?", "It was Ada.")
    assert "user\nIt was Ada.\n\nQuestion: Who?<|im_end|>" in FORM.tokenizer.decode(list(prompt))


@pytest.mark.parametrize("template", [CHATML, THINKING, NO_SYSTEM, TRIMMING, None])
@settings(max_examples=25)
@given(question=TEXTS, answer=TEXTS, context=TEXTS)
def test_with_the_passage_open_the_same_tokens_are_trained(
    template: str | None, question: str, answer: str, context: str
) -> None:
    form = ChatForm(tiny_tokenizer(chat_template=template))
    row = Row.question_answer(question, answer, weight=0.5)
    closed, opened = form.encode(row), form.encode(row, context)
    assert [opened.ids[i] for i in opened.trained] == [closed.ids[i] for i in closed.trained]
    assert [opened.weights[i] for i in opened.trained] == [0.5] * len(closed.trained)
    prompt = form.question_prompt(question, context)
    assert opened.ids[: opened.trained[0]] == prompt


@settings(max_examples=25)
@given(text=TEXTS.filter(bool), context=TEXTS)
def test_a_plain_row_stands_behind_its_context_as_it_stands_alone(text: str, context: str) -> None:
    closed, opened = FORM.encode(Row.plain(text)), FORM.encode(Row.plain(text), context)
    assert opened.ids == (*FORM.plain(f"{context}\n\n"), *closed.ids)
    assert opened.weights[-len(closed.ids) :] == closed.weights
    assert len(opened.trained) == len(closed.trained)


def test_a_context_needs_a_user_turn() -> None:
    with pytest.raises(ModelError, match="no user turn to put the context into"):
        FORM.encode(Row((Segment("system", "a", False), Segment("assistant", "b", True))), "c")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Row(()), "row: it has no segments; give it at least one"),
        (
            Row((Segment("plain", "a", False), Segment("user", "b", False))),
            "row: it mixes plain segments with chat turns; use one kind in a row",
        ),
        (Row((Segment("plain", "", False),)), "row: its segments are empty and nothing in it is trained"),
    ],
)
def test_rows_that_cannot_be_encoded(row: Row, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        FORM.encode(row)
    assert str(caught.value) == message


def test_a_prompt_must_end_with_the_user() -> None:
    with pytest.raises(ModelError) as caught:
        FORM.prompt((Segment("assistant", "hi", False),))
    assert str(caught.value) == "prompt: its last turn must be the user's"


def test_no_template_falls_back_to_question_and_answer() -> None:
    form = ChatForm(tiny_tokenizer(chat_template=None), None)
    row = form.encode(Row.question_answer("Who?", "Ada."))
    assert form.show(row) == "Question: Who?\nAnswer:⟦ Ada.<|im_end|>⟧\n\n"
    assert form.tokenizer.decode(list(form.question_prompt("Who?", "Text."))) == "Text.\n\nQuestion: Who?\nAnswer:"


def test_a_template_without_system_turn_gets_it_in_the_first_user_turn() -> None:
    form = ChatForm(tiny_tokenizer(chat_template=NO_SYSTEM), "Be brief.")
    assert form.show(form.encode(Row.question_answer("q", "a"))) == (
        "<|im_start|>user\nBe brief.\n\nq<|im_end|>\n<|im_start|>assistant\n⟦a<|im_end|>⟧\n"
    )


def test_a_template_that_trims_is_followed() -> None:
    form = ChatForm(tiny_tokenizer(chat_template=TRIMMING), None)
    turns = [Segment("user", " q\n", False), Segment("assistant", "\n a ", True)]
    assert list(form.encode(Row(tuple(turns))).ids) == spelled(form, turns)


def test_what_a_template_puts_before_the_answer_is_part_of_the_prompt() -> None:
    form = ChatForm(tiny_tokenizer(chat_template=THINKING), None)
    row = form.encode(Row.question_answer("q", "a"))
    assert form.show(row).endswith("assistant\n<think></think>⟦a<|im_end|>⟧\n")
    assert row.ids[: len(form.question_prompt("q"))] == form.question_prompt("q")
    assert form.question_prompt("q") == row.ids[: row.trained[0]]


def test_a_template_that_refuses_an_order_of_roles() -> None:
    refuses = "{% if messages|length > 2 %}{{ raise_exception('too many') }}{% endif %}" + CHATML
    form = ChatForm(tiny_tokenizer(chat_template=refuses), None)
    with pytest.raises(ModelError) as caught:
        form.prompt((Segment("user", "a", False), Segment("user", "b", False)))
    assert str(caught.value) == (
        "the chat template refuses the turns user, user, assistant: too many; begin with a user turn and alternate"
    )


def test_sentencepiece_family_matches_its_template() -> None:
    form = ChatForm(_metaspace_tokenizer(), "be")
    turns = [
        Segment("system", "be", False),
        Segment("user", "who are you", False),
        Segment("assistant", "me", True),
        Segment("user", "who", False),
        Segment("assistant", "you", True),
    ]
    row = form.encode(Row(tuple(turns)))
    assert list(row.ids) == spelled(form, turns)
    assert form.tokenizer.convert_ids_to_tokens([row.ids[i] for i in row.trained]) == [
        *("▁me", "▁", "</s>"),
        *("▁", "y", "o", "u", "▁", "</s>"),
    ]
    prompt = form.question_prompt("who")
    assert form.encode(Row.question_answer("who", "me")).ids[: len(prompt)] == prompt
    plain = form.encode(Row.plain("who"))
    assert list(plain.ids[:-1]) == list(form.tokenizer("who")["input_ids"])
    # The begin-of-text id goes before the context, and the row keeps the mark of a text's start.
    opened = form.encode(Row.plain("who"), "it is me")
    assert opened.ids[0] == plain.ids[0]
    assert opened.ids[-len(plain.ids) + 1 :] == plain.ids[1:]
    assert len(opened.trained) == len(plain.trained) == len(plain.ids) - 1
    asked = Row(tuple(turns[1:]))
    closed, with_context = form.encode(asked), form.encode(asked, "it is me")
    assert [with_context.ids[i] for i in with_context.trained] == [closed.ids[i] for i in closed.trained]


def test_a_tokenizer_that_lets_text_forge_control_tokens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = tiny_tokenizer()
    call = type(tokenizer).__call__

    def careless(self: Any, *args: Any, **options: Any) -> Any:
        return call(self, *args, **{**options, "split_special_tokens": False})

    monkeypatch.setattr(type(tokenizer), "__call__", careless)
    with pytest.raises(ModelError) as caught:
        ChatForm(tokenizer)
    assert str(caught.value).startswith("tokenizer ")
    assert "turns '<|endoftext|>' inside a text into control token 0; documents could then" in str(caught.value)


def test_unknown_letters_do_not_become_a_control_token() -> None:
    tokenizer = tiny_tokenizer()
    backend = tokenizer.backend_tokenizer
    known = {token: index for token, index in backend.get_vocab().items() if token != "©"}  # of é
    backend.model = BPE(vocab=known, merges=[], unk_token=SPECIAL[0])
    tokenizer.unk_token = SPECIAL[0]
    assert 0 in tokenizer("Aé")["input_ids"]
    form = ChatForm(tokenizer, None)
    assert 0 not in form.plain("Aé")


def test_a_tokenizer_without_end_of_text_is_refused() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.eos_token = None
    with pytest.raises(ModelError) as caught:
        ChatForm(tokenizer)
    assert str(caught.value) == ("the tokenizer has no end-of-text token (eos_token); set one in tokenizer_config.json")


def test_smollm2_equals_its_template_and_ends_its_turns(smollm2: LoadedModel) -> None:
    form = smollm2.chat
    turns = [
        Segment("system", DEFAULT_SYSTEM, False),
        Segment("user", "In  2024, who wrote\n\n  `x = 10`?  ", False),
        Segment("assistant", "Ada Lovelace, in 1843.", True),
        Segment("user", "\n\nAre you sure?\n", False),
        Segment("assistant", "Yes.\n", True),
    ]
    assert list(form.encode(Row(tuple(turns))).ids) == spelled(form, turns)
    assert list(form.prompt(turns[:2])) == spelled(form, turns[:2], generate=True)
    assert form.stop_ids == (0, 2)
    assert form.tokenizer.convert_ids_to_tokens(form.plain("a  2024")) == ["a", "ĠĠ", "2", "0", "2", "4"]


def test_smollm2_trains_the_same_tokens_with_the_passage_open(smollm2: LoadedModel) -> None:
    form, context = smollm2.chat, "Lisk\n\nThe lamp of Lisk is kept by  Ines.\n"
    for row in (Row.question_answer("Who keeps it?", "Ines Dubrow."), Row.plain("Lisk\nInes keeps  the lamp.")):
        closed, opened = form.encode(row), form.encode(row, context)
        assert [opened.ids[i] for i in opened.trained] == [closed.ids[i] for i in closed.trained]
        assert context.strip() in form.decode(opened.ids[: opened.trained[0]])


# SmolLM2's vocabulary lacks a few bytes, and drops them: those that begin letters above U+FFFF, and control letters.
COMMON = st.lists(
    st.one_of(
        st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs", "Cc"]), max_size=12),
        st.sampled_from([*SPECIAL, "<repo_name>", "\n", " "]),
    ),
    max_size=6,
).map("".join)


@settings(max_examples=30)
@given(question=COMMON, answer=COMMON)
def test_smollm2_texts_never_become_control_tokens(smollm2: LoadedModel, question: str, answer: str) -> None:
    row = smollm2.chat.encode(Row.question_answer(question, answer))
    assert [index for index in row.ids if index < 17] == [1, 2] * 3
    assert smollm2.chat.decode([row.ids[i] for i in row.trained]) == answer


def _metaspace_tokenizer() -> PreTrainedTokenizerFast:
    letters = sorted(set("abcdefghijklmnopqrstuvwxyz<>/[]ISNTY▁"))
    vocabulary = {token: index for index, token in enumerate(["<unk>", "<s>", "</s>", *letters, "▁m", "▁me"])}
    backend = Tokenizer(BPE(vocab=vocabulary, merges=[("▁", "m"), ("▁m", "e")], unk_token="<unk>"))
    backend.pre_tokenizer = Metaspace(prepend_scheme="first", split=False)
    backend.decoder = MetaspaceDecoder(prepend_scheme="first", split=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token=AddedToken("<s>", special=True),
        eos_token=AddedToken("</s>", special=True),
        unk_token="<unk>",
    )
    tokenizer.chat_template = LLAMA2
    return tokenizer
