"""Rendered values as YAML that every reader understands alike. In: plain JSON. Out: text.

YAML 1.1 and 1.2 differ in what a bare word is: `no`, `1e3`, `0o17`, `12:30`. So a text is bare only
when it can be nothing else. Keys are sorted, lines never folded: the same value gives the same
bytes. Nothing in the text moves a terminal's cursor, so it may be printed as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
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

_NEVER = 2**31 - 1  # characters after which a line is folded; libyaml has no larger number


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
    ordered = {key: _sorted(value[key]) for key in _FIRST if key in value}
    ordered |= {key: _sorted(value[key]) for key in sorted(value) if key not in ordered}
    hidden = any(map(_HIDDEN.search, _texts(value)))
    return yaml.dump(
        ordered,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=not hidden,
        width=_NEVER,
    )


def stream(values: tuple[Mapping[str, Any], ...]) -> str:
    """Documents with `---` between them."""
    return "---\n".join(map(document, values))


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
