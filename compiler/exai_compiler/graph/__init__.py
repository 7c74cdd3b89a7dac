"""A pipeline's steps as a typed graph: each with its component and what its inputs are bound to.

In: a Pipeline's document and the catalog. Out: a `Graph`: a tree of scopes, and a flat index of its
leaves. Judges nothing: what doesn't resolve is left out or bound to `Broken`, and the checks say so
with its place.
"""

from __future__ import annotations

from exai_compiler.graph.bindings import (
    NO_ITEMS,
    Binding,
    Broken,
    Composed,
    Condition,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
    Items,
    Source,
    bind,
    source_of,
    sources,
)
from exai_compiler.graph.build import graph
from exai_compiler.graph.calls import Frame, Placed, constant_of, everything, made_by
from exai_compiler.graph.components import MAX_LEVELS, MAX_STEPS
from exai_compiler.graph.containers import rebuilt
from exai_compiler.graph.nodes import (
    FINALLY,
    Branch,
    Choice,
    Graph,
    Group,
    Loop,
    Node,
    Path,
    Scope,
    Step,
    outputs_of,
    scopes,
)
from exai_compiler.graph.order import cycles, ordered, topological
from exai_compiler.graph.project import graphs
from exai_compiler.graph.readers import read_outputs
from exai_compiler.graph.typing import element, is_artifact, port_type, source_type

__all__ = [
    "FINALLY",
    "MAX_LEVELS",
    "MAX_STEPS",
    "NO_ITEMS",
    "Binding",
    "Branch",
    "Broken",
    "Choice",
    "Composed",
    "Condition",
    "Constant",
    "Frame",
    "FromArtifact",
    "FromItem",
    "FromParameter",
    "FromRun",
    "FromStatus",
    "FromStep",
    "Graph",
    "Group",
    "Items",
    "Loop",
    "Node",
    "Path",
    "Placed",
    "Scope",
    "Source",
    "Step",
    "bind",
    "constant_of",
    "cycles",
    "element",
    "everything",
    "graph",
    "graphs",
    "is_artifact",
    "made_by",
    "ordered",
    "outputs_of",
    "port_type",
    "read_outputs",
    "rebuilt",
    "scopes",
    "source_of",
    "source_type",
    "sources",
    "topological",
]
