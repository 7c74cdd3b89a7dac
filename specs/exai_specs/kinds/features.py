"""Entity and FeatureView: features, and what they are about (LANGUAGE section 5).

In: the `spec` of one of them. Out: a frozen value. Never: whether datasets, columns or functions
exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Duration, Flag, KeyedBy, Maybe, Named, Problem, Text, refuse
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.kinds.dataset import ColumnType
from exai_specs.kinds.materialize import Materialize
from exai_specs.kinds.streams import Aggregation, Stream
from exai_specs.names import FIELD, SQL
from exai_specs.nearest import did_you_mean
from exai_specs.notes import about, checked
from exai_specs.texts import Function
from exai_specs.values import field


@block
class EntitySpec:
    """What features are about: something with a key."""

    type: Annotated[ColumnType, Effect.RETRAIN, about("The type of its key", "int64")]
    key: Annotated[
        Maybe[Annotated[Text, Named(FIELD)]],
        Effect.RETRAIN,
        about("The column that holds it; default: the entity's name", "driver_id"),
    ] = None


@block
class Request:
    """Columns that only the request has."""

    name: Annotated[
        Annotated[Text, Named(SQL)], Effect.RETRAIN, about("Name of the source", "vals_to_add")
    ]
    schema: Annotated[
        Annotated[Mapping[str, ColumnType], KeyedBy(FIELD, at_least=1)],
        Effect.RETRAIN,
        about("Its columns", {"val_to_add": "int64"}),
    ]


@block
class Transform:
    """A Python function that makes features of other features, when they are asked for."""

    python: Annotated[
        Function,
        Effect.RETRAIN,
        about("A function of a Python file, relative to this document's file", "ratios.py:ratios"),
    ]
    mode: Annotated[
        Literal["pandas", "python"],
        Effect.RETRAIN,
        about("Whether it gets a DataFrame, or a dict of lists", "pandas"),
    ] = "pandas"
    sources: Annotated[
        tuple[Annotated[Text, RefTo("FeatureView")], ...],
        Effect.RETRAIN,
        about("The views whose features it gets", ["measurements"]),
    ] = ()
    request: Annotated[
        Maybe[Request],
        Effect.RETRAIN,
        about(
            "What it gets of the request",
            {"name": "vals_to_add", "schema": {"val_to_add": "int64"}},
        ),
    ] = None


# Beside a body: the fields that it needs, and those that mean nothing.
_BESIDE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dataset": (("entities", "features"), ("schema",)),
    "transform": (
        ("schema",),
        ("entities", "features", "ttl", "push", "stream", "aggregations", "offline"),
    ),
}


_ADD = {
    "entities": "add entities: [NAME]: what the rows are about. Values are looked up by the key of "
    "an Entity document of that name, which a dataset's column holds",
}


@block
class FeatureViewSpec:
    """Features of a dataset, or made of other features."""

    dataset: Annotated[
        Maybe[Annotated[Text, RefTo("Dataset")]],
        Effect.RETRAIN,
        about("The dataset that has the features as columns", "measurements"),
    ] = None
    transform: Annotated[
        Maybe[Transform],
        Effect.RETRAIN,
        about("The function that makes them", {"python": "ratios.py:ratios"}),
    ] = None
    entities: Annotated[
        tuple[Annotated[Text, RefTo("Entity")], ...],
        Effect.RETRAIN,
        about("What they are about", ["flower"]),
    ] = ()
    features: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("Columns of the dataset", ["petal_length", "petal_width"]),
    ] = ()
    schema: Annotated[
        Annotated[Mapping[str, ColumnType], KeyedBy(FIELD)],
        Effect.RETRAIN,
        about("With `transform`: the features that it makes", {"petal_ratio": "float64"}),
    ] = field(default_factory=empty)
    ttl: Annotated[
        Maybe[Duration],
        Effect.RETRAIN,
        about("How long a value holds; default: for ever", "1d"),
    ] = None
    online: Annotated[Flag, Effect.MATERIALIZE, about("Whether services look it up", True)] = True
    offline: Annotated[
        Flag, Effect.MATERIALIZE, about("Whether what is pushed also goes offline", True)
    ] = False
    push: Annotated[
        Maybe[Annotated[Text, Named(SQL)]],
        Effect.MATERIALIZE,
        about("Name of a source that rows can be pushed to", "measurements_push"),
    ] = None
    stream: Annotated[
        Maybe[Stream],
        Effect.MATERIALIZE,
        about(
            "Where rows come from as they happen; the dataset has them all",
            {
                "kafka": {
                    "name": "driver_stats_stream",
                    "kafkaBootstrapServers": "broker:9092",
                    "topic": "driver_stats",
                    "messageFormat": {"json": {"schemaJson": "driver_id bigint, trips bigint"}},
                }
            },
        ),
    ] = None
    aggregations: Annotated[
        tuple[Aggregation, ...],
        Effect.MATERIALIZE,
        about(
            "Features that the stream's engine makes of many messages; the dataset has the results",
            [{"column": "trips", "function": "sum", "timeWindow": "1h"}],
        ),
    ] = ()
    materialize: Annotated[
        Materialize,
        Effect.RENDER,
        about("When the newest values go to the online store", {"on": "data"}),
    ] = field(default_factory=Materialize)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        yield from shape_rules.one_of("dataset", "transform")
        for form, (wanted, forbidden) in _BESIDE.items():
            yield shape_rules.needs(shape_rules.has(form), *wanted)
            why = f"means nothing beside {form}"
            yield shape_rules.without(cls, shape_rules.has(form), why, *forbidden)
        batch = shape_rules.lacks("stream")
        yield shape_rules.without(cls, batch, "means nothing without stream", "aggregations")
        why = "stands beside stream, and Feast's views have one source of new rows"
        yield shape_rules.without(cls, shape_rules.has("stream"), why, "push")
        why = "means nothing without push"
        yield shape_rules.without(cls, shape_rules.lacks("push"), why, "offline")

    @checked
    def _one_body(self) -> FeatureViewSpec:
        if (self.dataset is None) == (self.transform is None):
            hint = "remove one of them" if self.dataset is not None else "add dataset or transform"
            raise refuse(
                Problem("exactly-one-of", "must have exactly one of dataset, transform", hint)
            )
        form = "dataset" if self.dataset is not None else "transform"
        wanted, forbidden = _BESIDE[form]
        problems = [
            Problem(
                "missing-field", f"{name} is needed beside {form}", _ADD.get(name, f"add {name}")
            )
            for name in wanted
            if not getattr(self, name)
        ] + [
            Problem("unknown-field", f"means nothing beside {form}", "remove it", (name,), "key")
            for name in forbidden
            if getattr(self, name)
        ]
        if self.offline and self.push is None:
            wrong, hint = "means nothing without push", "add push, or remove it"
            if self.stream is not None:  # StreamFeatureViewSpec has no such field
                wrong, hint = "is nothing that Feast keeps of a view with a stream", "remove it"
            problems.append(Problem("invalid-value", wrong, hint, ("offline",)))
        if form == "dataset":
            problems += self._streamed()
        problems += self._held()
        if problems:
            raise refuse(*problems)
        return self

    def _held(self) -> list[Problem]:
        """Values that would hold no time at all."""
        problems = []
        if self.ttl is not None and self.ttl.ms == 0:  # Feast takes 0 for "for ever"
            hint = "remove it: then a value holds for ever"
            problems.append(Problem("invalid-value", "must be longer than nothing", hint, ("ttl",)))
        return problems

    def _streamed(self) -> list[Problem]:
        """What Feast's views of streams don't take."""
        problems = []
        if self.push is not None and self.stream is not None:
            wrong = "stands beside stream, and Feast's views have one source of new rows"
            problems.append(Problem("invalid-value", wrong, "keep one of them", ("push",)))
        if self.aggregations and self.stream is None:
            wrong, hint = "mean nothing without stream", "add stream, or remove them"
            problems.append(Problem("invalid-value", wrong, hint, ("aggregations",)))
        windows = [each.time_window is not None for each in self.aggregations]
        first: dict[str, int] = {}
        for index, each in enumerate(self.aggregations):
            made, path = each.feature, ("aggregations", index)
            if made not in self.features:
                wrong = f"makes `{made}`, which isn't among the features"
                hint = did_you_mean(made, self.features)
                hint = hint or "add it there and to the dataset, or say which with `name`"
                problems.append(Problem("invalid-value", wrong, hint, path))
            elif first.setdefault(made, index) != index:
                wrong = f"makes `{made}`, as another one does"
                problems.append(Problem("invalid-value", wrong, "give it a `name`", path))
            if windows[index] != windows[0]:
                wrong = "Feast's engines take a window for all aggregations of a view, or for none"
                problems.append(Problem("invalid-value", wrong, "", path))
        return problems
