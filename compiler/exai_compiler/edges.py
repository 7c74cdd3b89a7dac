"""The nodes and edges of the lineage, and the strands that edges are told in.

In: nothing. Out: values. All are named tuples, not dataclasses: a large project has some hundred
thousand of them, and they are made and hashed at the speed of C.
"""

from __future__ import annotations

from typing import NamedTuple

from exai_specs.diagnostics import Span
from exai_specs.identity import Ref
from exai_specs.parse import Spec

Path = tuple[str | int, ...]


class Node(NamedTuple):
    """A document, a step of one, or a column of either.

    `str()` is `Pipeline/iris-training#train:species`.
    """

    kind: str
    name: str
    step: str = ""
    column: str = ""

    def of(self, column: str) -> Node:
        """One of its columns; itself for ""."""
        return Node(self.kind, self.name, self.step, column)

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.name)

    @property
    def is_document(self) -> bool:
        return not self.step and not self.column

    def __str__(self) -> str:
        step = f"#{self.step}" if self.step else ""
        column = f":{self.column}" if self.column else ""
        return f"{self.kind}/{self.name}{step}{column}"


class Edge(NamedTuple):
    """`target` comes from `source`, because `spec` says so at `path`."""

    source: Node
    target: Node
    spec: Spec
    path: Path

    @property
    def at(self) -> Span:
        return self.spec.at(*self.path)


class Strand(NamedTuple):
    """Edges that one place makes: from `source` to `target`, or, with `columns`, from each of these
    columns of the one to the same column of the other; with `onto`, to the column that stands there
    ("" is the target itself). `paths` are the places of each, where they aren't all at `path`.

    Most edges are between columns that are handed on side by side: so they are told at once.
    """

    source: Node
    target: Node
    spec: Spec
    path: Path
    columns: tuple[str, ...] | None = None
    onto: tuple[str, ...] | None = None
    paths: tuple[Path, ...] | None = None
