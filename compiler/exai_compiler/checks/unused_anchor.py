"""`unused-anchor`: a text that begins with `&WORD`, which YAML takes for the name of an anchor and
leaves out, and no alias repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic, Span


def check(subject: Subject) -> Iterator[Diagnostic]:
    specs = (*subject.project.all, *subject.project.overlays)
    texts = {spec.document.path: spec.document.text for spec in specs if "&" in spec.document.text}
    for path, text in texts.items():
        yield from _unused(path, text)


def _unused(path: str, text: str) -> Iterator[Diagnostic]:
    from exai_specs.yaml_events import unused_anchors  # few files have any

    for name, line, column in unused_anchors(text):
        yield Diagnostic(
            "unused-anchor",
            f"`&{name[:60]}` begins an anchor, which no alias repeats: it is no part of the text",
            Span(path, line, column),
            "warning",
            "quote text that starts with `&`, or remove the anchor",
        )
