"""A service looks up what its model was trained on, and knows what to say when a value is missing
(LANGUAGE section 8).

`features-mismatch`, `feature-default`, `not-online`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import assert_never

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import TRAINS, text
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
from exai_compiler.signatures import Told, signatures, told
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import FeatureViewSpec, ModelSpec, ServedFeatures, ServiceSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type, mismatch
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


def check(subject: Subject) -> Iterator[Diagnostic]:
    for said in signatures(subject.project):
        yield from _signature(subject, said)
    for spec, service in subject.project.bodies(ServiceSpec):
        needs: list[Needs] = []
        for path, model in service.models:
            name = model.partition("@")[0] if isinstance(model, str) else "model"
            found = tuple(_needs(subject, name)) if isinstance(model, str) else ()
            # What a transformer of the user's own makes of a request, only it knows.
            own = service.transformer is not None
            declared = told(subject.project, spec, path, model) if not own else None
            if declared is not None and declared.signature.features:
                found += tuple(_declared(subject, declared))
            elif declared is not None and service.features is not None:
                yield from _looked_up(subject, spec, service.features, declared)
            for each in found:
                wrong = tuple(_fits(subject, spec, service, path, name, each))
                if wrong and not each.is_open:
                    yield from wrong
            needs += found
        if service.features is not None:
            yield from _defaults(subject, spec, service, needs)
            yield from _offline(subject, spec, service.features)


def _declared(subject: Subject, told: Told) -> Iterator[Needs]:
    """What a signature says that its inputs come from."""
    name = told.signature.features or ""
    if (gives := _gives(subject, name)) is not None:
        taken = _taken(gives, tuple(told.signature.inputs))
        yield Needs(name, taken, told.spec, (*told.path, "features"))


def _looked_up(
    subject: Subject, spec: Spec, served: ServedFeatures, told: Told
) -> Iterator[Diagnostic]:
    """A signature that names no feature service takes what is looked up by the columns' names."""
    gives = _gives(subject, served.service)
    if gives is None:
        return
    at = spec.at("spec", "features", "service")
    place = told.spec.at(*told.path, "inputs")
    if not set(gives.columns).intersection(told.signature.inputs):
        yield Diagnostic(
            "features-mismatch",
            f"`{served.service}` gives no column that the model takes",
            at,
            hint="look up another, or remove `features`",
            related=(("what the model takes", place),),
        )
    for name, type_ in told.signature.inputs.items():
        feature = gives.columns.get(name)
        if feature is not None and feature.type != type_:
            yield Diagnostic(
                "features-mismatch",
                f"`{name}` is {feature.type} in the view `{feature.view}`, and the model takes "
                f"{type_}",
                at,
                hint="make them the same",
                related=(("what the model takes", told.spec.at(*told.path, "inputs", name)),),
            )


def _offline(subject: Subject, spec: Spec, served: ServedFeatures) -> Iterator[Diagnostic]:
    """Views that are kept out of the online store, where a service looks everything up."""
    gives = subject.services.get(served.service)
    for name in gives.parts.views if gives is not None else ():
        view = subject.project.find("FeatureView", name)
        body = subject.project.body(FeatureViewSpec, name)
        if view is not None and body is not None and not body.online:
            yield Diagnostic(
                "not-online",
                f"`{served.service}` has features of `{name}`, which isn't brought online",
                spec.at("spec", "features", "service"),
                hint="remove `online: false` from the view, or serve without its features",
                related=(("the view stays offline", view.at("spec", "online")),),
            )


def _needs(subject: Subject, model: str) -> Iterator[Needs]:
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
            gives = _gives(subject, signature.table.service)
            if signature.features and (gives is not None or not signature.table.service):
                taken = _taken(gives, signature.features)
                yield Needs(signature.table.service, taken, pipeline, path, tuple(hangs_on))
        elif spec is not None and body is not None and body.signature is not None:
            if maker.step.name not in topological(maker.graph):  # it waits for itself
                continue
            name = body.signature.features or ""
            gives = _gives(subject, name)
            if gives is not None or not name:
                taken = _taken(gives, tuple(body.signature.inputs))
                path = ("spec", "signature", "features")
                yield Needs(name, taken, spec, path, ((maker.graph, maker.step),))


def _is_untold(subject: Subject, reference: str) -> bool:
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
            if service and _gives(subject, service) is None:
                return True
    return False


def _gives(subject: Subject, service: str) -> Used | None:
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
        name not in step.inputs and port.is_artifact and not port.optional
        for name, port in step.component.inputs.items()
    )


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


