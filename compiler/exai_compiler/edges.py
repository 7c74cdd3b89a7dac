"""What comes from what: every edge of the lineage, with the place in a document that makes it.

In: a project, the graphs of its pipelines. Out: `Edge`s between `Node`s, in the order of documents
and files. Judges nothing: what doesn't resolve has no edge. Both are named tuples, not dataclasses:
a large project has some hundred thousand of them, and they are made and hashed at the speed of C.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from exai_compiler.backends.kserve.chosen import NoRuntime, choose
from exai_compiler.backends.kserve.own_runtimes import own_runtimes
from exai_compiler.backends.kserve.served import may_be_served
from exai_compiler.columns import (
    ADDS,
    LOADS,
    PASSES,
    TRAINS,
    Flow,
    Made,
    Maker,
    Table,
    declared_columns,
    flows_of,
    makers,
    named_columns,
    text,
    trained,
)
from exai_compiler.feature_views import asked_with, used
from exai_compiler.graph import (
    Binding,
    Choice,
    Condition,
    Constant,
    FromArtifact,
    FromParameter,
    Graph,
    Group,
    Step,
    scopes,
    sources,
)
from exai_compiler.graph import Node as GraphNode
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.identity import Ref
from exai_specs.kinds import (
    DatasetSpec,
    FeatureServiceSpec,
    GraphSpec,
    LLMServiceSpec,
    ModelSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.model_files import Files
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


def edges(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Edge]:
    """Every edge: within pipelines, from pipelines to models, from models to services."""
    flows = flows_of(project, graphs)
    callers = _callers(graphs)
    columns = _columns(project, graphs)
    features: dict[str, dict[str, None]] = {}
    for name, graph in graphs.items():
        spec = project.specs[graph.pipeline]
        for step in graph.steps.values():
            yield from _step_edges(spec, graph, step, columns, callers)
            yield from _column_edges(spec, step, flows[name], columns, callers)
            yield from _requested(project, spec, step, flows[name], columns, callers)
        yield from _decided(spec, graph, callers)
        yield from _call_edges(spec, graph, flows, columns)
    made_by = makers(graphs)
    for model, steps in made_by.items():
        if project.find("Model", model) is None:
            continue
        for maker in steps:
            pipeline = maker.graph.pipeline
            spec = project.specs[pipeline]
            path = (*maker.step.path, "with", maker.port)
            end = Node("Model", model)
            yield Edge(Node(pipeline.kind, pipeline.name), end, spec, path)
            yield Edge(Node(pipeline.kind, pipeline.name, maker.step.name), end, spec, path)
            yield from _registering_calls(project, maker.graph, end, callers)
            if (signature := trained(maker, flows[pipeline.name])) is not None:
                features.setdefault(model, {}).update(dict.fromkeys(signature.features))
                for column in signature.features:
                    start = Node(pipeline.kind, signature.pipeline, signature.step, column)
                    yield Edge(start, Node("Model", model, "", column), spec, path)
    yield from _served(project, features)
    yield from _served_by(project, made_by)
    yield from _answered_by(project)
    yield from _of_the_same_files(project)
    yield from _searched(project)


Callers = Mapping[str, tuple[tuple[Graph, Step], ...]]
"""Who calls each pipeline."""


def _callers(graphs: Mapping[str, Graph]) -> Callers:
    found: dict[str, tuple[tuple[Graph, Step], ...]] = {}
    for graph in graphs.values():
        for step, inner in graph.calls:
            before = found.get(inner.pipeline.name, ())
            found[inner.pipeline.name] = (*before, (graph, step))
    return found


def _starts(graph: Graph, binding: Binding | Condition | None, callers: Callers) -> Iterator[Node]:
    """The steps that anything in a value comes from; of what the calling pipelines give, theirs."""
    kind, name = graph.pipeline.kind, graph.pipeline.name
    for maker in graph.makers(binding):
        yield Node(kind, name, maker.name)
    if name not in callers or isinstance(binding, Constant):
        return
    for source in sources(binding):
        if isinstance(source, FromArtifact | FromParameter):
            for outer, call in callers[name]:
                yield from _starts(outer, call.inputs.get(source.name), callers)


def _call_edges(
    spec: Spec, graph: Graph, flows: Mapping[str, Flow], columns: Columns
) -> Iterator[Edge]:
    """From pipelines to those that call them, and what comes out of them."""
    of = _of(spec)
    for step, inner in graph.calls:
        path: Path = (*step.path, "pipeline")
        start = Node(inner.pipeline.kind, inner.pipeline.name)
        yield Edge(start, Node(*of), spec, path)
        yield Edge(start, Node(*of, step.name), spec, path)
        for binding in inner.root.outputs.values():
            made = _of_table(flows[inner.pipeline.name].table(binding), columns)
            for maker in inner.makers(binding):
                yield Edge(start._replace(step=maker.name), Node(*of, step.name), spec, path)
                for column in made:
                    begin = start._replace(step=maker.name, column=column)
                    yield Edge(begin, Node(*of, step.name, column), spec, path)


def _registering_calls(
    project: Project, graph: Graph, model: Node, callers: Callers
) -> Iterator[Edge]:
    """To a model from all pipelines a run of which runs the one that registers it."""
    seen = {graph.pipeline.name}
    waiting = [graph.pipeline.name]
    while waiting:
        for outer, call in callers.get(waiting.pop(), ()):
            pipeline, path = outer.pipeline, (*call.path, "pipeline")
            spec = project.specs[pipeline]
            yield Edge(Node(pipeline.kind, pipeline.name, call.name), model, spec, path)
            if pipeline.name not in seen:
                seen.add(pipeline.name)
                waiting.append(pipeline.name)
                yield Edge(Node(pipeline.kind, pipeline.name), model, spec, path)


def _served(project: Project, features: dict[str, dict[str, None]]) -> Iterator[Edge]:
    """From models to services; `features` are the columns that a model takes, by its name."""
    taken: dict[str, Mapping[str, object]] = {
        spec.ref.name: body.signature.inputs
        for spec, body in project.bodies(ModelSpec)
        if body.source is not None and body.signature is not None
    }
    taken |= features
    for spec, service in project.bodies(ServiceSpec):
        for here, reference in service.references:
            model = reference.partition("@")[0]
            if project.find("Model", model) is None:
                continue
            start, end = Node("Model", model), Node("Service", spec.ref.name)
            yield Edge(start, end, spec, here)
            for column in taken.get(model, ()):
                yield Edge(start._replace(column=column), end._replace(column=column), spec, here)


def _searched(project: Project) -> Iterator[Edge]:
    """From datasets to the searches whose trials load them."""
    for spec, tuning in project.bodies(TuningSpec):
        if tuning.trial.body == "image":  # a container reads its data itself
            continue
        for name, value in tuning.trial.with_.items():
            if tuning.trial.uses is not None and name != "data":
                continue
            if isinstance(value, str) and project.find("Dataset", value) is not None:
                path: Path = ("spec", "trial", "with", name)
                for step in ("", "trial"):
                    yield Edge(Node("Dataset", value), Node(*_of(spec), step), spec, path)


def _answered_by(project: Project) -> Iterator[Edge]:
    """From services to the graphs that ask them."""
    for spec, graph in project.bodies(GraphSpec):
        for name, node in graph.nodes.items():
            for index, step in enumerate(node.steps):
                if step.service is not None and project.find("Service", step.service) is not None:
                    path: Path = ("spec", "nodes", name, "steps", index, "service")
                    end = Node("Graph", spec.ref.name)
                    yield Edge(Node("Service", step.service), end, spec, path)


def _of_the_same_files(project: Project) -> Iterator[Edge]:
    """From a Model that is just files to the LLMServices that serve those files."""
    models: dict[str, list[str]] = {}
    for spec, model in project.bodies(ModelSpec):
        if isinstance(model.source, Files):
            models.setdefault(model.source.uri, []).append(spec.ref.name)
    for spec, llm in project.bodies(LLMServiceSpec) if models else ():
        end = Node("LLMService", spec.ref.name)
        for path, uri in llm.files:
            for name in models.get(uri, ()):
                yield Edge(Node("Model", name), end, spec, path)


def _served_by(project: Project, made_by: Mapping[str, tuple[Maker, ...]]) -> Iterator[Edge]:
    """From a project's own runtimes to the services that name them, or that get them by a format.

    The project's own are chosen before all others, so the choice is the same in each environment.
    """
    own = own_runtimes(project)
    for spec, service in project.bodies(ServiceSpec) if own else ():
        end = Node("Service", spec.ref.name)
        if service.runtime is not None:
            if project.find("Runtime", service.runtime) is not None:
                yield Edge(Node("Runtime", service.runtime), end, spec, ("spec", "runtime"))
            continue
        for path, model in service.models:
            found: dict[str, None] = {}
            for format_, version, digest in may_be_served(project, made_by, model):
                chosen = choose(format_, version, service.protocol, None, own, digest)
                if not isinstance(chosen, NoRuntime):
                    found[chosen.name] = None
            for name in found:
                yield Edge(Node("Runtime", name), end, spec, path)


# Of a Dataset, of a FeatureService, or of what a step of the user's own declares.
Columns = Mapping[Ref | Made, tuple[str, ...]]


def _columns(project: Project, graphs: Mapping[str, Graph]) -> Columns:
    found: dict[Ref | Made, tuple[str, ...]] = {
        spec.ref: tuple(body.schema) for spec, body in project.bodies(DatasetSpec)
    }
    for spec, _ in project.bodies(FeatureServiceSpec):
        if (gives := used(project, spec.ref.name)) is not None:
            found[spec.ref] = tuple(gives.columns)
    for name, graph in graphs.items():
        for step in graph.steps.values():
            for output in step.spec.outputs:
                made = (name, step.name, output)
                found[made] = tuple(declared_columns(graphs, Table(made=made)))
    return found


def _of_table(table: Table, columns: Columns) -> tuple[str, ...]:
    """The columns of a dataset or of a step, and those that a service added to them."""
    own = columns.get(table.made or Ref("Dataset", table.dataset), ())
    return (*own, *columns.get(Ref("FeatureService", table.service), ())) if table.service else own


def _step_edges(
    spec: Spec, graph: Graph, step: Step, columns: Columns, callers: Callers
) -> Iterator[Edge]:
    pipeline, here = Node(*_of(spec)), Node(*_of(spec), step.name)
    for port, binding in step.inputs.items():
        path = (*step.path, "with", port)
        for before in _starts(graph, binding, callers):
            yield Edge(before, here, spec, path)
        named = Ref(step.component.refs.get(port, "") if step.component else "", text(binding))
        if named in columns:
            yield Edge(Node(named.kind, named.name), pipeline, spec, path)
            yield Edge(Node(named.kind, named.name), here, spec, path)
    for index, name in enumerate(step.spec.after):
        for leaf in _inside(graph.nodes.get(name)):
            yield Edge(Node(*_of(spec), leaf), here, spec, (*step.path, "after", index))
    for field, given in (
        ("if", step.condition),
        ("forEach", step.loop.items if step.loop else None),
    ):
        for before in _starts(graph, given, callers):
            yield Edge(before, here, spec, (*step.path, field))


def _inside(node: GraphNode | None) -> Iterator[str]:
    """The leaves of a node: itself, or all that are in it."""
    if isinstance(node, Step):
        yield node.name
    for scope in scopes(node):
        for inner in scope.nodes.values():
            yield from _inside(inner)


def _column_edges(
    spec: Spec, step: Step, flows: Flow, columns: Columns, callers: Callers
) -> Iterator[Edge]:
    """Columns that a step loads, adds or hands on as they are; those it trains on; those that it
    is told to look at.
    """
    if step.component is None:
        return
    of, here = _of(spec), Node(*_of(spec), step.name)
    base: Path = (*step.path, "with")
    adding = ADDS.get(step.component.name)
    reads = {
        LOADS.get(step.component.name, ("", ""))[0]: "Dataset",
        adding.service if adding else "": "FeatureService",
    }
    passes = {*PASSES.get(step.component.name, {}).values(), adding.data if adding else ""}
    for port, binding in step.inputs.items():
        path = (*base, port)
        if port in passes:
            for maker in _starts(flows.graph, binding, callers):
                for column in _of_table(flows.table(binding), columns):
                    start = maker._replace(column=column)
                    yield Edge(start, Node(*of, step.name, column), spec, path)
        if (kind := reads.get(port)) is not None:
            name = text(binding)
            for column in columns.get(Ref(kind, name), ()):
                start = Node(kind, name, "", column)
                yield Edge(start, Node(*of, step.name, column), spec, path)
    yield from _own_edges(spec, step, flows, columns, callers)
    training = TRAINS.get(step.component.name)
    for data, path, column in named_columns(step):
        table = step.inputs.get(data)
        makers_of = tuple(_starts(flows.graph, table, callers))
        if not makers_of or column not in _of_table(flows.table(table), columns):
            continue
        feature = training is not None and path[0] == training.features
        end = Node(*of, step.name, column) if feature else here
        for maker in makers_of:
            yield Edge(maker._replace(column=column), end, spec, (*base, *path))


def _requested(
    project: Project, spec: Spec, step: Step, flows: Flow, columns: Columns, callers: Callers
) -> Iterator[Edge]:
    """From columns of rows to the features that are looked up by them, or that a function computes
    from them."""
    adding = ADDS.get(step.component.name) if step.component is not None else None
    if adding is None:
        return
    gives = used(project, text(step.inputs.get(adding.service)))
    if gives is None:
        return
    rows = step.inputs.get(adding.data)
    there = frozenset(_of_table(flows.table(rows), columns))
    makers_of = tuple(_starts(flows.graph, rows, callers))
    path = (*step.path, "with", adding.data)
    for made, feature in gives.columns.items():
        for column in asked_with(project, feature.view):
            for maker in makers_of if column in there else ():
                end = Node(*_of(spec), step.name, made)
                yield Edge(maker._replace(column=column), end, spec, path)


def _decided(spec: Spec, graph: Graph, callers: Callers) -> Iterator[Edge]:
    """From what the conditions and lists of groups, and the ways of choices, read to the steps in
    them. A way is taken when its own condition holds, and none of those before it."""
    of = _of(spec)
    for node in graph.nodes.values():
        if isinstance(node, Group):
            for field, given in (
                ("if", node.condition),
                ("forEach", node.loop.items if node.loop else None),
            ):
                for before in _starts(graph, given, callers):
                    for leaf in _inside(node):
                        yield Edge(before, Node(*of, leaf), spec, (*node.path, field))
        elif isinstance(node, Choice):
            for number, branch in enumerate(node.branches):
                path = (*branch.path, "if")
                for before in _starts(graph, branch.condition, callers):
                    for later in node.branches[number:]:
                        for inner in later.scope.nodes.values():
                            for leaf in _inside(inner):
                                yield Edge(before, Node(*of, leaf), spec, path)


def _own_edges(
    spec: Spec, step: Step, flows: Flow, columns: Columns, callers: Callers
) -> Iterator[Edge]:
    """A column that a step of the user's own declares comes from those of the same name that it
    gets: nobody can tell of the others.
    """
    of = _of(spec)
    declared = {c for output in step.spec.outputs for c in columns[of[1], step.name, output]}
    for port, binding in step.inputs.items() if declared else ():
        for maker in _starts(flows.graph, binding, callers):
            for column in _of_table(flows.table(binding), columns):
                if column in declared:
                    start, end = maker._replace(column=column), Node(*of, step.name, column)
                    yield Edge(start, end, spec, (*step.path, "with", port))


def _of(spec: Spec) -> tuple[str, str]:
    return spec.ref.kind, spec.ref.name
