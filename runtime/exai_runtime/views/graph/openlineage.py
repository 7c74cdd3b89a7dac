"""A picture as OpenLineage events of what is declared, one a line: no run, so JobEvents and
DatasetEvents (openlineage.io/spec/2-0-2, "static lineage"). What happened is `run_events`' matter.

In: a `Picture`, the time that the events bear. Out: text, the same for the same input. A step is a
job whose output is a dataset of its name, as is what makes a view, a feature service or a service;
a model is an output of the step that registers it. Names are those of exai, in the project's
namespace: which host and file a source is, an environment says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from exai_compiler.edges import Edge, Node
from exai_compiler.nodes import Described
from exai_compiler.picture import Picture
from exai_compiler.transformations import How
from exai_runtime.views.json.values import Plain

PRODUCER = "https://exai.dev/graph"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs"
_FACETS = {
    "schema": "1-2-0/SchemaDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet",
    "documentation": "1-1-0/DocumentationDatasetFacet",
    "ownership": "1-0-1/OwnershipDatasetFacet",
}
_JOB_FACETS = {
    "jobType": "2-0-4/JobTypeJobFacet",
    "documentation": "1-1-0/DocumentationJobFacet",
    "ownership": "1-0-1/OwnershipJobFacet",
}
_TYPES = {"Dataset": "TABLE", "FeatureView": "VIEW", "FeatureService": "VIEW", "Model": "MODEL"}


# What the specification calls them (its documentation of the column-level lineage facet).
_TRANSFORMATIONS: Mapping[How, Plain] = {
    "identity": {"type": "DIRECT", "subtype": "IDENTITY"},
    "computation": {"type": "DIRECT", "subtype": "TRANSFORMATION"},
    "join": {"type": "INDIRECT", "subtype": "JOIN"},
    "": {"type": "INDIRECT"},
}


def openlineage(picture: Picture, time: str, how: Callable[[Edge], How]) -> str:
    """`how` tells it of an edge between columns."""
    return "".join(
        json.dumps(event, sort_keys=True, separators=(",", ":")) + "\n"
        for event in _events(picture, time, how)
    )


def _events(picture: Picture, time: str, how: Callable[[Edge], How]) -> Iterator[Plain]:
    above: dict[Node, list[Edge]] = {}
    below: dict[Node, list[Node]] = {}
    for edge in picture.edges:
        above.setdefault(edge.target, []).append(edge)
        below.setdefault(edge.source, []).append(edge.target)
    traces: dict[Node, list[Edge]] = {}
    for edge in picture.traces:
        traces.setdefault(edge.target._replace(column=""), []).append(edge)
    made_by_steps = {
        edge.target for edge in picture.edges if edge.source.step and edge.target.kind == "Model"
    }
    told = {one.node: one for one in picture.nodes}
    for one in picture.nodes:
        node = one.node
        inputs = [edge.source for edge in above.get(node, ())]
        if node in made_by_steps:
            inputs = [source for source in inputs if not source.step]
        outputs = [node] if node.step else []
        outputs += [m for m in below.get(node, ()) if node.step and m in made_by_steps]
        if inputs or node.step:
            yield {
                **head("JobEvent", time),
                "job": _job(picture, one),
                "inputs": [_named(picture, n) | {"facets": {}} for n in dict.fromkeys(inputs)],
                "outputs": [
                    _named(picture, n)
                    | {"facets": _facets(picture, told[n], traces.get(n, ()), how)}
                    for n in dict.fromkeys(outputs or [node])
                ],
            }
        elif node not in made_by_steps:
            facets = _facets(picture, one, traces.get(node, ()), how)
            yield {
                **head("DatasetEvent", time),
                "dataset": _named(picture, node) | {"facets": facets},
            }


def head(kind: str, time: str) -> Plain:
    """What every event begins with."""
    return {"eventTime": time, "producer": PRODUCER, "schemaURL": f"{_EVENT}/{kind}"}


def _named(picture: Picture, node: Node) -> Plain:
    return {"namespace": picture.project, "name": str(node._replace(column=""))}


def _job(picture: Picture, told: Described) -> Plain:
    node = told.node
    name = f"{node.name}.{node.step}" if node.step else str(node)
    if node.step and node.kind != "Pipeline":  # a search may be called like a pipeline
        name = f"{node.kind}/{name}"
    kind = "SERVICE" if node.kind == "Service" else "BATCH"
    job_type = "STEP" if node.step else node.kind.upper()
    facets = {
        "jobType": facet(_JOB_FACETS["jobType"])
        | {"processingType": kind, "integration": "EXAI", "jobType": job_type},
        **_about(told, _JOB_FACETS),
    }
    return {"namespace": picture.project, "name": name, "facets": facets}


def _facets(
    picture: Picture, told: Described, traces: Sequence[Edge], how: Callable[[Edge], How]
) -> Plain:
    facets = {} if told.node.step else _about(told, _FACETS)
    kind = "JOB_OUTPUT" if told.node.step else _TYPES.get(told.node.kind, told.node.kind.upper())
    facets["datasetType"] = facet(_FACETS["datasetType"]) | {"datasetType": kind}
    if columns := picture.columns.get(told.node, ()):
        facets["schema"] = facet(_FACETS["schema"]) | {"fields": [_field(c) for c in columns]}
    if traces:
        facets["columnLineage"] = _column_lineage(picture, traces, how)
    return facets


def _field(column: Described) -> Plain:
    field: Plain = {"name": column.node.column}
    if column.what:
        field["type"] = column.what
    if column.description:
        field["description"] = column.description
    return field


def _column_lineage(picture: Picture, traces: Sequence[Edge], how: Callable[[Edge], How]) -> Plain:
    """`fields`: what each column is made of, and the columns that rows are joined by for it.
    `dataset`: what has a say in all of them, such as a target that a model is trained on. A column
    may be both: a key that is a feature, too."""
    fields: dict[str, list[Plain]] = {}
    everything: list[Plain] = []
    ways: dict[tuple[Node, Node], dict[How, None]] = {}
    for edge in traces:
        ways.setdefault((edge.source, edge.target), {})[how(edge)] = None
    for (source, target), found in ways.items():
        told = _named(picture, source) | {
            "field": source.column,
            "transformations": [_TRANSFORMATIONS[way] for way in found],
        }
        (fields.setdefault(target.column, []) if target.column else everything).append(told)
    return facet(_FACETS["columnLineage"]) | {
        "fields": {name: {"inputFields": found} for name, found in fields.items()},
        "dataset": everything,
    }


def _about(told: Described, facets: Mapping[str, str]) -> Plain:
    found: Plain = {}
    if told.description:
        found["documentation"] = facet(facets["documentation"]) | {"description": told.description}
    if told.owner:
        found["ownership"] = facet(facets["ownership"]) | {"owners": [{"name": told.owner}]}
    return found


def facet(path: str) -> Plain:
    """What every facet begins with: who made it, and its schema."""
    name = path.rpartition("/")[2]
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/facets/{path}.json#/$defs/{name}"}
