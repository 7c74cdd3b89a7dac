"""A picture as one HTML page that needs nothing but itself.

In: a `Picture`, and how a browser gets from the page to the specs. Out: text. The page's policy
allows its own script and style by their digests and nothing else: no network, no other script. All
of the specs' text is JSON without `<`, `>` and `&`, nor marks that reorder what people see; the
script only ever sets it as text.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from exai_compiler.edges import Edge, Node
from exai_compiler.nodes import Described
from exai_compiler.picture import Fact, Picture
from exai_specs.diagnostics import Span
from exai_specs.regexes import regex

_HERE = Path(__file__).parent
# An escaped backslash, or a mark that reorders text.
_ESCAPED = regex(r"\\(?:\\|u(202[a-e]|206[6-9]))")
_OPEN = 60  # nodes of a graph whose pipelines are open at first


def page(picture: Picture, columns: bool, base: str | None = None) -> str:
    """`base` leads from the page's folder to the project's, with a slash at its end or empty; None
    when nobody knows where the page will be."""
    layout = f"const layered = (() => {{\n{_read('layout.js')}return layered;\n}})();\n"
    script = f'"use strict";(() => {{\n{layout}{_read("page.js")}}})();\n'
    style = _read("page.css")
    found = _read("page.html")
    for name, text in (
        ("@STYLE_HASH@", _digest(style)),
        ("@SCRIPT_HASH@", _digest(script)),
        ("@TITLE@", escape(f"{picture.project}: lineage")),
        ("@STYLE@", style),
        ("@SCRIPT@", script),
        # Last, so that nothing in the data is taken for one of these names.
        ("@DATA@", _embedded(_data(picture, columns, base))),
    ):
        found = found.replace(name, text, 1)
    return found


def _read(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _digest(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def _embedded(data: dict[str, Any]) -> str:
    text = json.dumps(data, separators=(",", ":"))
    text = _ESCAPED.sub(lambda found: "" if found[1] else found[0], text)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(picture: Picture, columns: bool, base: str | None) -> dict[str, Any]:
    """Short keys: a large project has some ten thousand columns. Ends are indices of `nodes`, and
    of their `c`; -1 is the node itself."""
    groups = {told.node[:2]: place for place, told in enumerate(picture.groups)}
    numbers = {told.node: place for place, told in enumerate(picture.nodes)}
    places = {
        column.node: place for mine in picture.columns.values() for place, column in enumerate(mine)
    }
    boxes = {box.told.node: place for place, box in enumerate(picture.boxes)}
    return {
        "project": picture.project,
        "environment": picture.environment,
        "base": base,
        "columns": columns,
        "most": _OPEN,
        "groups": [_box(picture, told) for told in picture.groups],
        # Those around others come first.
        "boxes": [
            {
                "n": box.told.node.step,
                "w": box.told.what,
                "at": _where(box.told.at),
                "g": groups[box.told.node[:2]],
                "b": boxes.get(box.inside, -1),
            }
            for box in picture.boxes
        ],
        "nodes": [
            _box(picture, told)
            | {
                "s": told.node.step,
                "b": boxes.get(picture.within.get(told.node, told.node), -1),
                "g": groups.get(told.node[:2], -1) if told.node.step else -1,
                "c": [_column(one) for one in picture.columns.get(told.node, ())],
            }
            for told in picture.nodes
        ],
        "edges": [
            [numbers[source], numbers[target], at]
            for (source, target), at in _once(picture.edges).items()
        ],
        "traces": [
            [*_end(source, numbers, places), *_end(target, numbers, places), at]
            for (source, target), at in _once(picture.traces).items()
            if source._replace(column="") in numbers and target._replace(column="") in numbers
        ],
    }


def _once(edges: Sequence[Edge]) -> dict[tuple[Node, Node], str]:
    """Each pair of ends with the first place that joins them."""
    found: dict[tuple[Node, Node], str] = {}
    for edge in edges:
        if edge[:2] not in found:
            found[edge.source, edge.target] = _where(edge.at)
    return found


def _end(node: Node, numbers: dict[Node, int], places: dict[Node, int]) -> tuple[int, int]:
    return numbers[node._replace(column="")], places[node] if node.column else -1


def _box(picture: Picture, told: Described) -> dict[str, Any]:
    facts = picture.facts.get(told.node, ())
    return {
        "k": told.node.kind,
        "n": told.node.name,
        "w": told.what,
        "d": told.description,
        "o": told.owner,
        "at": _where(told.at),
        "f": [_fact(fact) for fact in facts],
    }


def _column(told: Described) -> list[str]:
    return [told.node.column, told.what, told.description, _where(told.at), told.unit]


def _fact(fact: Fact) -> list[str]:
    return [fact.name, fact.value, fact.state]


def _where(at: Span) -> str:
    return f"{at.path}:{at.line}"
