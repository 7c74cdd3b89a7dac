"""`unused-dataset`: a Dataset that neither a pipeline nor a view nor a search reads."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.columns import text
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, FeatureViewSpec, TuningSpec
from exai_specs.nearest import nearest


def check(subject: Subject) -> Iterator[Diagnostic]:
    named = {view.dataset or "" for _, view in subject.project.bodies(FeatureViewSpec)}
    for _, tuning in subject.project.bodies(TuningSpec):
        # Of a trial that nobody knows, any input may name a Dataset.
        named.update(value for value in tuning.trial.with_.values() if isinstance(value, str))
    named.update(name for _, _, _, name in subject.by_ref.get("Dataset", ()))
    # Of a component that nobody knows, any input may name a Dataset.
    for _, _, step in subject.steps_of(("",)):
        named.update(text(binding) for binding in step.inputs.values())
    known = subject.project.names("Dataset")
    # A misspelt name is told where it stands; what it was meant for is read.
    named |= {nearest(name, known) or "" for name in named if name and name not in known}
    for spec, _ in subject.project.bodies(DatasetSpec):
        if spec.ref.name not in named:
            yield Diagnostic(
                "unused-dataset",
                f"neither a pipeline nor a view reads `{spec.ref.name}`",
                spec.at("metadata", "name"),
                "warning",
                f"add a step: uses: load-dataset, with `dataset: {spec.ref.name}`; or remove it",
            )
