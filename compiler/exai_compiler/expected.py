"""What rendered objects need in a cluster and don't bring: namespaces, the kinds of objects that
others define, Secrets, ConfigMaps, claims, service accounts.

In: rendered objects. Out: `Expected`s, sorted. A reference that is optional, or whose name a run
gives, is none. Nothing is looked up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.backends.kfp.objects import SERVICE_ACCOUNT
from exai_compiler.build import Rendered
from exai_compiler.maybe import Tree
from exai_specs.values import frozen

CRD, NAMESPACE = "CustomResourceDefinition", "Namespace"
SECRET, CONFIG_MAP, CLAIM = "Secret", "ConfigMap", "PersistentVolumeClaim"
ACCOUNT = "ServiceAccount"

# The API groups that every cluster has.
_OWN = frozenset(
    {
        *("", "apps", "autoscaling", "batch", "policy"),
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "networking.k8s.io"),
        *("rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io"),
    }
)
# A block by its key: what it names, under which key, and what of it are keys of that object.
_BLOCKS: Mapping[str, tuple[str, str]] = {
    "secretKeyRef": (SECRET, "name"),  # core/v1 EnvVarSource
    "secretRef": (SECRET, "name"),  # core/v1 EnvFromSource
    "secret": (SECRET, "secretName"),  # core/v1 Volume
    "imagePullSecrets": (SECRET, "name"),  # core/v1 PodSpec
    "secretAsEnv": (SECRET, "secretName"),  # KFP's platform spec, from here on
    "secretAsVolume": (SECRET, "secretName"),
    "imagePullSecret": (SECRET, "secretName"),
    "configMapKeyRef": (CONFIG_MAP, "name"),
    "configMapRef": (CONFIG_MAP, "name"),
    "configMap": (CONFIG_MAP, "name"),
    "configMapAsEnv": (CONFIG_MAP, "configMapName"),
    "configMapAsVolume": (CONFIG_MAP, "configMapName"),
    "persistentVolumeClaim": (CLAIM, "claimName"),
    "pvcMount": (CLAIM, "constant"),
}
_NAMING = frozenset((*_BLOCKS, "serviceAccountName", SERVICE_ACCOUNT))
_KEYS = ("secretKey", "configMapKey")
# What KServe reads before a pod starts (targets 1.4): a Secret by its name, or by the one of all
# services, and volumes by their claims.
_KSERVE = "serving.kserve.io"
_STORAGE_SECRET, _STORAGE_SECRETS = f"{_KSERVE}/storageSecretName", "storage-config"
_MOUNTED = "pvc://"

# Katib's metrics collector comes only into namespaces with this label.
_COLLECTED = "katib.kubeflow.org/metrics-collector-injection: enabled"


@frozen
class Expected:
    """`name` of a CustomResourceDefinition is the kind with its group, `Kind.group`; `keys` are
    those that somebody reads of a Secret or a ConfigMap, and of a Namespace its labels."""

    kind: str
    name: str
    namespace: str = ""
    keys: tuple[str, ...] = ()


def expected(objects: Iterable[Rendered], applied: Iterable[Rendered]) -> tuple[Expected, ...]:
    """Everything that isn't among the objects, once. Those that are `applied` to Kubernetes need
    their kinds there; the others go elsewhere, and their pods run there all the same."""
    there = tuple(objects)
    found: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    brought = {(item.id.kind, item.id.name) for item in there}
    for item in applied:
        group = item.id.api.rpartition("/")[0]
        if group not in _OWN:
            found[CRD, f"{item.id.kind}.{group}", ""] |= set()
    for item in there:
        namespace = _namespace(item.body)
        if namespace:
            katib = item.id.kind == "Experiment" and item.id.api.startswith("kubeflow.org/")
            found[NAMESPACE, namespace, ""] |= {_COLLECTED} if katib else set()
        for kind, name, keys in _named(item.body):
            found[kind, name, namespace] |= set(keys)
        if item.id.api.startswith(f"{_KSERVE}/"):
            for kind, name, keys in _stored(item.body):
                found[kind, name, namespace] |= set(keys)
    return tuple(
        Expected(kind, name, namespace, tuple(sorted(keys)))
        for (kind, name, namespace), keys in sorted(found.items())
        if (kind, name) not in brought
    )


def _namespace(body: Tree) -> str:
    metadata = body.get("metadata") if isinstance(body, Mapping) else None
    found = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) else ""


def _named(body: Tree) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    stack: list[Tree] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += [each for each in node if type(each) is not str]
        elif type(node) is MappingProxyType or isinstance(node, Mapping):
            if not _NAMING.isdisjoint(node):  # of the mappings of a pipeline hardly any
                for key in _NAMING.intersection(node):
                    value = node[key]
                    if key in _BLOCKS:
                        yield from _of_block(key, value)
                    elif isinstance(value, str):
                        yield ACCOUNT, value, ()
            stack += [each for each in node.values() if type(each) is not str]


def _stored(body: Tree) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Where the files of models are, and who may read them."""
    metadata = body.get("metadata") if isinstance(body, Mapping) else None
    stated = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    named = stated.get(_STORAGE_SECRET) if isinstance(stated, Mapping) else None
    secret = named if isinstance(named, str) else _STORAGE_SECRETS
    if secret == named:
        yield SECRET, secret, ()
    stack: list[Tree] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += node
        elif isinstance(node, Mapping):
            storage = node.get("storage")
            if isinstance(storage, Mapping) and isinstance(key := _stored_under(storage), str):
                yield SECRET, secret, (key,)
            for value in node.values():
                if isinstance(value, str) and value.startswith(_MOUNTED):
                    yield CLAIM, value.removeprefix(_MOUNTED).partition("/")[0], ()
            stack += node.values()


def _stored_under(storage: Mapping[str, Tree]) -> Tree:
    """The key without which KServe refuses the pod: without a word it is `default`, and where the
    type is stated nothing has to be under it (pkg/credentials, CreateStorageSpecSecretEnvs)."""
    stated = storage.get("parameters")
    typed = isinstance(stated, Mapping) and "type" in stated
    return storage.get("key", None if typed else "default")


def _of_block(block: str, value: Tree) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    kind, name_of = _BLOCKS[block]
    for each in value if isinstance(value, tuple) else (value,):
        if not isinstance(each, Mapping) or each.get("optional") is True:
            continue
        name = each.get(name_of)
        if isinstance(name, str) and name:
            yield kind, name, tuple(_keys(block, each))


def _keys(block: str, value: Mapping[str, Tree]) -> Iterator[str]:
    key = value.get("key") if block.endswith("KeyRef") else None
    if isinstance(key, str):
        yield key
    read = value.get("keyToEnv")
    for each in read if isinstance(read, tuple) else ():
        for name in _KEYS:
            found = each.get(name) if isinstance(each, Mapping) else None
            if isinstance(found, str):
                yield found
