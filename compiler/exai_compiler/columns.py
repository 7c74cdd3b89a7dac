"""Which columns flow where: from a dataset through the steps of a pipeline into a model's
signature.

In: a `Graph`. Out: a `Flow`, which names datasets, feature services and columns as written. Judges
nothing: what can't be followed (a component that isn't known here, a column that an expression
gives) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.component_columns import ADDS, LOADS, PASSES, TRAINS
from exai_compiler.graph import (
    Binding,
    Constant,
    Frame,
    FromArtifact,
    FromStep,
    Graph,
    Step,
    topological,
)
from exai_compiler.project import Project
from exai_specs.kinds.outputs import MadeColumn, OutputFields
from exai_specs.values import field, frozen

Output = tuple[str, str]  # a step and one of its outputs
Made = tuple[str, str, str]  # a pipeline before them


@frozen
class Table:
    """The columns that arrive somewhere: those of `dataset`, or those that a step of the user's own
    declares of the output `made`; and those that the FeatureService `service` added to them. ""
    when that can't be told, or nothing was added.
    """

    dataset: str = ""
    service: str = ""
    made: Made | None = None


NO_TABLE = Table()


@frozen
class Signature:
    """What a model was trained on, and where those columns come from."""

    pipeline: str
    step: str
    table: Table
    target: str
    features: tuple[str, ...]


@frozen
class Arriving:
    """What is known of a file that a pipeline is given."""

    table: Table = NO_TABLE
    model: Signature | None = None


NOTHING = Arriving()
Given = tuple[tuple[str, Arriving], ...]
"""What is known of the files that a pipeline is given, by name and sorted."""


@frozen
class Flow:
    """`tables`: the columns that an output has. `models`: the signature of a model output. `given`:
    both, of the pipeline's own artifacts.
    """

    graph: Graph
    tables: Mapping[Output, Table]
    models: Mapping[Output, Signature]
    given: Mapping[str, Arriving] = field(default_factory=lambda: MappingProxyType({}))

    def table(self, binding: Binding | None) -> Table:
        """The columns that arrive here, where all that may arrive has the same."""
        # The usual case first: this is asked of every step that exai knows.
        if type(binding) is FromStep and binding.step in self.graph.steps:
            return self.tables.get((binding.step, binding.output), NO_TABLE)
        if isinstance(binding, Constant):
            return NO_TABLE
        if isinstance(binding, FromArtifact):
            return self.given.get(binding.name, NOTHING).table
        found = {self.tables.get((o.step, o.output), NO_TABLE) for o in self.graph.origins(binding)}
        return found.pop() if len(found) == 1 else NO_TABLE

    def model(self, binding: Binding | None) -> Signature | None:
        """The signature of the model that arrives here; of several, of the first."""
        if type(binding) is FromStep and binding.step in self.graph.steps:  # as above
            return self.models.get((binding.step, binding.output))
        if isinstance(binding, Constant):
            return None
        if isinstance(binding, FromArtifact):
            return self.given.get(binding.name, NOTHING).model
        found = (self.models.get((o.step, o.output)) for o in self.graph.origins(binding))
        return next((signature for signature in found if signature is not None), None)


def flows(graphs: Mapping[str, Graph]) -> Mapping[str, Flow]:
    """Of every pipeline; what is known of the files that it is given is what all callers say."""
    met: dict[tuple[str, Given], Flow] = {}
    arriving: dict[str, set[Given]] = {}
    found: dict[str, Flow] = {}
    # A pipeline goes deeper than all that it calls.
    for name, graph in sorted(graphs.items(), key=lambda item: -item[1].levels):
        given = arriving.get(name, {()})
        common = set.intersection(*(set(each) for each in given))
        found[name] = flow(graph, tuple(sorted(common, key=lambda each: each[0])), met)
        for step, inner in graph.calls:
            arriving.setdefault(inner.pipeline.name, set()).add(_given(found[name], step))
    return MappingProxyType({name: found[name] for name in graphs})


def flows_of(project: Project, graphs: Mapping[str, Graph]) -> Mapping[str, Flow]:
    """Those of the project's graphs, followed once."""
    project = project.like or project
    # The graphs stay beside them, so no other ones have their identity.
    found, _ = project.once(("flows", id(graphs)), lambda: (flows(graphs), graphs))
    return found


