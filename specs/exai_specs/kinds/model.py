"""Model: its task, when a version is good enough, who may move its aliases (LANGUAGE section 7).

In: the `spec` of a Model. Out: a frozen value. Never: which pipeline makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from exai_specs.effects import Effect
from exai_specs.fields import CONFIG, KeyedBy, Maybe, Named, Number, Problem, Text, about, refuse
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.kinds.dataset import ColumnType
from exai_specs.names import ALIAS, FIELD


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Gate:
    """What one metric of a new version must reach."""

    min: Annotated[Maybe[Number], Effect.RENDER, about("At least this", 0.9)] = None
    max: Annotated[Maybe[Number], Effect.RENDER, about("At most this", 1)] = None
    no_worse_than: Annotated[
        Maybe[Annotated[Text, Named(ALIAS)]],
        Effect.RETRAIN,
        about("Not worse than the version behind this alias", "champion"),
    ] = None
    tolerance: Annotated[
        Annotated[Number, Field(ge=0)],
        Effect.RENDER,
        about("How much worse it may be, in the metric's own unit", 0.01),
    ] = 0.0

    @model_validator(mode="after")
    def _consistent(self) -> Gate:
        if self.min is None and self.max is None and self.no_worse_than is None:
            hint = "add min, max or noWorseThan"
            raise refuse(Problem("missing-field", "says nothing about the metric", hint, on="key"))
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refuse(Problem("invalid-value", "is less than min", path=("max",)))
        if self.tolerance and self.no_worse_than is None:
            hint = "add noWorseThan, or remove tolerance"
            wrong = "means nothing without noWorseThan"
            raise refuse(Problem("invalid-value", wrong, hint, ("tolerance",)))
        return self


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Alias:
    """One alias and how it moves."""

    promote: Annotated[
        Maybe[Literal["auto", "manual"]],
        Effect.RENDER,
        about("By exai when the gates pass, or by a person; default by target", "auto"),
    ] = None


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Signature:
    """What a model takes and gives; needed where the steps that train it can't tell."""

    inputs: Annotated[
        Annotated[Mapping[str, ColumnType], KeyedBy(FIELD, at_least=1)],
        Effect.RETRAIN,
        about("The columns that it takes, in order", {"sepal_length": "float64"}),
    ]
    outputs: Annotated[
        Annotated[Mapping[str, ColumnType], KeyedBy(FIELD, at_least=1)],
        Effect.RETRAIN,
        about("The column that it predicts", {"species": "string"}),
    ]
    features: Annotated[
        Maybe[Annotated[Text, RefTo("FeatureService")]],
        Effect.RETRAIN,
        about("The feature service that its inputs come from", "iris_features"),
    ] = None

    @model_validator(mode="after")
    def _one_output(self) -> Signature:
        if len(self.outputs) != 1:
            raise refuse(Problem("invalid-value", "must have exactly one column", "", ("outputs",)))
        return self


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A registered model."""

    task: Annotated[
        Literal["classification", "regression"],
        Effect.RETRAIN,
        about("What it predicts", "classification"),
    ]
    signature: Annotated[
        Maybe[Signature],
        Effect.RETRAIN,
        about(
            "What it takes and gives; follows from the train step unless that is your own code",
            {"inputs": {"sepal_length": "float64"}, "outputs": {"species": "string"}},
        ),
    ] = None
    gates: Annotated[
        Annotated[Mapping[str, Gate], KeyedBy(FIELD)],
        Effect.RETRAIN,
        about("What a version must reach, by metric", {"accuracy": {"min": 0.9}}),
    ] = field(default_factory=empty)
    aliases: Annotated[
        Annotated[Mapping[str, Alias], KeyedBy(ALIAS)],
        Effect.RENDER,
        about("The aliases that consumers name", {"champion": {"promote": "auto"}}),
    ] = field(default_factory=empty)
