"""The columns of models that the user's own code trains: nobody sees what the code does with them,
but the Model's signature names those that it takes, and those go in by the same names.

In: a project, the graphs of its pipelines, who registers its models. Out: strands, in the order of
the Models that are registered. Judges nothing: a column that doesn't arrive at the code has no edge
to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.column_edges import Columns, known_columns, side_by_side
from exai_compiler.columns import flows_of
from exai_compiler.component_columns import TRAINS
from exai_compiler.edges import Node, Path, Strand
from exai_compiler.graph import Constant, Frame, Graph, Placed, Step, made_by
from exai_compiler.makers import Maker
from exai_compiler.pipeline_edges import Callers, callers_of, starts
from exai_compiler.project import Project
from exai_specs.kinds import ModelSpec, Signature
from exai_specs.kinds.outputs import OutputFields


def own_model_edges(
    project: Project, graphs: Mapping[str, Graph], registered_by: Mapping[str, tuple[Maker, ...]]
) -> Iterator[Strand]:
    """From what arrives at the code that trains to that step, and from the step to the model: the
    signature's inputs stay columns, what it predicts is of the step as a whole, as a target is."""
    trained = tuple(_trained(project, registered_by))
    if not trained:  # most projects, and the columns of all tables have a price
        return
    columns, callers = known_columns(project, graphs), callers_of(graphs)
    told: set[tuple[str, Path, str]] = set()
    for model, signature, maker, placed in trained:
        yield from _given(project, graphs, signature, placed, columns, callers, told)
        pipeline = placed.frame.graph.pipeline
        start = Node(pipeline.kind, pipeline.name, placed.step.name)
        path: Path = (*maker.step.path, "with", maker.port)
        spec = project.specs[maker.graph.pipeline]
        yield Strand(start, Node("Model", model), spec, path, tuple(signature.inputs))


def _trained(
    project: Project, registered_by: Mapping[str, tuple[Maker, ...]]
) -> Iterator[tuple[str, Signature, Maker, Placed]]:
    """The steps of code that exai doesn't know, whose models are Models with a signature."""
    for model, makers in registered_by.items():
        body = project.body(ModelSpec, model)
        if body is None or body.signature is None:
            continue
        for maker in makers:
            for placed in _trainers(maker):
                component = placed.step.component
                if component is not None and component.name not in TRAINS:
                    yield model, body.signature, maker, placed


def _trainers(maker: Maker) -> Iterator[Placed]:
    """The steps whose model is registered, in whatever pipeline they are."""
    component = maker.step.component
    for name, port in component.inputs.items() if component is not None else ():
        if port.type == "Model":
            yield from made_by(Frame(maker.graph), maker.step.inputs.get(name))


def _given(
    project: Project,
    graphs: Mapping[str, Graph],
    signature: Signature,
    placed: Placed,
    columns: Columns,
    callers: Callers,
    told: set[tuple[str, Path, str]],
) -> Iterator[Strand]:
    """To a step that trains. What was `told` isn't again: one may train what several Models are."""
    graph, step = placed.frame.graph, placed.step
    spec, flow = project.specs[graph.pipeline], flows_of(project, graphs)[graph.pipeline.name]
    here = Node(graph.pipeline.kind, graph.pipeline.name, step.name)
    declared = _declared(step)
    for port, binding in step.inputs.items():
        if isinstance(binding, Constant) or not (before := starts(graph, binding, callers)):
            continue
        path: Path = (*step.path, "with", port)
        there = frozenset(columns.in_table(flow.table(binding)))
        found = [(name, name, path) for name in signature.inputs if name in there]
        found += [(name, "", path) for name in signature.outputs if name in there]
        name = graph.pipeline.name
        found = [e for e in found if e[1] not in declared and (name, path, e[0]) not in told]
        told.update((name, path, column) for column, _, _ in found)
        if found:
            yield from side_by_side(before, here, spec, found)


def _declared(step: Step) -> frozenset[str]:
    """The columns that the step's outputs declare: those have their edges by that."""
    outputs = step.spec.outputs.values()
    return frozenset(name for o in outputs if isinstance(o, OutputFields) for name in o.columns)