def flow_in(project: Project, graphs: Mapping[str, Graph], frame: Frame) -> Flow:
    """Of a pipeline as it is run there."""
    if frame.outer is None or frame.call is None:
        name = frame.graph.pipeline.name
        if frame.graph is graphs.get(name) and not frame.graph.artifacts:
            return flows_of(project, graphs)[name]
        # A Flow holds its graph, so as long as it is known no other one has this identity.
        return project.once(("flow", id(frame.graph)), lambda: flow(frame.graph))
    return flow(frame.graph, _given(flow_in(project, graphs, frame.outer), frame.call))


def _given(outer: Flow, call: Step) -> Given:
    """What is known of the files that a step gives to the pipeline that it is."""
    inner = outer.graph.inside(call)
    names = sorted(inner.artifacts) if inner is not None else ()
    bound = ((name, call.inputs.get(name)) for name in names)
    return tuple([(name, Arriving(outer.table(b), outer.model(b))) for name, b in bound])


def flow(graph: Graph, given: Given = (), met: dict[tuple[str, Given], Flow] | None = None) -> Flow:
    """All that can be followed through the steps, producers first; nothing behind a cycle. `met`
    are flows that were worked out before, by pipeline and by what it was given.
    """
    met = {} if met is None else met
    key = (graph.pipeline.name, given)
    if key in met:
        return met[key]
    tables: dict[Output, Table] = {}
    models: dict[Output, Signature] = {}
    so_far = Flow(
        graph, MappingProxyType(tables), MappingProxyType(models), MappingProxyType(dict(given))
    )
    met[key] = so_far
    for name in topological(graph):
        step = graph.steps[name]
        if step.component is None:
            continue
        if graph.called and (called := graph.inside(step)) is not None:
            inner = flow(called, _given(so_far, step), met)
            for output, binding in called.root.outputs.items():
                tables[name, output] = inner.table(binding)
                if (trained_on := inner.model(binding)) is not None:
                    models[name, output] = trained_on
        if loads := LOADS.get(step.component.name):
            tables[name, loads[1]] = Table(text(step.inputs.get(loads[0])))
        elif step.component.name in _HANDS_ON:
            tables.update(_handed_on(so_far, step, step.component.name))
        elif (training := TRAINS.get(step.component.name)) is not None:
            models[name, training.model] = Signature(
                pipeline=graph.pipeline.name,
                step=name,
                table=so_far.table(step.inputs.get(training.data)),
                target=text(step.inputs.get(training.target)),
                features=texts(step.inputs.get(training.features)),
            )
        for output, declared in step.spec.outputs.items():
            if isinstance(declared, OutputFields) and declared.columns:
                tables[name, output] = Table(made=(graph.pipeline.name, name, output))
    return so_far


_HANDS_ON = frozenset({*PASSES, *ADDS})


def _handed_on(so_far: Flow, step: Step, uses: str) -> Iterator[tuple[Output, Table]]:
    """What a component that hands data on gives its outputs."""
    for output, source in PASSES.get(uses, {}).items():
        yield (step.name, output), so_far.table(step.inputs.get(source))
    if (adding := ADDS.get(uses)) is not None:
        rows = so_far.table(step.inputs.get(adding.data))
        added = text(step.inputs.get(adding.service))
        if added:  # what else is given there, or nothing, says nothing of the columns
            yield (step.name, adding.output), Table(rows.dataset, added, rows.made)


def declared_columns(graphs: Mapping[str, Graph], table: Table) -> Mapping[str, MadeColumn]:
    """The columns that a step of the user's own declares of its output; none for other tables."""
    if table.made is None:
        return {}
    pipeline, step, output = table.made
    declared = graphs[pipeline].steps[step].spec.outputs[output]
    return declared.columns if isinstance(declared, OutputFields) else {}


def text(binding: Binding | None) -> str:
    """The literal text of an input; "" when it isn't one."""
    value = binding.value if type(binding) is Constant else ""
    return value if isinstance(value, str) else ""


def texts(binding: Binding | None) -> tuple[str, ...]:
    """The literal texts of a list input."""
    value = binding.value if isinstance(binding, Constant) else ()
    return (
        tuple([item for item in value if isinstance(item, str)]) if isinstance(value, tuple) else ()
    )
