"""The containers that documents speak of, and the environment variables of all that runs.

In: a project, the steps of its pipelines. Out: blocks of documents, with their places. Judges
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exai_compiler.checks.texts import Path
from exai_compiler.graph import Graph, Step
from exai_compiler.project import Project
from exai_specs.kinds import (
    Env,
    LLMServiceSpec,
    NotebookSpec,
    PipelineSpec,
    RuntimeSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.pods import InitContainer
from exai_specs.kinds.servers import ContainerFields, NodeFields, SpecFields
from exai_specs.parse import Spec


def containers(project: Project) -> Iterator[tuple[Spec, Path, ContainerFields | InitContainer]]:
    """Every container of a server that a document speaks of, with its path there."""
    for spec, service in project.bodies(ServiceSpec):
        yield from _pod(spec, ("spec",), service)
        if service.transformer is not None:
            yield from _pod(spec, ("spec", "transformer"), service.transformer)
        if service.explainer is not None:
            yield from _pod(spec, ("spec", "explainer"), service.explainer)
    for spec, runtime in project.bodies(RuntimeSpec):
        yield from _pod(spec, ("spec",), runtime)
    for spec, notebook in project.bodies(NotebookSpec):
        yield from _pod(spec, ("spec",), notebook)
    for spec, llm in project.bodies(LLMServiceSpec):
        for path, block in llm.pods:
            yield from _pod(spec, path, block)


def variables(
    project: Project, steps: Iterable[tuple[Spec, Graph, Step]]
) -> Iterator[tuple[Spec, Path, Env]]:
    """Every block of environment variables that has any, with its document and its path there."""
    for spec, path, block in containers(project):
        if block.env:
            yield spec, (*path, "env"), block.env
    for spec, runtime in project.bodies(RuntimeSpec):
        built_in = runtime.adapters.built_in if runtime.adapters is not None else None
        if built_in is not None and built_in.env:
            yield spec, ("spec", "adapters", "builtIn", "env"), built_in.env
    for spec, pipeline in project.bodies(PipelineSpec):
        if pipeline.defaults.env:
            yield spec, ("spec", "defaults", "env"), pipeline.defaults.env
    for spec, _, step in steps:
        if step.spec.env:
            yield spec, (*step.path, "env"), step.spec.env
    for spec, tuning in project.bodies(TuningSpec):
        if tuning.trial.env:
            yield spec, ("spec", "trial", "env"), tuning.trial.env


def _pod(
    spec: Spec, path: Path, block: NodeFields
) -> Iterator[tuple[Spec, Path, ContainerFields | InitContainer]]:
    yield spec, path, block
    for name, beside in block.sidecars.items():
        yield spec, (*path, "sidecars", name), beside
    for name, before in block.init_containers.items() if isinstance(block, SpecFields) else ():
        yield spec, (*path, "initContainers", name), before
