"""`duplicate-feature`, `feature-clash`: names that meet where features of several views come
together.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.feature_views import features_of, request_of
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import FeatureServiceSpec, FeatureViewSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, service in subject.project.bodies(FeatureServiceSpec):
        yield from _twice(subject, spec, service)
        yield from _requested(subject, spec)
    yield from _sources(subject)


def _twice(subject: Subject, spec: Spec, service: FeatureServiceSpec) -> Iterator[Diagnostic]:
    """A feature is a column of the training set and of the model: by its own name alone."""
    first: dict[str, tuple[int, str]] = {}
    for index, entry in enumerate(service.features):
        view, colon, only = entry.partition(":")
        for name in features_of(subject.project, view):
            if colon and name != only:
                continue
            before, other = first.setdefault(name, (index, view))
            if before == index:
                continue
            message = f"`{name}` stands twice among the features"
            if other != view:
                message = f"`{view}` and `{other}` both have a feature `{name}`"
            yield Diagnostic(
                "duplicate-feature",
                message,
                spec.at("spec", "features", index),
                hint="take one away, or give one another name where it is declared",
                related=(("the first one", spec.at("spec", "features", before)),),
            )


def _requested(subject: Subject, spec: Spec) -> Iterator[Diagnostic]:
    """What a request holds is no feature, and of one type."""
    gives = subject.services.get(spec.ref.name)
    if gives is None or not gives.parts.transforms:
        return
    keys, columns = gives.keys, gives.columns
    first: dict[str, tuple[str, str]] = {}
    for view in gives.parts.transforms:
        for name, type_ in request_of(subject.project, view).items():
            wrong = ""
            if name in keys:
                wrong = f"the key `{name}` is a request column of `{view}`, too"
            elif name in columns:
                wrong = f"the feature `{name}` is a request column of `{view}`, too"
            elif first.setdefault(name, (str(type_), view))[0] != str(type_):
                other = first[name]
                wrong = f"`{name}` is {other[0]} in the request of `{other[1]}`, and {type_} in"
                wrong += f" that of `{view}`"
            found = subject.project.find("FeatureView", view)
            if wrong and found is not None:
                place = found.key_at("spec", "transform", "request", "schema", name)
                yield Diagnostic(
                    "feature-clash",
                    wrong,
                    spec.at("spec", "features"),
                    hint="give the request's column another name",
                    related=(("the request's column", place),),
                )


def _sources(subject: Subject) -> Iterator[Diagnostic]:
    """Feast knows datasets, push sources, streams and request sources by their names alone, in any
    case.
    """
    names: dict[str, tuple[object, str, Spec, Path]] = {}
    for ref, spec in subject.project.specs.items():
        if ref.kind == "Dataset":
            name = ref.name
            names.setdefault(
                name.casefold(), (ref, f"Dataset `{name}`", spec, ("metadata", "name"))
            )
    for spec, view in subject.project.bodies(FeatureViewSpec):
        used: list[tuple[object, str, str, Path]] = []
        if view.push is not None:
            thing: object = ("push", view.push, view.dataset)
            used.append((thing, "push source", view.push, ("spec", "push")))
        if view.stream is not None:
            thing = ("stream", view.stream, view.dataset)
            path: Path = ("spec", "stream", "kafka", "name")
            used.append((thing, "stream", view.stream.name, path))
        if view.transform is not None and (request := view.transform.request) is not None:
            columns = tuple((name, str(type_)) for name, type_ in request.schema.items())
            thing = ("request", request.name, columns)
            path = ("spec", "transform", "request", "name")
            used.append((thing, "request source", request.name, path))
        for thing, what, name, path in used:
            first = names.setdefault(name.casefold(), (thing, f"{what} `{name}`", spec, path))
            if first[0] != thing:
                same = f"there is a {first[1]} already, of other data or columns"
                if first[1].startswith("Dataset"):
                    same = f"the {what} `{name}` has the name of {first[1]}"
                yield Diagnostic(
                    "feature-clash",
                    same,
                    spec.at(*path),
                    hint="give it a name of its own",
                    related=(("the first one", first[2].at(*first[3])),),
                )
