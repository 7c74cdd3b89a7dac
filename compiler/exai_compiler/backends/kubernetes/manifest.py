"""A Manifest as the object that it holds.

In: the resolved project, a Manifest. Out: the object with its name, the environment's namespace and
the labels that mark exai's own; nothing where no cluster is. Never: a field that the document
doesn't state.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.crds import is_namespaced
from exai_compiler.maybe import Tree
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.kinds import ManifestSpec
from exai_specs.parse import Spec

READY = "exai.dev/ready"
"""Which condition of the object says that it is ready."""

# What others refer to comes first; the rest after runtimes and pipelines, before services.
FIRST, USUAL = 0, 3
REFERENCES = frozenset(
    {
        *("ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "ServiceAccount"),
        *("Namespace", "LimitRange", "ResourceQuota", "NetworkPolicy", "PriorityClass"),
        *("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "StorageClass"),
        *("AuthorizationPolicy", "RequestAuthentication", "PodDefault", "Profile"),
        *("ClusterStorageContainer", "ExternalSecret", "SealedSecret"),
    }
)
MANAGED = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})


def render_manifest(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Raises TypeError for another kind: a bug of the caller."""
    body = spec.body
    if not isinstance(body, ManifestSpec):
        raise TypeError(f"{spec.ref} is no Manifest")
    environment = resolved.environment
    if environment.target == "local":
        return ()
    stated = body.manifest.get("metadata")
    own: Mapping[str, Tree] = stated if isinstance(stated, Mapping) else {}
    metadata: dict[str, Tree] = {
        "name": body.name(spec.ref.name),
        "labels": _merged(spec.metadata.labels, own.get("labels"), MANAGED),
    }
    ready = {READY: body.ready} if body.ready is not None else {}
    if annotations := _merged(spec.metadata.annotations, own.get("annotations"), ready):
        metadata["annotations"] = annotations
    if environment.namespace is not None and is_namespaced(body.api, body.kind):
        metadata["namespace"] = environment.namespace
    tree: dict[str, Tree] = {**body.manifest, "metadata": MappingProxyType(metadata)}
    wave = body.wave
    if wave is None:
        wave = FIRST if body.kind in REFERENCES else USUAL
    id_ = ObjectId(body.api, body.kind, body.name(spec.ref.name))
    return (Rendered(id_, spec.ref, MappingProxyType(tree), wave, Effect.REDEPLOY),)


def _merged(*parts: Tree) -> Mapping[str, Tree]:
    found: dict[str, Tree] = {}
    for part in parts:
        found |= part if isinstance(part, Mapping) else {}
    return MappingProxyType(dict(sorted(found.items())))
