"""Classes of frozen values: fields, equality, hash and text, made when they are first needed.

In: a class with annotated fields. Out: the same as a frozen dataclass with slots, as type checkers,
`dataclasses.fields` and `dataclasses.replace` see it.

The standard library looks at every field, and writes and compiles six functions, for every frozen
dataclass that is imported: half of the start of a command. Here a class costs nothing of it until
the first value is made or compared, or the fields are asked for, and then what the standard library
would have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, replace
from typing import Any, NoReturn, TypeVar, cast, dataclass_transform

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
    space = dict(vars(cls))
    names = [name for name, hint in space.get("__annotations__", {}).items() if hint not in _MARKS]
    defaults = {name: space.pop(name) for name in names if name in space}
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}

    def __init__(self: Any, *args: Any, **named: Any) -> None:
        found.__init__ = _init(found)
        found.__init__(self, *args, **named)

    def __eq__(self: Any, other: object) -> bool:
        found.__eq__ = _comparison(found, "__eq__", "==")
        return cast(bool, found.__eq__(self, other))

    def __hash__(self: Any) -> int:
        found.__hash__ = _hash(found)
        return cast(int, found.__hash__(self))

    methods = {"__init__": __init__, "__eq__": __eq__, "__hash__": __hash__, **_LIKE_ALL}
    space.update((name, it) for name, it in methods.items() if space.get(name) is None)
    space["__qualname__"] = cls.__qualname__
    space["__slots__"] = tuple(name for name in names if name not in inherited)
    space.pop("__dict__", None)  # what the slots are instead of
    space.pop("__weakref__", None)
    found: Any = _class_of(cls, space)
    for name in _OF_DATACLASSES:
        setattr(found, name, _Described(found, name, defaults, kw_only))
    return cast(type[T], found)


class _Described:
    """What the standard library knows of a class: found by it when somebody asks."""

    def __init__(self, of: Any, name: str, defaults: Mapping[str, Any], kw_only: bool) -> None:
        self.of, self.name, self.defaults, self.kw_only = of, name, defaults, kw_only

    def __get__(self, _value: object, _owner: type[Any]) -> Any:
        space = {
            "__doc__": "-",  # without one, the signature would be looked up for it
            **{name: vars(self.of)[name] for name in _COPIED if name in vars(self.of)},
            **self.defaults,
        }
        shadow = _class_of(self.of, space)
        dataclass(init=False, repr=False, eq=False, kw_only=self.kw_only)(shadow)
        for name in _OF_DATACLASSES:
            setattr(self.of, name, vars(shadow)[name])
        return vars(shadow)[self.name]


def _class_of(cls: Any, space: dict[str, Any]) -> Any:
    """Another class of the name and the bases."""
    return type(cls)(cls.__name__, cls.__bases__, space)


def _comparison_at_first(cls: Any, name: str, sign: str) -> Callable[[Any, object], bool]:
    def compare(self: Any, other: object) -> bool:
        setattr(cls, name, _comparison(cls, name, sign))
        return cast(bool, getattr(cls, name)(self, other))

    return compare


def _init(cls: Any) -> Any:
    """Sets the slots themselves, which no `__setattr__` guards."""
    known: dict[str, Any] = {"_FACTORY": _FACTORY}
    by_place, by_name, lines = ["self"], ["*"], []
    for each in fields(cls):
        name = value = each.name
        default = ""
        known[f"_set_{name}"] = getattr(cls, name).__set__
        if each.default_factory is not MISSING:
            known[f"_make_{name}"] = each.default_factory
            default = "=_FACTORY"
            value = f"_make_{name}() if {name} is _FACTORY else {name}"
        elif each.default is not MISSING:
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


def _comparison(cls: Any, name: str, sign: str) -> Any:
    names = [each.name for each in fields(cls) if each.compare]
    lines = [
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {_tuple('self', names)} {sign} {_tuple('other', names)}",
    ]
    return _written(cls, name, ["self", "other"], lines, {})


def _hash(cls: Any) -> Any:
    names = [each.name for each in fields(cls) if _is_hashed(each)]
    return _written(cls, "__hash__", ["self"], [f"return hash({_tuple('self', names)})"], {})


def _is_hashed(each: Field[Any]) -> bool:
    return each.compare if each.hash is None else each.hash


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
        f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr
    )
    return f"{type(self).__qualname__}({told})"


def _set(_self: Any, name: str, _value: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(_self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_MARKS = ("KW_ONLY", "dataclasses.KW_ONLY")
_OF_DATACLASSES = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
_COPIED = ("__annotations__", "__module__", "__orig_bases__")
_LIKE_ALL: dict[str, Any] = {
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _restore,
    "__replace__": replace,
}
