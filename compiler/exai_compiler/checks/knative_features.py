"""`knative-feature`: what Knative takes in a pod only where a cluster has turned it on, by flags of
its ConfigMap `config-features` that are `disabled` as shipped. `serving-mode`: a volume for which
it has no flag.

Knative's webhook refuses the revision otherwise, and KServe makes no service of it. Which flags
there are, and that they are off: knative.dev/serving 1.21, pkg/apis/config/features.go
(`defaultFeaturesConfig`); what each is for: pkg/apis/serving/fieldmask.go and k8s_validation.go.
Whether a cluster has one on nobody knows here, so this is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.chosen import Chosen, choose
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.served import may_be_served
from exai_compiler.backends.kserve.service import mode, mode_of
from exai_compiler.checks.autoscale import components
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import Environment, GraphSpec, RuntimeSpec, ServiceSpec
from exai_specs.kinds.patches import patches_of
from exai_specs.kinds.pods import InitContainer, Sidecar
from exai_specs.kinds.servers import ContainerFields, NodeFields, SpecFields
from exai_specs.kinds.volumes import EphemeralVolume, PvcVolume
from exai_specs.kinds.workload import FieldRef
from exai_specs.parse import Spec

PODS = "kubernetes.podspec-"
CLAIM, WRITE = f"{PODS}persistent-volume-claim", f"{PODS}persistent-volume-write"
# Field of a pod, or of a container or a volume in it -> its flag.
FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "affinity": f"{PODS}affinity",
        "csi": f"{PODS}volumes-csi",
        "dnsConfig": f"{PODS}dnsconfig",
        "dnsPolicy": f"{PODS}dnspolicy",
        "fieldRef": f"{PODS}fieldref",
        "hostAliases": f"{PODS}hostaliases",
        "hostIPC": f"{PODS}hostipc",
        "hostNetwork": f"{PODS}hostnetwork",
        "hostPID": f"{PODS}hostpid",
        "hostPath": f"{PODS}volumes-hostpath",
        "initContainers": f"{PODS}init-containers",
        "mountPropagation": f"{PODS}volumes-mount-propagation",
        "nodeSelector": f"{PODS}nodeselector",
        "persistentVolumeClaim": CLAIM,
        "priorityClassName": f"{PODS}priorityclassname",
        "resourceFieldRef": f"{PODS}fieldref",
        "runtimeClassName": f"{PODS}runtimeclassname",
        "schedulerName": f"{PODS}schedulername",
        "shareProcessNamespace": f"{PODS}shareprocessnamespace",
        "tolerations": f"{PODS}tolerations",
        "topologySpreadConstraints": f"{PODS}topologyspreadconstraints",
    }
)
_ADDED = "kubernetes.containerspec-addcapabilities"
_PROBING = "multi-container-probing"
# Where the pods of each object stand below its `spec`.
_PODS: Mapping[str, tuple[Path, ...]] = MappingProxyType(
    {
        "InferenceService": (("predictor",), ("transformer",), ("explainer",)),
        "InferenceGraph": ((),),
        "ServingRuntime": ((),),
        "ClusterServingRuntime": ((),),
    }
)
_NO_PODS = frozenset({"annotations", "autoScaling", "batcher", "labels", "logger", "nodes"})
Related = tuple[tuple[str, Span], ...]
Used = tuple[Path, tuple[str, ...]]
"""Where something stands, and the flags that it needs; none: Knative has none for it."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Each once, with the environments in which it matters."""
    there = {n: e for n, e in subject.environments.items() if e.target != "local"}
    bring: dict[str, tuple[Related, dict[str, None]]] = {}
    for spec, service in subject.project.bodies(ServiceSpec):
        knative = {n: e for n, e in there.items() if mode_of(service, e) == "Knative"}
        if not knative:
            continue
        related = _related(subject, knative)
        if service.mode is not None:
            related = (("this service is Knative", spec.at("spec", "mode")),)
        for path, block in components(service):
            yield from _told(spec, _of_pod(path, block), related, tuple(knative))
        yield from _told(spec, _of_patches(spec), related, tuple(knative))
        for where, environment in knative.items():
            for name in _runtimes(subject, service, environment):
                serves = (f"it serves {spec.ref}", spec.at("metadata", "name"))
                bring.setdefault(name, ((*related, serves), {}))[1][where] = None
    for spec, _ in subject.project.bodies(GraphSpec):
        knative = {n: e for n, e in there.items() if mode(e) == "Knative"}
        if knative:
            found = (*_placed(("spec",), spec.body), *_of_patches(spec))
            yield from _told(spec, found, _related(subject, knative), tuple(knative))
    for spec, body in subject.project.bodies(RuntimeSpec):
        if spec.ref.name in bring:
            found = (*_of_pod(("spec",), body), *_of_patches(spec))
            related, mine = bring[spec.ref.name]
            yield from _told(spec, found, related, tuple(mine))


def _related(subject: Subject, environments: Mapping[str, Environment]) -> Related:
    # Every service asks for the same ones.
    names, project = tuple(environments), subject.project
    return project.once(("knative", names), lambda: tuple(_places(project.root, names)))


