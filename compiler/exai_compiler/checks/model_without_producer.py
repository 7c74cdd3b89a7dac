"""`model-without-producer`: no step registers a version. `registered-elsewhere`: one does, though
the Model says that it comes from elsewhere.

`several-producers` is the note for more than one.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import under_with
from exai_compiler.columns import text
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec
from exai_specs.nearest import nearest


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ModelSpec):
        makers = subject.makers.get(spec.ref.name, ())
        if body.source is None and not makers and not _meant(subject, spec.ref.name):
            yield Diagnostic(
                "model-without-producer",
                f"no step registers versions of `{spec.ref.name}`",
                spec.at("metadata", "name"),
                hint=f"add a step: uses: register-model, with `as: {spec.ref.name}`",
            )
        elif body.source is not None and makers:
            for maker in makers:
                pipeline = subject.project.specs[maker.graph.pipeline]
                yield Diagnostic(
                    "registered-elsewhere",
                    f"Model `{spec.ref.name}` has a `source`, so no step here registers versions "
                    "of it",
                    pipeline.at(*under_with(maker.step.path, maker.port)),
                    hint="register another Model, or remove its `source`",
                    related=(("the Model says where it comes from", spec.at("spec", "source")),),
                )
        elif len({maker.graph.pipeline for maker in makers}) > 1:
            places = tuple(
                (
                    f"{maker.graph.pipeline}",
                    subject.project.specs[maker.graph.pipeline].at(
                        *under_with(maker.step.path, maker.port)
                    ),
                )
                for maker in makers
            )
            yield Diagnostic(
                "several-producers",
                f"{len(makers)} steps register versions of `{spec.ref.name}`",
                spec.at("metadata", "name"),
                "note",
                "each version's run says which step made it",
                places,
            )


def _meant(subject: Subject, name: str) -> bool:
    """Whether a step names the model and nobody can tell, which is said already: its component
    isn't known, the name is misspelt, or it has none."""
    known = subject.project.names("Model")
    for _, _, step in subject.steps():
        given = {text(binding) for binding in step.inputs.values()}
        component = step.component
        if component is None:
            if name in given or not given:  # it may break off before it
                return True
        elif component.effects == "writes-registry":
            for port, kind in component.refs.items():
                said = text(step.inputs.get(port))
                close = name if not said else nearest(said, known)
                if kind == "Model" and said not in known and close == name:
                    return True
    return False
