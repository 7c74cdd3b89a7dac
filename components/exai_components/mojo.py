"""Scores rows with an H2O MOJO inside this process.

In: a model folder, then rows by column name. Out: predictions and class probabilities.
Never starts an H2O cluster, never uses the machine's Java, never judges a row: the server's wire
check does that. A missing value and a level that the model hasn't seen are missing to it, which is
H2O's own rule.
"""

import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exai_components.jvm import start_jvm
from exai_components.model_file import BadModel, ModelColumn, ModelFile, read_model_file
from exai_components.scores import Row, Scores, level_name

Encoder = Callable[[Any], float]

# From this many rows on, crossing into Java once for all beats crossing it once a row.
BATCH = 32

_TRUTH = ("true", "false")


class MojoScorer:
    """A loaded model. Scoring is thread-safe, and batches leave the interpreter lock free."""

    def __init__(self, model_dir: Path) -> None:
        """Load the folder's model; `BadModel` when signature and MOJO don't fit each other."""
        self.signature: ModelFile = read_model_file(model_dir)
        path = model_dir / _mojo_name(self.signature)
        start_jvm(_unpacked_bytes(path))
        import jpype

        try:
            model = jpype.JClass("hex.genmodel.MojoModel").load(str(path))
        except jpype.JException as error:
            raise BadModel(f"{path} is not a MOJO that can be loaded: {error}") from None
        names = [str(name) for name in model.getNames()]
        self._columns = _encoders(self.signature.columns, names, model, path)
        self._width = len(names)
        self._classes = _classes(self.signature, model, path)
        self._size = int(model.getPredsSize())
        self._doubles = jpype.JArray(jpype.JDouble)
        self._score_row = model.score0
        self._score_rows = _compile_loop(model)

    @property
    def probable(self) -> bool:
        """Each of H2O's classifiers gives probabilities."""
        return self._classes is not None

    def score(self, rows: Sequence[Row]) -> Scores:
        """The predictions of `rows`; every row must hold every column (its value may be None)."""
        raw = self._one_by_one(rows) if len(rows) < BATCH else self._at_once(rows)
        if not self._classes:
            return Scores(tuple(values[0] for values in raw), None)
        order, labels = self._classes
        return Scores(
            tuple(labels[int(values[0])] for values in raw),
            tuple(tuple([values[at] for at in order]) for values in raw),
        )

    def _one_by_one(self, rows: Sequence[Row]) -> list[list[float]]:
        doubles = self._doubles
        raw: list[list[float]] = []
        for row in rows:
            values = [math.nan] * self._width
            for name, at, encode in self._columns:
                values[at] = encode(row[name])
            answer = doubles(self._size)
            self._score_row(doubles(values), answer)
            raw.append(list(memoryview(answer)))
        return raw

    def _at_once(self, rows: Sequence[Row]) -> list[list[float]]:
        import jpype
        import numpy as np

        values = np.full((len(rows), self._width), math.nan)
        for name, at, encode in self._columns:
            values[:, at] = [encode(row[name]) for row in rows]
        answers = jpype.JArray.of(np.zeros((len(rows), self._size)))
        self._score_rows.invokeWithArguments([jpype.JArray.of(values), answers])
        raw: list[list[float]] = np.array(answers).tolist()
        return raw


def _mojo_name(signature: ModelFile) -> str:
    names = [name for name in signature.files if name.endswith(".zip")]
    if len(names) != 1:
        raise BadModel(f"the model names {len(names)} MOJO files, expected one")
    return names[0]


def _unpacked_bytes(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise BadModel(f"{path} is not a MOJO that can be loaded: {error}") from None


def _encoders(
    columns: tuple[ModelColumn, ...], names: list[str], model: Any, path: Path
) -> tuple[tuple[str, int, Encoder], ...]:
    """For each column its name, its place in the MOJO's row and how its values become doubles."""
    features = set(names[: int(model.nfeatures())])
    if surplus := sorted(features - {column.name for column in columns}):
        raise BadModel(f"{path} needs columns that the signature lacks: {', '.join(surplus)}")
    encoders: list[tuple[str, int, Encoder]] = []
    for column in columns:
        if column.name not in features:
            continue  # training dropped it (a constant column): accepted, and of no effect
        at = names.index(column.name)
        domain = model.getDomainValues(at)
        levels = None if domain is None else [str(level) for level in domain]
        encoders.append((column.name, at, _number if levels is None else _level(levels)))
    return tuple(encoders)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _level(levels: list[str]) -> Encoder:
    index = {level: float(at) for at, level in enumerate(levels)}
    index |= {level.lower(): at for level, at in index.items() if level.lower() in _TRUTH}

    def encode(value: Any) -> float:
        return index.get(value if type(value) is str else level_name(value), math.nan)

    return encode


def _classes(
    signature: ModelFile, model: Any, path: Path
) -> tuple[tuple[int, ...], tuple[str, ...]] | None:
    """Places of the signature's classes in an answer, and the MOJO's labels; None: regression."""
    category = str(model.getModelCategory())
    expected = (
        ("Binomial", "Multinomial") if signature.task == "classification" else ("Regression",)
    )
    if category not in expected:
        raise BadModel(f"{path} is a {category} model, its signature says {signature.task}")
    if signature.task == "regression":
        return None
    labels = tuple(str(label) for label in model.getDomainValues(model.getResponseIdx()))
    if sorted(labels) != sorted(signature.classes):
        raise BadModel(
            f"{path} has the classes {', '.join(labels)}, "
            f"its signature {', '.join(signature.classes)}"
        )
    return tuple(1 + labels.index(name) for name in signature.classes), labels


def _compile_loop(model: Any) -> Any:
    """`for i: model.score0(rows[i], answers[i])` as one Java method handle.

    A batch then costs one crossing into Java, and runs without Python's lock.
    """
    import jpype

    handles = jpype.JClass("java.lang.invoke.MethodHandles")
    method_type = jpype.JClass("java.lang.invoke.MethodType").methodType
    row, table = jpype.JArray(jpype.JDouble, 1).class_, jpype.JArray(jpype.JDouble, 2).class_
    number = jpype.JClass("java.lang.Integer").TYPE
    nothing = jpype.JClass("java.lang.Void").TYPE

    score = (
        handles.publicLookup()
        .findVirtual(model.getClass(), "score0", method_type(row, row, row))
        .bindTo(model)
    )
    pick = handles.arrayElementGetter(table)
    score = handles.collectArguments(score, 0, pick)  # (rows, i, answer)
    score = handles.collectArguments(score, 2, pick)  # (rows, i, answers, j)
    score = score.asType(score.type().changeReturnType(nothing))
    body = handles.permuteArguments(score, method_type(nothing, number, table, table), 1, 0, 2, 0)
    return handles.countedLoop(handles.arrayLength(table), None, body)
