"""`not-carried-out`: what Kubeflow Pipelines has a place for, and does nothing about, or fails at.

All of it is in its backend: affinity to pods is read by nobody (`extendPodSpecPatch` in
backend/src/v2/driver/k8s.go of kubeflow/pipelines), annotations of a claim end its driver up to
2.16 (kubeflow/pipelines#11261), a loop over files isn't implemented (`DAG` in
backend/src/v2/compiler/argocompiler/dag.go), and an import is tried once (importer.go there).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.graph import Choice, Graph, Loop, is_artifact, source_type, sources
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import PipelineSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    if all(each.target == "local" for each in subject.environments.values()):
        return
    for spec, _, step in subject.steps():
        if step.spec.kubernetes is not None and step.spec.kubernetes.pod_affinity:
            yield _told(
                "Kubeflow Pipelines reads no affinity to pods: this one is placed without it",
                spec.key_at(*step.path, "kubernetes", "podAffinity"),
                "say which nodes it is for: `nodeSelector`, or `nodeAffinity` here",
            )
    for spec, _, step in subject.by_body.get("import_", ()):
        if step.spec.retry is not None:
            yield _told(
                "Kubeflow Pipelines tries no import again",
                spec.key_at(*step.path, "retry"),
                "remove it, or read the file in a step of its own",
            )
    for spec, body in subject.project.bodies(PipelineSpec):
        for name, claim in body.claims.items():
            if claim.annotations:
                yield _told(
                    "the driver of Kubeflow Pipelines up to 2.16 ends in a panic over annotations "
                    f"of a claim, and no step of a run that needs `{name}` starts",
                    spec.key_at("spec", "claims", name, "annotations"),
                    "leave them out, or make a claim by a Manifest and mount it by `pvc`",
                )
    for graph in subject.nested:
        for node in graph.nodes.values():
            loop = None if isinstance(node, Choice) else node.loop
            if loop is not None and _of_files(graph, loop):
                spec = subject.project.specs[graph.pipeline]
                yield _told(
                    "Kubeflow Pipelines refuses a run with a loop over files: it isn't implemented",
                    spec.at(*node.path, "forEach", "in"),
                    "go over them in one step, or over a list of values that tell which file",
                )


def _of_files(graph: Graph, loop: Loop) -> bool:
    types = [source_type(graph, source) for source in sources(loop.items)]
    return any(type_ is not None and is_artifact(type_) for type_ in types)


def _told(message: str, at: Span, hint: str) -> Diagnostic:
    return Diagnostic("not-carried-out", message, at, "warning", hint)