def _fits(
    subject: Subject, spec: Spec, service: ServiceSpec, path: Path, model: str, needs: Needs
) -> Iterator[Diagnostic]:
    if service.features is None:
        if needs.columns:
            yield Diagnostic(
                "features-mismatch",
                f"`{model}` was trained on features of `{needs.service}`, and the service looks "
                "none up",
                spec.at(*path),
                hint=f"add `features: {needs.service}`",
                related=(("the model is trained on them here", needs.at),),
            )
        return
    gives = _gives(subject, service.features.service)
    if gives is None:
        return
    at = ("spec", "features", "service")
    if not needs.columns:
        yield Diagnostic(
            "features-mismatch",
            f"`{model}` wasn't trained on features, and the service looks some up",
            spec.at(*at),
            hint="remove `features`, or train on what a load-features step gives",
            related=(("the model is trained here", needs.at),),
        )
    if needs.service == gives.service:  # as nearly all do: it gives what it gave
        return
    for name, feature in needs.columns.items():
        reference, found = feature.reference, gives.columns.get(name)
        if found is not None and found.reference == reference:
            continue
        wrong = f"doesn't give `{reference}`"
        if found is not None:
            wrong = f"gives `{found.reference}`, and not `{reference}`"
        yield Diagnostic(
            "features-mismatch",
            f"`{gives.service}` {wrong}, which `{model}` was trained on",
            spec.at(*at),
            hint=f"look up `{needs.service}`, as the training does",
            related=(("the model is trained on it here", needs.at),),
        )


def _signature(subject: Subject, told: Told) -> Iterator[Diagnostic]:
    """What a signature says of its inputs is what their features are."""
    gives = subject.services.get(told.signature.features or "")
    if gives is None:
        return
    for name, type_ in told.signature.inputs.items():
        feature = gives.columns.get(name)
        if feature is not None and feature.type != type_:
            view = subject.project.find("FeatureView", feature.view)
            yield Diagnostic(
                "features-mismatch",
                f"`{name}` is {type_} here, and {feature.type} in the view `{feature.view}`",
                told.spec.at(*told.path, "inputs", name),
                hint="write the view's type",
                related=(("the view", view.at("metadata", "name")),) if view is not None else (),
            )


def _defaults(
    subject: Subject, spec: Spec, service: ServiceSpec, needs: Iterable[Needs]
) -> Iterator[Diagnostic]:
    served = service.features
    if served is None:
        return
    gives = subject.services.get(served.service)
    if gives is None:
        return
    base = ("spec", "features", "defaults")
    for name, value in served.defaults.items():
        feature = gives.columns.get(name)
        if feature is None:
            yield Diagnostic(
                "feature-default",
                f"FeatureService `{served.service}` has no feature `{name}`",
                spec.key_at(*base, name),
                hint=did_you_mean(name, gives.columns),
            )
        elif (wrong := mismatch(value, _written(feature.type))) is not None:
            message = f"`{name}` is {feature.type}, so its default {wrong[1]}"
            yield Diagnostic("feature-default", message, spec.at(*base, name, *wrong[0]))
    if served.on_missing != "default":
        return
    needs = [each for each in needs if not each.is_open]
    # Every feature is the model's where it is known that nothing says which of them are.
    models = (model for _, model in service.models)
    if not needs and any(isinstance(each, str) and _is_untold(subject, each) for each in models):
        return
    wanted = {name for each in needs for name in each.columns} or set(gives.columns)
    # A name that is nearly another's was meant as that: it is told above, once.
    unknown = [name for name in served.defaults if name not in gives.columns]
    meant = {nearest(name, gives.columns.keys() - served.defaults.keys()) for name in unknown}
    missing = sorted(wanted.intersection(gives.columns).difference(served.defaults, meant))
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        yield Diagnostic(
            "feature-default",
            f"no default for {names}, which the model takes",
            spec.at("spec", "features", "onMissing"),
            hint="add it under `defaults`, or write `onMissing: error`",
        )


# What each column type is in YAML; any other is text.
_WRITTEN = {
    "bool": "boolean",
    "int32": "integer",
    "int64": "integer",
    "float32": "double",
    "float64": "double",
}


def _written(type_: Type) -> Type:
    match type_:
        case Scalar(name):
            return Scalar(_WRITTEN.get(name, "string"))
        case ListOf(item):
            return ListOf(_written(item))
        case MapOf(value):
            return MapOf(_written(value))
        case StructOf(fields):
            return StructOf(MappingProxyType({name: _written(t) for name, t in fields.items()}))
    assert_never(type_)
