"""Task files: what is read, and what is said of bad ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query, read_puzzle
from tests.tasks.arc.strategies import grid

PAIR = {"input": [[1, 2]], "output": [[2, 1]]}
COLOUR = "a colour is a whole number from 0 to 9"


def test_a_task_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "swap.json"
    file.write_text(json.dumps({"train": [PAIR], "test": [PAIR, {"input": [[3], [4]]}], "name": "more keys are fine"}))
    example = Example(grid("12"), grid("21"))
    queries = (Query(grid("12"), grid("21")), Query(grid("3", "4"), None))
    assert read_puzzle(file) == Puzzle("swap", (example,), queries)


def _train(*examples: object) -> object:
    return {"train": list(examples), "test": [PAIR]}


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ([], 'a task is an object with the keys "train" and "test"'),
        ({"test": [PAIR]}, 'the key "train" is missing; give it a list of examples'),
        ({"train": [PAIR]}, 'the key "test" is missing; give it a list of examples'),
        ({"train": [], "test": [PAIR]}, '"train" must be a list of at least one example'),
        ({"train": PAIR, "test": [PAIR]}, '"train" must be a list of at least one example'),
        (_train(PAIR, [[1]]), 'train 2: an example is an object with the keys "input" and "output"'),
        (_train(PAIR, {"output": [[1]]}), 'train 2: the key "input" is missing'),
        (_train(PAIR, {"input": [[1]]}), 'train 2: the key "output" is missing'),
        (
            {"train": [PAIR], "test": [PAIR, {"input": [[1]], "ouput": [[1]]}]},
            'test 2: the key \'ouput\' is unknown; an example has "input" and "output"',
        ),
        (
            _train({"input": [[1, 2], [3]], "output": [[1]]}),
            "train 1, input: row 2 has 1 cell but row 1 has 2; make them equal",
        ),
        (_train(PAIR, {**PAIR, "output": [[1, 11]]}), f"train 2, output: row 1, cell 2 is 11; {COLOUR}"),
        (_train({**PAIR, "output": [[True]]}), f"train 1, output: row 1, cell 1 is True; {COLOUR}"),
        (_train({**PAIR, "output": [[1.0]]}), f"train 1, output: row 1, cell 1 is 1.0; {COLOUR}"),
        (_train({**PAIR, "output": [["1"]]}), f"train 1, output: row 1, cell 1 is '1'; {COLOUR}"),
        (_train({**PAIR, "output": []}), "train 1, output: it has no rows; give it at least one"),
        (_train({**PAIR, "output": [[]]}), "train 1, output: row 1 is empty; give it at least one cell"),
        (_train({**PAIR, "output": [1]}), "train 1, output: row 1 is 1; make it a list of colours"),
        (_train({**PAIR, "output": None}), "train 1, output: None is no list of rows"),
        (_train({**PAIR, "output": "1\n2"}), r"train 1, output: '1\n2' is no list of rows"),
        (_train({**PAIR, "output": "1" * 50}), f"train 1, output: '{'1' * 38}… is no list of rows"),
        ({"train": [PAIR], "test": [{"input": [[0]] * 31}]}, "test 1, input: it has 31 rows; a grid has 30 at most"),
        ({"train": [PAIR], "test": [{"input": [[0] * 31]}]}, "test 1, input: row 1 has 31 cells; a row has 30 at most"),
        ({"train": [PAIR], "test": [{"input": [[0]], "output": None}]}, "test 1, output: None is no list of rows"),
    ],
)
def test_a_bad_task_is_refused_in_one_line(tmp_path: Path, task: object, reason: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(task))
    with pytest.raises(ValueError) as caught:
        read_puzzle(file)
    assert str(caught.value) == f"{file}: {reason}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"train": [\n  {"input": [[1 2]]', "{file}:2:17: not JSON (Expecting ',' delimiter)"),
        (b'{"train": [], "train": []}', '{file}:1:15: the key "train" stands twice in one object'),
        (b'{"train": NaN}', "{file}:1:11: not JSON (NaN is no number of JSON's)"),
        (b"", "{file}:1:1: not JSON (Expecting value)"),
        (b"\xff{}", "puzzle: {file} is not UTF-8 text (byte 0); save it as UTF-8"),
        (
            b" " * (2**20 + 1),
            "puzzle: {file} has 1,048,577 bytes and the limit is 1,048,576; cut it into smaller files",
        ),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(tmp_path: Path, data: bytes, reason: str) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(data)
    with pytest.raises(ValueError) as caught:
        read_puzzle(file)
    assert str(caught.value) == reason.replace("{file}", str(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        read_puzzle(tmp_path / "none.json")
    assert str(caught.value) == f"puzzle: {tmp_path / 'none.json'} does not exist"
