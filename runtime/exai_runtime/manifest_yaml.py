"""Rendered values as YAML that every reader understands alike. In: plain JSON. Out: text.

YAML 1.1 and 1.2 differ in what a bare word is: `no`, `1e3`, `0o17`, `12:30`. So a text is bare only
when it can be nothing else. Keys are sorted, lines never folded: the same value gives the same
bytes. Nothing in the text moves a terminal's cursor, so it may be printed as it is.

libyaml says how a text is written, and writes whole documents with something rare in them. All
others are laid out here as it does it, byte for byte: to tell it of each value takes far longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import yaml

from exai_specs.regexes import regex

# Words, paths, image names, URIs: a letter first, and no colon at the end.
_BARE = regex(r"[A-Za-z_/](?:[A-Za-z0-9_./@=+,-]|:(?=[A-Za-z0-9_/]))*")
# What YAML 1.1 readers take for a boolean or for nothing, `y` and `n` of Go's included.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_FIRST = ("apiVersion", "kind", "metadata")
# Controls but the newline, and marks that reorder text.
_HIDDEN = regex("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_LINE = regex("[ -~]*")
_SHORT = 100  # characters; libyaml gives a key of more than 128 a line of its own
_NEVER = 2**31 - 1  # characters after which a line is folded; libyaml has no larger number


class _Rare(Exception):
    """Something that this module leaves to libyaml."""


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    if _BARE.fullmatch(value) and value.lower() not in _WORDS:
        style = None
    elif _HIDDEN.search(value):
        style = '"'
    else:
        style = "|" if "\n" in value else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def document(value: Mapping[str, Any]) -> str:
    """One document, without a separator. An object's identity comes first."""
    keys = [key for key in _FIRST if key in value]
    keys += sorted(value.keys() - {*keys})
    lines: list[str] = []
    try:
        _mapping(value, keys, "", "", lines.append)
    except _Rare:
        hidden = any(map(_HIDDEN.search, _texts(value)))
        return _by_libyaml({key: _sorted(value[key]) for key in keys}, allow_unicode=not hidden)
    return "".join(lines) or "{}\n"


def stream(values: tuple[Mapping[str, Any], ...]) -> str:
    """Documents with `---` between them."""
    return "---\n".join(map(document, values))


def _mapping(
    value: Mapping[str, Any], keys: Iterable[str], pad: str, lead: str, put: Callable[[str], None]
) -> None:
    """Its lines, indented by `pad`, but for the first: that has `lead` before it."""
    more = f"{pad}  "
    for key in keys:
        inner = value[key]
        kind = type(inner)
        if kind is dict and inner:
            put(f"{lead}{_key(key)}:\n")
            _mapping(inner, sorted(inner), more, more, put)
        elif kind is list and inner:
            put(f"{lead}{_key(key)}:\n")
            _list(inner, pad, pad, put)
        else:
            put(f"{lead}{_key(key)}: {_scalar(inner, more)}\n")
        lead = pad


def _list(value: list[Any], pad: str, lead: str, put: Callable[[str], None]) -> None:
    more, first = f"{pad}  ", f"{lead}- "
    for inner in value:
        kind = type(inner)
        if kind is dict and inner:
            _mapping(inner, sorted(inner), more, first, put)
        elif kind is list and inner:
            _list(inner, more, first, put)
        else:
            put(f"{first}{_scalar(inner, more)}\n")
        first = f"{pad}- "


def _scalar(value: Any, pad: str) -> str:
    kind = type(value)
    if kind is str:
        text = _short(value) if len(value) <= _SHORT else _written(value)
        # A line of a block without anything on it isn't indented.
        return text if "\n" not in text else _BEFORE_LINE.sub(f"\n{pad}", text)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    if kind is float:
        return _number(repr(value))  # 0.0 and -0.0 are equal
    if kind is dict:
        return "{}"
    if kind is list:
        return "[]"
    raise _Rare


_BEFORE_LINE = regex(r"\n(?=[^\n])")


@lru_cache(maxsize=8192)
def _key(key: Any) -> str:
    if type(key) is not str or len(key) > _SHORT or not _LINE.fullmatch(key):
        raise _Rare
    return _written(key)


def _written(text: str) -> str:
    """A text as a value; its further lines, if it is a block, without indentation."""
    if _BARE.fullmatch(text):
        return text if text.lower() not in _WORDS else f"'{text}'"
    if _LINE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return _block(text)


_short = lru_cache(maxsize=8192)(_written)


@lru_cache(maxsize=256)  # of code, which is long, and the same in many steps
def _block(text: str) -> str:
    if _HIDDEN.search(text) or text == "\n" or text.endswith("\n\n"):
        raise _Rare  # which decides how all others are written, or how the document ends
    found = _by_libyaml({"k": text})
    return found.removeprefix("k: ").removesuffix("\n").replace("\n  ", "\n")


@lru_cache(maxsize=1024)
def _number(text: str) -> str:
    return _by_libyaml({"k": float(text)}).removeprefix("k: ").removesuffix("\n")


def _by_libyaml(value: Mapping[str, Any], *, allow_unicode: bool = True) -> str:
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=allow_unicode,
        width=_NEVER,
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for item in pair for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return []
