"""A parameter of a pipeline: its type, its default, its values (LANGUAGE section 6.1).

In: an entry of `parameters`. Out: a frozen value. Never: what reads it.
"""

from __future__ import annotations

from typing import Annotated

from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import Flag, Maybe, Parsed, Plain, Problem, Text, refuse
from exai_specs.forms import Shorthand
from exai_specs.frozen import Json
from exai_specs.nearest import did_you_mean
from exai_specs.notes import about, checked
from exai_specs.type_schemas import type_schema
from exai_specs.types import (
    INEXACT,
    NO_FIELD,
    PARAMETER_TYPES,
    Type,
    inexact,
    mismatch,
    parse_parameter_type,
)

_FORMS = ("list", "struct")
ParameterType = Annotated[Type, Parsed(parse_parameter_type, type_schema(PARAMETER_TYPES, _FORMS))]


@block
class ParameterFields:
    """One parameter of a pipeline."""

    type: Annotated[ParameterType, Effect.RENDER, about("Its type", "integer")]
    default: Annotated[Maybe[Plain], Effect.RETRAIN, about("Its value when none is given", 20)] = (
        None
    )
    optional: Annotated[
        Flag, Effect.RENDER, about("Whether it may be left out, without a default", True)
    ] = False
    description: Annotated[
        Text, Effect.METADATA, about("One sentence for people", "Number of trees")
    ] = ""
    enum: Annotated[
        tuple[Plain, ...], Effect.RENDER, about("The only values it may have", [10, 20, 50])
    ] = ()

    @checked
    def _values_fit(self) -> ParameterFields:
        values: list[tuple[tuple[str | int, ...], Json]] = [
            (("enum", index), value) for index, value in enumerate(self.enum)
        ]
        if self.default is not None:
            values.append((("default",), self.default))
        problems = [
            _problem(wrong[1], (*path, *wrong[0]), self.type)
            for path, value in values
            if (wrong := mismatch(value, self.type))
        ]
        problems += [
            Problem("invalid-value", INEXACT, "make it text, or a smaller one", (*path, *inner))
            for path, value in values
            if (inner := inexact(value)) is not None
        ]
        if (
            not problems
            and self.enum
            and self.default is not None
            and self.default not in self.enum
        ):
            message, hint = "isn't one of the values in enum", "take one of them, or add it there"
            problems.append(Problem("invalid-value", message, hint, ("default",)))
        if problems:
            raise refuse(*problems)
        return self


def _problem(message: str, path: tuple[str | int, ...], type_: Type) -> Problem:
    """Of a field that the struct hasn't, at its key; of any other value, with what is declared."""
    if message.startswith(NO_FIELD):
        names = message.removeprefix(NO_FIELD).split(", ")
        hint = did_you_mean(str(path[-1]), names)
        return Problem("unknown-field", "the declared type has no such field", hint, path, "key")
    return Problem("wrong-type", message, f"it is declared as {type_}", path)


Parameter = Annotated[ParameterFields, Shorthand("type", _FORMS)]
