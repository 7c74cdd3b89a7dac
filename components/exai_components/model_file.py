"""A model on disk: `exai-model.json` beside the files it names.

In: a folder. Out: a frozen `ModelFile`, or `BadModel` with a message for a person.
Never imports anything but the standard library, because the model server starts with it.
The digest of a model is the SHA-256 of the bytes of `exai-model.json`; that file holds the digest
of every other file, so one digest covers them all.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

MODEL_FILE = "exai-model.json"
LEADERBOARD = "leaderboard.json"
FORMAT = "h2o-mojo"
FORMAT_VERSION = "3"
SKLEARN = "sklearn"
# Every format that there is a scorer for, with the version that KServe knows it by.
FORMATS: Mapping[str, str] = MappingProxyType({FORMAT: FORMAT_VERSION, SKLEARN: "1"})

Task = Literal["classification", "regression"]
Scalar = float | int | str | bool | None


class BadModel(Exception):
    """The folder holds no model that this version can use; the message says why."""


@dataclass(frozen=True, slots=True)
class ModelColumn:
    """One input of the model; `levels` are set for categorical columns only, in MOJO order."""

    name: str
    type: str
    levels: tuple[str, ...] = ()
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Fold:
    """A metric over the folds of a cross-validation: its mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The signature of a model; `columns` are in feature order, `classes` in probability order.

    `features` is what the compiler told of the feature service that it was trained on (`service`,
    `views`, `columns`, `entities`, `request`), empty without one. `importance` says what each
    column weighs, as shares of one.
    """

    task: Task
    target: str
    columns: tuple[ModelColumn, ...]
    files: Mapping[str, str]
    classes: tuple[str, ...] = ()
    algorithm: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    trained_rows: int = 0
    format: str = FORMAT
    format_version: str = FORMAT_VERSION
    features: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    importance: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    cross_validation: Mapping[str, Fold] = field(default_factory=lambda: MappingProxyType({}))


def render_model_file(model: ModelFile) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, a newline at the end."""
    value: dict[str, Any] = {
        "format": model.format,
        "formatVersion": model.format_version,
        "task": model.task,
        "target": model.target,
        "classes": list(model.classes),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "levels": list(column.levels),
                "nullable": column.nullable,
            }
            for column in model.columns
        ],
        "files": dict(model.files),
        "algorithm": model.algorithm,
        "parameters": dict(model.parameters),
        "trainedRows": model.trained_rows,
    }
    if model.features:
        value["features"] = dict(model.features)
    if model.importance:
        value["importance"] = dict(model.importance)
    if model.cross_validation:
        value["crossValidation"] = {
            name: {"mean": fold.mean, "sd": fold.sd}
            for name, fold in model.cross_validation.items()
        }
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode() + b"\n"


def render_leaderboard(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The models that a search compared, the best first; what isn't a number is null."""
    plain = [
        {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


def read_model_file(folder: Path) -> ModelFile:
    """The parsed signature; `BadModel` when it is missing, broken or of another format."""
    path = folder / MODEL_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadModel(f"{path} can't be read: {error.strerror}") from None
    try:
        return _parse(json.loads(data))
    except BadModel as error:
        raise BadModel(f"{path}: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadModel(f"{path} is not a model signature: {error!r}") from None


def digest_of(folder: Path) -> str:
    """The model digest: 64 hexadecimal digits."""
    return file_digest(folder / MODEL_FILE)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes as 64 hexadecimal digits; `BadModel` when it can't be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadModel(f"{path} can't be read: {error.strerror}") from None


def verify(folder: Path, digest: str | None) -> ModelFile:
    """Check every file against its digest, and the signature against `digest` when one is given."""
    if digest is not None and (found := digest_of(folder)) != digest:
        raise BadModel(f"{folder / MODEL_FILE} has the digest {found}, expected {digest}")
    model = read_model_file(folder)
    for name, expected in model.files.items():
        if (found := file_digest(folder / name)) != expected:
            raise BadModel(f"{folder / name} has the digest {found}, expected {expected}")
    return model


def _parse(value: Any) -> ModelFile:
    if not isinstance(value, dict):
        raise BadModel("it must be a JSON object")
    form, version = value.get("format"), value.get("formatVersion")
    if (form, version) not in FORMATS.items():
        known = " or ".join(f"{name} {number}" for name, number in FORMATS.items())
        raise BadModel(f"format {form} {version} is not {known}")
    if value["task"] not in get_args(Task):
        raise BadModel(f"task {value['task']!r} is not one of {', '.join(get_args(Task))}")
    files = {str(name): str(digest) for name, digest in value["files"].items()}
    for name in files:
        if Path(name).name != name or name in ("", ".", ".."):
            raise BadModel(f"the file name {name!r} leaves the folder")
    return ModelFile(
        task=cast(Task, value["task"]),
        target=str(value["target"]),
        columns=tuple(_column(item) for item in value["columns"]),
        files=MappingProxyType(files),
        classes=tuple(str(name) for name in value["classes"]),
        algorithm=str(value.get("algorithm", "")),
        parameters=MappingProxyType(dict(value.get("parameters", {}))),
        trained_rows=int(value.get("trainedRows", 0)),
        format=str(form),
        format_version=str(version),
        features=MappingProxyType(dict(value.get("features", {}))),
        importance=MappingProxyType(
            {str(name): float(share) for name, share in value.get("importance", {}).items()}
        ),
        cross_validation=MappingProxyType(
            {
                str(name): Fold(float(fold["mean"]), float(fold["sd"]))
                for name, fold in value.get("crossValidation", {}).items()
            }
        ),
    )


def _column(value: Any) -> ModelColumn:
    return ModelColumn(
        name=str(value["name"]),
        type=str(value["type"]),
        levels=tuple(str(level) for level in value.get("levels", ())),
        nullable=bool(value.get("nullable", True)),
    )
