"""A build as files of three tools' own formats. In: a `Build`, its environment. Out: texts by path,
and what is left out because something of it isn't known. Pure.

`kubernetes/<kind>-<name>.yaml` for `kubectl apply -f`, listed in order by a `kustomization.yaml`
for `kubectl apply -k`, Argo CD and Flux; `kfp/<pipeline>.yaml` for KFP's clients and pages (the
pipeline spec; the platform spec as second document, where there is one),
`kfp/upload-<pipeline>.yaml` with the names to upload it under where pipelines go through KFP's API,
and `kfp/recurringrun-<name>.yaml` for what that API makes of schedules; `feast/` for `feast
apply`, with what to install for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from exai_compiler.build import Build, Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Unknown, unknowns
from exai_runtime.manifest_yaml import document, stream
from exai_runtime.results import LeftOut
from exai_runtime.two_processes import spread_over
from exai_specs.frozen import thaw
from exai_specs.identity import Ref
from exai_specs.kinds import Environment
from exai_specs.kinds.applying import Gitops
from exai_specs.values import frozen

FEATURES = "FeatureRepository"
SCHEDULE = "RecurringRun"
_FOR_THE_API = "# For the KFP API (create_recurring_run of its client): no kind of Kubernetes.\n"
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
_STAYS = (
    ("argocd.argoproj.io/compare-options", "IgnoreExtraneous"),
    ("argocd.argoproj.io/sync-options", "Prune=false"),
)
_FLUX_STAYS = ("kustomize.toolkit.fluxcd.io/prune", "disabled")
"""What keeps Argo CD and Flux from deleting what isn't rendered any more, and the first from taking
the application for out of sync over it (its sync-options.md and compare-options.md; Flux's
kustomization.md, garbage collection).
"""
_HISTORY = (("Pipeline", "PipelineVersion"), ("Tuning", "Experiment"))
_NOT_KUBERNETES = (FEATURES, SCHEDULE)
_SERVERS = ("InferenceService",)
_BESIDE = ("PodMonitor", "PrometheusRule", "NetworkPolicy")
_PIPELINES = ("Pipeline", "PipelineVersion")
_FEATURE_KINDS = ("Entity", "FeatureView", "FeatureService")


@frozen
class File:
    """`path` is relative, with forward slashes; `origin` the document that it comes from, `object`
    the rendered object."""

    path: str
    text: str
    origin: Ref
    object: ObjectId


def chosen(build: Build, names: Iterable[str]) -> tuple[tuple[Rendered, ...], tuple[str, ...]]:
    """The objects that `Kind/name`s mean, as documents of the specs or as rendered objects; all of
    them without a name. And the names that mean none."""
    wanted = tuple(names)
    if not wanted:
        return build.objects, ()
    found: dict[ObjectId, Rendered] = {}
    missing = []
    for name in wanted:
        mine = [item for item in build.objects if name in (str(item.origin), str(item.id))]
        if name.partition("/")[0] in _FEATURE_KINDS:
            mine = [item for item in build.objects if item.id.kind == FEATURES]
        if not mine:
            missing.append(name)
        runtimes = {runtime for item in mine for runtime in _runtimes(item)}
        mine += [
            item
            for item in build.objects
            if item.id.kind == "ServingRuntime" and item.id.name in runtimes
        ]
        found |= {item.id: item for item in mine}
    return tuple(item for item in build.objects if item.id in found), tuple(missing)


def known(
    objects: Iterable[Rendered], among: Iterable[Rendered]
) -> tuple[tuple[Rendered, ...], tuple[LeftOut, ...]]:
    """Those of which everything is known, and why the others aren't among them: what watches or
    guards a service goes with it, as there would be nothing to watch. `among` are all objects."""
    waiting: dict[Ref, Unknown] = {}
    for item in among:
        if item.id.kind in _SERVERS and (waits := _waits(item)) is not None:
            waiting[item.origin] = waits
    whole, left = [], []
    for item in objects:
        waits = _waits(item)
        if waits is None and _is_beside(item):
            waits = waiting.get(item.origin)
        if waits is None:
            whole.append(item)
        else:
            left.append(LeftOut(item.id, item.origin, waits))
    return tuple(whole), tuple(left)


def _waits(item: Rendered) -> Unknown | None:
    """What it waits for first."""
    return None if item.closed else next(unknowns(item.body), None)


def _is_beside(item: Rendered) -> bool:
    """Whether it is of one service alone, and of no use without it; other ConfigMaps are shared."""
    dashboard = ("ConfigMap", f"{item.origin.name}-dashboard")
    return item.id.kind in _BESIDE or (item.id.kind, item.id.name) == dashboard


def files(objects: Sequence[Rendered], environment: Environment) -> tuple[File, ...]:
    """Sorted by path. Raises ValueError when two objects have one path."""

    def of(item: Rendered) -> tuple[File, ...]:
        return tuple(_files(item, environment))

    found: dict[str, File] = {}
    with spread_over(len(objects))(of, objects) as made:
        for file in chain.from_iterable(made):
            if file.path in found:
                raise ValueError(
                    f"{found[file.path].object} and {file.object} are both {file.path}"
                )
            found[file.path] = file
    return tuple(found[path] for path in sorted(found))


def path_of(item: Rendered, environment: Environment) -> str | None:
    """Where an object is written that may not be known; None where its name isn't a file's."""
    if for_kubernetes((item,), environment):
        return _kubernetes_path(item)
    return f"kfp/recurringrun-{item.id.name}.yaml" if item.id.kind == SCHEDULE else None


def kustomization(objects: Iterable[Rendered]) -> str:
    """What `kubectl apply -k` takes, in the order in which it has to be applied: the order that
    kustomize has by itself knows nothing of KServe's or KFP's kinds."""
    value = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [_kubernetes_path(item) for item in _ordered(objects)],
        "sortOptions": {"order": "fifo"},
    }
    return document(value)


def for_kubernetes(objects: Iterable[Rendered], environment: Environment) -> tuple[Rendered, ...]:
    """Those that Kubernetes takes there. Where pipelines go through KFP's API its kinds may not
    even be there."""
    by_api = environment.target != "local" and environment.pipelines.mode == "api"
    others = (*_NOT_KUBERNETES, *(_PIPELINES if by_api else ()))
    return tuple(item for item in objects if item.id.kind not in others or _is_manifest(item))


def is_for_files(item: Rendered) -> bool:
    """Whether a part of it is a file that no stream of objects has."""
    return item.id.kind in ("PipelineVersion", FEATURES) and not _is_manifest(item)


def _is_manifest(item: Rendered) -> bool:
    """Whether it is an object that somebody wrote out for Kubernetes, whatever its kind: KFP's
    Pipelines, or those of another API that are called so."""
    return item.origin.kind == "Manifest"


def manifests(objects: Iterable[Rendered], environment: Environment) -> tuple[dict[str, Any], ...]:
    """What Kubernetes takes, in the order in which it has to be applied."""
    return tuple(
        _body(item, environment) for item in _ordered(for_kubernetes(objects, environment))
    )


def _ordered(objects: Iterable[Rendered]) -> list[Rendered]:
    return sorted(objects, key=lambda item: (item.wave, item.id))


def _files(item: Rendered, environment: Environment) -> Iterator[File]:
    body = _body(item, environment)
    if _is_manifest(item):
        yield File(_kubernetes_path(item), document(body), item.origin, item.id)
        return
    if item.id.kind == FEATURES:
        from exai_compiler.features import files_of, requirements_of

        needs = {"requirements.txt": requirements_of(body["spec"])}
        for path, text in {**files_of(body["spec"]), **needs}.items():
            yield File(f"feast/{path}", text, item.origin, item.id)
        return
    if for_kubernetes((item,), environment):
        yield File(_kubernetes_path(item), document(body), item.origin, item.id)
    elif item.id.kind == SCHEDULE:
        text = _FOR_THE_API + document(body)
        yield File(path_of(item, environment) or "", text, item.origin, item.id)
    if item.id.kind == "PipelineVersion":
        spec = body["spec"]
        platform = spec.get("platformSpec")
        documents = (spec["pipelineSpec"], *((platform,) if platform else ()))
        package = f"{spec['pipelineName']}.yaml"
        yield File(f"kfp/{package}", stream(documents), item.origin, item.id)
    if item.id.kind in _PIPELINES and not for_kubernetes((item,), environment):
        yield from _upload(item, body)


def _upload(item: Rendered, body: dict[str, Any]) -> Iterator[File]:
    """What KFP's API is told beside the package, in its own words (kfp's `upload_pipeline` and
    `upload_pipeline_version`)."""
    spec = body["spec"]
    shown = {key: spec[key] for key in ("displayName", "description", "tags") if key in spec}
    told: dict[str, Any] = {"name": item.id.name, **shown}
    if item.id.kind == "Pipeline":
        told["namespace"] = body["metadata"].get("namespace", "")
        path = f"kfp/upload-{item.id.name}.yaml"
    else:
        told |= {"pipelineName": spec["pipelineName"], "package": f"{spec['pipelineName']}.yaml"}
        path = f"kfp/upload-{spec['pipelineName']}-version.yaml"
    yield File(path, document(told), item.origin, item.id)


def _kubernetes_path(item: Rendered) -> str:
    """As kubectl names a type: with its group where exai knows none of the kind in it."""
    from exai_compiler.crds import is_known

    group = item.id.api.rpartition("/")[0]
    usual = not group or is_known(item.id.api, item.id.kind)
    kind = item.id.kind if usual else f"{item.id.kind}.{group}"
    return f"kubernetes/{kind.lower()}-{item.id.name}.yaml"


def _body(item: Rendered, environment: Environment) -> dict[str, Any]:
    """For an engine beside exai with the wave that Argo CD orders by: it knows nothing of
    kustomization's order. A version of a pipeline is rendered until there is another one, and
    stays: runs and schedules name it. So does a search, with what it found."""
    value: dict[str, Any] = thaw(item.body)  # type: ignore[arg-type]
    ours = item.id.kind in _NOT_KUBERNETES and not _is_manifest(item)
    if isinstance(environment.apply, Gitops) and not ours:
        annotations = value["metadata"].setdefault("annotations", {})
        annotations.setdefault(SYNC_WAVE, str(item.wave))
        if (item.origin.kind, item.id.kind) in _HISTORY:
            for name, option in _STAYS:
                annotations[name] = _with_option(annotations.get(name, ""), option)
            annotations.setdefault(*_FLUX_STAYS)
    return value


def _with_option(stated: str, needed: str) -> str:
    """What an annotation says, and `needed` where it says nothing of it: Argo CD's options stand
    side by side with commas, and a document may have its own (`ServerSideApply=true`)."""
    name = needed.partition("=")[0]
    options = [option.strip() for option in stated.split(",") if option.strip()]
    if any(option.partition("=")[0] == name for option in options):
        return stated
    return ",".join((*options, needed))


def _runtimes(item: Rendered) -> Iterator[str]:
    if item.id.kind != "InferenceService":
        return
    node: Any = item.body
    for key in ("spec", "predictor", "model", "runtime"):
        node = node.get(key) if hasattr(node, "get") else None
    if isinstance(node, str):
        yield node
