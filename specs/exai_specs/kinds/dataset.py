"""Dataset: where rows come from, which columns they have, what must hold (LANGUAGE section 5).

In: the `spec` of a Dataset. Out: a frozen value. Never: looking at data, or whether columns exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, KeyedBy, Maybe, Parsed, Plain, Problem, Text, refuse
from exai_specs.forms import OneOf, Shorthand
from exai_specs.frozen import Json, freeze
from exai_specs.kinds.schedule import Cron
from exai_specs.kinds.sources import Source
from exai_specs.names import FIELD
from exai_specs.notes import about, checked
from exai_specs.regexes import regex
from exai_specs.texts import Filled, again
from exai_specs.type_schemas import type_schema
from exai_specs.types import COLUMN_TYPES, Type, TypeProblem, called, parse_column_type
from exai_specs.values import field, frozen

_FORMS = ("list", "map", "struct")
ColumnType = Annotated[Type, Parsed(parse_column_type, type_schema(COLUMN_TYPES, _FORMS))]


@block
class ColumnFields:
    """One column."""

    type: Annotated[ColumnType, Effect.RETRAIN, about("Its type", "float64")]
    description: Annotated[
        Text, Effect.METADATA, about("One sentence for people", "Length of a sepal")
    ] = ""
    unit: Annotated[Text, Effect.METADATA, about("Its unit", "cm")] = ""
    enum: Annotated[
        tuple[Plain, ...],
        Effect.RETRAIN,
        about("The only values it may have", ["setosa", "versicolor", "virginica"]),
    ] = ()
    nullable: Annotated[Flag, Effect.RETRAIN, about("Whether it may be empty", False)] = True
    pii: Annotated[Flag, Effect.METADATA, about("Whether it tells who somebody is", True)] = False
    source: Annotated[
        Text, Effect.RETRAIN, about("Its name in the data, if another", "sepal length (cm)")
    ] = ""

    @checked
    def _enum_fits(self) -> ColumnFields:
        if self.enum and (problems := enum_problems(self.type, self.enum)):
            raise refuse(*problems)
        return self


def enum_problems(type_: Type, enum: tuple[Json, ...]) -> list[Problem]:
    """The values of an `enum` that a column of this type can't have."""
    if not enum:
        return []
    accepted, noun = _ENUMS.get(str(type_), ((), ""))
    bits = _BITS.get(str(type_), 0)
    if not bits and {*map(type, enum)}.issubset(accepted):  # as nearly all
        return repeated(enum, "enum")
    wrong = [
        Problem(
            "wrong-type",
            f"must be {noun}, not {called(value)}" if noun else f"{type_} has no enum",
            path=("enum", index),
        )
        for index, value in enumerate(enum)
        if type(value) not in accepted
    ]
    wrong += [
        Problem("invalid-value", f"is no {type_}: it is too large", path=("enum", index))
        for index, value in enumerate(enum)
        if bits and isinstance(value, int) and not -(1 << bits - 1) <= value < 1 << bits - 1
    ]
    return wrong or repeated(enum, "enum")


def repeated(values: tuple[Json, ...], field: str) -> list[Problem]:
    """Those of plain values that stand in a list a second time."""
    return [
        Problem("invalid-value", "stands there already", "remove it", (field, index))
        for index in again(values)
    ]


_BITS = {"int32": 32, "int64": 64}
_ENUMS: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("string", "date", "timestamp", "uuid", "decimal"), ((str,), "text")),
    **dict.fromkeys(("int32", "int64"), ((int,), "a whole number")),
    **dict.fromkeys(("float32", "float64"), ((int, float), "a number")),
    "bool": ((bool,), "true or false"),
}

Column = Annotated[ColumnFields, Shorthand("type", _FORMS)]


@frozen
class Expectation:
    """One expectation of Great Expectations, by its name there."""

    name: str
    args: Mapping[str, Json]


_NAME = regex("expect_[a-z0-9_]{1,200}")


