"""A service looks up what its model was trained on, and knows what to say when a value is missing
(LANGUAGE section 8).

`features-mismatch`, `feature-default`, `not-online`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import assert_never

from exai_compiler.checks.needed_features import (
    Needs,
    given_by,
    is_untold,
    needs_declared,
    needs_of_training,
)
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_compiler.signatures import Told, signatures, told
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import FeatureViewSpec, ServedFeatures, ServiceSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type, mismatch


def check(subject: Subject) -> Iterator[Diagnostic]:
    for said in signatures(subject.project):
        yield from _signature(subject, said)
    for spec, service in subject.project.bodies(ServiceSpec):
        needs: list[Needs] = []
        for path, model in service.models:
            name = model.partition("@")[0] if isinstance(model, str) else "model"
            found = tuple(needs_of_training(subject, name)) if isinstance(model, str) else ()
            # What a transformer of the user's own makes of a request, only it knows.
            own = service.transformer is not None
            declared = told(subject.project, spec, path, model) if not own else None
            if declared is not None and declared.signature.features:
                found += tuple(needs_declared(subject, declared))
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


def _looked_up(
    subject: Subject, spec: Spec, served: ServedFeatures, told: Told
) -> Iterator[Diagnostic]:
    """A signature that names no feature service takes what is looked up by the columns' names."""
    gives = given_by(subject, served.service)
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
    gives = given_by(subject, service.features.service)
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
    if not needs and any(isinstance(each, str) and is_untold(subject, each) for each in models):
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
