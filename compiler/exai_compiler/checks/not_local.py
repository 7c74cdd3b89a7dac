"""`not-local`: what a local environment can't give, where going on would fail late or differ
(LANGUAGE 6.2).

Pipelines that nothing starts there by itself, `run: {on: []}`, are judged when somebody asks for a
run: so one project can have pipelines for a cluster alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from exai_compiler.checks.containers import variables
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import Graph, Step
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.expressions import has_expression
from exai_specs.kinds import (
    ConfigMapRef,
    Env,
    FieldRef,
    LLMServiceSpec,
    NotebookSpec,
    PipelineSpec,
    RuntimeSpec,
    SecretRef,
    ServiceSpec,
)
from exai_specs.parse import Spec

# Nothing of these is there on one machine, and a note says so (`parity`).
ABSENT = (LLMServiceSpec, NotebookSpec, RuntimeSpec)

# The only scheme that register-model can write to; anything without one is a path.
FILE = "file"
_IDLE = (
    ", or let nothing start it there: an Overlay of that environment with `spec: {run: {on: []}}`"
)

Steps = Iterable[tuple[Spec, Graph, Step]]
Variables = Iterable[tuple[Spec, Path, Env]]


class Missing(NamedTuple):
    """What an environment on this machine lacks; `otherwise` is what also helps there, but not a
    run that somebody asks for."""

    what: str
    at: Span
    hint: str
    otherwise: str = ""


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root
    local = [name for name, found in subject.environments.items() if found.target == "local"]
    if not local:
        return
    idle = idle_pipelines(subject.project, subject.graphs)
    steps = [each for each in subject.steps() if each[0].ref.name not in idle]
    pipelines = [
        each for each in subject.project.bodies(PipelineSpec) if each[0].ref.name not in idle
    ]
    env = [each for each in subject.variables() if not _is_of(each[0], idle)]
    for name in local:
        place = (f"environment `{name}`", root.key_at("spec", "environments", name))
        for missing in _missing(f"in environment `{name}`", pipelines, steps, env):
            yield Diagnostic(
                "not-local",
                missing.what,
                missing.at,
                hint=f"{missing.hint}{missing.otherwise}",
                related=(place,),
                environments=(name,),
            )
        models = subject.environments[name].models
        scheme, found, _ = models.store.partition("://") if models is not None else ("", "", "")
        if models is not None and found and scheme.lower() != FILE:
            yield Diagnostic(
                "not-local",
                f"local steps can't write models to {models.store}",
                root.at("spec", "environments", name, "models", "store"),
                hint="write a folder, or leave it out: models are kept below .exai",
                environments=(name,),
            )


def idle_pipelines(project: Project, graphs: Mapping[str, Graph]) -> frozenset[str]:
    """Those that no apply starts in a local environment, nor a pipeline that one starts."""
    bodies = {spec.ref.name: body for spec, body in project.bodies(PipelineSpec)}
    asleep = {
        name
        for name, body in bodies.items()
        if (body.run.on == () and not body.run.generation) or body.artifacts
    }
    return frozenset(asleep - _with_called(graphs, bodies.keys() - asleep))


def of_a_run(project: Project, graphs: Mapping[str, Graph], pipeline: str) -> Iterator[Diagnostic]:
    """What a run of a pipeline would lack on this machine, where `check` passed over it."""
    names = _with_called(graphs, {pipeline}) & idle_pipelines(project, graphs)
    pipelines = [each for each in project.bodies(PipelineSpec) if each[0].ref.name in names]
    steps = [
        (spec, graphs[spec.ref.name], step)
        for spec, _ in pipelines
        for step in graphs[spec.ref.name].steps.values()
    ]
    env = [each for each in variables(project, steps) if _is_of(each[0], names)]
    for missing in _missing("on this machine", pipelines, steps, env):
        yield Diagnostic("not-local", missing.what, missing.at, hint=missing.hint)


def _with_called(graphs: Mapping[str, Graph], names: Collection[str]) -> frozenset[str]:
    found, open_ = set(names), list(names)
    while open_:
        graph = graphs.get(open_.pop())
        inner = set(graph.called if graph is not None else ()) - found
        found |= inner
        open_ += inner
    return frozenset(found)


def _is_of(spec: Spec, pipelines: Collection[str]) -> bool:
    return isinstance(spec.body, PipelineSpec) and spec.ref.name in pipelines


def _missing(
    local: str, pipelines: Iterable[tuple[Spec, PipelineSpec]], steps: Steps, env: Variables
) -> Iterator[Missing]:
    yield from _variables(env, local)
    yield from _pipelines(pipelines, local)
    yield from _steps(steps, local)


def _variables(env: Variables, local: str) -> Iterator[Missing]:
    for spec, path, block in env:
        if isinstance(spec.body, ABSENT):
            continue
        if isinstance(spec.body, ServiceSpec) and spec.body.stopped:
            continue
        for name, value in block.items():
            if isinstance(value, ConfigMapRef) and value.optional:
                continue  # nothing here has one, and the variable isn't there either
            if isinstance(value, ConfigMapRef | FieldRef):
                what = "a ConfigMap" if isinstance(value, ConfigMapRef) else "a field of the pod"
                yield Missing(
                    f"`{name}` comes from {what}, and there is none {local}",
                    spec.at(*path, name),
                    "write its value as plain text, or take it from a secret",
                )
            elif isinstance(value, SecretRef) and has_expression(value.secret):
                yield Missing(
                    f"a run tells the Secret of `{name}`, and {local} secrets are looked up before",
                    spec.at(*path, name, "secret"),
                    "write the name of the Secret",
                )


def _pipelines(pipelines: Iterable[tuple[Spec, PipelineSpec]], local: str) -> Iterator[Missing]:
    for spec, body in pipelines:
        if body.workspace is not None:
            yield Missing(
                f"there is no volume {local} that the steps of a run share",
                spec.key_at("spec", "workspace"),
                "hand files on as outputs of steps",
                _IDLE,
            )
        if body.claims:
            yield Missing(
                f"no volumes are made for a run {local}",
                spec.key_at("spec", "claims"),
                "hand files on as outputs of steps",
                _IDLE,
            )


def _steps(steps: Steps, local: str) -> Iterator[Missing]:
    for spec, _, step in steps:
        if step.spec.import_ is not None:
            yield Missing(
                f"step `{step.name}` is an import, and nothing is imported {local}",
                spec.key_at(*step.path),
                "read a file by a Dataset",
                _IDLE,
            )
        if step.spec.body == "image" or step.spec.component_file:
            yield Missing(
                f"step `{step.name}` is a container, and none runs {local}",
                spec.key_at(*step.path),
                "write it as `python:`",
                _IDLE,
            )
