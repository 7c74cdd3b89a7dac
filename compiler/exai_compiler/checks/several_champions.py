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
        met = [(metric, gate.no_worse_than) for metric, gate in body.gates.items()]
        places = [
            (alias, spec.at("spec", "gates", metric, "noWorseThan"))
            for metric, alias in met
            if alias is not None
        ]
        for alias, at in places[1:]:
            first, there = places[0]
            if alias != first:
                yield Diagnostic(
                    "several-champions",
                    f"another gate compares with `{first}`, and an evaluation meets one champion",
                    at,
                    hint=f"write `noWorseThan: {first}`, or a min or max",
                    related=((f"compares with `{first}`", there),),
                )
