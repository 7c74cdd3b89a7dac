"""libyaml's nodes, and one pass over them that yields values, places and problems.

In: the text of a file. Out: a node or a diagnostic for each document; from a node, frozen values
with their places. Never: constructors, tags, or recursion deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span, more_problems
from exai_specs.frozen import Json
from exai_specs.yaml_errors import cut_expression, explain, too_deep
from exai_specs.yaml_scalars import Refused, Scalar, plain
from exai_specs.yaml_text import MAX_DEPTH, may_be_deep

MAX_ALIASED = 1000
"""Nodes of one document that stand there through an alias: enough to share settings, no bomb."""

_PLAIN, _TEXT = "plain", "text"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")


class _Composer(yaml.CSafeLoader):
    """libyaml's composer with the one question that matters: is a scalar plain?"""

    def resolve(self, _kind: type, _value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        return _PLAIN if implicit is True or (implicit and implicit[0]) else _TEXT

    def descend_resolver(self, _node: Node | None, _index: object) -> None:
        """Nothing depends on a node's parents."""

    def ascend_resolver(self) -> None:
        """Nothing depends on a node's parents."""


_scalar_of = lru_cache(maxsize=4096)(plain)


@lru_cache(maxsize=4096)
def _word(text: str) -> str | None:
    """A plain scalar as the key that it is, if nothing can be wrong with it: the same few words
    stand in every document."""
    fine = type(plain(text)) is str and text != "<<" and "${{" not in text
    return sys.intern(text) if fine else None


def compose(text: str, path: str) -> Iterator[Node | Diagnostic]:
    """The root node of each document that isn't empty; ends at the first syntax error."""
    if may_be_deep(text):
        deep = _first_deep(text, path)
        if deep:
            yield deep
            return
    try:
        composer = _Composer(text)
        while composer.check_node():
            node = composer.get_node()
            if node is not None and not _is_nothing(node):
                yield node
    except yaml.YAMLError as error:
        yield explain(error, text, path)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _PLAIN and plain(node.value) is None


def _first_deep(text: str, path: str) -> Diagnostic | None:
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Composer):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                mark = event.start_mark
                if depth > MAX_DEPTH and mark:
                    return too_deep(Span(path, mark.line + 1, mark.column + 1))
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return None  # composing meets it again, no deeper than this
    return None


