"""Rows from the command line. In: `--row` or `--data` as typed. Out: rows, or why they are none."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from exai_runtime.cli.problems import bad_json, refused
from exai_runtime.results import Refused
from exai_specs.frozen import Json, freeze
from exai_specs.yaml_text import MAX_DEPTH

Rows = tuple[Mapping[str, Json], ...]

_FILE = "name a file with JSON, or `-` for stdin"
_SHAPE = 'write one object, {"column": value, ...}, or a list of them'


def from_cells(cells: Sequence[str], *, typed: bool = True) -> Rows | Refused:
    """`a=1 b=x` is one row; a name that comes again begins the next one.

    Without `typed`, values stay text as written, for whoever knows their types: `1.10` may be one.
    """
    rows: list[dict[str, Json]] = [{}]
    for cell in cells:
        name, equals, text = cell.partition("=")
        if not equals or not name.strip():
            return refused(
                "bad-row", f"--row {cell}: this is no NAME=VALUE", "--row petal_width=0.2"
            )
        if name.strip() in rows[-1]:
            rows.append({})
        rows[-1][name.strip()] = _scalar(text) if typed else text
    return tuple(MappingProxyType(row) for row in rows)


def from_data(data: str) -> Rows | Refused:
    """JSON text, `@FILE`, or `-` for stdin; V1's `{"instances": [...]}` is understood, too."""
    source, text = "--data", data
    if data == "-":
        source, text = "stdin", sys.stdin.read()
    elif data.startswith("@"):
        source = data[1:]
        try:
            text = Path(source).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            return refused("unreadable-file", f"can't read {source}: {reason}", _FILE)
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if _lies_too_deep(value):
            raise RecursionError
        return _rows(value, source)
    except json.JSONDecodeError as error:
        return bad_json(text, source, error)
    except RecursionError:
        return refused("not-json", f"{source}: its lists and objects lie too deep", _SHAPE)
    except ValueError as error:
        return refused("not-json", f"{source}: {error}", "write numbers out, as JSON has them")


def _lies_too_deep(value: object) -> bool:
    """Whether more than `MAX_DEPTH` lists and objects are inside each other, as in a spec."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        level = inner
    return bool(level)


def _rows(value: object, source: str) -> Rows | Refused:
    if isinstance(value, dict) and value.keys() == {"instances"}:
        value = value["instances"]
    items = value if isinstance(value, list) else [value]
    if not items:
        return refused("bad-row", f"{source}: there is no row in it", _SHAPE)
    rows: list[Mapping[str, Json]] = []
    for number, item in enumerate(items, 1):
        frozen = freeze(item)
        if not isinstance(frozen, Mapping):
            return refused("bad-row", f"{source}: row {number} is no object", _SHAPE)
        rows.append(frozen)
    return tuple(rows)


def _scalar(text: str) -> Json:
    """A number, true, false, null or quoted text as JSON has them; all else is text as it is."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str | int | float | bool | None) else text


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")
