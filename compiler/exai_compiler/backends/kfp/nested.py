"""A task whose component is a DAG: what it is given, what it runs over, and the component.

In: a graph, the inside of a DAG, what it takes. Out: JSON, in the SDK's shapes. Never: what is
inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from exai_compiler.backends.kfp.channels import Carried, Here, artifact, carried, channel, parameter
from exai_compiler.backends.kfp.filled import RESERVED
from exai_compiler.backends.kfp.ports import Dag, dag_of, definitions, port, sides
from exai_compiler.backends.kfp.values import parameter_type
from exai_compiler.graph import (
    Constant,
    FromItem,
    FromParameter,
    Graph,
    Loop,
    is_artifact,
    source_type,
    sources,
)
from exai_specs.frozen import Encoded, Json, encoded, mapping, thaw
from exai_specs.types import Scalar


def inputs(graph: Graph, takes: Mapping[str, Carried], here: Here) -> Mapping[str, Json]:
    """Where each of them comes from in the DAG of the task."""
    files = {n: artifact(s, here) for n, s in takes.items() if _is_artifact(graph, s)}
    values = {n: parameter(s, here) for n, s in takes.items() if n not in files}
    return sides(files, values)


def iterator(graph: Graph, loop: Loop, item: FromItem) -> Mapping[str, Json]:
    """What a loop runs over, and how many at a time."""
    found: dict[str, Json] = {}
    if isinstance(loop.items, Constant):
        items: Json = {"raw": json.dumps(thaw(loop.items.value), sort_keys=True)}
        found["parameterIterator"] = {"items": items, "itemInput": channel(item)}
    else:
        (given,) = carried(sources(loop.items))
        if _is_artifact(graph, given):
            items = {"inputArtifact": channel(given)}
            found["artifactIterator"] = {"items": items, "itemInput": channel(item)}
        else:
            items = {"inputParameter": channel(given)}
            found["parameterIterator"] = {"items": items, "itemInput": channel(item)}
    if loop.parallelism:
        found["iteratorPolicy"] = {"parallelismLimit": loop.parallelism}
    return found


def component(graph: Graph, dag: Dag, takes: Mapping[str, Carried], looped: bool) -> Encoded:
    """The DAG itself, with what goes in and out."""
    files = {n: _definition(graph, s) for n, s in takes.items() if _is_artifact(graph, s)}
    values = {n: _definition(graph, s) for n, s in takes.items() if n not in files}
    found = {"dag": dag_of(dag)}
    if defined := sides(files, values):
        found["inputDefinitions"] = encoded(defined)
    if dag.outputs:
        found["outputDefinitions"] = encoded(definitions(dag, looped))
    return mapping(found)


def _is_artifact(graph: Graph, source: Carried) -> bool:
    type_ = source_type(graph, source)
    return type_ is not None and is_artifact(type_)


def _definition(graph: Graph, source: Carried) -> Json:
    if isinstance(source, FromParameter):
        if source.name in RESERVED:
            reserved = RESERVED[source.name]
            kind = reserved["parameterType"] if isinstance(reserved, Mapping) else None
            return {"parameterType": kind}
        declared = graph.parameters[source.name]
        optional = declared.optional and declared.default is None
        more = {"isOptional": True} if optional else {}
        return {"parameterType": parameter_type(declared.type), **more}
    # The SDK, too, takes an item of unknown type for text.
    return port(source_type(graph, source) or Scalar("string"))
