"""Which features models take, as their training and their signatures say it.

In: what rules judge, and a model. Out: the features by column, with the service that gave them; or
that nobody can tell, where the cause of it is told. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import text
from exai_compiler.component_columns import TRAINS
from exai_compiler.feature_views import Feature, Used, lacked
from exai_compiler.graph import (
    Broken,
    Constant,
    FromArtifact,
    FromStep,
    Graph,
    Source,
    Step,
    outputs_of,
    sources,
    topological,
)
from exai_compiler.signatures import Told
from exai_specs.diagnostics import Span
from exai_specs.kinds import ModelSpec
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Needs:
    """The features that a model takes, by column, from the service of that name; and the place that
    says so. `steps`: those that it hangs on.
    """

    service: str
    columns: Mapping[str, Feature]
    spec: Spec
    path: Path
    steps: tuple[tuple[Graph, Step], ...] = ()

    @property
    def at(self) -> Span:
        return self.spec.at(*self.path)

    @property
    def is_open(self) -> bool:
        """Whether it can't be told what it takes. All that is before its steps is gone through: ask
        it of what is wrong, which few are."""
        return any(_is_open(graph, step) for graph, step in self.steps)


def needs_declared(subject: Subject, told: Told) -> Iterator[Needs]:
    """What a signature says that its inputs come from."""
    name = told.signature.features or ""
    if (gives := given_by(subject, name)) is not None:
        taken = _taken(gives, tuple(told.signature.inputs))
        yield Needs(name, taken, told.spec, (*told.path, "features"))


def needs_of_training(subject: Subject, model: str) -> Iterator[Needs]:
    """What each step that registers versions of a model says that they are trained on."""
    spec, body = subject.project.find("Model", model), subject.project.body(ModelSpec, model)
    for maker in subject.makers.get(model, ()):
        signature = subject.signature(maker)
        if signature is not None:
            graph = subject.graphs[signature.pipeline]
            step = graph.steps[signature.step]
            hangs_on = [(graph, step)]
            if maker.graph is not graph:
                hangs_on.append((maker.graph, maker.step))
            pipeline = subject.project.specs[graph.pipeline]
            path = under_with(step.path, _port(step))
            gives = given_by(subject, signature.table.service)
            if signature.features and (gives is not None or not signature.table.service):
                taken = _taken(gives, signature.features)
                yield Needs(signature.table.service, taken, pipeline, path, tuple(hangs_on))
        elif spec is not None and body is not None and body.signature is not None:
            if maker.step.name not in topological(maker.graph):  # it waits for itself
                continue
            name = body.signature.features or ""
            gives = given_by(subject, name)
            if gives is not None or not name:
                taken = _taken(gives, tuple(body.signature.inputs))
                path = ("spec", "signature", "features")
                yield Needs(name, taken, spec, path, ((maker.graph, maker.step),))


def is_untold(subject: Subject, reference: str) -> bool:
    """Whether nobody can tell what a model is trained on, and the cause is told: nothing makes it
    yet, or what does is unfinished."""
    model = reference.partition("@")[0]
    body, makers = subject.project.body(ModelSpec, model), subject.makers.get(model, ())
    if body is None or (body.source is None and not makers):
        return True
    for maker in makers:
        signature = subject.signature(maker)
        if _is_open(maker.graph, maker.step):
            return True
        if signature is not None:
            graph, service = subject.graphs[signature.pipeline], signature.table.service
            if _is_open(graph, graph.steps[signature.step]):
                return True
            if service and given_by(subject, service) is None:
                return True
    return False


def given_by(subject: Subject, service: str) -> Used | None:
    """What a FeatureService gives; None where a name in it, or in its views, leads nowhere: that
    name is told, and nothing that comes of it."""
    gives = subject.services.get(service)
    return gives if gives is not None and lacked(subject.project, service) == frozenset() else None


def _is_open(graph: Graph, step: Step) -> bool:
    """Whether the step, or a step before it, is of no component that is known, lacks an artifact,
    or is given a name that leads nowhere: what its data hold can't be told then, and the cause is
    told."""
    met, waiting = {step.name}, [step]
    while waiting:
        one = waiting.pop()
        if _is_unfinished(one):
            return True
        for binding in one.inputs.values():
            if isinstance(binding, Constant):
                continue
            if isinstance(binding, Broken):
                return True
            if not all(_leads_somewhere(graph, source) for source in sources(binding)):
                return True
            for maker in graph.makers(binding):
                if maker.name not in met:
                    met.add(maker.name)
                    waiting.append(maker)
    return False


def _is_unfinished(step: Step) -> bool:
    """Whether a step is of a component that isn't known, or isn't given all of its artifacts, or
    the name of a document where it needs one."""
    if step.component is None:
        return step.spec.uses is not None
    inputs = step.component.inputs
    if any(not inputs[n].optional and not text(step.inputs.get(n)) for n in step.component.refs):
        return True
    return any(
        port.is_artifact and _is_wrong(step, name, port.optional) for name, port in inputs.items()
    )


def _is_wrong(step: Step, name: str, optional: bool) -> bool:
    """Whether a step isn't given an artifact that it needs, or is given text in its place."""
    given = step.inputs.get(name)
    return not optional if given is None else isinstance(given, Constant)


def _leads_somewhere(graph: Graph, source: Source) -> bool:
    match source:
        case FromStep(name, output):
            node = graph.nodes.get(name)
            outputs = outputs_of(node) if node is not None else ()
            return outputs is None or output in outputs
        case FromArtifact(name):
            return name in graph.artifacts
        case _:
            return True


def _port(step: Step) -> str:
    component = step.component
    return TRAINS[component.name].features if component is not None else ""


def _taken(gives: Used | None, columns: tuple[str, ...]) -> Mapping[str, Feature]:
    features = gives.columns if gives is not None else {}
    return {name: features[name] for name in columns if name in features}
