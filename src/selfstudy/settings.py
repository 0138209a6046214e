"""Settings of a home and its jobs: a TOML file, over it the environment, over that the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path("selfstudy.toml")
PREFIX = "SELFSTUDY_"
_ELSEWHERE = frozenset({"SELFSTUDY_CACHE", "SELFSTUDY_FAIL"})
"""Read by the rooms that need them, as no job depends on them."""


class LearnOverrides(BaseModel):
    """What a job may be told about training; None leaves the value that was measured for the model's width."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: Annotated[int | None, Field(ge=1, description="rows trained on in all, repeats counted")] = None
    learning_rate: Annotated[float | None, Field(gt=0)] = None
    rank: Annotated[int | None, Field(ge=1)] = None
    first_layer: Annotated[float | None, Field(ge=0, lt=1, description="share of the layers below the adapter")] = None
    general_share: Annotated[
        float | None, Field(ge=0, lt=1, description="share of rows that hold the base in place")
    ] = None
    protected: Annotated[float | None, Field(ge=0, lt=1, description="share of input directions that are not read")] = (
        None
    )


class Settings(BaseModel):
    """Everything that a command may be told, with its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Path("~/.selfstudy")
    model: Annotated[
        str | None, Field(description="catalogue name, folder, .gguf file or hub id; None: the home's own")
    ] = None
    editor: Annotated[Path | None, Field(description="adapter that `teach-editor` made; None: the one shipped")] = None
    device: str = "cpu"
    dtype: Literal["auto", "float32", "bfloat16", "float16", "float64"] = "auto"
    seed: int = 0
    reward: Literal["self", "answer-key"] = "self"
    forgotten: Annotated[
        float, Field(ge=0, lt=1, description="share of the retention probe that a version may lose")
    ] = 0.05
    largest_document: Annotated[int, Field(ge=1, description="bytes")] = 10 * 2**20
    learn: LearnOverrides = LearnOverrides()


def load_settings(
    flags: Mapping[str, object], *, config: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings from the TOML file (`config`, or selfstudy.toml here if there is one), the environment and `flags`.

    Keys of the environment are SELFSTUDY_SEED or SELFSTUDY_LEARN__ROWS; flags that are None were not given.

    Raises:
        ValueError: the file cannot be read, or settings do not exist or do not fit: all of them, a line each, with key
            and place.
    """
    places: dict[tuple[str, ...], str] = {}
    values: dict[str, object] = {}
    file = config or (FILE if FILE.is_file() else None)
    if file is not None:
        _lay(values, places, _read(file), lambda _: str(file))
    _lay(values, places, _from(environment), lambda key: PREFIX + "__".join(key).upper())
    given = {key: value for key, value in flags.items() if value is not None}
    _lay(values, places, given, lambda key: "--" + "-".join(key).replace("_", "-"))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ValueError("\n".join(_line(dict(each), places) for each in error.errors())) from error


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ValueError(f"settings: {file} does not exist") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"settings: {file} is not TOML ({error})") from error


def _from(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and name not in _ELSEWHERE:
            *tables, key = name.removeprefix(PREFIX).lower().split("__")
            inside = found
            for table in tables:
                inside = inside.setdefault(table, {})  # type: ignore[assignment]
            inside[key] = value
    return found


def _lay(
    values: dict[str, object],
    places: dict[tuple[str, ...], str],
    given: Mapping[str, object],
    place: Callable[[tuple[str, ...]], str],
    above: tuple[str, ...] = (),
) -> None:
    """Lay `given` over `values`, table by table, and note where each value came from."""
    for key, value in given.items():
        path = (*above, key)
        if isinstance(value, Mapping):
            inside = values.setdefault(key, {})
            if isinstance(inside, dict):
                _lay(inside, places, value, place, path)
                continue
        values[key] = value
        places[path] = place(path)


def _line(error: Mapping[str, object], places: Mapping[tuple[str, ...], str]) -> str:
    location = error["loc"]
    assert isinstance(location, tuple)
    path = tuple(str(part) for part in location)
    place = next((places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in places), "settings")
    reason = str(error["msg"])
    if error["type"] == "extra_forbidden":
        reason = f"there is no such setting; there are {', '.join(_known(path))}"
    shown = "" if error["type"] == "extra_forbidden" else f" {error['input']!r:.60}"
    return f"{place}: {'.'.join(path)}{shown}: {reason[0].lower()}{reason[1:]}"


def _known(path: tuple[str, ...]) -> list[str]:
    return sorted((LearnOverrides if path[0] == "learn" and len(path) > 1 else Settings).model_fields)
