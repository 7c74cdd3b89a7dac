"""What the columns of steps come from: those that a step loads, adds, hands on, trains on, declares
or is told to look at.

In: a step, what its inputs come from, the columns that are known. Out: strands, in the order of the
file. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType

from exai_compiler.columns import Flow, Made, Table, declared_columns, text
from exai_compiler.component_columns import (
    ADDS,
    LOADS,
    NAMES_COLUMNS,
    PASSES,
    TRAINS,
    Adding,
    named_columns,
)
from exai_compiler.edges import Node, Path, Strand
from exai_compiler.feature_views import asked_with, timed, used
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

Arriving = Callable[[str], tuple[str, ...]]
"""The columns that an input gets."""


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

    def arriving(port: str) -> tuple[str, ...]:
        """The columns that an input gets."""
        return columns.in_table(flow.table(step.inputs.get(port)))

    name = step.component.name
    base: Path = (*step.path, "with")
    reads, passes = READS.get(name, {}), PASSED.get(name, frozenset())
    for port, binding in step.inputs.items() if reads or passes else ():
        if port in passes and port in makers:
            table = arriving(port)
            for maker in makers[port]:
                yield Strand(maker, here, spec, (*base, port), table)
        if (kind := reads.get(port)) is not None:
            origin = text(binding)
            found = columns.of[kind].get(origin, ())
            yield Strand(Node(kind, origin), here, spec, (*base, port), found)
    if step.spec.outputs:
        declared = {
            column
            for output in step.spec.outputs
            for column in columns.made[spec.ref.name, step.name, output]
        }
        yield from _own_edges(spec, step, here, makers, arriving, declared)
    if name in NAMES_COLUMNS:
        yield from _named_edges(spec, step, here, makers, arriving)
    if (adding := ADDS.get(name)) is not None and makers.get(adding.data):
        rows = flow.table(step.inputs.get(adding.data))
        time = _time_of(project, rows, step, adding)
        there = frozenset(columns.in_table(rows))
        yield from _requested(project, spec, step, here, makers[adding.data], there, time, adding)


def _named_edges(
    spec: Spec, step: Step, here: Node, makers: Makers, arriving: Arriving
) -> Iterator[Strand]:
    """Columns that literals of a step name, of what it gets: features stay columns in a model."""
    training = TRAINS.get(step.component.name) if step.component is not None else None
    features = training.features if training is not None else ""
    for data, named in groupby(named_columns(step), key=itemgetter(0)):
        there = frozenset(arriving(data) if makers.get(data) else ())
        found = [
            (column, column if path[0] == features else "", (*step.path, "with", *path))
            for _, path, column in named
            if column in there
        ]
        if found:
            yield from side_by_side(makers[data], here, spec, found)


def _own_edges(
    spec: Spec,
    step: Step,
    here: Node,
    makers: Makers,
    arriving: Arriving,
    declared: set[str],
) -> Iterator[Strand]:
    """A column that a step of the user's own declares comes from those of the same name that it
    gets: nobody can tell of the others.
    """
    for port, befores in makers.items() if declared else ():
        same = tuple([column for column in arriving(port) if column in declared])
        for maker in befores:
            yield Strand(maker, here, spec, (*step.path, "with", port), same)


def _requested(
    project: Project,
    spec: Spec,
    step: Step,
    here: Node,
    makers: tuple[Node, ...],
    there: frozenset[str],
    time: str,
    adding: Adding,
) -> Iterator[Strand]:
    """From columns of rows to the features that are looked up by them, at their time, or that a
    function computes from them."""
    gives = used(project, text(step.inputs.get(adding.service)))
    if gives is None:
        return
    path = (*step.path, "with", adding.data)
    views = {feature.view: None for feature in gives.columns.values()}
    asked = {
        view: [
            column
            for column in (*asked_with(project, view), *((time,) if timed(project, view) else ()))
            if column in there
        ]
        for view in views
    }
    found = [
        (column, made, path)
        for made, feature in gives.columns.items()
        for column in asked[feature.view]
    ]
    if found:
        yield from side_by_side(makers, here, spec, found)


def _time_of(project: Project, table: Table, step: Step, adding: Adding) -> str:
    """The column that says when a row was true: the step's word for it, or that of the Dataset."""
    body = project.body(DatasetSpec, table.dataset)
    return text(step.inputs.get(adding.time)) or (body.timestamp or "" if body is not None else "")


def side_by_side(
    sources: Collection[Node], target: Node, spec: Spec, each: Iterable[tuple[str, str, Path]]
) -> Iterator[Strand]:
    """Edges from columns to columns of the target, each at a place of its own; of several sources
    what the first place says comes first."""
    if len(sources) == 1:
        (source,) = sources
        columns, onto, paths = zip(*each, strict=True)
        yield Strand(source, target, spec, (), columns, onto, paths)
        return
    for column, made, path in each:
        for source in sources:
            yield Strand(source, target, spec, path, (column,), (made,))
