"""Text that has to say something, and addresses.

In: plain values. Out: text, or problems. Never: an address quoted in a message, for it may hold
what nobody may see.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from exai_specs import core_schema
from exai_specs.fields import Problem, Text, refuse
from exai_specs.names import MESSAGE
from exai_specs.notes import Field
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


@frozen
class _Filled:
    """Text that isn't blank."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if not value.strip():
            raise refuse(Problem("invalid-value", "must not be empty"))
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": r"\S"}


_FUNCTION = {"pattern": r"^[^:]*\.py:[^\s:./-]+$", MESSAGE: "write FILE.py:FUNCTION"}
# The parser takes any text: the check knows the files, and says what is meant.
Function = Annotated[Text, Field(json_schema_extra=_FUNCTION)]


@frozen
class _Address:
    """An address: of http or https, or one in a form of MLflow's."""

    fits: Callable[[str], bool]
    words: str
    pattern: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if not self.fits(value):
            raise refuse(Problem("invalid-value", f"must be {self.words}"))
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}


def is_http(value: str) -> bool:
    """Whether this is an address of http or https, with a host."""
    try:
        parts = urlsplit(value)
        named = parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, brackets that don't match
        return False
    printable = value.isprintable() and " " not in value
    return bool(named) and value.startswith(("http://", "https://")) and printable


def is_tracking(value: str) -> bool:
    """Whether this has the form of a place of MLflow's (mlflow/tracking/registry.py). For which
    schemes there is a store, the packages say that are installed where it is opened."""
    scheme, found, rest = value.partition("://")
    if scheme in ("http", "https") and found:
        return is_http(value)
    return value in ("databricks", "databricks-uc", "uc") or bool(scheme and found and rest.strip())


def again(values: Iterable[Hashable]) -> Iterator[int]:
    """Where one stands that stood before."""
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)


def different(values: tuple[str, ...]) -> tuple[str, ...]:
    """A list that names each thing once."""
    problems = [
        Problem("invalid-value", "stands there already", "remove it", (index,))
        for index in again(values)
    ]
    if problems:
        raise refuse(*problems)
    return values


@frozen
class _Apart:
    """A name without this sign. No message quotes one that has it: a password may stand beside."""

    sign: str
    wrong: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if self.sign in value:
            hint = (
                "write `host: NAME, user: NAME, password: {secret: NAME, key: KEY}`; if a password "
                "was ever shared, change it"
            )
            raise refuse(Problem("secret-in-spec", self.wrong, hint))
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "not": {"pattern": self.sign}}


Filled: TypeAlias = Annotated[Text, _Filled()]
Host: TypeAlias = Annotated[Filled, _Apart("@", "a user or password must not be in a host's name")]
User: TypeAlias = Annotated[Filled, _Apart(":", "a password must not be in a user's name")]
Http: TypeAlias = Annotated[Text, _Address(is_http, "an http or https address", r"^https?://\S+$")]
TrackingUri: TypeAlias = Annotated[
    Text,
    _Address(
        is_tracking,
        "an address such as https://mlflow.example.com",
        r"^([A-Za-z][A-Za-z0-9+.-]*://\S+|databricks|uc|databricks-uc)$",
    ),
]
