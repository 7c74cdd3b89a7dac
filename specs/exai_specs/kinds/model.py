"""Model: its task, when a version is good enough, who may move its aliases (LANGUAGE section 7).

In: the `spec` of a Model. Out: a frozen value. Never: which pipeline makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Named, Number, Problem, Text, Whole, refuse
from exai_specs.forms import OneOf
from exai_specs.frozen import empty
from exai_specs.kinds.model_files import Files, RegisteredElsewhere
from exai_specs.kinds.signature import Signature
from exai_specs.names import ALIAS, FIELD
from exai_specs.notes import Field, about, checked
from exai_specs.values import field


@block
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

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield shape_rules.some_of("min", "max", "noWorseThan")
        why = "means nothing without noWorseThan"
        yield shape_rules.without(cls, shape_rules.lacks("noWorseThan"), why, "tolerance")

    @checked
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


@block
class Alias:
    """One alias and how it moves."""

    promote: Annotated[
        Maybe[Literal["auto", "manual"]],
        Effect.RENDER,
        about("By exai when the gates pass, or by a person; default by target", "auto"),
    ] = None


Task = Literal[
    "classification", "regression", "ranking", "clustering", "forecasting", "generation", "other"
]
TRAINED: tuple[Task, ...] = ("classification", "regression")
"""The tasks that exai's own steps train and evaluate."""


@block
class Registered:
    """A model that the registry has, whoever makes it."""

    registry: Annotated[
        RegisteredElsewhere, Effect.RETRAIN, about("A model of the registry", {"name": "fraud"})
    ]


_SOURCE = OneOf((("uri", Files), ("registry", Registered)), inside=False)


@block
class ModelSpec:
    """A model: registered by a pipeline here, by others, or just files."""

    task: Annotated[Task, Effect.RETRAIN, about("What it predicts", "classification")]
    source: Annotated[
        Maybe[Annotated[Files | Registered, _SOURCE]],
        Effect.REDEPLOY,
        about(
            "Where it comes from, unless a pipeline here makes it",
            {"uri": "s3://acme-ml/models/iris/3", "format": "sklearn"},
        ),
    ] = None
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
    keep: Annotated[
        Maybe[Annotated[Whole, Field(ge=1)]],
        Effect.RENDER,
        about("How many versions stay, the newest; default: all", 10),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        files = {"properties": {"source": shape_rules.has("uri")}, "required": ["source"]}
        why = "means nothing for files that no registry knows"
        yield shape_rules.without(cls, files, why, "gates", "aliases")
        why = "means nothing where others register the versions"
        yield shape_rules.without(cls, shape_rules.has("source"), why, "keep")

    @checked
    def _files_have_no_registry(self) -> ModelSpec:
        problems: list[Problem] = []
        if isinstance(self.source, Files):
            wrong = "means nothing for files that no registry knows"
            problems += [
                Problem("invalid-value", wrong, "remove it", (name,), "key")
                for name in ("gates", "aliases")
                if getattr(self, name)
            ]
        if self.source is not None and self.keep is not None:
            wrong = "means nothing where others register the versions"
            problems.append(Problem("invalid-value", wrong, "remove it", ("keep",), "key"))
        if self.source is None and self.task not in TRAINED:
            wrong = "isn't a task that steps here train"
            hint = f"one of {', '.join(TRAINED)}; or say where the model comes from: source"
            problems.append(Problem("invalid-value", wrong, hint, ("task",)))
        if problems:
            raise refuse(*problems)
        return self
