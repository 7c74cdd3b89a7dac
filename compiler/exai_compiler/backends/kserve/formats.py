"""Which formats the versions of a model have, and so which runtimes serve them.

In: the resolved project, a reference to a model. Out: the format of the version that the reference
means, and every format that may be asked for. A version says its own; for one that no run has made
yet, the step that trains it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.facts import ModelFacts, ModelVersion
from exai_compiler.graph import Constant, Frame, Graph, Step, everything, made_by
from exai_compiler.maybe import Known, Maybe, Unknown
from exai_compiler.project import Project
from exai_compiler.resolve import registered_name
from exai_compiler.resolved import Resolved

H2O, SKLEARN = "h2o-mojo", "sklearn"
FORMATS = (H2O, SKLEARN)

# The format of a component's model; a step of the user's own Python makes a scikit-learn one.
_MADE: Mapping[str, str] = MappingProxyType({"train-h2o": H2O, "train-sklearn": SKLEARN})


def format_of(resolved: Resolved, reference: str, version: Maybe[ModelVersion]) -> Maybe[str]:
    """The format of the version; Unknown only where steps of several formats make the model."""
    match version:
        case Known(found) if found.format in FORMATS:
            return Known(found.format)
        case Known():
            waits = None
        case Unknown():
            waits = version
    made = made_by_steps(resolved, reference.partition("@")[0]) or (H2O,)
    return waits if waits is not None and len(made) > 1 else Known(made[0])


def formats_of(resolved: Resolved, reference: str, version: Maybe[ModelVersion]) -> tuple[str, ...]:
    """Every format that the reference may come to mean, sorted: those of the steps, and of all
    versions, to which an alias may go back. So none is taken away while it is needed.
    """
    name = reference.partition("@")[0]
    known = resolved.facts.models.get(registered_name(resolved.project, name), ModelFacts())
    found = {each.format for each in known.versions}.union(made_by_steps(resolved, name))
    if isinstance(now := format_of(resolved, reference, version), Known):
        found.add(now.value)
    return tuple(format_ for format_ in FORMATS if format_ in found)


def made_by_steps(resolved: Resolved, model: str) -> tuple[str, ...]:
    """The formats of all steps whose model is registered under this name, sorted."""
    graphs = [resolved.graphs[pipeline] for pipeline in resolved.producers.get(model, ())]
    return formats_in(resolved.project, graphs, model)


def formats_in(project: Project, graphs: Iterable[Graph], model: str) -> tuple[str, ...]:
    """What `formats_made` says of graphs of this project, looked up once for checks, lineage and
    renderers."""
    of = tuple(graphs)
    # The graphs stay beside it, so no other ones have their identity.
    found, _ = project.once(("formats", model, *map(id, of)), lambda: (formats_made(of, model), of))
    return found


def formats_made(graphs: Iterable[Graph], model: str) -> tuple[str, ...]:
    """The formats of the steps of these pipelines whose model is registered under this name."""
    found = {
        format_
        for graph in graphs
        for maker in _makers(graph, model)
        if (format_ := _made(maker)) is not None
    }
    return tuple(sorted(found))


def _made(step: Step) -> str | None:
    if step.is_own:
        return SKLEARN
    return _MADE.get(step.component.name) if step.component is not None else None


def _makers(graph: Graph, model: str) -> Iterator[Step]:
    """The steps that give a model to one that registers it under this name, in whatever pipeline
    of a run they are.
    """
    for frame, step in everything(Frame(graph)):
        component = step.component
        if component is None or component.effects != "writes-registry":
            continue
        names = [step.inputs.get(port) for port, kind in component.refs.items() if kind == "Model"]
        if Constant(model) not in names:
            continue
        for port, binding in step.inputs.items():
            declared = component.inputs.get(port)
            if declared is not None and declared.type == "Model":
                yield from (made.step for made in made_by(frame, binding))
