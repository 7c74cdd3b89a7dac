"""What KServe's webhooks and the rules of its CRDs (CEL) refuse of an object whose every field is
of the right type: fields that can't stand together.

In: an object of KServe's, as a Manifest holds it or with a patch. Out: what is wrong, by path.
Sources: pkg/apis/serving/v1beta1 (inference_service_validation.go, component.go) and v1alpha1
(inference_graph_validation.go, trainedmodel_webhook.go) of kserve/kserve,
`x-kubernetes-validations` of its CRDs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.maybe import Tree
from exai_compiler.pods.loose_ends import LooseEnd, Path
from exai_specs.nearest import did_you_mean

GROUP = "serving.kserve.io/"
COMPONENTS = ("predictor", "transformer", "explainer")
# The predictor's older blocks, which KServe rewrites to `model` where they stand alone.
LEGACY = (
    *("huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn", "tensorflow"),
    *("triton", "xgboost"),
)
# What the pods of a canary have from the stable ones.
_OF_STABLE = ("autoScaling", "maxReplicas", "scaleMetric", "scaleTarget", "workerSpec")
# pkg/apis/serving/v1alpha1/storage_container_types.go
WORKLOADS = ("initContainer", "localModelDownloadJob")
# pkg/agent/storage/provider.go
AGENT_SCHEMES = ("s3://", "gs://", "https://", "http://", "oci://")
_MODE = "serving.kserve.io/deploymentMode"
_TARGETS = ("nodeName", "serviceName", "serviceUrl")


def refusals(body: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    """Every one of an object; nothing of a kind that isn't KServe's."""
    spec = body.get("spec")
    if not str(body.get("apiVersion", "")).startswith(GROUP) or not isinstance(spec, Mapping):
        return
    match body.get("kind"):
        case "InferenceService":
            yield from _service(body, spec)
        case "LLMInferenceService" | "LLMInferenceServiceConfig":
            yield from _language_model(spec)
        case "InferenceGraph":
            yield from _graph(spec)
        case "ClusterStorageContainer":
            yield from _storage_container(spec)
        case "TrainedModel":
            yield from _trained_model(body, spec)
        case _:
            pass


def _service(body: Mapping[str, Tree], spec: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    metadata = _block(body, "metadata")
    mode = _block(metadata, "annotations").get(_MODE)
    for name in COMPONENTS:
        block, path = _block(spec, name), ("spec", name)
        yield from _replicas(path, block)
        yield from _logger(path, _block(block, "logger"), "logger" in block)
        if mode == "Standard" and "canaryTrafficPercent" in block:
            why = "is Knative's: in Standard mode KServe takes no notice of it"
            hint = "write `canary` in the Service"
            yield LooseEnd((*path, "canaryTrafficPercent"), why, hint)
        if mode == "Knative" and "deploymentStrategy" in block:
            why = "is refused in Knative mode, which replaces revisions its own way"
            yield LooseEnd((*path, "deploymentStrategy"), why, "remove it")
    yield from _predictor(("spec", "predictor"), _block(spec, "predictor"))
    canaries = spec.get("canary")
    for index, canary in enumerate(canaries if isinstance(canaries, tuple) else ()):
        at: Path = ("spec", "canary", index, "predictor")
        block = _block(canary, "predictor")
        yield from _predictor(at, block)
        for name in _OF_STABLE:
            if name in block:
                why = "is refused in a canary: it has that of `predictor`"
                yield LooseEnd((*at, name), why, "remove it")


def _predictor(path: Path, block: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    model, found = _block(block, "model"), [name for name in LEGACY if name in block]
    for name in found if "model" in block else found[1:]:
        beside = "model" if "model" in block else found[0]
        why = f"stands beside `{beside}`, and KServe takes one server in a predictor"
        hint = "write what it says in `model`" if beside == "model" else "keep one of them"
        yield LooseEnd((*path, name), why, hint)
    if model.get("name"):
        why = "is refused by KServe: a model's container has its runtime's name"
        yield LooseEnd((*path, "model", "name"), why, "remove it")
    for name in ("storageUri", "storage"):
        if name in model and "storageUris" in block:
            why = f"stands beside `model.{name}`, and KServe takes one of them"
            yield LooseEnd((*path, "storageUris"), why, "mount the rest as volumes")


def _replicas(path: Path, block: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    least, most = block.get("minReplicas", 1), block.get("maxReplicas", 0)
    if isinstance(least, int) and isinstance(most, int) and least > most > 0:
        name = "minReplicas" if "minReplicas" in block else "maxReplicas"
        why = f"leaves more instances at least ({least}) than at most ({most})"
        yield LooseEnd((*path, name), why, "write replicas: {min, max} that fit together")


def _logger(path: Path, block: Mapping[str, Tree], there: bool) -> Iterator[LooseEnd]:
    if there and "mode" not in block:
        why = "has no mode, which KServe's webhook asks for"
        yield LooseEnd((*path, "logger"), why, "add mode: all, request or response")
    storage = _block(block, "storage")
    missing = [name for name in ("path", "parameters", "key") if name not in storage]
    if "storage" in block and missing:
        why = f"has no {' and no '.join(missing)}, which KServe's webhook asks for"
        yield LooseEnd((*path, "logger", "storage"), why, f"add {', '.join(missing)}")


def _language_model(spec: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    for start in (("spec",), ("spec", "prefill")):
        block = spec if len(start) == 1 else _block(spec, "prefill")
        if "scaling" not in block:
            continue
        scaling, path = _block(block, "scaling"), (*start, "scaling")
        if "replicas" in block:
            why = "stands beside `replicas`, and KServe takes one of them"
            yield LooseEnd(path, why, "write the number of pods or what it is scaled by")
        yield from _one_of(path, scaling, ("wva", "keda"))
        least, most = scaling.get("minReplicas"), scaling.get("maxReplicas")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield LooseEnd((*path, "minReplicas"), f"is more than maxReplicas, {most}", "lower it")
        if "wva" in scaling:
            yield from _one_of((*path, "wva"), _block(scaling, "wva"), ("hpa", "keda"))
        if "keda" in scaling and not _block(scaling, "keda").get("triggers"):
            why = "has no trigger, and KEDA scales by nothing else"
            yield LooseEnd((*path, "keda"), why, "add triggers")
        for at in (("keda",), ("wva", "keda")):
            held = scaling
            for part in at:
                held = _block(held, part)
            idle = held.get("idleReplicaCount")
            if isinstance(idle, int) and not (isinstance(least, int) and idle < least):
                why = "must be less than minReplicas, which has to be stated then"
                yield LooseEnd((*path, *at, "idleReplicaCount"), why, "add or raise minReplicas")


def _one_of(path: Path, block: Mapping[str, Tree], names: tuple[str, str]) -> Iterator[LooseEnd]:
    there = [name for name in names if name in block]
    if len(there) != 1:
        why = f"must have exactly one of {', '.join(names)}"
        at = path if not there else (*path, there[1])
        yield LooseEnd(at, why, "remove one of them" if there else f"add {' or '.join(names)}")


def _graph(spec: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    nodes = _block(spec, "nodes")
    if nodes and "root" not in nodes:
        why = "has no `root`, where requests enter"
        yield LooseEnd(("spec", "nodes"), why, "call the first node `root`")
    for name, node in nodes.items():
        steps = node.get("steps") if isinstance(node, Mapping) else None
        found = steps if isinstance(steps, tuple) else ()
        listed = [step for step in found if isinstance(step, Mapping)]
        path: Path = ("spec", "nodes", name, "steps")
        for index, step in enumerate(listed):
            there = [target for target in _TARGETS if step.get(target)]
            if len(there) != 1:
                why = f"must have exactly one of {', '.join(_TARGETS)}"
                yield LooseEnd((*path, index), why, "keep one of them" if there else "add one")
            target = step.get("nodeName")
            if isinstance(target, str) and target not in nodes:
                why = f"names no node: `{target}`"
                hint = did_you_mean(target, nodes)
                yield LooseEnd((*path, index, "nodeName"), why, hint)
        if isinstance(node, Mapping) and node.get("routerType") == "Splitter" and listed:
            weights = [step.get("weight") for step in listed]
            total = sum(each for each in weights if isinstance(each, int))
            if None in weights or total != 100:
                why = f"have weights of {total} together, and a Splitter's are 100"
                yield LooseEnd(path, why, "make them 100")


def _storage_container(spec: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    name = _block(spec, "container").get("name")
    if name is not None and name != "storage-initializer":
        why = "is no name by which KServe knows the container"
        yield LooseEnd(("spec", "container", "name"), why, "write storage-initializer")
    kind = spec.get("workloadType")
    if kind is not None and kind not in WORKLOADS:
        why = f"must be one of {', '.join(WORKLOADS)}"
        yield LooseEnd(("spec", "workloadType"), why, did_you_mean(str(kind), WORKLOADS))
    formats = spec.get("supportedUriFormats")
    for index, each in enumerate(formats if isinstance(formats, tuple) else ()):
        if isinstance(each, Mapping) and len({"prefix", "regex"} & each.keys()) != 1:
            why = "must have exactly one of prefix, regex"
            at: Path = ("spec", "supportedUriFormats", index)
            yield LooseEnd(at, why, "for example prefix: acme://")


def _trained_model(body: Mapping[str, Tree], spec: Mapping[str, Tree]) -> Iterator[LooseEnd]:
    name = _block(body, "metadata").get("name")
    if isinstance(name, str) and "." in name:
        why = "has a `.`, and KServe's webhook takes letters, digits, `_` and `-`"
        yield LooseEnd(("metadata", "name"), why, "write - instead")
    uri, path = _block(spec, "model").get("storageUri"), ("spec", "model", "storageUri")
    if isinstance(uri, str) and not uri.startswith(AGENT_SCHEMES):
        scheme = uri.partition("://")[0]
        why = f"is no address that KServe's agent fetches from: {scheme}"
        yield LooseEnd(path, why, f"it takes {', '.join(AGENT_SCHEMES)}")


def _block(tree: Tree, name: str) -> Mapping[str, Tree]:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, Mapping) else {}
