"""`registered-twice`: two steps of one pipeline register versions of one Model.

A version is found by its run key, so the second step would return the first's and store nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.graph import Step
from exai_compiler.makers import Maker
from exai_compiler.named_by_steps import models_registered
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _in_calls(subject)
    for name, makers in subject.makers.items():
        first: dict[str, Maker] = {}
        for maker in makers:
            before = first.setdefault(maker.graph.pipeline.name, maker)
            if before is maker:
                continue
            spec = subject.project.specs[maker.graph.pipeline]
            there = spec.at(*under_with(before.step.path, before.port))
            yield Diagnostic(
                "registered-twice",
                f"`{name}` is registered by the step `{before.step.name}` already, and a run "
                "makes one version of a Model",
                spec.at(*under_with(maker.step.path, maker.port)),
                hint="register another Model, or move the step to a pipeline of its own",
                related=((f"step `{before.step.name}`", there),),
            )


def _in_calls(subject: Subject) -> Iterator[Diagnostic]:
    """Of one run, whose pipelines register the same Model."""
    for name, graph in subject.graphs.items():
        if not graph.called:
            continue
        spec = subject.project.specs[graph.pipeline]
        own = (
            (model, maker.step, (*maker.step.path, "with", maker.port))
            for model, makers in subject.makers.items()
            for maker in makers
            if maker.graph.pipeline.name == name
        )
        inner = (
            (model, step, (*step.path, "pipeline"))
            for step, called in graph.calls
            for model in models_registered(called)
        )
        first: dict[str, tuple[Step, Path]] = {}
        for model, step, path in (*own, *inner):
            before, there = first.setdefault(model, (step, path))
            if before is not step and path[-1] == "pipeline":
                yield Diagnostic(
                    "registered-twice",
                    f"`{model}` is registered by the step `{before.name}` already, and a run "
                    "makes one version of a Model",
                    spec.at(*path),
                    hint="take the step that registers out of the pipeline that is called",
                    related=((f"step `{before.name}`", spec.at(*there)),),
                )