def _places(root: Spec, environments: tuple[str, ...]) -> Iterator[tuple[str, Span]]:
    for name in environments:
        yield f"`{name}` is Knative", root.key_at("spec", "environments", name)


def _runtimes(subject: Subject, service: ServiceSpec, environment: Environment) -> Iterator[str]:
    """The names of the project's own runtimes that may serve it."""
    if not any(True for _ in subject.project.bodies(RuntimeSpec)):
        return
    known = runtimes(subject.project, environment)
    for format_, version, digest in may_be_served(subject.project, subject.makers, service.model):
        found = choose(format_, version, service.protocol, service.runtime, known, digest)
        if isinstance(found, Chosen):
            yield found.name


def _told(
    spec: Spec, found: Iterable[Used], related: Related, where: tuple[str, ...]
) -> Iterator[Diagnostic]:
    for path, flags in found:
        field = next(str(part) for part in reversed(path) if not isinstance(part, int))
        if not flags:
            yield Diagnostic(
                "serving-mode",
                f"Knative mode has no `{field}` volumes",
                spec.key_at(*path),
                hint="write emptyDir, or a pvc; or serve in Standard mode",
                related=related,
                environments=where,
            )
            continue
        text = " and ".join(f"`{flag}: enabled`" for flag in flags)
        yield Diagnostic(
            "knative-feature",
            f"Knative refuses `{field}` here, unless the cluster's settings allow it",
            spec.key_at(*path),
            "warning",
            f"set {text} in its ConfigMap config-features, serve in Standard mode, or remove it",
            related,
            where,
        )


def _placed(path: Path, block: object) -> Iterator[Used]:
    for field, name in (("node_selector", "nodeSelector"), ("tolerations", "tolerations")):
        if getattr(block, field):
            yield (*path, name), (FLAGS[name],)


def _of_pod(path: Path, block: NodeFields) -> Iterator[Used]:
    yield from _placed(path, block)
    containers: list[tuple[Path, ContainerFields | InitContainer]] = [(path, block)]
    containers += (((*path, "sidecars", name), each) for name, each in block.sidecars.items())
    inside = block.transformer if isinstance(block, ServiceSpec) else None
    if inside is not None and inside.collocated:
        containers.append(((*path, "transformer"), inside))
    several = len(containers) > 1
    for at, each in containers:
        probed = isinstance(each, ContainerFields | Sidecar) and each.probes is not None
        if several and probed and not _answers(each):
            yield (*at, "probes"), (_PROBING,)
    if isinstance(block, SpecFields) and block.init_containers:
        yield (*path, "initContainers"), (FLAGS["initContainers"],)
        first = block.init_containers.items()
        containers += (((*path, "initContainers", name), each) for name, each in first)
    for at, each in containers:
        yield from _of_container(at, each)


def _answers(container: ContainerFields | InitContainer) -> bool:
    """Whether it has the pod's one port, so that Knative asks its probes."""
    grpc = isinstance(container, ServiceSpec) and container.protocol.startswith("grpc")
    return grpc or bool(getattr(container, "ports", None))


def _of_container(path: Path, container: ContainerFields | InitContainer) -> Iterator[Used]:
    for name, value in container.env.items():
        if isinstance(value, FieldRef):
            yield (*path, "env", name, "field"), (FLAGS["fieldRef"],)
    for where, volume in container.volumes.items():
        if isinstance(volume, PvcVolume):
            flags = (CLAIM,) if volume.read_only else (CLAIM, WRITE)
            yield (*path, "volumes", where, "pvc"), flags
        elif isinstance(volume, EphemeralVolume):
            yield (*path, "volumes", where, "ephemeral"), ()


def _of_patches(spec: Spec) -> Iterator[Used]:
    for kind, patch in patches_of(spec.body).items():
        said = patch.get("spec")
        for part in _PODS.get(kind, ()):
            block: Json = said
            for key in part:
                block = block.get(str(key)) if isinstance(block, Mapping) else None
            if isinstance(block, Mapping):
                yield from _said(("spec", "patches", kind, "spec", *part), block)


def _said(path: Path, value: Json) -> Iterator[Used]:
    """Of a pod in a patch: whatever has a flag, wherever it stands in it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            at = (*path, name)
            if inner is None or inner is False:
                continue
            if name == "securityContext" and not _is_container(path):
                yield at, (f"{PODS}securitycontext",)
            elif name == "add" and path[-1] == "capabilities":
                yield at, (_ADDED,)
            elif name == "persistentVolumeClaim" and isinstance(inner, Mapping):
                yield at, (CLAIM,) if inner.get("readOnly") is True else (CLAIM, WRITE)
            elif name in ("ephemeral", "image") and path[-2] == "volumes":
                yield at, () if name == "ephemeral" else (f"{PODS}volumes-image",)
            elif name in FLAGS:
                yield at, (FLAGS[name],)
                if name == "initContainers":
                    yield from _said(at, inner)
            elif name not in _NO_PODS:
                yield from _said(at, inner)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _said((*path, index), inner)


def _is_container(path: Path) -> bool:
    return isinstance(path[-1], int) or path[-1] in ("art", "model")
