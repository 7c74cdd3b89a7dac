"""A Pipeline's document as the objects that KFP takes.

In: a resolved project, a spec. Out: a Pipeline, a PipelineVersion, recurring runs. KFP's webhook
lets nothing of a version change but displayName and tags
(backend/src/apiserver/webhook/pipelineversion_webhook.go), so a version is named after its content:
a changed IR is a new object.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kfp.ir import intermediate
from exai_compiler.backends.kfp.schedules import recurring_runs
from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.frozen import Json, freeze
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.parse import Spec

API = "pipelines.kubeflow.org/v2beta1"
MANAGED_BY = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})
SERVICE_ACCOUNT = "exai.dev/service-account"
SHORT = 12
"""Hexadecimal digits of the hash in a name: with a pipeline's 50 characters, 63 in all."""


def render_pipeline(resolved: Resolved, spec: Spec) -> tuple[Rendered, ...]:
    """The Pipeline, the PipelineVersion `<pipeline>-<first 12 digits of the IR's hash>`, and the
    recurring runs of its schedules. None of one that takes artifacts: nothing but a pipeline that
    calls it can start it, and that one's IR holds all of it.
    """
    pipeline = spec.body
    if not isinstance(pipeline, PipelineSpec):
        raise TypeError(f"{spec.ref} is no Pipeline")
    if pipeline.artifacts:
        return ()
    graph = resolved.graphs[spec.ref.name]
    found = intermediate(resolved, pipeline, graph)
    short = found.hash[:SHORT]
    shown = _shown(spec)
    version: dict[str, Json] = {
        "pipelineName": spec.ref.name,
        "versionName": short,
        **shown,
        "pipelineSpec": found.pipeline.tree,
    }
    if found.platform:
        version["platformSpec"] = found.platform
    described = {"description": spec.metadata.description} if spec.metadata.description else {}
    name = f"{spec.ref.name}-{short}"
    return (
        _rendered(resolved, spec, "Pipeline", spec.ref.name, {**shown, **described}),
        _rendered(resolved, spec, "PipelineVersion", name, version),
        *recurring_runs(resolved, spec, pipeline, name),
    )


def _shown(spec: Spec) -> Mapping[str, Json]:
    """What pages show, all of which may change in place: name and tags."""
    found: dict[str, Json] = {}
    if spec.metadata.display_name:
        found["displayName"] = spec.metadata.display_name
    if spec.metadata.labels:
        found["tags"] = spec.metadata.labels
    return found


def _account(spec: Spec, kind: str) -> Mapping[str, Json]:
    """A run is given its account when it is started: the IR has no place for it."""
    account = spec.body.service_account if isinstance(spec.body, PipelineSpec) else None
    return {SERVICE_ACCOUNT: account} if account and kind == "PipelineVersion" else {}


def _rendered(
    resolved: Resolved, spec: Spec, kind: str, name: str, content: Mapping[str, Json]
) -> Rendered:
    metadata: dict[str, Json] = {"name": name}
    if resolved.environment.namespace:
        metadata["namespace"] = resolved.environment.namespace
    labels = spec.metadata.labels
    metadata["labels"] = {**labels, **MANAGED_BY} if labels else MANAGED_BY
    annotations = {**spec.metadata.annotations, **_account(spec, kind)}
    if annotations:
        metadata["annotations"] = annotations
    body = {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": content}
    return Rendered(
        id=ObjectId(API, kind, name),
        origin=spec.ref,
        body=freeze(body),
        wave=2 if kind == "PipelineVersion" else 1,
        effect=Effect.RENDER,
        closed=True,  # `freeze` takes no Unknown
    )
