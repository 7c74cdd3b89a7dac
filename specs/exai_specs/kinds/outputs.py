"""What a step declares to make, where nothing else says it (LANGUAGE section 6.2).

In: an entry of a step's `outputs`: a type, more than one, or text. Out: a frozen value, or the text
as it is: whether an expression may stand there is the step's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from exai_specs import core_schema, shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.expressions import has_expression
from exai_specs.fields import KeyedBy, Parsed, Plain, Problem, Text, refuse
from exai_specs.forms import OneOf, Shorthand
from exai_specs.frozen import empty
from exai_specs.kinds.dataset import ColumnType, enum_problems
from exai_specs.names import FIELD
from exai_specs.notes import about, checked
from exai_specs.type_schemas import type_schema
from exai_specs.types import (
    ARTIFACT_TYPES,
    PARAMETER_TYPES,
    Type,
    parse_artifact_type,
    parse_port_type,
)
from exai_specs.values import field, frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_FORMS = ("list", "struct")
_NAMES, _MAPPING = type_schema((*PARAMETER_TYPES, *ARTIFACT_TYPES), _FORMS)[0][1]
_DOTTED = {"type": "string", "pattern": r"\."}
PortType = Annotated[Type, Parsed(parse_port_type, (("anyOf", [_NAMES, _DOTTED, _MAPPING]),))]
"""A type of parameters, or of artifacts: those have a capital first letter or a dot."""

_FILES = type_schema(ARTIFACT_TYPES, ("list",))[0][1]
ArtifactType = Annotated[Type, Parsed(parse_artifact_type, (("anyOf", [*_FILES, _DOTTED]),))]
"""A type of artifacts, or a list of such."""


@block
class MadeColumn:
    """One column of data that a step makes."""

    type: Annotated[ColumnType, Effect.RETRAIN, about("Its type", "float64")]
    description: Annotated[
        Text, Effect.METADATA, about("One sentence for people", "Length of a sepal")
    ] = ""
    enum: Annotated[
        tuple[Plain, ...], Effect.RETRAIN, about("The only values it may have", ["rose", "tulip"])
    ] = ()

    @checked
    def _enum_fits(self) -> MadeColumn:
        problems = enum_problems(self.type, self.enum)
        if problems:
            raise refuse(*problems)
        return self


@block
class OutputFields:
    """An output: a value or an artifact."""

    type: Annotated[PortType, Effect.RETRAIN, about("Its type", "Dataset", "integer")]
    columns: Annotated[
        Annotated[
            Mapping[str, Annotated[MadeColumn, Shorthand("type", ("list", "map", "struct"))]],
            KeyedBy(FIELD),
        ],
        Effect.RETRAIN,
        about("The columns of a Dataset, so that lineage goes on", {"rows": "int64"}),
    ] = field(default_factory=empty)

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        other = shape_rules.differs("type", "Dataset")
        yield shape_rules.without(cls, other, "is for a Dataset", "columns")

    @checked
    def _columns_of_data(self) -> OutputFields:
        if self.columns and str(self.type) != "Dataset":
            hint = "write `type: Dataset`, or leave them out"
            raise refuse(Problem("unknown-field", "is for a Dataset", hint, ("columns",), "key"))
        return self


@frozen
class _TypeAlone:
    """A type may stand for an output of that type; text with an expression stays text."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._expand, handler(source))

    def _expand(self, value: Any) -> Any:
        alone = (
            not has_expression(value)
            if isinstance(value, str)
            else isinstance(value, dict) and bool(value) and all(key in _FORMS for key in value)
        )
        return {"type": value} if alone else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        return {**found, "then": {"anyOf": [found["then"], _MAPPING]}}


StepOutput = Annotated[
    str | OutputFields,
    OneOf((("type", OutputFields),), inside=False, text=Text, text_words="a type"),
    _TypeAlone(),
]
