"""Pipelines as steps of others (LANGUAGE section 6.2): `pipeline-cycle`, `too-many-steps`,
`only-called`, `called-workspace`, `caller-decides`.

What the kfp SDK does decides: a run has one workspace, one account, one deadline, those of the
pipeline that it is of; what else a called pipeline says, its claims and its `finally`, it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from exai_compiler.checks.rings import told
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import MAX_LEVELS, MAX_STEPS, Composed, Graph, Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec

# By the field's name in YAML.
OF_THE_RUN = ("experiment", "ttl", "timeout", "serviceAccount")


def check(subject: Subject) -> Iterator[Diagnostic]:
    stuck = _stuck(_callees(subject))
    yield from _cycles(stuck)
    for spec, body in subject.project.bodies(PipelineSpec):
        graph = subject.graphs[spec.ref.name]
        yield from _alone(spec, body)
        yield from _size(spec, graph)
        for step in graph.steps.values():
            inner = subject.graphs.get(step.spec.pipeline or "")
            if inner is None or step.component is not None:
                continue
            if inner.size > MAX_STEPS and not inner.called:  # of others it is told there
                yield Diagnostic(
                    "too-many-steps",
                    f"`{inner.pipeline.name}` alone has {inner.size} steps",
                    spec.at(*step.path, "pipeline"),
                    hint=f"{MAX_STEPS} at most: loop over a list with `forEach` instead",
                )
            elif inner.levels >= MAX_LEVELS:
                yield Diagnostic(
                    "too-many-steps",
                    f"pipelines call each other more than {MAX_LEVELS} deep here",
                    spec.at(*step.path, "pipeline"),
                    hint="call fewer inside of each other",
                )
        for step, inner in graph.calls:
            yield from _texts(spec, step, inner)
            called = subject.project.specs[inner.pipeline]
            if isinstance(called.body, PipelineSpec):
                yield from _of_the_run(spec, body, step, called, called.body)


Callees = Mapping[str, Mapping[str, Span]]
"""The pipelines that each one calls, with the place of the first call."""


def _callees(subject: Subject) -> Callees:
    found: dict[str, dict[str, Span]] = {}
    for name, graph in subject.graphs.items():
        spec = subject.project.specs[graph.pipeline]
        found[name] = {}
        for step in graph.steps.values():
            if step.spec.pipeline in subject.graphs and step.component is None:
                at = spec.at(*step.path, "pipeline")
                found[name].setdefault(str(step.spec.pipeline), at)
    return found


def _stuck(callees: Callees) -> Callees:
    """Those that call themselves, by whatever way, and those that call them."""
    waiting = dict(callees)
    while done := [name for name, of in waiting.items() if not of.keys() & waiting.keys()]:
        for name in done:
            del waiting[name]
    return waiting


def _cycles(stuck: Callees) -> Iterator[Diagnostic]:
    while stuck:
        walked: dict[str, None] = {}
        at = min(stuck)
        while at not in walked:
            walked[at] = None
            at = min(stuck[at].keys() & stuck.keys())
        ring = list(walked)
        ring = ring[ring.index(at) :]
        first = ring.index(min(ring))
        ring = ring[first:] + ring[:first]
        yield told(
            "pipeline-cycle",
            f"pipeline `{ring[0]}` calls itself",
            "pipelines call each other",
            ring,
            partial(_call, stuck),
            "take away one of these steps",
        )
        stuck = _stuck({name: of for name, of in stuck.items() if name not in ring})


def _call(callees: Callees, caller: str, called: str) -> tuple[str, Span]:
    return f"`{caller}` calls `{called}`", callees[caller][called]


def _alone(spec: Spec, body: PipelineSpec) -> Iterator[Diagnostic]:
    """Files come from a pipeline that calls this one: nobody else can start it."""
    if not body.artifacts:
        return
    why = (("it takes these files", spec.key_at("spec", "artifacts")),)
    hint = "schedule a pipeline that calls it, or load the data in it"
    if body.schedules:
        message = f"`{spec.ref.name}` can only be called, not scheduled"
        at = spec.key_at("spec", "schedules")
        yield Diagnostic("only-called", message, at, hint=hint, related=why)
    if body.run.on:
        message = f"`{spec.ref.name}` can only be called: no `apply` can start it"
        at = spec.key_at("spec", "run", "on")
        yield Diagnostic("only-called", message, at, hint="remove it", related=why)


def _size(spec: Spec, graph: Graph) -> Iterator[Diagnostic]:
    if graph.called and graph.size > MAX_STEPS:
        yield Diagnostic(
            "too-many-steps",
            f"a run has {graph.size} steps, those of called pipelines included",
            spec.key_at("spec", "steps"),
            hint=f"{MAX_STEPS} at most: loop over a list with `forEach` instead",
        )


def _texts(spec: Spec, step: Step, inner: Graph) -> Iterator[Diagnostic]:
    """KFP's driver hands a text on to a called pipeline as it is: it fills it in for containers
    (backend/src/v2/driver/resolver/parameters.go).
    """
    for name, binding in step.inputs.items():
        if isinstance(binding, Composed):
            yield Diagnostic(
                "expression-not-allowed",
                "an expression inside of a value isn't filled in for a pipeline that is called",
                spec.at(*step.input_at(name)),
                hint=f"give each reference as a parameter, and put them together in "
                f"`{inner.pipeline.name}`",
            )


def _of_the_run(
    spec: Spec, body: PipelineSpec, step: Step, called: Spec, inner: PipelineSpec
) -> Iterator[Diagnostic]:
    at = spec.at(*step.path, "pipeline")
    if inner.workspace is not None and body.workspace is None:
        yield Diagnostic(
            "called-workspace",
            f"`{called.ref.name}` has a workspace, and a run has that of the pipeline it is of",
            at,
            hint="add `workspace: {size: 10Gi}` to the spec of this pipeline",
            related=(("its workspace", called.key_at("spec", "workspace")),),
        )
    said = called.document.value.get("spec")
    fields = [name for name in OF_THE_RUN if isinstance(said, Mapping) and name in said]
    if fields:
        shown = ", ".join(f"`{name}`" for name in fields)
        yield Diagnostic(
            "caller-decides",
            f"{shown} of `{called.ref.name}` only counts when that is run by itself",
            at,
            "note",
            related=tuple((f"`{name}`", called.key_at("spec", name)) for name in fields),
        )
