"""Where in the specs a problem of the feature store comes from.

In: an applied environment, the view or service that a command names, a problem. Out: the problem at
the field that has to do with it; without a place where the command line or a file beside it is at
fault.
"""

from __future__ import annotations

from exai_runtime.features.place import Place
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import replace

_NOWHERE = frozenset(
    {
        *("unreadable-file", "empty-table", "unknown-column", "missing-column", "ill-typed-value"),
        *("missing-timestamp", "duplicate-timestamp", "future-timestamp", "pushed-conflict"),
        *("unknown-entity-key", "missing-entity-key", "not-applied", "feature-store-died"),
        "feature-store-timeout",
        *("unexpected", "apply-running", "state-locked", "damaged-state"),
    }
)


def located(place: Place, name: str, problem: Diagnostic) -> Diagnostic:
    """The problem at its own place, unless it has one."""
    if problem.at != Span("exai.yaml"):
        return problem
    return replace(problem, at=_place(place, name, problem))


def _place(place: Place, name: str, problem: Diagnostic) -> Span:
    project = place.checked.project
    if project is None or problem.code in _NOWHERE:
        return Span("")
    if problem.code.startswith("feature-store-"):
        # The store itself: which one it is, its message says.
        block = "offline_store" if "(PostgreSQL)" in problem.message else "online_store"
        return project.root.at("spec", "environments", place.name, "features", block)
    if problem.code == "failed-transform":
        for view in place.spec["transforms"]:
            spec = project.find("FeatureView", view)
            if spec is not None and f" {view} " in f"{problem.message} ".replace(",", " "):
                return spec.at("spec", "transform")
    found = project.find("FeatureView", name) or project.find("FeatureService", name)
    return found.at("metadata", "name") if found else Span("")
