"""`several-champions`: gates that compare with more than one alias.

An evaluation meets one champion, and its metrics are all that a gate can be held against.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        met = [
            (alias, ("spec", "gates", metric, "noWorseThan"))
            for metric, gate in body.gates.items()
            if (alias := gate.no_worse_than) is not None
        ]
        for alias, path in met[1:]:
            first, before = met[0]
            if alias != first:
                yield Diagnostic(
                    "several-champions",
                    f"another gate compares with `{first}`, and an evaluation meets one champion",
                    spec.at(*path),
                    hint=f"write `noWorseThan: {first}`, or a min or max",
                    related=((f"compares with `{first}`", spec.at(*before)),),
                )
