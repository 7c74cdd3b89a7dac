"""`signature-missing`: a model that a Python step trains, whose columns nobody tells (LANGUAGE
section 7)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.graph import Frame, Placed, made_by
from exai_compiler.makers import Maker
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        if body.signature is not None:
            continue
        for maker in subject.makers.get(spec.ref.name, ()):
            placed = _trainer(maker)
            if placed is None:
                continue
            step = placed.step
            pipeline = subject.project.specs[placed.frame.graph.pipeline]
            place = pipeline.key_at(*step.path)
            yield Diagnostic(
                "signature-missing",
                f"{spec.ref} is trained by your own code, so nobody knows its columns",
                spec.at("spec"),
                hint="add signature: {inputs: {COLUMN: TYPE, ...}, outputs: {TARGET: TYPE}}",
                related=((f"step `{step.name}` trains it", place),),
            )
            break


def _trainer(maker: Maker) -> Placed | None:
    """The Python step whose model is registered."""
    for name, port in (maker.step.component.inputs if maker.step.component else {}).items():
        binding = maker.step.inputs.get(name)
        if port.type == "Model" and (made := made_by(Frame(maker.graph), binding)):
            return next((placed for placed in made if placed.step.is_own), None)
    return None
