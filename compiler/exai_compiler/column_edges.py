"""What the columns of steps come from: those that a step loads, adds, hands on, trains on, declares
or is told to look at.

In: a step, what its inputs come from, the columns that are known. Out: strands, in the order of the
file. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.columns import (
    ADDS,
    LOADS,
    NAMES_COLUMNS,
    PASSES,
    TRAINS,
    Flow,
    Made,
    Table,
    declared_columns,
    named_columns,
    text,
)
from exai_compiler.edges import Node, Path, Strand
from exai_compiler.feature_views import asked_with, used
from exai_compiler.graph import Graph, Step
from exai_compiler.project import Project
from exai_specs.kinds import DatasetSpec, FeatureServiceSpec
from exai_specs.parse import Spec
from exai_specs.values import frozen

READS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {name: {port: "Dataset"} for name, (port, _) in LOADS.items()}
    | {name: {adding.service: "FeatureService"} for name, adding in ADDS.items()}
)
"""The inputs of a component that name what its columns are, and the kinds of that."""

PASSED: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(ports.values()) for name, ports in PASSES.items()}
    | {name: frozenset((adding.data,)) for name, adding in ADDS.items()}
)
"""The inputs of a component whose columns it hands on."""

Makers = Mapping[str, tuple[Node, ...]]
"""The steps that each input comes from."""


@frozen
class Columns:
    """The columns of Datasets and of FeatureServices, by kind and name; those that steps of the
    user's own declare, by output."""

    of: Mapping[str, Mapping[str, tuple[str, ...]]]
    made: Mapping[Made, tuple[str, ...]]

    def in_table(self, table: Table) -> tuple[str, ...]:
        """The columns of a dataset or of a step, and those that a service added to them."""
        own = (
            self.made.get(table.made, ())
            if table.made
            else self.of["Dataset"].get(table.dataset, ())
        )
        if not table.service:
            return own
        return (*own, *self.of["FeatureService"].get(table.service, ()))


def known_columns(project: Project, graphs: Mapping[str, Graph]) -> Columns:
    """Those of a whole project."""
    return Columns(
        of={
            "Dataset": {
                spec.ref.name: tuple(body.schema) for spec, body in project.bodies(DatasetSpec)
            },
            "FeatureService": {
                spec.ref.name: tuple(gives.columns)
                for spec, _ in project.bodies(FeatureServiceSpec)
                if (gives := used(project, spec.ref.name)) is not None
            },
        },
        made={
            made: tuple(declared_columns(graphs, Table(made=made)))
            for name, graph in graphs.items()
            for step in graph.steps.values()
            for output in step.spec.outputs
            for made in ((name, step.name, output),)
        },
    )


def column_edges(
    project: Project,
    spec: Spec,
    step: Step,
    here: Node,
    flow: Flow,
    makers: Makers,
    columns: Columns,
) -> Iterator[Strand]:
    """Columns that a step loads, adds or hands on as they are; those it trains on; those that it
    is told to look at. `here` is the step as a node.
    """
    if step.component is None:
        return
    name = step.component.name
    base: Path = (*step.path, "with")
    reads, passes = READS.get(name, {}), PASSED.get(name, frozenset())
    for port, binding in step.inputs.items() if reads or passes else ():
        if port in passes and port in makers:
            table = columns.in_table(flow.table(binding))
            for maker in makers[port]:
                yield Strand(maker, here, spec, (*base, port), table)
        if (kind := reads.get(port)) is not None:
            origin = text(binding)
            found = columns.of[kind].get(origin, ())
            yield Strand(Node(kind, origin), here, spec, (*base, port), found)
    if step.spec.outputs:
        yield from _own_edges(spec, step, here, flow, makers, columns)
    if name in NAMES_COLUMNS:
        yield from _named_edges(spec, step, here, flow, makers, columns)
    if name in ADDS:
        yield from _requested(project, spec, step, here, flow, makers, columns)


def _named_edges(
    spec: Spec, step: Step, here: Node, flow: Flow, makers: Makers, columns: Columns
) -> Iterator[Strand]:
    """Columns that literals of a step name, of what it gets: features stay columns in a model."""
    training = TRAINS.get(step.component.name) if step.component is not None else None
    there: dict[str, frozenset[str]] = {}
    for data, path, column in named_columns(step):
        if not makers.get(data):
            continue
        if data not in there:
            there[data] = frozenset(columns.in_table(flow.table(step.inputs.get(data))))
        if column not in there[data]:
            continue
        feature = training is not None and path[0] == training.features
        for maker in makers[data]:
            if feature:
                yield Strand(maker, here, spec, (*step.path, "with", *path), (column,))
            else:
                yield Strand(maker.of(column), here, spec, (*step.path, "with", *path))


def _own_edges(
    spec: Spec, step: Step, here: Node, flow: Flow, makers: Makers, columns: Columns
) -> Iterator[Strand]:
    """A column that a step of the user's own declares comes from those of the same name that it
    gets: nobody can tell of the others.
    """
    declared = {
        column
        for output in step.spec.outputs
        for column in columns.made[spec.ref.name, step.name, output]
    }
    for port, befores in makers.items() if declared else ():
        table = columns.in_table(flow.table(step.inputs.get(port)))
        same = tuple(column for column in table if column in declared)
        for maker in befores:
            yield Strand(maker, here, spec, (*step.path, "with", port), same)


def _requested(
    project: Project,
    spec: Spec,
    step: Step,
    here: Node,
    flow: Flow,
    makers: Makers,
    columns: Columns,
) -> Iterator[Strand]:
    """From columns of rows to the features that are looked up by them, or that a function computes
    from them."""
    adding = ADDS.get(step.component.name) if step.component is not None else None
    if adding is None or not makers.get(adding.data):
        return
    gives = used(project, text(step.inputs.get(adding.service)))
    if gives is None:
        return
    there = frozenset(columns.in_table(flow.table(step.inputs.get(adding.data))))
    path = (*step.path, "with", adding.data)
    for made, feature in gives.columns.items():
        end = here.of(made)
        for column in asked_with(project, feature.view):
            for maker in makers[adding.data] if column in there else ():
                yield Strand(maker.of(column), end, spec, path)
