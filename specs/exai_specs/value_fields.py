"""The fields of frozen values, as the standard library's dataclasses tell them.

In: what `values` notes on a class: its annotations, its defaults. Out: its fields, looked at when
they are first asked for; a value with others in them. Never: the import of `dataclasses`, which
takes `inspect` and all that reads Python with it: longer than all the kinds. Who has imported it
may ask it of a value, and is told the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Missing:
    """What a field without a default has for one."""


MISSING = Missing()


class Field:
    """A field. `type` is the annotation as written, until somebody evaluates it."""

    __slots__ = (
        "compare",
        "default",
        "default_factory",
        "hash",
        "init",
        "kw_only",
        "name",
        "repr",
        "type",
    )

    def __init__(
        self,
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        init: bool = True,
        repr: bool = True,  # noqa: A002 - as `dataclasses` calls it
        hash: bool | None = None,  # noqa: A002
        compare: bool = True,
        kw_only: bool = False,
    ) -> None:
        self.name = ""
        self.type: Any = None
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.hash, self.compare = init, repr, hash, compare
        self.kw_only = kw_only

    @property
    def hashed(self) -> bool:
        return self.compare if self.hash is None else self.hash


def fields(of: Any) -> tuple[Field, ...]:
    """Of a class or of a value, those that it inherits first; of any other dataclass likewise."""
    found: tuple[Field, ...] | None = getattr(of, "_fields_of_value", None)
    return _fields_of_theirs(of) if found is None else found


def is_value(of: object) -> bool:
    """Whether it is a frozen value, or a class of them; or any other dataclass."""
    return hasattr(of, "_fields_of_value") or hasattr(of, "__dataclass_fields__")


def replace(value: T, /, **changes: Any) -> T:
    """The value with other fields."""
    for each in fields(value):
        if each.init:
            if each.name not in changes:
                changes[each.name] = getattr(value, each.name)
        elif each.name in changes:
            raise ValueError(f"the class alone makes {each.name}")
    return type(value)(**changes)


def noted(names: list[str], defaults: Mapping[str, Any], kw_only: bool) -> dict[str, Any]:
    """What a class is given, that its fields can be told."""
    return {"_noted": (names, defaults, kw_only), **_WHEN_ASKED}


class _WhenAsked:
    """An attribute of each class, made for it when it is first read."""

    def __init__(self, name: str, make: Callable[[Any], Any]) -> None:
        self._name, self._make = name, make

    def __get__(self, _value: object, owner: type[Any]) -> Any:
        for each in owner.__mro__:
            if vars(each).get(self._name) is self:
                found = self._make(each)
                setattr(each, self._name, found)
                return found
        return getattr(owner, self._name)  # another thread has made it meanwhile


def _fields(of: Any) -> tuple[Field, ...]:
    found = {
        each.name: each
        for base in reversed(of.__mro__[1:])
        if "_noted" in vars(base)
        for each in fields(base)
    }
    found.update((each.name, each) for each in _own(of))
    return tuple(found.values())


def _fields_of_theirs(of: Any) -> tuple[Field, ...]:
    from dataclasses import fields

    found: list[Field] = []
    for theirs in fields(of):
        each = _declared(theirs)
        each.name, each.type = theirs.name, theirs.type
        found.append(each)
    return tuple(found)


def _own(of: Any) -> Iterator[Field]:
    names, defaults, kw_only = vars(of)["_noted"]
    for name, hint in vars(of).get("__annotations__", {}).items():
        if name not in names:
            kw_only = True  # a mark, from which on fields are given by name
            continue
        each = _declared(defaults.get(name, MISSING))
        if type(each.default).__hash__ is None:
            raise TypeError(f"{of.__qualname__}.{name} has a default that values would share")
        each.name, each.type, each.kw_only = name, hint, each.kw_only or kw_only
        yield each


def _declared(default: Any) -> Field:
    if isinstance(default, Field):
        return default
    theirs = sys.modules.get("dataclasses")
    if theirs is None or not isinstance(default, theirs.Field):
        return Field(default=default)
    options = {name: getattr(default, name) for name in _OPTIONS}
    return Field(**{name: it for name, it in options.items() if it is not theirs.MISSING})


def _described(name: str) -> _WhenAsked:
    """What `dataclasses` itself knows of a class."""

    def make(of: Any) -> Any:
        from dataclasses import dataclass, field

        space: dict[str, Any] = {each: vars(of)[each] for each in _COPIED if each in vars(of)}
        space["__doc__"] = "-"  # without one, the signature would be looked up for it
        space["__annotations__"] = {}
        for each in _own(of):
            options = {option: getattr(each, option) for option in _OPTIONS}
            space["__annotations__"][each.name] = each.type
            space[each.name] = field(**{o: it for o, it in options.items() if it is not MISSING})
        shadow = type(of)(of.__name__, of.__bases__, space)
        dataclass(init=False, repr=False, eq=False)(shadow)
        return vars(shadow)[name]

    return _WhenAsked(name, make)


def _by_place(of: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(of) if each.init and not each.kw_only)


_OPTIONS = ("compare", "default", "default_factory", "hash", "init", "kw_only", "repr")
_COPIED = ("__module__", "__orig_bases__")
_WHEN_ASKED: Mapping[str, _WhenAsked] = {
    "_fields_of_value": _WhenAsked("_fields_of_value", _fields),
    "__match_args__": _WhenAsked("__match_args__", _by_place),
    "__dataclass_fields__": _described("__dataclass_fields__"),
    "__dataclass_params__": _described("__dataclass_params__"),
}
