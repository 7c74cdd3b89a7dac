"""`kfp-placeholder`, `runtime-placeholder`: literals that an engine would expand (DESIGN section
8).

Kubeflow Pipelines replaces `{{$...}}` in constants; KServe replaces `{{...}}` anywhere in a
server's container.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.occurrences import strings
from exai_compiler.checks.subject import Path, Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import OPEN
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, PipelineSpec, ServiceSpec
from exai_specs.parse import Spec

KFP, KSERVE = "{{$", "{{"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _ in subject.project.bodies(PipelineSpec):
        yield from _found(spec, ("spec",), KFP, "kfp-placeholder", "Kubeflow Pipelines")
    for spec, _ in subject.project.bodies(DatasetSpec):
        # Source, schema and quality of a dataset travel as constants of the steps that read it.
        yield from _found(spec, ("spec",), KFP, "kfp-placeholder", "Kubeflow Pipelines")
    for spec, _ in subject.project.bodies(ServiceSpec):
        for field in ("args", "command", "env"):
            yield from _found(spec, ("spec", field), KSERVE, "runtime-placeholder", "KServe")


def _found(spec: Spec, path: Path, mark: str, code: str, engine: str) -> Iterator[Diagnostic]:
    value: Json = spec.document.value
    for part in path:
        value = value.get(str(part)) if isinstance(value, Mapping) else None
    for inner, text in strings(value, path):
        at = text.find(mark)
        while at > 0 and text[at - 1 : at + 2] == OPEN:
            at = text.find(mark, at + 1)
        if at >= 0:
            yield Diagnostic(
                code,
                f"{engine} would replace the text from `{text[at : at + 12]}` on",
                spec.document.at(inner, at),
                hint="write it without two braces in a row",
            )