def _expectation(value: Any) -> Expectation:
    hint = "- expect_column_values_to_not_be_null: {column: species}"
    if not isinstance(value, dict):
        raise TypeProblem(f"must be an expectation, not {called(value)}", (), hint, "wrong-type")
    if len(value) != 1:
        raise TypeProblem(
            "must be exactly one expectation and its arguments", (), hint, "exactly-one-of"
        )
    name, args = next(iter(value.items()))
    if not _NAME.fullmatch(name):
        raise TypeProblem(
            "expectations have names such as expect_table_row_count_to_be_between",
            (name,),
            hint,
            "invalid-name",
        )
    if not isinstance(args, dict):
        raise TypeProblem(
            f"must be a mapping of arguments, not {called(args)}", (name,), hint, "wrong-type"
        )
    frozen = freeze(args)
    assert isinstance(frozen, Mapping)  # noqa: S101 - for the type checker
    return Expectation(name, frozen)


_EXPECTATION_SCHEMA = (
    ("type", "object"),
    ("minProperties", 1),
    ("maxProperties", 1),
    (
        "patternProperties",
        {
            "^expect_[a-z0-9_]+$": {
                "type": "object",
                "description": "An expectation of Great Expectations, with its arguments",
                "examples": [{"column": "species"}],
            }
        },
    ),
    ("additionalProperties", False),
)


@block
class QualitySchedule:
    """When the rows are judged by themselves."""

    cron: Annotated[Cron, Effect.RENDER, about("Five fields of cron", "0 6 * * *")]
    timezone: Annotated[
        Maybe[Text], Effect.RENDER, about("The zone of `cron`", "Europe/Berlin")
    ] = None


@block
class Quality:
    """What must hold for the rows, and what happens otherwise."""

    on_failure: Annotated[
        Literal["block", "warn"],
        Effect.RETRAIN,
        about("Stop the run, or only say so", "block"),
    ] = "block"
    expectations: Annotated[
        tuple[Annotated[Expectation, Parsed(_expectation, _EXPECTATION_SCHEMA)], ...],
        Effect.RETRAIN,
        about(
            "Expectations of Great Expectations, each with its arguments",
            [{"expect_table_row_count_to_be_between": {"min_value": 100}}],
        ),
    ] = ()
    schedule: Annotated[
        Maybe[QualitySchedule],
        Effect.RENDER,
        about("When they are checked by themselves", {"cron": "0 6 * * *"}),
    ] = None


@block
class Fixed:
    """A data version that a person sets."""

    fixed: Annotated[Filled, Effect.RENDER, about("The version", "2026-10")]


@block
class Query:
    """A data version that the source's database tells."""

    query: Annotated[
        Filled,
        Effect.RENDER,
        about("A query with one row whose values are the version", "SELECT max(id) FROM demo_iris"),
    ]


DataVersion = Annotated[
    Literal["content", "snapshot", "none"] | Fixed | Query,
    OneOf(
        (("fixed", Fixed), ("query", Query)),
        inside=False,
        text=Literal["content", "snapshot", "none"],
        text_words="content, snapshot, none",
    ),
]


@block
class DatasetSpec:
    """Rows of named, typed columns."""

    source: Annotated[
        Source,
        Effect.RETRAIN,
        about(
            "Where the rows come from", {"sql": {"connection": "warehouse", "table": "demo_iris"}}
        ),
    ]
    key: Annotated[
        tuple[Text, ...], Effect.RETRAIN, about("Columns that identify a row", ["flower_id"])
    ] = ()
    timestamp: Annotated[
        Text, Effect.RETRAIN, about("Column that says when the row was true", "event_time")
    ] = ""
    created: Annotated[
        Text, Effect.METADATA, about("Column that says when the row was written", "created_at")
    ] = ""
    schema: Annotated[
        Annotated[Mapping[str, Column], KeyedBy(FIELD, at_least=1)],
        Effect.RETRAIN,
        about("The columns: a type, or more", {"sepal_length": {"type": "float64", "unit": "cm"}}),
    ]
    quality: Annotated[
        Quality, Effect.RETRAIN, about("What must hold for the rows", {"onFailure": "block"})
    ] = field(default_factory=Quality)
    version: Annotated[
        Maybe[DataVersion],
        Effect.RENDER,
        about(
            "How a change of the data is noticed; default by source",
            "content",
            {"fixed": "2026-10"},
        ),
    ] = None

    @checked
    def _key_of_different_columns(self) -> DatasetSpec:
        problems = repeated(self.key, "key")
        if problems:
            raise refuse(*problems)
        return self
