"""Predictions as text: a row of the table for each row that was asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_runtime.results import Prediction
from exai_runtime.views.human.paint import Paint
from exai_runtime.views.human.table import table
from exai_runtime.views.human.words import value_text
from exai_specs.frozen import Json


def lines(prediction: Prediction, paint: Paint) -> Iterator[str]:
    """`PREDICTION` and a column for each class; the classes in the model's own order."""
    classes = tuple(
        dict.fromkeys(name for answer in prediction.answers for name in _probabilities(answer))
    )
    rows = [
        (
            _text(answer.get("prediction"), digits=".6g"),
            *(_text(_probabilities(answer).get(name)) for name in classes),
        )
        for answer in prediction.answers
    ]
    yield from table(("PREDICTION", *(f"P({name})" for name in classes)), rows, paint)


def _probabilities(answer: Mapping[str, Json]) -> Mapping[str, Json]:
    found = answer.get("probabilities")
    return found if isinstance(found, Mapping) else {}


def _text(value: Json, digits: str = ".4f") -> str:
    match value:
        case None:
            return "-"
        case str():
            return value
        case float():
            return f"{value:{digits}}"
        case _:
            return value_text(value)
