"""Classes of frozen values: fields, equality, hash and text, made when they are first needed.

In: a class with annotated fields. Out: the same as a frozen dataclass with slots, as type checkers,
`dataclasses.fields` and `dataclasses.replace` see it; `field`, `fields` and `replace` as they have
them, without their import.

The standard library looks at every field, and writes and compiles six functions, for every frozen
dataclass that is imported: half of the start of a command. Here a class costs nothing of it until
the first value is made or compared, or the fields are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast, dataclass_transform

from exai_specs import value_fields
from exai_specs.value_fields import noted

if TYPE_CHECKING:  # so that their calls are checked as those of the standard library are
    from dataclasses import MISSING, field, fields, is_dataclass, replace
else:
    MISSING, field, fields = value_fields.MISSING, value_fields.Field, value_fields.fields
    is_dataclass, replace = value_fields.is_value, value_fields.replace

__all__ = [
    "MISSING",
    "field",
    "fields",
    "frozen",
    "is_dataclass",
    "made",
    "ordered",
    "replace",
]

T = TypeVar("T")

_FACTORY = object()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """What `dataclass(frozen=True, slots=True)` makes."""
    return made(cls)


@dataclass_transform(frozen_default=True, order_default=True, field_specifiers=(field,))
def ordered(cls: type[T]) -> type[T]:
    """What `dataclass(frozen=True, slots=True, order=True)` makes."""
    found = made(cls)
    for name, sign in (("__lt__", "<"), ("__le__", "<="), ("__gt__", ">"), ("__ge__", ">=")):
        setattr(found, name, _comparison_at_first(found, name, sign))
    return found


def made(cls: type[T], *, kw_only: bool = False) -> type[T]:
    """The class with its fields; with `kw_only` they are given by name."""
    own = vars(cls)
    names = [name for name, hint in own.get("__annotations__", {}).items() if hint not in _MARKS]
    defaults = {name: own[name] for name in names if name in own}
    inherited = {name for base in cls.__mro__[1:-1] for name in vars(base).get("__slots__", ())}
    space: dict[str, Any] = {**_LIKE_ALL, **own, **noted(names, defaults, kw_only)}
    for name in (*defaults, "__dict__", "__weakref__"):  # what the slots are instead of
        space.pop(name, None)
    if space["__hash__"] is None:  # for a class with an equality of its own
        space["__hash__"] = _hash_at_first
    space["__qualname__"] = cls.__qualname__
    space["__slots__"] = tuple([name for name in names if name not in inherited])
    found: Any = type(cls)
    return cast(type[T], found(cls.__name__, cls.__bases__, space))


def _init_at_first(self: Any, *args: Any, **named: Any) -> None:
    _at_first(self, "__init__", _init_at_first, _init)(self, *args, **named)


def _eq_at_first(self: Any, other: object) -> bool:
    return cast(bool, _at_first(self, "__eq__", _eq_at_first, _eq)(self, other))


def _hash_at_first(self: Any) -> int:
    return cast(int, _at_first(self, "__hash__", _hash_at_first, _hash)(self))


def _at_first(self: Any, name: str, method: Any, make: Callable[[Any], Any]) -> Any:
    """What the class is given in the place of a method that waited for its first call: that of the
    value, or one that it extends. Another thread may have been here first."""
    for each in type(self).__mro__:
        if vars(each).get(name) is method:
            found = make(each)
            setattr(each, name, found)
            return found
    return getattr(type(self), name)


def _comparison_at_first(cls: Any, name: str, sign: str) -> Callable[[Any, object], bool]:
    def compare(self: Any, other: object) -> bool:
        setattr(cls, name, _comparison(cls, name, sign))
        return cast(bool, getattr(cls, name)(self, other))

    return compare


def _init(cls: Any) -> Any:
    """Sets the slots themselves, which no `__setattr__` guards."""
    known: dict[str, Any] = {"_FACTORY": _FACTORY}
    by_place, by_name, lines = ["self"], ["*"], []
    for each in value_fields.fields(cls):
        name = value = each.name
        default = ""
        known[f"_set_{name}"] = getattr(cls, name).__set__
        if each.default_factory is not value_fields.MISSING:
            known[f"_make_{name}"] = each.default_factory
            default = "=_FACTORY"
            value = f"_make_{name}() if {name} is _FACTORY else {name}"
        elif each.default is not value_fields.MISSING:
            known[f"_default_{name}"] = each.default
            default = f"=_default_{name}"
        if each.init:
            (by_name if each.kw_only else by_place).append(f"{name}{default}")
        else:
            lines.append(f"{name}{default}")
        lines.append(f"_set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = [*by_place, *(by_name if len(by_name) > 1 else ())]
    return _written(cls, "__init__", parameters, lines or ["pass"], known)


def _eq(cls: Any) -> Any:
    return _comparison(cls, "__eq__", "==")


def _comparison(cls: Any, name: str, sign: str) -> Any:
    names = [each.name for each in value_fields.fields(cls) if each.compare]
    lines = [
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {_tuple('self', names)} {sign} {_tuple('other', names)}",
    ]
    return _written(cls, name, ["self", "other"], lines, {})


def _hash(cls: Any) -> Any:
    names = [each.name for each in value_fields.fields(cls) if each.hashed]
    return _written(cls, "__hash__", ["self"], [f"return hash({_tuple('self', names)})"], {})


def _tuple(of: str, names: Iterable[str]) -> str:
    return f"({''.join(f'{of}.{name}, ' for name in names)})"


def _written(
    cls: Any, name: str, parameters: Iterable[str], lines: Iterable[str], known: dict[str, Any]
) -> Any:
    """A function of these lines, as the standard library makes them."""
    body = "".join(f"\n {line}" for line in lines)
    exec(f"def {name}({', '.join(parameters)}):{body}", known)  # noqa: S102 - names of fields alone
    found = known[name]
    found.__qualname__ = f"{cls.__qualname__}.{name}"
    found.__module__ = cls.__module__
    return found


def _repr(self: Any) -> str:
    told = ", ".join(
        f"{each.name}={getattr(self, each.name)!r}"
        for each in value_fields.fields(self)
        if each.repr
    )
    return f"{type(self).__qualname__}({told})"


def _set(_self: Any, name: str, _value: Any) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(_self: Any, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in value_fields.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(value_fields.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_MARKS = ("KW_ONLY", "dataclasses.KW_ONLY")
_LIKE_ALL: dict[str, Any] = {
    "__init__": _init_at_first,
    "__eq__": _eq_at_first,
    "__hash__": _hash_at_first,
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _restore,
    "__replace__": value_fields.replace,
}
