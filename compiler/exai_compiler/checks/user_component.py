"""`bad-component`, `missing-file`: the component files that steps name, each told once, with places
inside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.catalog import Component
from exai_compiler.checks.subject import FILE, Subject
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import Diagnostic
from exai_specs.values import replace

Comments = tuple[tuple[Allowance, ...], tuple[Diagnostic, ...]]


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from (each for _, wrong in _comments(subject).values() for each in wrong)
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


def allowed(subject: Subject) -> Iterator[Allowance]:
    """What comments allow in the component files that steps of this project name."""
    for found, _ in _comments(subject).values():
        yield from found


def _comments(subject: Subject) -> Mapping[str, Comments]:
    found: dict[str, Comments] = {}
    for spec, _, step in subject.by_body.get(FILE, ()):
        from exai_compiler.user_components import component_file

        path = component_file(spec.document.file_of((*step.path, "uses")), step.spec.component_file)
        text = subject.catalog.files.get(path)
        if path not in found and text is not None:
            found[path] = allowances(text, path)
    return found
