"""`duplicate-name`: two documents of one identity.

`several-projects`: two Projects (LANGUAGE section 1.1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import OverlaySpec, ProjectSpec
from exai_specs.parse import Spec

NAME = ("metadata", "name")
ANY_CASE = ("Dataset", "FeatureView")


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Names are unique within a kind; those of Datasets and of FeatureViews whatever their case,
    because Feast and SQL ignore it.
    """
    project = subject.project
    kept, overlays = project.specs.values(), project.overlays
    # Mostly no two have one identity; then those alone can be alike whose case says nothing.
    if len(kept) == len(project.all) and len({spec.ref for spec in overlays}) == len(overlays):
        found = [spec for spec in kept if spec.ref.kind in ANY_CASE]
    else:
        found = [*project.all, *overlays]
    alike: defaultdict[tuple[str, str], list[Spec]] = defaultdict(list)
    for spec in found:
        if not isinstance(spec.body, ProjectSpec):
            name = spec.ref.name.casefold() if spec.ref.kind in ANY_CASE else spec.ref.name
            alike[spec.ref.kind, name].append(spec)
    for specs in alike.values():
        if len(specs) > 1:
            yield from _alike(project, sorted(specs, key=lambda spec: spec.at(*NAME)))
    yield from _projects(subject, project.root.at(*NAME))


def alike_overlays(project: Project) -> Iterator[Diagnostic]:
    """Overlays of one name, whatever their environments: an error is of those of both."""
    named: defaultdict[str, list[Spec]] = defaultdict(list)
    for spec in project.overlays:
        named[spec.ref.name].append(spec)
    for specs in named.values():
        if len(specs) > 1:
            yield from _alike(project, sorted(specs, key=lambda spec: spec.at(*NAME)))


def _alike(project: Project, specs: list[Spec]) -> Iterator[Diagnostic]:
    first = specs[0]
    for spec in specs[1:]:
        article = "an" if first.ref.kind[0] in "AEIOU" else "a"
        message = f"there is already {article} {first.ref.kind} `{first.ref.name}`"
        if first.ref != spec.ref:
            message += f", and {first.ref.kind}s are told apart whatever the case of their names"
        yield Diagnostic(
            "duplicate-name",
            message,
            spec.at(*NAME),
            hint="give one of them another name, or remove it",
            related=(("declared here", first.at(*NAME)),),
            environments=_environments(project, (first, spec)),
        )


def _environments(project: Project, specs: Iterable[Spec]) -> tuple[str, ...]:
    """Those that overlays are of; none of other documents, and where one may be of any."""
    named = {each.body.environment for each in specs if isinstance(each.body, OverlaySpec)}
    known = all(project.environment(name) is not None for name in named)
    return tuple(sorted(named)) if known else ()


def _projects(subject: Subject, root: Span) -> Iterator[Diagnostic]:
    for spec in subject.project.all:
        if isinstance(spec.body, ProjectSpec) and spec is not subject.project.root:
            yield Diagnostic(
                "several-projects",
                "there is already a Project, and a repository folder has one",
                spec.at(*NAME),
                hint="move what it says into the first one",
                related=(("declared here", root),),
            )
