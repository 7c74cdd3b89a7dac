"""What the operators, functions and macros of CEL do with values (see `cel`).

In: values of an object: text, numbers, truths, tuples, mappings. Out: values. What can't be told is
a CelError; what has no answer for the API server either is a CelFault, in the words of its own
library (cel-go).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from exai_compiler.crds.cel_errors import CelError, CelFault, weightier
from exai_compiler.crds.cel_numbers import double, seconds_of, whole
from exai_compiler.crds.patterns import python_pattern
from exai_compiler.maybe import Unknown

# A field that is called as a word of the language is written between underscores, and so is what
# no name of the language has (Kubernetes, "Escaping" of x-kubernetes-validations).
_ESCAPED = re.compile(r"__([a-z]+)__")
_SIGNS = {"dash": "-", "dot": ".", "slash": "/", "underscores": "__"}
_WRONG = (TypeError, ValueError, AttributeError, LookupError, OverflowError, re.error)


def called(how: Callable[..., Any], given: Sequence[Any]) -> Any:
    try:
        return how(*given)
    except _WRONG as error:
        raise CelError(str(error)) from None


def known(value: Any) -> Any:
    if isinstance(value, Unknown):
        raise CelError("it isn't known yet")
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CelError(f"{type(value).__name__} has no fields")
    return value


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise CelError(f"{type(value).__name__} is neither true nor false")
    return value


def field_of(name: str) -> str:
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), name)


def of_key(of: Mapping[str, Any], key: str) -> Any:
    if key not in of:
        raise CelFault(f"no such key: {key}")
    return known(of[key])


def item(of: Any, key: Any) -> Any:
    if isinstance(of, Mapping):
        return of_key(of, key)
    if isinstance(of, tuple) and type(key) is int and not 0 <= key < len(of):
        raise CelFault(f"index out of bounds: {key}")
    return known(of[key])


Said = Sequence[tuple[Any, Any]]
"""Each item with what is said of it, an error where that can't be told."""


def _decided(said: Said, by: bool) -> bool:
    """Whether one is so; the others don't matter then, and what can't be told of them."""
    if any(each is by for _, each in said):
        return by
    _told(said)
    return not by


def _told(said: Said) -> Said:
    errors = [each for _, each in said if isinstance(each, CelError)]
    if errors:
        raise weightier(errors)
    return said


MACROS: Mapping[str, Callable[[Said], Any]] = {
    "all": lambda said: _decided(said, False),
    "exists": lambda said: _decided(said, True),
    "exists_one": lambda said: sum(each is True for _, each in _told(said)) == 1,
    "filter": lambda said: tuple(one for one, each in _told(said) if each is True),
    "map": lambda said: tuple(each for _, each in _told(said)),
}


def _equal(left: Any, right: Any) -> bool:
    if _is_open(left) or _is_open(right):
        raise CelError("it isn't known yet")
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _is_open(value: Any) -> bool:
    """Whether something in it isn't known yet."""
    if isinstance(value, Mapping):
        return any(map(_is_open, value.values()))
    return any(map(_is_open, value)) if isinstance(value, tuple) else isinstance(value, Unknown)


def _in(one: Any, of: Any) -> bool:
    if isinstance(of, Mapping):
        return one in of
    if any(not _is_open(each) and _equal(one, each) for each in of):
        return True
    if _is_open(of):
        raise CelError("it isn't known yet")
    return False


def _matches(text: str, pattern: str) -> bool:
    return re.search(python_pattern(pattern), text) is not None


def _text(value: Any) -> str:
    if isinstance(value, float):  # Go writes it otherwise than Python
        raise ValueError("it isn't told how it is written")
    return str(value).lower() if isinstance(value, bool) else str(value)


COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<=": lambda left, right: bool(left <= right),
    ">=": lambda left, right: bool(left >= right),
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
    "in": _in,
}
METHODS: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": _matches,
    "split": str.split,
    "getScheme": lambda address: address.scheme,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "double": double,
    "int": whole,
    "string": _text,
    "duration": seconds_of,
    "url": urlsplit,
}
