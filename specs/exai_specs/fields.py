"""Field types that the kinds share: strict scalars, names, units, unions by key, read-only
mappings.

In: plain values. Out: frozen ones, or problems in exai's own words carried by pydantic's errors.
Never: pydantic's coercions, or a refused value quoted in a message.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, get_args

from exai_specs import core_schema, units
from exai_specs.core import PydanticCustomError
from exai_specs.diagnostics import MAX_IN_FILE
from exai_specs.frozen import Json, freeze
from exai_specs.identity import RefTo
from exai_specs.names import MESSAGE, NameRule, parse_model_name
from exai_specs.notes import Field, Strict
from exai_specs.types import Hint, Path, TypeProblem, called
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

T = TypeVar("T")

_YAML = (type(None), bool, int, float, str, list, dict)
_KNOWN = frozenset({str, int, float})
_SAME = 256  # texts of one kind of field that are remembered: few differ between documents

HIDDEN = "\x00"
"""Starts parts of locations that no document has: the reader lets no such character in."""


@frozen
class Problem:
    """What is wrong, relative to the field that is checked. `on` says whether its value, its key,
    or the key as the name of an entry is at fault."""

    code: str
    message: str
    hint: Hint = ""
    path: Path = ()
    on: Literal["value", "key", "name"] = "value"

    @property
    def said(self) -> str:
        """The hint in words."""
        return self.hint if isinstance(self.hint, str) else self.hint()


def refuse(*problems: Problem) -> PydanticCustomError:
    """The error to raise in a validator; `parse` turns its problems into diagnostics. One more than
    a file may tell is kept: pydantic writes all of them into a text that nobody reads."""
    return PydanticCustomError("exai", "refused", {"problems": problems[: MAX_IN_FILE + 1]})


@frozen
class NotNull:
    """Optional means that a field may be left out; an explicit null in a document is a mistake,
    for a program that makes a value it is not."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema = handler(source)
        inner = schema["schema"] if schema["type"] == "nullable" else schema
        return core_schema.no_info_wrap_validator_function(_unless_null, inner)


def _unless_null(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
    return None if value is None else inner(value)


Maybe: TypeAlias = Annotated[T | None, NotNull()]
Text: TypeAlias = Annotated[str, Strict()]
Flag: TypeAlias = Annotated[bool, Strict()]
Whole: TypeAlias = Annotated[int, Strict()]
Number: TypeAlias = Annotated[float, Strict(), Field(allow_inf_nan=False)]


@frozen
class Named:
    """Text under a name rule."""

    rule: NameRule
    example: str = (
        ""  # instead of a suggestion made from the name, where that may be a secret by mistake
    )

    def check(self, name: str, on: Literal["value", "name"] = "value") -> str:
        """The name itself. Raises what `refuse` makes."""
        wrong = self.rule.wrong(name)
        if wrong:
            hint = self.rule.marking(name)
            hint = hint or f"for example {self.example or self.rule.suggest(name)}"
            code = "invalid-name" if self.rule.what == "name" else "invalid-value"
            raise refuse(Problem(code, wrong, hint, on=on))
        return name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_checked(self), handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self.rule.schema}


@functools.cache
def _checked(named: Named, on: Literal["value", "name"] = "value") -> Callable[[str], str]:
    """`check`, which is asked the same of the fields of every document."""
    return functools.lru_cache(_SAME)(lambda name: named.check(name, on))


@frozen
class KeyedBy:
    """A read-only mapping whose keys are names under a rule; without one, any text."""

    rule: NameRule | None = None
    at_least: int = 0

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        keys: CoreSchema = {"type": "str", "strict": True}
        if self.rule:
            named = Named(self.rule)
            keys = core_schema.no_info_after_validator_function(_checked(named, "name"), keys)
        values = handler.generate_schema(get_args(source)[1])
        return core_schema.no_info_after_validator_function(
            self._read_only, core_schema.dict_schema(keys, values)
        )

    def _read_only(self, values: dict[str, Any]) -> Mapping[str, Any]:
        if len(values) < self.at_least:
            raise refuse(Problem("invalid-value", "must have at least one entry"))
        return MappingProxyType(values)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        if self.rule:
            found["propertyNames"] = self.rule.schema
        if self.at_least:
            found["minProperties"] = self.at_least
        return found


