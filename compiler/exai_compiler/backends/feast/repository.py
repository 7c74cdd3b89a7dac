"""The feature repository as one object.

In: the resolved project. Out: the object, or nothing for a project that has neither feature
views nor files for one.
"""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.feature_files import named_files
from exai_compiler.features import feast_project, spec_of
from exai_compiler.maybe import Tree
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.frozen import freeze
from exai_specs.kinds import FeatureViewSpec
from exai_specs.parse import Spec

API = "feast.dev/v1"
KIND = "FeatureRepository"
WAVE = 1

MANAGED = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})


def render_repository(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The object of the project's own document; another Project document has none."""
    project = resolved.project
    some = next(project.bodies(FeatureViewSpec), None) or named_files(project, resolved.environment)
    if spec is not project.root or not some:
        return ()
    name = feast_project(project, resolved.environment)
    body: dict[str, Tree] = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": MappingProxyType({"name": name, "labels": MANAGED}),
        "spec": freeze(spec_of(project, resolved.environment, resolved.catalog)),
    }
    id_ = ObjectId(API, KIND, name)
    closed = True  # `freeze` takes no Unknown
    return (Rendered(id_, spec.ref, MappingProxyType(body), WAVE, Effect.MATERIALIZE, closed),)
