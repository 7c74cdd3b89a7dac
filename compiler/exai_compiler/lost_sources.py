"""What follows from a Model that has no `source`, where one may have been left out of it.

In: a project, some of whose documents are without what is wrong in them. Out: whether a problem is
one that a Model's `source` would settle. Judges nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ModelSpec
from exai_specs.mended_document import mended_in
from exai_specs.parse import Spec
from exai_specs.shape import shape_of

# Of a Model that steps here register, which one with a `source` isn't; nor has one of files a
# version.
_CODES = frozenset({"model-version", "model-without-producer", "unknown-alias", "wrong-pin"})


def follows_from_a_lost_source(project: Project) -> Callable[[Diagnostic], bool]:
    models = [spec for spec, body in project.bodies(ModelSpec) if _may_have_one(spec, body)]
    names = {spec.ref.name for spec in models}
    places = {spec.at("metadata", "name") for spec in models}
    places |= set(_pins(project, names)) if names else set()

    def follows(problem: Diagnostic) -> bool:
        if not places or problem.code not in _CODES:
            return False
        return problem.at in places or any(at in places for _, at in problem.related)

    return follows


def _may_have_one(spec: Spec, body: ModelSpec) -> bool:
    """A key that nothing is like may have been meant as `source`, too."""
    left = mended_in(spec.document)
    if left is None or body.source is not None:
        return False
    meant = {(*path[:-1], key): path[-1] for path, key in left.moved.items()}
    others = shape_of(ModelSpec).fields.keys() - {"source"}
    return any(
        path[0] == "spec" and (len(path) == 1 or meant.get(path[:2], path[1]) not in others)
        for path in left.gone | left.holes
        if path
    )


def _pins(project: Project, models: set[str]) -> Iterator[Span]:
    """The lines of the lock that pin one of these."""
    lock = project.lock
    for name, pins in lock.environments.items() if lock is not None and lock.document else ():
        for key in pins.models:
            if lock is not None and key.partition("@")[0] in models:
                yield lock.at(name, "models", key)
