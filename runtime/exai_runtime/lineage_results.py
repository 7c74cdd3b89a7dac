"""What `exai lineage` and `exai graph` come to, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from exai_compiler.edges import Node
from exai_compiler.lineage import Way
from exai_compiler.nodes import Described
from exai_compiler.parts import Part
from exai_compiler.picture import Fact
from exai_runtime.answered import Answered
from exai_specs.values import field, frozen

Format = Literal["mermaid", "dot", "json", "openlineage", "html"]


@frozen
class Traced(Answered):
    """What `node` comes from and what hangs on it, as far as was asked for.

    `part` starts at the node and, with `columns`, at each column of it; `described` has every node
    of it that a document declares. `facts` are what happened in `environment`, "" when nobody
    looked.
    """

    node: Node
    ways: tuple[Way, ...]
    depth: int | None
    columns: bool
    part: Part
    described: Mapping[Node, Described]
    environment: str = ""
    facts: Mapping[Node, tuple[Fact, ...]] = field(default_factory=lambda: MappingProxyType({}))


@frozen
class Drawn(Answered):
    """The graph in a format: `text`, or the `file` that has it. `nodes` and `edges` say how many
    documents and steps it shows, and how many lines between them.
    """

    format: Format
    text: str
    file: str
    nodes: int
    edges: int


LineageResult = Traced | Drawn
