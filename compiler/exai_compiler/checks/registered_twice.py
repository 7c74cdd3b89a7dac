"""`registered-twice`: two steps of one pipeline register versions of one Model.

A version is found by its run key, so the second step would return the first's and store nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import Maker
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
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
