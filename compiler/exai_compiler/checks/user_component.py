"""`bad-component`, `missing-file`: the component files that steps name, each told once, with places
inside them."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.catalog import Component
from exai_compiler.checks.subject import FILE, Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.values import replace


def check(subject: Subject) -> Iterator[Diagnostic]:
    told: set[str] = set()
    for spec, _, step in subject.by_body.get(FILE, ()):
        from exai_compiler.user_components import component_file, read_component

        path = component_file(spec.document.file_of((*step.path, "uses")), step.spec.component_file)
        at = spec.at(*step.path, "uses")
        text = subject.catalog.files.get(path)
        if text is None:
            if path not in subject.catalog.refused:
                message = f"there is no file `{path}`"
                hint = "the path is relative to this document's own file"
                yield Diagnostic("missing-file", message, at, hint=hint)
            continue
        found = read_component(text, path)
        if not isinstance(found, Component) and path not in told:
            told.add(path)
            for problem in found:
                yield replace(problem, related=((f"step `{step.name}` uses it", at),))
