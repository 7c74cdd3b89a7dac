"""`unknown-reference`: `run.workspace` in a pipeline that has none (LANGUAGE section 6.1)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.regexes import regex

_USED = regex(r"\$\{\{[^{}]*\brun\.workspace\b")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, text in subject.braced:
        if isinstance(spec.body, PipelineSpec) and spec.body.workspace is None:
            for found in _USED.finditer(text) if "run.workspace" in text else ():
                yield Diagnostic(
                    "unknown-reference",
                    "this pipeline has no workspace",
                    spec.document.at(path, found.end() - len("run.workspace")),
                    hint="add `workspace: {size: 10Gi}` to its spec",
                )
    for spec, _, step in subject.by_body.get("import_", ()):
        body, asked = spec.body, step.spec.import_
        lacks = isinstance(body, PipelineSpec) and body.workspace is None
        if lacks and asked is not None and asked.to_workspace:
            yield Diagnostic(
                "unknown-reference",
                "this pipeline has no workspace",
                spec.at(*step.path, "import", "toWorkspace"),
                hint="add `workspace: {size: 10Gi}` to its spec",
            )