@frozen
class Parsed:
    """A value that a function reads; its ValueError is the message."""

    read: Callable[[Any], Any]
    schema: tuple[tuple[str, Any], ...]

    __eq__, __hash__ = object.__eq__, object.__hash__  # a schema has lists

    def __get_pydantic_core_schema__(self, _source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        known = functools.lru_cache(_SAME, typed=True)(self.read)

        def validate(value: Any) -> Any:
            if type(value) not in _KNOWN:
                return self._validate(value)
            try:
                return known(value)
            except ValueError:
                return self._validate(value)  # which says why

        return {
            **core_schema.no_info_plain_validator_function(validate),
            "serialization": {"type": "to-string"},
        }

    def _validate(self, value: Any) -> Any:
        if not isinstance(value, _YAML):  # made by a program, not read
            return value
        try:
            return self.read(value)
        except TypeProblem as error:
            on: Literal["key", "value"] = "key" if error.code == "invalid-name" else "value"
            raise refuse(Problem(error.code, error.message, error.hint, error.path, on)) from None
        except ValueError as error:
            code = "invalid-value" if isinstance(value, str) else "wrong-type"
            wrong, _, instead = str(error).partition(": write ")
            hint = f"write {instead}" if instead else ""
            raise refuse(Problem(code, wrong, hint)) from None

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(self.schema)


def _text_with(pattern: str, words: str) -> tuple[tuple[str, Any], ...]:
    return (("type", "string"), ("pattern", pattern), (MESSAGE, f"must be {words}"))


_DURATION_SCHEMA = _text_with(units.DURATION_PATTERN, "a duration, such as 30s, 10m or 1h30m")


def _present(value: Any) -> Json:
    if value is None:
        hint = "give it a value, or remove it"
        raise TypeProblem("must have a value", hint=hint, code="wrong-type")
    return freeze(value)


def _model_version(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeProblem(
            f"must be text such as iris@champion, not {called(value)}", code="wrong-type"
        )
    parse_model_name(value)
    return value


MOST_SECONDS = 2**31 - 1
"""What Kubernetes and Kubeflow Pipelines count seconds with (`int32`)."""


def _whole_seconds(value: Any) -> units.Duration:
    found = units.parse_duration(value)
    if found.ms < 1000 or found.ms % 1000:
        raise TypeProblem("must be whole seconds, and at least one", hint="write 1h")
    if found.ms // 1000 > MOST_SECONDS:
        raise TypeProblem(f"must be at most {MOST_SECONDS}s, which is 68 years")
    return found


def _seconds(value: Any) -> units.Duration:
    found = units.parse_duration(value)
    if found.ms % 1000:
        raise TypeProblem("must be whole seconds", hint="round it to seconds")
    return found


Duration: TypeAlias = Annotated[units.Duration, Parsed(units.parse_duration, _DURATION_SCHEMA)]
Latency: TypeAlias = Annotated[units.Duration, Parsed(units.parse_latency, _DURATION_SCHEMA)]
"""Where milliseconds are usual."""
WholeSeconds: TypeAlias = Annotated[units.Duration, Parsed(_whole_seconds, _DURATION_SCHEMA)]
"""Where Kubernetes and Kubeflow Pipelines take seconds alone."""
Seconds: TypeAlias = Annotated[units.Duration, Parsed(_seconds, _DURATION_SCHEMA)]
"""The same, where none at all means something."""
Percent: TypeAlias = Annotated[
    units.Percent,
    Parsed(units.parse_percent, _text_with(units.PERCENT_PATTERN, "a percent, such as 10%")),
]
QUANTITY_SCHEMA = (
    (
        "anyOf",
        [
            {
                "type": "string",
                "pattern": units.QUANTITY_PATTERN,
                MESSAGE: "must be an amount, such as 500m, 2 or 1Gi",
            },
            {"type": "number", "minimum": 0},
        ],
    ),
)
Quantity: TypeAlias = Annotated[units.Quantity, Parsed(units.parse_quantity, QUANTITY_SCHEMA)]
ModelVersion: TypeAlias = Annotated[
    str,
    Parsed(
        _model_version,
        _text_with(
            r"^[A-Za-z][A-Za-z0-9_-]*(@([1-9][0-9]*|(?!(latest|v[0-9]+)$)[a-z][a-z0-9_-]*))?$",
            "a model, such as iris, iris@champion or iris@3",
        ),
    ),
    RefTo("Model", versioned=True),
]
Plain: TypeAlias = Annotated[Any, Parsed(_present, ())]
"""Any plain value but null, frozen."""
