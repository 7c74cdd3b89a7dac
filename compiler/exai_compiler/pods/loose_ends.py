"""What a pod says of itself and doesn't have: a mount of no volume, a probe of no port, a container
without an image, or with a text that names none.

In: an object that holds pods, anywhere. Out: what the API server or the kubelet would refuse, by
path. Of a pod that a serving runtime, a template or a webhook completes only what is wrong whatever
they add.
(k8s.io/kubernetes, pkg/apis/core/validation: validateContainers)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.image_names import wrong_image
from exai_compiler.maybe import Tree
from exai_specs.nearest import did_you_mean
from exai_specs.values import frozen

Path = tuple[str | int, ...]

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_LISTS = ("containers", "initContainers")
# Kinds whose pods are whole: nothing adds an image or a volume to them.
WHOLE = frozenset(
    {
        *("CronJob", "DaemonSet", "Deployment", "InferenceService", "Job", "Notebook", "Pod"),
        *("ClusterServingRuntime", "RayCluster", "ReplicaSet", "ServingRuntime", "StatefulSet"),
    }
)
# Beside `containers`, where a serving runtime has the rest of the pod.
_SERVED = ("model", "art")


@frozen
class LooseEnd:
    """One of them: where, what, and what to do."""

    path: Path
    message: str
    hint: str


def loose_ends(body: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    """Every one of an object."""
    yield from _below(body, (), body.get("kind") in WHOLE, _claimed(body))


def _claimed(body: Mapping[str, Tree]) -> frozenset[str]:
    """The volumes that a StatefulSet gives each of its pods, by the names of their claims."""
    spec = body.get("spec")
    claims = spec.get("volumeClaimTemplates") if isinstance(spec, Mapping) else None
    metadata = [claim.get("metadata") for _, claim in _items(claims)]
    return frozenset(str(each.get("name")) for each in metadata if isinstance(each, Mapping))


def _below(tree: Tree, path: Path, whole: bool, claimed: frozenset[str]) -> Iterator[LooseEnd]:
    if isinstance(tree, Mapping):
        if any(isinstance(tree.get(name), tuple) for name in _LISTS):
            yield from _pod(tree, path, whole and "workerSpec" not in path, claimed)
        for name, value in tree.items():
            yield from _below(value, (*path, name), whole, claimed)
    elif isinstance(tree, tuple):
        for index, item in enumerate(tree):
            yield from _below(item, (*path, index), whole, claimed)


def _pod(
    pod: Mapping[str, Tree], path: Path, whole: bool, claimed: frozenset[str]
) -> Iterator[LooseEnd]:
    served = any(name in pod for name in _SERVED)
    volumes = {str(each.get("name")) for _, each in _items(pod.get("volumes"))} | claimed
    names: set[str] = set()
    for field in _LISTS:
        for index, container in _items(pod.get(field)):
            here = (*path, field, index)
            name = str(container.get("name"))
            if name in names:
                wrong = f"has the name `{name}`, as another container of the pod"
                yield LooseEnd((*here, "name"), wrong, "give it another name")
            names.add(name)
            if "image" not in container and whole:
                hint = did_you_mean(name, sorted(_named(pod) - {name}))
                wrong = "has no image, and nothing else says which"
                yield LooseEnd(here, wrong, hint or "add its image, or change the name")
            image = container.get("image")
            # KServe fills the templates of its runtimes before anything pulls.
            text = image if isinstance(image, str) and "{{" not in image else ""
            if text and (found := wrong_image(text)) is not None:
                why, hint = found
                yield LooseEnd((*here, "image"), f"names no image: {why}", hint)
            if whole and not served:
                yield from _mounts(container, volumes, here)
            yield from _ports(container, here)


def _mounts(container: Mapping[str, Tree], volumes: set[str], path: Path) -> Iterator[LooseEnd]:
    paths: set[str] = set()
    for index, mount in _items(container.get("volumeMounts")):
        here = (*path, "volumeMounts", index)
        name = mount.get("name")
        if isinstance(name, str) and name not in volumes and not name.startswith("kserve-"):
            hint = did_you_mean(name, sorted(volumes)) or "add it to `volumes`"
            yield LooseEnd((*here, "name"), f"names no volume of the pod: `{name}`", hint)
        where = str(mount.get("mountPath"))
        if where in paths:
            wrong = "is where another volume is mounted"
            yield LooseEnd((*here, "mountPath"), wrong, "mount it elsewhere")
        paths.add(where)


def _ports(container: Mapping[str, Tree], path: Path) -> Iterator[LooseEnd]:
    stated = list(_items(container.get("ports")))
    names: set[str] = set()
    for index, port in stated:
        name = port.get("name")
        if isinstance(name, str) and name in names:
            wrong = f"has the name `{name}`, as another port of the container"
            yield LooseEnd((*path, "ports", index, "name"), wrong, "give it another name")
        if isinstance(name, str):
            names.add(name)
    for probe in _PROBES:
        for way in ("httpGet", "tcpSocket"):
            at: Tree = container.get(probe)
            for part in (way, "port"):
                at = at.get(part) if isinstance(at, Mapping) else None
            if isinstance(at, str) and not at.isdigit() and at not in names:
                hint = did_you_mean(at, sorted(names)) or "write its number, or name it in `ports`"
                wrong = f"names no port of the container: `{at}`"
                yield LooseEnd((*path, probe, way, "port"), wrong, hint)


def _named(pod: Mapping[str, Tree]) -> set[str]:
    return {str(each.get("name")) for field in _LISTS for _, each in _items(pod.get(field))}


def _items(value: Tree) -> Iterable[tuple[int, Mapping[str, Tree]]]:
    for index, item in enumerate(value if isinstance(value, tuple) else ()):
        if isinstance(item, Mapping):
            yield index, item
