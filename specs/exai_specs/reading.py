"""Blocks as a document has them: the plain value of one, read by its fields.

In: a block's class; a plain value. Out: a frozen value of it. A document uses few of the blocks
that its kind may have, so each is read by a validator of its own, which is made then, by hand:
pydantic would take ten times as long, for much that no block has. Never: what is wrong in exai's
words; `parse` has them.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

from exai_specs import core_schema
from exai_specs.blocks import yaml_name
from exai_specs.core import SchemaValidator
from exai_specs.fields import NotNull
from exai_specs.notes import FieldNote, is_check
from exai_specs.values import MISSING, fields

if TYPE_CHECKING:
    from dataclasses import Field

    from pydantic_core import CoreSchema
    from pydantic_core import core_schema as core

T = TypeVar("T")

_PLAIN: Mapping[Any, Callable[[], CoreSchema]] = {
    Any: core_schema.any_schema,
    bool: core_schema.bool_schema,
    float: core_schema.float_schema,
    int: core_schema.int_schema,
    str: core_schema.str_schema,
}
_HOOK = "__get_pydantic_core_schema__"


def read(cls: type[T], value: Any) -> T:
    """A block that a document has. Raises pydantic's ValidationError."""
    found: T = _validator(cast(Hashable, cls)).validate_python(value)
    return found


@functools.cache
def _validator(cls: Any) -> SchemaValidator:
    return SchemaValidator(block_schema(cls))


def block_schema(cls: type[Any]) -> CoreSchema:
    """What pydantic would make of a block, but that blocks inside it are read by their own, by the
    names that YAML has, and that null is no value."""
    hints = _hints(cls)
    schema: CoreSchema = core_schema.dataclass_schema(
        cls,
        [_field(each, hints[each.name]) for each in fields(cls)],
        {"title": cls.__name__, "extra_fields_behavior": "forbid"},
    )
    for check in _checks(cls):
        schema = core_schema.no_info_after_validator_function(check, schema)
    return schema


def notes_of(cls: type[Any]) -> Mapping[str, tuple[Any, ...]]:
    """What is noted on the types of a class's fields."""
    return {name: _notes(hint) for name, hint in _hints(cls).items()}


def _field(each: Field[Any], hint: Any) -> core.DataclassField:
    schema = _schema(hint)
    if each.default is not MISSING:
        schema = core_schema.default_schema(schema, each.default)
    elif each.default_factory is not MISSING:
        schema = core_schema.default_factory_schema(schema, each.default_factory)
    notes = _notes(hint)
    alias = next((note.alias for note in notes if isinstance(note, FieldNote) and note.alias), None)
    return core_schema.dataclass_field(each.name, schema, alias or yaml_name(each.name))


def _checks(cls: type[Any]) -> Iterator[Callable[[Any], Any]]:
    """What `checked` marks, those of the classes that it extends first."""
    seen: set[str] = set()
    for base in reversed(cls.__mro__):
        for name, marked in vars(base).items():
            if is_check(marked) and name not in seen:
                seen.add(name)
                yield next(vars(of)[name] for of in cls.__mro__ if name in vars(of))


def _schema(hint: Any) -> CoreSchema:
    if (plain := _PLAIN.get(hint)) is not None:
        return plain()
    if type(hint) is _Noted:
        return _annotated(hint.source, list(hint.notes))
    origin = get_origin(hint)
    if origin is Annotated:
        return _annotated(hint.__origin__, list(hint.__metadata__))
    if origin is Literal:
        return core_schema.literal_schema(list(get_args(hint)))
    if origin is tuple and get_args(hint)[1:] == (...,):
        return core_schema.tuple_schema(_schema(get_args(hint)[0]))
    if hasattr(hint, "__pydantic_config__"):
        return core_schema.no_info_plain_validator_function(_later(hint))
    raise TypeError(f"no field of a block is a {hint}")


def _annotated(source: Any, notes: list[Any]) -> CoreSchema:
    """The last note has the first word, as pydantic has it."""
    if not notes:
        return _schema(source)
    *inner, note = notes
    if isinstance(note, NotNull) and type(source) is _Maybe:
        return _annotated(source.present, inner)
    if isinstance(note, NotNull):
        (present,) = (member for member in get_args(source) if member is not NoneType)
        return _annotated(present, inner)
    hook = getattr(note, _HOOK, None)
    handler = _Handler(inner)
    return cast("CoreSchema", hook(source, handler)) if hook else handler(source)


class _Handler:
    """What a note asks for the schema of what it is noted on, and of other types."""

    def __init__(self, notes: list[Any]) -> None:
        self._notes = notes

    def __call__(self, source: Any, /) -> CoreSchema:
        return _annotated(source, self._notes)

    def generate_schema(self, source: Any, /) -> CoreSchema:
        return _schema(source)


def _later(cls: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return _validator(cls).validate_python(value)

    return read


class _Maybe:
    """A value or nothing."""

    __slots__ = ("present",)

    def __init__(self, present: Any) -> None:
        self.present = present


class _Noted:
    """A type with notes."""

    __slots__ = ("notes", "source")

    def __init__(self, source: Any, notes: tuple[Any, ...]) -> None:
        self.source, self.notes = source, notes


class _Annotated:
    """`Annotated` for the annotations of blocks: `typing` hashes, compares and looks through all
    that is noted, which takes longer than the rest of what is done before a first reading."""

    def __getitem__(self, given: tuple[Any, ...]) -> _Noted:
        source, *notes = given
        if type(source) is _Noted:
            return _Noted(source.source, (*source.notes, *notes))
        if get_origin(source) is Annotated:
            return _Noted(source.__origin__, (*source.__metadata__, *notes))
        return _Noted(source, tuple(notes))


class _MaybeOf:
    """`Maybe`, likewise."""

    def __getitem__(self, of: Any) -> _Noted:
        return _Noted(_Maybe(of), (_NOT_NULL,))


_NOT_NULL = NotNull()
_NOTING = {"Annotated": _Annotated(), "Maybe": _MaybeOf()}


def _notes(hint: Any) -> tuple[Any, ...]:
    if type(hint) is _Noted:
        return hint.notes
    return cast("tuple[Any, ...]", hint.__metadata__) if get_origin(hint) is Annotated else ()


def _hints(cls: type[Any]) -> dict[str, Any]:
    """The types of the fields, with those of the classes that it extends."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found |= _own_hints(cast(Hashable, base))
    return found


@functools.cache
def _own_hints(cls: Any) -> Mapping[str, Any]:
    """All of a class at once: `get_type_hints` compiles each by itself, and looks through its
    parts."""
    known = vars(cls).get("__annotations__", {})
    if not any(isinstance(each, str) for each in known.values()):
        return known  # type: ignore[no-any-return]  # types by name
    names = vars(sys.modules[cls.__module__])
    return dict(zip(known, eval(f"({','.join(known.values())},)", names, _NOTING), strict=True))  # noqa: S307 - annotations of our own
