"""What steps and models come from: steps, what decides whether they run, calls, registrations.

In: a project, the graphs of its pipelines. Out: strands, in the order of documents and files.
Judges nothing: what doesn't resolve has no edge. Columns are `column_edges`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.column_edges import Columns, column_edges, known_columns
from exai_compiler.columns import Flow, flows_of, text
from exai_compiler.edges import Node, Path, Strand
from exai_compiler.graph import (
    Binding,
    Choice,
    Condition,
    Constant,
    FromArtifact,
    FromParameter,
    FromStep,
    Graph,
    Group,
    Step,
    scopes,
    sources,
)
from exai_compiler.graph import Node as GraphNode
from exai_compiler.makers import Maker, trained
from exai_compiler.project import Project
from exai_specs.parse import Spec

Callers = Mapping[str, tuple[tuple[Graph, Step], ...]]
"""Who calls each pipeline."""

NOTHING: Mapping[str, Node] = MappingProxyType({})


def pipeline_edges(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Strand]:
    """Every edge within pipelines, and between those that call each other."""
    flows = flows_of(project, graphs)
    callers = callers_of(graphs)
    columns = known_columns(project, graphs)
    for name, graph in graphs.items():
        spec = project.specs[graph.pipeline]
        for step in graph.steps.values():
            # What each input comes from is asked once a step.
            makers = {
                port: starts(graph, binding, callers)
                for port, binding in step.inputs.items()
                if type(binding) is not Constant
            }
            here = Node(graph.pipeline.kind, name, step.name)
            yield from _step_edges(project, spec, graph, step, here, makers, callers)
            yield from column_edges(project, spec, step, here, flows[name], makers, columns)
        yield from _decided(spec, graph, callers)
        yield from _call_edges(spec, graph, flows, columns)


def document_edges(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Strand]:
    """The edges from documents and other pipelines to pipelines as a whole, of all the above."""
    for graph in graphs.values():
        spec = project.specs[graph.pipeline]
        for step in graph.steps.values():
            for port, named in _named(project, step).items():
                yield Strand(named, _of(spec), spec, (*step.path, "with", port))
        for step, inner in graph.calls:
            start = Node(inner.pipeline.kind, inner.pipeline.name)
            yield Strand(start, _of(spec), spec, (*step.path, "pipeline"))


def model_edges(
    project: Project,
    graphs: Mapping[str, Graph],
    made_by: Mapping[str, tuple[Maker, ...]],
    features: dict[str, tuple[str, ...]] | None = None,
) -> Iterator[Strand]:
    """From pipelines to the models that they register; the columns that a model takes are added to
    `features`, by its name. Without that, no edges between columns."""
    flows = flows_of(project, graphs) if features is not None else {}
    callers = callers_of(graphs)
    for model, steps in made_by.items():
        if project.find("Model", model) is None:
            continue
        for maker in steps:
            pipeline = maker.graph.pipeline
            spec = project.specs[pipeline]
            path = (*maker.step.path, "with", maker.port)
            end = Node("Model", model)
            yield Strand(Node(pipeline.kind, pipeline.name), end, spec, path)
            yield Strand(Node(pipeline.kind, pipeline.name, maker.step.name), end, spec, path)
            yield from _registering_calls(project, maker.graph, end, callers)
            if features is None:
                continue
            if (signature := trained(maker, flows[pipeline.name])) is not None:
                taken = dict.fromkeys((*features.get(model, ()), *signature.features))
                features[model] = tuple(taken)
                start = Node(pipeline.kind, signature.pipeline, signature.step)
                yield Strand(start, end, spec, path, signature.features)


def callers_of(graphs: Mapping[str, Graph]) -> Callers:
    found: dict[str, tuple[tuple[Graph, Step], ...]] = {}
    for graph in graphs.values():
        for step, inner in graph.calls:
            before = found.get(inner.pipeline.name, ())
            found[inner.pipeline.name] = (*before, (graph, step))
    return found


def starts(graph: Graph, binding: Binding | Condition | None, callers: Callers) -> tuple[Node, ...]:
    """The steps that anything in a value comes from; of what the calling pipelines give, theirs."""
    kind, name = graph.pipeline.kind, graph.pipeline.name
    if type(binding) is FromStep and binding.step in graph.steps:  # as most values are
        return (Node(kind, name, binding.step),)
    found = [Node(kind, name, maker.name) for maker in graph.makers(binding)]
    if name in callers:
        for source in sources(binding):
            if isinstance(source, FromArtifact | FromParameter):
                for outer, call in callers[name]:
                    found += starts(outer, call.inputs.get(source.name), callers)
    return tuple(found)


def _step_edges(
    project: Project,
    spec: Spec,
    graph: Graph,
    step: Step,
    here: Node,
    makers: Mapping[str, tuple[Node, ...]],
    callers: Callers,
) -> Iterator[Strand]:
    named = _named(project, step)
    for port in step.inputs if named else makers:
        path = (*step.path, "with", port)
        for before in makers.get(port, ()):
            yield Strand(before, here, spec, path)
        if port in named:
            yield Strand(named[port], _of(spec), spec, path)
            yield Strand(named[port], here, spec, path)
    for index, name in enumerate(step.spec.after):
        for leaf in _inside(graph.nodes.get(name)):
            yield Strand(_of(spec, leaf), here, spec, (*step.path, "after", index))
    if step.condition is not None:
        for before in starts(graph, step.condition, callers):
            yield Strand(before, here, spec, (*step.path, "if"))
    if step.loop is not None:
        for before in starts(graph, step.loop.items, callers):
            yield Strand(before, here, spec, (*step.path, "forEach"))


def _named(project: Project, step: Step) -> Mapping[str, Node]:
    """The datasets and feature services that inputs of a step name, in the order of the inputs."""
    refs = step.component.refs if step.component is not None else None
    if not refs:  # most components name nothing
        return NOTHING
    return {
        port: Node(kind, name)
        for port, binding in step.inputs.items()
        if (kind := refs.get(port)) in ("Dataset", "FeatureService")
        and project.find(kind, name := text(binding)) is not None
    }


def _decided(spec: Spec, graph: Graph, callers: Callers) -> Iterator[Strand]:
    """From what the conditions and lists of groups, and the ways of choices, read to the steps in
    them. A way is taken when its own condition holds, and none of those before it."""
    for node in graph.nodes.values():
        if isinstance(node, Group):
            for field, given in (
                ("if", node.condition),
                ("forEach", node.loop.items if node.loop else None),
            ):
                for before in starts(graph, given, callers):
                    for leaf in _inside(node):
                        yield Strand(before, _of(spec, leaf), spec, (*node.path, field))
        elif isinstance(node, Choice):
            for number, branch in enumerate(node.branches):
                path = (*branch.path, "if")
                for before in starts(graph, branch.condition, callers):
                    for later in node.branches[number:]:
                        for inner in later.scope.nodes.values():
                            for leaf in _inside(inner):
                                yield Strand(before, _of(spec, leaf), spec, path)


def _inside(node: GraphNode | None) -> Iterator[str]:
    """The leaves of a node: itself, or all that are in it."""
    if isinstance(node, Step):
        yield node.name
    for scope in scopes(node):
        for inner in scope.nodes.values():
            yield from _inside(inner)


def _call_edges(
    spec: Spec, graph: Graph, flows: Mapping[str, Flow], columns: Columns
) -> Iterator[Strand]:
    """From pipelines to those that call them, and what comes out of them."""
    for step, inner in graph.calls:
        path: Path = (*step.path, "pipeline")
        start, here = Node(inner.pipeline.kind, inner.pipeline.name), _of(spec, step.name)
        yield Strand(start, _of(spec), spec, path)
        yield Strand(start, here, spec, path)
        for binding in inner.root.outputs.values():
            made = columns.in_table(flows[inner.pipeline.name].table(binding))
            for maker in inner.makers(binding):
                begin = start._replace(step=maker.name)
                yield Strand(begin, here, spec, path)
                yield Strand(begin, here, spec, path, made)
        if not inner.root.outputs:
            for leaf in _last(inner):
                yield Strand(start._replace(step=leaf), here, spec, path)


def _last(graph: Graph) -> Iterator[str]:
    """The leaves that nothing waits for: when they are done a pipeline that gives nothing is."""
    awaited = {before for node in graph.root.nodes.values() for before in node.needs}
    for name, node in graph.root.nodes.items():
        if name not in awaited:
            yield from _inside(node)


def _registering_calls(
    project: Project, graph: Graph, model: Node, callers: Callers
) -> Iterator[Strand]:
    """To a model from all pipelines a run of which runs the one that registers it."""
    seen = {graph.pipeline.name}
    waiting = [graph.pipeline.name]
    while waiting:
        for outer, call in callers.get(waiting.pop(), ()):
            pipeline, path = outer.pipeline, (*call.path, "pipeline")
            spec = project.specs[pipeline]
            yield Strand(Node(pipeline.kind, pipeline.name, call.name), model, spec, path)
            if pipeline.name not in seen:
                seen.add(pipeline.name)
                waiting.append(pipeline.name)
                yield Strand(Node(pipeline.kind, pipeline.name), model, spec, path)


def _of(spec: Spec, step: str = "") -> Node:
    return Node(spec.ref.kind, spec.ref.name, step)
