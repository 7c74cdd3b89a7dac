"""The graphs of all pipelines of a project. In: their documents, the catalog. Out: graphs by name.

A pipeline is built after those that it calls. One that calls itself, by whatever way, has no
interface there: the checks show the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from exai_compiler.catalog import Catalog
from exai_compiler.graph.build import graph
from exai_compiler.graph.nodes import Graph
from exai_compiler.leaves import leaves
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.parse import Spec


def graphs(pipelines: Iterable[Spec], catalog: Catalog) -> Mapping[str, Graph]:
    """In the order of the documents."""
    specs = {spec.ref.name: spec for spec in pipelines}
    waits = {name: set(called(spec)) & specs.keys() for name, spec in specs.items()}
    callers: dict[str, list[str]] = {}
    for name, of in waits.items():
        for inner in sorted(of):
            callers.setdefault(inner, []).append(name)
    built: dict[str, Graph] = {}
    ready = deque(name for name, of in waits.items() if not of)
    while ready:
        name = ready.popleft()
        built[name] = graph(specs[name], catalog, built)
        for outer in callers.get(name, ()):
            waits[outer].discard(name)
            if not waits[outer]:
                ready.append(outer)
    # What is left calls itself, or calls what does.
    done = dict(built)
    built.update({name: graph(specs[name], catalog, done) for name in specs if name not in done})
    return MappingProxyType({name: built[name] for name in specs})


def called(spec: Spec) -> tuple[str, ...]:
    """The pipelines that the steps of this one name."""
    if not isinstance(spec.body, PipelineSpec):
        return ()
    return tuple(step.pipeline for _, _, step in leaves(spec.body) if step.pipeline is not None)