class Conversion:
    """One document's nodes as values. Problems are collected, not raised."""

    __slots__ = (
        *("path", "places", "problems", "written"),
        *("_aliased", "_seen", "_text", "_trail", "_unlisted"),
    )

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.places: list[int] = []
        self.written: dict[tuple[str | int, ...], str] = {}
        self.problems: list[Diagnostic] = []
        self._text = text
        self._trail: list[str | int] = []
        self._seen: set[int] = set()
        self._aliased = 0
        self._unlisted = False

    def root(self, node: Node) -> Json:
        """The document's value; only a mapping is one."""
        if not isinstance(node, MappingNode):
            self._problem(
                "wrong-type",
                "a document is a mapping",
                node,
                "it has exactly apiVersion, kind, metadata and spec",
            )
        mark = node.start_mark
        value = self._value(node, mark.line + 1, mark.column + 1)
        if self._unlisted:
            self.problems.append(more_problems(self.problems[-1].at))
        return value

    def _value(self, node: Node, key_line: int, key_column: int) -> Json:
        mark = node.start_mark
        places = self.places
        start = len(places)
        places += (mark.line + 1, mark.column + 1, key_line, key_column, 0, 1)
        if id(node) in self._seen and self._over_budget(node):
            return None
        self._seen.add(id(node))
        if isinstance(node, ScalarNode):
            end = node.end_mark
            around = end.column - mark.column - len(node.value)
            if end.line != mark.line or around not in (0, 2):
                places[start + 4] = -1
            elif around:
                places[start + 4] = 1
            return self._scalar(node)
        if node.tag != _PLAIN:
            self._tagged(node)
        if len(self._trail) >= MAX_DEPTH:
            if not any(each.code == "too-deep" for each in self.problems):
                self._add(too_deep(self._at(node)))
            return None
        children = self._mapping if isinstance(node, MappingNode) else self._list
        value: Json = children(node)
        places[start + 5] = (len(places) - start) // 6
        return value

    def _mapping(self, node: Node) -> Mapping[str, Json]:
        values: dict[str, Json] = {}
        trail = self._trail
        for key_node, value_node in node.value:
            plain_key = type(key_node) is ScalarNode and key_node.tag == _PLAIN
            key = (_word(key_node.value) if plain_key else None) or self._key(key_node)
            if key is None:
                continue
            if key in values:
                self._duplicate(key, key_node, node)
                continue
            mark = key_node.start_mark
            trail.append(key)
            values[key] = self._value(value_node, mark.line + 1, mark.column + 1)
            trail.pop()
        return MappingProxyType(values)

    def _list(self, node: Node) -> tuple[Json, ...]:
        values: list[Json] = []
        trail = self._trail
        for index, item in enumerate(node.value):
            mark = item.start_mark
            trail.append(index)
            values.append(self._value(item, mark.line + 1, mark.column + 1))
            trail.pop()
        return tuple(values)

    def _scalar(self, node: ScalarNode) -> Scalar:
        text: str = node.value
        if node.tag == _PLAIN:
            value = _scalar_of(text)
            if type(value) is str:
                if "${{" in text:
                    self._add(cut_expression(node, self._text, self.path))
            elif isinstance(value, Refused):
                self._problem("number-format", value.message, node, value.hint)
                return None
            elif value is not None and json.dumps(value) != text:
                self.written[tuple(self._trail)] = text
            return value
        if node.tag != _TEXT or not node.style:
            self._tagged(node)
        elif node.style == '"' and _CONTROL.search(text):
            self._problem("not-text", "the text has a control character", node, "remove it")
        return text

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            hint = "write a plain word as the key"
            if isinstance(node, MappingNode) and all(not v.value for _, v in node.value):  # {{ x }}
                hint = "an expression begins with a dollar sign: ${{ ... }}"
            self._problem("key-not-text", "a key must be text", node, hint)
            return None
        if node.tag == _PLAIN and node.value == "<<":
            self._problem(
                "merge-key",
                "`<<` isn't supported",
                node,
                "write the fields out, or use an overlay for what differs",
            )
            return None
        key = self._scalar(node)
        if type(key) is str:
            return sys.intern(key)
        if key is None and isinstance(plain(node.value), Refused):
            return None
        shown = node.value if node.value else ""
        hint = f'quote it: "{shown}"' if shown else "write a word before the colon"
        self._problem("key-not-text", "a key must be text", node, hint)
        return None

    def _duplicate(self, key: str, node: Node, parent: Node) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            self._unlisted = True
            return
        first = next(k for k, _ in parent.value if k.value == key)
        self._add(
            Diagnostic(
                "duplicate-key",
                f"the key {key[:60]} stands here twice",
                self._at(node),
                hint="keep one of them",
                related=(("the first one", self._at(first)),),
            )
        )

    def _over_budget(self, node: Node) -> bool:
        self._aliased += 1
        if self._aliased == MAX_ALIASED + 1:
            self._problem(
                "alias-budget",
                f"aliases repeat more than {MAX_ALIASED} values in this document",
                node,
                "write the values out, or share them through a spec of their own",
            )
        return self._aliased > MAX_ALIASED

    def _tagged(self, node: Node) -> None:
        self._problem(
            "tag-not-allowed",
            "YAML tags (`!...`) aren't supported",
            node,
            "remove the tag; quote the value if it is text",
        )

    def _problem(self, code: str, message: str, node: Node, hint: str) -> None:
        self._add(Diagnostic(code, message, self._at(node), hint=hint))

    def _add(self, problem: Diagnostic | None) -> None:
        if problem and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        elif problem:
            self._unlisted = True

    def _at(self, node: Node) -> Span:
        return Span(self.path, node.start_mark.line + 1, node.start_mark.column + 1)
