"""What stands behind a node of the lineage: its place, what it is, and what people say of it.

In: a project, the graphs of its pipelines, the text or value of a node. Out: a `Described`, or the
closest names. Never: edges; a document, step or column that nothing comes from is a node, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.edges import Node, Path
from exai_compiler.feature_views import features_of, used
from exai_compiler.graph import Graph, Step
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.identity import Ref
from exai_specs.kinds import (
    KINDS,
    DatasetSpec,
    FeatureServiceSpec,
    FeatureViewSpec,
    ModelSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.model_files import InlineModel
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.types import Type
from exai_specs.values import frozen

TRIAL = "trial"
"""The one step of a Tuning."""

_NODE = regex(r"([A-Za-z]+)/([^#:\s]+)(?:#([^#:\s]+))?(?::(\S.*))?")


@frozen
class Described:
    """`what` is a step's component or code, or a column's type; "" for what isn't known."""

    node: Node
    at: Span
    what: str = ""
    description: str = ""
    owner: str = ""
    unit: str = ""


def parse_node(text: str) -> Node | None:
    """A node as its `str()` has it; the kind in any case. None for any other text."""
    found = _NODE.fullmatch(text.strip())
    if found is None:
        return None
    kind, name, step, column = found.groups(default="")
    return Node(_KINDS.get(kind.lower(), kind), name, step, column)


_KINDS = {name.lower(): name for name in KINDS}


def declared(project: Project, graphs: Mapping[str, Graph], of: Ref) -> Iterator[Node]:
    """A document, its steps and the columns that it declares, in the order of the file."""
    if of not in project.specs:
        return
    yield Node(of.kind, of.name)
    if of.kind == "Pipeline" and (graph := graphs.get(of.name)) is not None:
        for step in graph.steps:
            yield Node(of.kind, of.name, step)
    if project.body(TuningSpec, of.name) is not None and of.kind == "Tuning":
        yield Node(of.kind, of.name, TRIAL)
    for column in _columns(project, of):
        yield Node(of.kind, of.name, "", column)


def described(project: Project, graphs: Mapping[str, Graph], node: Node) -> Described | None:
    """What is said of a node; None when no document has this name, or no pipeline this step.

    A column stands where it is declared, else where its step or document is.
    """
    spec = project.specs.get(node.ref)
    if spec is None:
        return None
    if node.step and isinstance(spec.body, TuningSpec):
        trial = spec.body.trial
        code = trial.uses or trial.python or trial.image or ""
        at = spec.key_at("spec", TRIAL)
        return Described(node, at, code) if node.step == TRIAL else None
    if node.step:
        step = graphs[node.name].steps.get(node.step) if node.name in graphs else None
        if step is None:
            return None
        at = spec.key_at(*step.path)
        return Described(node, at, "" if node.column else _code(step))
    if node.column:
        return _column(spec, node)
    about = spec.metadata
    return Described(node, spec.at("metadata", "name"), "", about.description, about.owner)


def _column(spec: Spec, node: Node) -> Described:
    if isinstance(spec.body, DatasetSpec) and (column := spec.body.schema.get(node.column)):
        at = spec.key_at("spec", "schema", node.column)
        return Described(node, at, str(column.type), column.description, unit=column.unit)
    if isinstance(spec.body, FeatureViewSpec):
        if node.column in spec.body.features:
            index = spec.body.features.index(node.column)
            return Described(node, spec.at("spec", "features", index))
        return Described(node, spec.key_at("spec", "schema", node.column))
    for path, inputs in _taken(spec):
        if node.column in inputs:
            at = spec.key_at(*path, "inputs", node.column)
            return Described(node, at, str(inputs[node.column]))
    return Described(node, spec.at("metadata", "name"))


def _code(step: Step) -> str:
    match step.spec.body:
        case "uses":
            return step.spec.uses or ""
        case "python":
            return step.spec.python or ""
        case "notebook":
            return step.spec.notebook or ""
        case "image":
            return step.spec.image or ""
    return ""


def _columns(project: Project, of: Ref) -> tuple[str, ...]:
    if (dataset := project.body(DatasetSpec, of.name)) is not None and of.kind == "Dataset":
        return tuple(dataset.schema)
    if of.kind == "FeatureView" and project.body(FeatureViewSpec, of.name) is not None:
        return tuple(features_of(project, of.name))
    if of.kind == "FeatureService" and project.body(FeatureServiceSpec, of.name) is not None:
        gives = used(project, of.name)
        return tuple(gives.columns) if gives is not None else ()
    return tuple(dict.fromkeys(name for _, taken in _taken(project.specs[of]) for name in taken))


def _taken(spec: Spec) -> Iterator[tuple[Path, Mapping[str, Type]]]:
    """The columns that a Model takes, or the files that a Service has in place: each signature's
    inputs, with the signature's place."""
    body = spec.body
    if isinstance(body, ModelSpec) and body.signature is not None:
        yield ("spec", "signature"), body.signature.inputs
    elif isinstance(body, ServiceSpec):
        for path, model in body.models:
            if isinstance(model, InlineModel) and model.signature is not None:
                yield (*path, "signature"), model.signature.inputs
