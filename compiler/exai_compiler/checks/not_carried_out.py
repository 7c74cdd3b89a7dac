"""`not-carried-out`: what Kubeflow Pipelines has a place for, and does nothing about, or fails at.

All of it is in its backend: affinity to pods is read by nobody (`extendPodSpecPatch` in
backend/src/v2/driver/k8s.go of kubeflow/pipelines), annotations of a claim end its driver up to
2.16 (kubeflow/pipelines#11261), a loop over files isn't implemented (`DAG` in
backend/src/v2/compiler/argocompiler/dag.go), an import is tried once (importer.go there), and of
conditions in arguments it knows the plain ones, since 2.17 (`resolveContainerArgs` in
backend/src/v2/driver/util.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.bodies.presence import chosen, presence, unsettled
from exai_compiler.checks.pipeline_platform import older_pipelines
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.graph import Choice, Graph, Loop, is_artifact, source_type, sources
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import PipelineSpec
from exai_specs.values import replace


def check(subject: Subject) -> Iterator[Diagnostic]:
    clusters = [name for name, each in subject.environments.items() if each.target != "local"]
    for found in _on_clusters(subject) if clusters else ():
        yield replace(found, environments=found.environments or tuple(clusters))


def _on_clusters(subject: Subject) -> Iterator[Diagnostic]:
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
    older = older_pipelines(subject)
    yield from _conditions(subject, older)
    for spec, body in subject.project.bodies(PipelineSpec) if older else ():
        for name, claim in body.claims.items():
            if claim.annotations:
                whose, release = next(iter(older.items()))
                yield _told(
                    f"the driver of Kubeflow Pipelines {release}, which `{whose}` has by its "
                    "platform, ends in a panic over annotations of a claim, and no step of a run "
                    f"that needs `{name}` starts",
                    spec.key_at("spec", "claims", name, "annotations"),
                    "leave them out, or make a claim by a Manifest and mount it by `pvc`",
                    tuple(older),
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


def _conditions(subject: Subject, older: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Conditions in arguments that only a run can settle."""
    for spec, graph, step in subject.naming:
        if (
            step.component is None
            or not (there := presence(graph, step.component, step.inputs)).open
        ):
            continue
        arguments = chosen((*step.component.command, *step.component.args), there)
        for name, settled in dict(unsettled(arguments)).items():
            if settled and not older:
                continue
            release = f" {next(iter(older.values()))}" if settled else ""
            yield _told(
                f"Kubeflow Pipelines{release} gives the container the text of its condition on "
                f"`{name}`, not what it chooses: whether a parameter is set is known in a run only",
                spec.key_at(*under_with(step.path, name)),
                "give the parameter a default"
                if settled
                else "give the parameter a default, or let the condition stand alone in its "
                "argument, around text and inputs",
                tuple(older) if settled else (),
            )


def _of_files(graph: Graph, loop: Loop) -> bool:
    types = [source_type(graph, source) for source in sources(loop.items)]
    return any(type_ is not None and is_artifact(type_) for type_ in types)


def _told(message: str, at: Span, hint: str, where: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic("not-carried-out", message, at, "warning", hint, environments=where)
