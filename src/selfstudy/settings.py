"""Settings of a home and its jobs: a TOML file, over it the environment, over that the command line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path("selfstudy.toml")
PREFIX = "SELFSTUDY_"
B = TypeVar("B", bound=BaseModel)
Layer = tuple[Mapping[str, object], Callable[[tuple[str, ...]], str]]
"""Values, and how the place of a key is called."""
_ELSEWHERE = frozenset({"SELFSTUDY_CACHE", "SELFSTUDY_FAIL", "SELFSTUDY_KERNELS"})
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
    keep: Annotated[float | None, Field(gt=0, le=1, description="share of the trained update that stays")] = None


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
        float,
        Field(
            ge=0,
            lt=1,
            description="share of the retention probe, or of questions on earlier documents, that may be lost",
        ),
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
    layers: list[Layer] = []
    file = config or (FILE if FILE.is_file() else None)
    if file is not None:
        layers.append((read_toml(file)[0], lambda _: str(file)))
    layers.append((_from(environment), lambda key: PREFIX + "__".join(key).upper()))
    layers.append((flags, flag_place))
    return validated(Settings, layers)


def validated(shape: type[B], layers: Sequence[Layer]) -> B:
    """A model of `layers`, later ones over earlier ones; what is None there was not given.

    Raises:
        ValueError: settings do not exist or do not fit: all of them, a line each, with key and place.
    """
    places: dict[tuple[str, ...], str] = {}
    values: dict[str, object] = {}
    for given, place in layers:
        _lay(values, places, {key: value for key, value in given.items() if value is not None}, place)
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise ValueError("\n".join(_line(dict(each), places, shape) for each in error.errors())) from error


def flag_place(key: tuple[str, ...]) -> str:
    """What a setting's flag is called."""
    return "--" + "-".join(key).replace("_", "-")


def read_toml(file: Path) -> tuple[dict[str, object], dict[tuple[str, ...], int]]:
    """The values of a TOML file, and the line of each key and table that stands on a line of its own.

    Raises:
        ValueError: it is missing, or no TOML.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return tomllib.loads(text), _lines(text)
    except FileNotFoundError as error:
        raise ValueError(f"settings: {file} does not exist") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"settings: {file} is not TOML ({error})") from error


def _lines(text: str) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([\w.-]+)\s*\]", line):
            table = tuple(header[1].split("."))
            found.setdefault(table, number)
        elif key := re.match(r"\s*([\w.-]+)\s*=", line):
            found.setdefault((*table, *key[1].split(".")), number)
    return found


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


def _line(error: Mapping[str, object], places: Mapping[tuple[str, ...], str], shape: type[BaseModel]) -> str:
    location = error["loc"]
    assert isinstance(location, tuple)
    path = tuple(str(part) for part in location)
    place = next((places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in places), "settings")
    reason = str(error["msg"])
    if error["type"] == "extra_forbidden":
        reason = f"there is no such setting; there are {', '.join(_known(path, shape))}"
    shown = "" if error["type"] == "extra_forbidden" else f" {error['input']!r:.60}"
    return f"{place}: {'.'.join(path)}{shown}: {reason[0].lower()}{reason[1:]}"


def _known(path: tuple[str, ...], shape: type[BaseModel]) -> list[str]:
    """The settings beside the one at `path`."""
    fields = shape.model_fields
    for name in path[:-1]:
        if name in fields:
            fields = _model_in(fields[name].annotation).model_fields
    return sorted(fields)


def _model_in(annotation: Any) -> type[BaseModel]:
    """The table's model in the type of a setting: itself, or what a mapping of tables holds."""
    if isinstance(annotation, type) and not get_origin(annotation) and issubclass(annotation, BaseModel):
        return annotation
    inside = [_model_in(each) for each in get_args(annotation) if each not in (str, type(None), ...)]
    return inside[0]
