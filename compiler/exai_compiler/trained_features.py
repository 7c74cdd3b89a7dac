"""Whether a version of a model was trained on features as they are today.

In: a resolved project, or a version and what its service looks up. Out: reasons in words, and the
diagnostics before a roll-out. A version remembers what each view meant; views mean something else
once their data, their keys or their functions change.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.catalog import Catalog
from exai_compiler.facts import FeaturesUsed, ModelVersion
from exai_compiler.feature_views import used
from exai_compiler.maybe import Known
from exai_compiler.meaning import view_meaning
from exai_compiler.project import Project
from exai_compiler.resolved import Resolved
from exai_specs.diagnostics import Diagnostic
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureViewSpec, ServiceSpec
from exai_specs.parse import Spec


def outdated(
    project: Project, catalog: Catalog, service: ServiceSpec, version: ModelVersion
) -> tuple[str, ...]:
    """Why a service can't look up what this version takes; empty when it can."""
    trained = version.features
    if trained is None:
        return ("it wasn't trained on features",) if service.features is not None else ()
    if service.features is None:
        return (f"it was trained on features of `{trained.service}`",)
    reasons = tuple(_changed(project, catalog, trained))
    return reasons or tuple(_elsewhere(project, service.features.service, trained))


def other_views(project: Project, catalog: Catalog, trained: FeaturesUsed) -> tuple[str, ...]:
    """The views that mean something else, without those that merely take features of such ones;
    sorted."""
    today = {name: view_meaning(project, catalog, name) for name in trained.views}
    other = {name for name, meaning in trained.views.items() if today[name] != meaning}
    return tuple(name for name in sorted(other) if not other.intersection(_sources(project, name)))


def _sources(project: Project, name: str) -> tuple[str, ...]:
    view = project.body(FeatureViewSpec, name)
    return view.transform.sources if view is not None and view.transform is not None else ()


def _changed(project: Project, catalog: Catalog, trained: FeaturesUsed) -> Iterator[str]:
    for name in other_views(project, catalog, trained):
        view = project.body(FeatureViewSpec, name)
        if view is None:
            yield f"the view `{name}` is gone"
            continue
        what = "its function, its request or its schema changed"
        if view.transform is None:
            what = "its dataset, its columns, its keys or its ttl changed"
        yield f"the view `{name}` means something else: {what}"


def missing_features(project: Project, service: str, trained: FeaturesUsed) -> tuple[str, ...]:
    """The columns that the service no longer gives, or of another view; sorted."""
    gives = used(project, service)
    today = {name: f.reference for name, f in gives.columns.items()} if gives is not None else {}
    return tuple(
        name for name in sorted(trained.columns) if today.get(name) != trained.columns[name]
    )


def _elsewhere(project: Project, service: str, trained: FeaturesUsed) -> Iterator[str]:
    for name in missing_features(project, service, trained):
        yield f"`{service}` doesn't give `{trained.columns[name]}`"


def changed_features(resolved: Resolved) -> tuple[Diagnostic, ...]:
    """The services that would hand a model other values than it was trained on. Those whose model a
    due run is about to register a version of wait for it instead.
    """
    return tuple(
        _problem(resolved, spec, version.value, reasons)
        for spec, service in resolved.project.bodies(ServiceSpec)
        if isinstance(version := resolved.models.get(service.reference), Known)
        and (reasons := outdated(resolved.project, resolved.catalog, service, version.value))
    )


def _problem(
    resolved: Resolved, spec: Spec, version: ModelVersion, reasons: tuple[str, ...]
) -> Diagnostic:
    runs = " or ".join(f"`exai run {name}`" for name in resolved.producers.get(version.model, ()))
    views = version.features.views if version.features is not None else {}
    known = (resolved.project.specs.get(Ref("FeatureView", name)) for name in views)
    named = [view for view in known if view is not None and f"`{view.ref.name}`" in reasons[0]]
    return Diagnostic(
        "features-changed",
        f"{spec.ref} can't take version {version.number} of `{version.model}`: "
        + "; ".join(reasons),
        spec.at("spec", "model"),
        hint=f"make a version on the features as they are: {runs or 'train it again'}",
        related=tuple(("the view", view.at("metadata", "name")) for view in named),
    )
