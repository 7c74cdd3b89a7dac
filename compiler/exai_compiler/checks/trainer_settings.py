"""`invalid-input`: a parameter that the estimator of train-sklearn or the algorithm of train-h2o
doesn't have, or a value that it refuses, in a step or in a trial with what its search would draw.

The step would fail on it (`unknown-parameter`, `ill-typed-parameter`) after all that comes before
it has run. Values from elsewhere in a pipeline are judged where they are written (`demanded`).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.catalog import Component
from exai_compiler.checks.settings import Refused, edges, refused, refused_one
from exai_compiler.checks.settings_table import PORTS, SETTINGS
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.columns import text
from exai_compiler.graph import Composed, Constant, Step
from exai_compiler.tuning.space import drawn_near
from exai_compiler.tuning.trial import mentions, step_of
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import is_whole
from exai_specs.frozen import Json
from exai_specs.kinds import TuningSpec
from exai_specs.kinds.tuning import Choices, Range
from exai_specs.parse import Spec


def trainer(step: Step) -> tuple[Component, str] | None:
    """The component of a step that trains, and the algorithm that it names; None for others."""
    component = step.component
    if component is None or (port := PORTS.get(component.name)) is None:
        return None
    limit = component.limits.get(port)
    given = step.inputs.get(port)
    name = component.inputs[port].default if given is None else text(given)
    if limit is None or not isinstance(name, str) or name not in limit.enum:
        return None
    return component, name


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.steps_of(PORTS):
        binding = step.inputs.get(SETTINGS)
        if not isinstance(binding, Constant | Composed) or (found := trainer(step)) is None:
            continue
        component, algorithm = found
        for wrong in refused(component.name, algorithm, binding.value):
            yield _problem(spec, step.input_at(SETTINGS), wrong)
    for spec, tuning in subject.project.bodies(TuningSpec):
        trial = step_of(tuning.trial, subject.catalog)
        if trial is None or (found := trainer(trial)) is None:
            continue
        component, algorithm = found
        base: Path = ("spec", "trial", "with", SETTINGS)
        for wrong in refused(component.name, algorithm, tuning.trial.with_.get(SETTINGS)):
            yield _problem(spec, base, wrong)
        yield from _searched(spec, tuning, component.name, algorithm)


def _searched(
    spec: Spec, tuning: TuningSpec, component: str, algorithm: str
) -> Iterator[Diagnostic]:
    for mention in mentions(tuning.trial):
        names, where = mention.reference.parts, mention.path[2:]
        whole = len(where) == 3 and where[:2] == ("with", SETTINGS) and is_whole(mention.text)
        if not whole or names[0] != "trial" or len(names) != 2:
            continue
        searched = tuning.parameters.get(names[1])
        around = edges(component, algorithm, str(where[2]))
        for inner, value, said in _drawn(searched, around) if searched is not None else ():
            wrong = next(refused_one(component, algorithm, str(where[2]), value), None)
            if wrong is not None:
                fractions = inner == ("type",)
                shown = ", and the search draws fractions" if fractions else f"{wrong.shown}{said}"
                path: Path = ("spec", "parameters", names[1], *inner)
                at = spec.document.at(mention.path, mention.reference.offset)
                yield Diagnostic(
                    "invalid-input",
                    f"{wrong.subject} {wrong.words}{shown}",
                    spec.at(*path),
                    hint="type: integer" if fractions else wrong.hint,
                    related=(("it is given here", at),),
                )
                break


def _drawn(
    searched: Range | Choices, around: tuple[float, ...]
) -> Iterator[tuple[Path, Json, str]]:
    """Values that a search tries, with their places and what to say of those that aren't written
    there. Of what is drawn in steps also those `around` the ends of what is taken, for that may
    have a hole; of fractions one that hardly is whole."""
    if isinstance(searched, Choices):
        yield from ((("list", index), value, "") for index, value in enumerate(searched.list))
        return
    if searched.type == "double" and searched.step is None:
        for name, bound in (("min", searched.min), ("max", searched.max)):
            yield (name,), bound, ", which may be drawn"
        inside = searched.min + (searched.max - searched.min) * 0.3819660112501051
        yield ("type",), inside, ""
        return
    drawn = drawn_near(searched, around)
    for value in (drawn[0], drawn[-1], *drawn[1:-1]):
        place = {searched.min: ("min",), searched.max: ("max",)}.get(value, ())
        yield place, value, "" if place else ", which is drawn"


def _problem(spec: Spec, base: Path, wrong: Refused) -> Diagnostic:
    at = spec.key_at(*base, *wrong.path) if wrong.is_key else spec.at(*base, *wrong.path)
    message = f"{wrong.subject} {wrong.words}{wrong.shown}"
    return Diagnostic("invalid-input", message, at, hint=wrong.hint)
