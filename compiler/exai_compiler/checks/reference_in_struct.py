"""`reference-in-struct`: a reference inside a list or struct whose type nobody declared (LANGUAGE
section 6.3).

Kubeflow Pipelines turns such a value into a string, which a text is already. Where the component
declares the type of that place, or says that it `converts` the whole input, it turns the value
back; elsewhere it would arrive as text.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.input_types import PRIMITIVE
from exai_compiler.checks.occurrences import Occurrence, words
from exai_compiler.checks.port_types import refined_at
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import Graph, port_type, source_type
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for referring in subject.by_source.values():
        for spec, graph, occurrence in referring:
            if occurrence.inner and not _is_text(graph, occurrence):
                yield from _inside(spec, occurrence)


def _is_text(graph: Graph, occurrence: Occurrence) -> bool:
    """Whether it is one before Kubeflow Pipelines makes it one."""
    given = str(source_type(graph, occurrence.source))
    return given == "string" if occurrence.whole else given in PRIMITIVE


def _inside(spec: Spec, occurrence: Occurrence) -> Iterator[Diagnostic]:
    step, component = occurrence.step, occurrence.step.component
    port = component.inputs.get(occurrence.port) if component is not None else None
    if component is None or port is None:
        return
    if port.name in component.refs or port.name in component.converts:
        return
    wanted = refined_at(port_type(port), occurrence.inner)
    # A user's function gets what KFP gives it: text.
    if wanted is None or (step.is_own and str(wanted) != "string"):
        place = ".".join(str(part) for part in (occurrence.port, *occurrence.inner))
        yield Diagnostic(
            "reference-in-struct",
            f"`{words(occurrence.source)}` would arrive as text: {component.name} "
            + (f"declares no type for `{place}`" if wanted is None else "gets it as it is"),
            occurrence.at(spec),
            hint="give it by an input of its own, or write the value",
        )
