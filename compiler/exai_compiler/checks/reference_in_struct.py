"""`reference-in-struct`: a reference inside a list or struct whose type nobody declared (LANGUAGE
section 6.3).

Kubeflow Pipelines turns such a value into a string. Where the component declares the type of that
place, or says that it `converts` the whole input, it turns the value back; elsewhere it would
arrive as text.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.occurrences import words
from exai_compiler.checks.port_types import refined_at
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import port_type
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        if step.component is None:
            continue
        for occurrence in subject.occurrences(graph, step):
            port = step.component.inputs.get(occurrence.port)
            if port is None or not occurrence.inner or port.name in step.component.refs:
                continue
            if port.name in step.component.converts:
                continue
            wanted = refined_at(port_type(port), occurrence.inner)
            # A user's function gets what KFP gives it: text.
            if wanted is None or (step.is_own and str(wanted) != "string"):
                place = ".".join(str(part) for part in (occurrence.port, *occurrence.inner))
                yield Diagnostic(
                    "reference-in-struct",
                    f"`{words(occurrence.source)}` would arrive as text: "
                    f"{step.component.name} "
                    + (f"declares no type for `{place}`" if wanted is None else "gets it as it is"),
                    occurrence.at(spec),
                    hint="give it by an input of its own, or write the value",
                )
