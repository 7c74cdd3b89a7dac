"""`unused-step`, `unused-input`, `unwritten-output`, `unused-claim`, `unused-workspace`: work and
room in a pipeline that nothing comes of.

A step counts as used where something reads one of its outputs. That is asked of exai's own steps
that only hand data and models on: a check may stop a run, and an evaluation is looked at by people.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from exai_compiler.checks.reads import Read
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import strings, value_at
from exai_compiler.component_columns import ADDS, LOADS, TRAINS
from exai_compiler.graph import FromStep, Graph, Step
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.step_parts import IfPresent
from exai_specs.kinds.step_pod import ClaimMount
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.regexes import regex

HANDS_ON = frozenset({*LOADS, *ADDS, *TRAINS, "split-data"})
_BARE = regex(r"\bsteps\.([a-z][a-z0-9-]*)\.\w")
WORKSPACE = regex(r"\brun\.workspace\b")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(PipelineSpec):
        graph = subject.graphs[spec.ref.name]
        yield from _steps(spec, graph, subject.reads[spec.ref.name])
        yield from _room(subject, spec, body, graph)
    for spec, _, step in subject.by_body.get("image", ()):
        yield from _ports(spec, step)


def _steps(spec: Spec, graph: Graph, found: Read) -> Iterator[Diagnostic]:
    # A reference that nobody can read may be meant for any of them: that is said already.
    read = {source.step for source in found.sources if isinstance(source, FromStep)}
    read.update(name for node in graph.nodes.values() for name in node.spec.after)
    if found.broken or not read <= graph.nodes.keys():
        return
    unread = {
        name: step.component
        for name, step in graph.steps.items()
        if name not in read and step.component is not None and not step.is_own
    }
    unread = {name: made for name, made in unread.items() if made.name in HANDS_ON}
    # So is text that was meant as one: `steps.load.data` without its braces.
    for other in graph.steps.values() if unread else ():
        for _, text in strings(value_at(spec.document.value, (*other.path, "with"))):
            read.update(_BARE.findall(text))
    for name, component in unread.items():
        if name in read:
            continue
        outputs = ", ".join(f"`{each}`" for each in component.outputs)
        yield Diagnostic(
            "unused-step",
            f"nothing takes what step `{name}` makes: {outputs}",
            spec.key_at(*graph.steps[name].path),
            "warning",
            f"read it, as ${{{{ steps.{name}.{next(iter(component.outputs))} }}}}; or remove it",
        )


def _ports(spec: Spec, step: Step) -> Iterator[Diagnostic]:
    """A container sees of its inputs and outputs what its command, its arguments and its variables
    name."""
    texts = [
        text
        for field in ("command", "args", "env")
        for _, text in strings(value_at(spec.document.value, (*step.path, field)))
    ]
    if not any("{{$" in text for text in texts):  # KFP's own words, which may say anything
        yield from _inputs(spec, step, texts)
        yield from _outputs(spec, step, texts)


def _outputs(spec: Spec, step: Step, texts: list[str]) -> Iterator[Diagnostic]:
    """The launcher reads each value's file, and fails without it; what no artifact's path has is
    left out (`collectOutputParameters`, `uploadOutputArtifacts` in
    backend/src/v2/component/launcher_v2.go of kubeflow/pipelines). An image may know its way to
    /tmp/kfp by itself, or to the file where an executor tells its outputs: so it is no error.
    """
    if any("/tmp/kfp" in text for text in texts):  # noqa: S108 - where the launcher looks
        return
    ports = step.component.outputs if step.component is not None else {}
    meant = _meant("outputs", texts, ports)
    for name, port in ports.items():
        if name not in meant and not any(
            re.search(rf"\boutputs\.{re.escape(name)}\b", text) for text in texts
        ):
            ending, after = (
                (".path", "it has no file") if port.is_artifact else ("", "the step fails")
            )
            yield Diagnostic(
                "unwritten-output",
                f"neither the command nor the arguments say where `{name}` is to be written: "
                f"{after} unless its image knows",
                spec.key_at(*step.path, "outputs", name),
                "warning",
                f"write ${{{{ outputs.{name}{ending} }}}} among them, or remove it",
            )


def _inputs(spec: Spec, step: Step, texts: list[str]) -> Iterator[Diagnostic]:
    asked = {each.if_present for each in step.spec.args if isinstance(each, IfPresent)}
    asked |= _meant("inputs", texts, step.spec.with_)
    for name in step.spec.with_:
        if name not in asked and not any(
            re.search(rf"\binputs\.{re.escape(name)}\b", text) for text in texts
        ):
            port = step.component.inputs.get(name) if step.component is not None else None
            ending = ".path" if port is not None and port.is_artifact else ""
            yield Diagnostic(
                "unused-input",
                f"the container is given `{name}`, and neither its command nor its arguments say "
                "where",
                spec.key_at(*step.path, "with", name),
                "warning",
                f"write ${{{{ inputs.{name}{ending} }}}} among them, or remove it",
            )


def _meant(what: str, texts: list[str], known: Collection[str]) -> set[str]:
    """Those that texts name nearly: what to write is told there."""
    named = {name for text in texts for name in re.findall(rf"\b{what}\.([A-Za-z_][\w-]*)", text)}
    return {nearest(name, known) or "" for name in named if name not in known}


def _room(subject: Subject, spec: Spec, body: PipelineSpec, graph: Graph) -> Iterator[Diagnostic]:
    mounted = {
        volume.claim
        for step in (graph.steps.values() if body.claims else ())
        for volume in step.spec.volumes.values()
        if isinstance(volume, ClaimMount)
    }
    # A name that is nearly a claim's is told where it is mounted.
    mounted |= {nearest(name, body.claims) or "" for name in mounted.difference(body.claims)}
    for claim in body.claims:
        if claim not in mounted:
            yield Diagnostic(
                "unused-claim",
                f"no step mounts the claim `{claim}`",
                spec.key_at("spec", "claims", claim),
                "warning",
                f"mount it: volumes: {{/PATH: {{claim: {claim}}}}}; or remove it",
            )
    called = (subject.project.body(PipelineSpec, inner.pipeline.name) for _, inner in graph.calls)
    if body.workspace is None or any(
        step.spec.import_ is not None and step.spec.import_.to_workspace
        for step in graph.steps.values()
    ):
        return
    if any(inner is not None and inner.workspace is not None for inner in called):
        return  # it is the workspace of the pipelines that are called, too
    if not any(each is spec and WORKSPACE.search(text) for each, _, text in subject.braced):
        yield Diagnostic(
            "unused-workspace",
            "no step asks where the workspace is",
            spec.key_at("spec", "workspace"),
            "warning",
            "give it to a step: ${{ run.workspace }}; or remove it",
        )
