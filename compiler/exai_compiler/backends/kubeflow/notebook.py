"""A Notebook as a Notebook of kubeflow.org/v1, with the PersistentVolumeClaim of its workspace
(targets 4.1).

In: the resolved project, a Notebook. Out: the claim (wave 0) and the Notebook (wave 4). What the
controller itself sets stays unsaid: NB_PREFIX, the working folder, the file system's group, and
port 8888 where no other is named. It copies the object's labels and annotations to the pod.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.pod import SECURITY, main_container, pod
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.kinds import Environment, NotebookSpec
from exai_specs.kinds.notebook import Workspace
from exai_specs.parse import Spec

API, KIND = "kubeflow.org/v1", "Notebook"
CLAIM_API, CLAIM_KIND = "v1", "PersistentVolumeClaim"
CLAIM_WAVE, WAVE = 0, 4

STOPPED = "kubeflow-resource-stopped"
# The controller looks whether it is there; its own value is the time, which a render doesn't know.
STOPPED_AT = "1970-01-01T00:00:00Z"
CULLING = "exai.dev/culling"

PORT = "notebook-port"
"""The first port of the container is the one that requests go to."""
PORT_NUMBER = 8888

WORKSPACE = "workspace"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a path in the container
SHARED_MEMORY_VOLUME = "dshm"

MANAGED = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})


def render_notebook(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """Nothing where no cluster is. Raises TypeError for another kind: a bug of the caller."""
    body = spec.body
    if not isinstance(body, NotebookSpec):
        raise TypeError(f"{spec.ref} is no Notebook")
    environment = resolved.environment
    if environment.target == "local":
        return ()
    name = spec.ref.name
    found: list[Rendered] = []
    if body.workspace.pvc is None:
        claim = ObjectId(CLAIM_API, CLAIM_KIND, claim_name(name))
        tree = _claim(claim.name, body.workspace, environment)
        found.append(Rendered(claim, spec.ref, tree, CLAIM_WAVE, Effect.RENDER))
    template = {"spec": _pod_spec(name, body, environment)}
    notebook: dict[str, Tree] = {
        "apiVersion": API,
        "kind": KIND,
        "metadata": _metadata(spec, body, environment),
        "spec": MappingProxyType({"template": MappingProxyType(template)}),
    }
    id_ = ObjectId(API, KIND, name)
    found.append(Rendered(id_, spec.ref, MappingProxyType(notebook), WAVE, Effect.REDEPLOY))
    return tuple(found)


def claim_name(notebook: str) -> str:
    """The claim of a notebook's own workspace."""
    return f"{notebook}-workspace"


def _claim(name: str, workspace: Workspace, environment: Environment) -> Tree:
    metadata: dict[str, Tree] = {"labels": MANAGED, "name": name}
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    requests: Tree = MappingProxyType({"storage": str(workspace.amount)})
    spec: dict[str, Tree] = {
        "accessModes": workspace.access_modes or ("ReadWriteOnce",),
        "resources": MappingProxyType({"requests": requests}),
    }
    if workspace.storage_class is not None:
        spec["storageClassName"] = workspace.storage_class
    return MappingProxyType(
        {
            "apiVersion": CLAIM_API,
            "kind": CLAIM_KIND,
            "metadata": MappingProxyType(metadata),
            "spec": MappingProxyType(spec),
        }
    )


def _pod_spec(name: str, body: NotebookSpec, environment: Environment) -> Tree:
    around = pod(body, environment)
    # The controller takes them from the object itself.
    around.pop("labels", None)
    around.pop("annotations", None)
    beside = around.pop("containers", ())
    main = main_container(body, environment)
    own = main.get("securityContext")
    main["securityContext"] = MappingProxyType(
        {**SECURITY, **(own if isinstance(own, Mapping) else {})}
    )
    if body.env:
        main["env"] = container.env(body.env, environment)
    if body.ports:
        main["ports"] = _ports(body)
    mounts, volumes = _kept(name, body)
    main["volumeMounts"] = (*mounts, *_items(main.get("volumeMounts")))
    main["name"] = name
    around["volumes"] = (*volumes, *_items(around.get("volumes")))
    containers = (_sorted(main), *_items(beside))
    return _sorted({**around, "containers": containers})


def _ports(body: NotebookSpec) -> tuple[Tree, ...]:
    numbers = {PORT: PORT_NUMBER, **body.ports}
    others = sorted(set(numbers) - {PORT})
    return tuple(
        MappingProxyType({"containerPort": numbers[each], "name": each, "protocol": "TCP"})
        for each in (PORT, *others)
    )


def _kept(name: str, body: NotebookSpec) -> tuple[tuple[Tree, ...], tuple[Tree, ...]]:
    """The workspace, and shared memory as Kubeflow's own form gives it, as mounts and volumes."""
    claim: Tree = MappingProxyType({"claimName": body.workspace.pvc or claim_name(name)})
    mounts: list[Tree] = [
        MappingProxyType({"mountPath": body.workspace.mount_path, "name": WORKSPACE})
    ]
    volumes: list[Tree] = [MappingProxyType({"name": WORKSPACE, "persistentVolumeClaim": claim})]
    if SHARED_MEMORY not in (*body.volumes, body.workspace.mount_path):
        memory: Tree = MappingProxyType({"medium": "Memory"})
        mounts.append(MappingProxyType({"mountPath": SHARED_MEMORY, "name": SHARED_MEMORY_VOLUME}))
        volumes.append(MappingProxyType({"emptyDir": memory, "name": SHARED_MEMORY_VOLUME}))
    return tuple(mounts), tuple(volumes)


def _metadata(spec: Spec, body: NotebookSpec, environment: Environment) -> Tree:
    annotations: dict[str, Tree] = {**body.pod_annotations, **spec.metadata.annotations}
    if body.stopped:
        annotations[STOPPED] = STOPPED_AT
    if not body.culling:
        annotations[CULLING] = "false"
    labels = {"app": spec.ref.name, **body.pod_labels, **spec.metadata.labels, **MANAGED}
    found: dict[str, Tree] = {"labels": _sorted(labels), "name": spec.ref.name}
    if annotations:
        found["annotations"] = _sorted(annotations)
    if environment.namespace is not None:
        found["namespace"] = environment.namespace
    return _sorted(found)


def _items(value: Tree) -> tuple[Tree, ...]:
    return value if isinstance(value, tuple) else ()


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
