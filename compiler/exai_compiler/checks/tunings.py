"""What Katib's suggestion services want of a search before it starts.

`tuning-algorithm`: a name that Katib hasn't, a setting that its algorithm hasn't, or not with such
a value. `tuning-space`: parameters that the algorithm can't search. `unused-parameter`: one that no
trial takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_compiler.tuning.algorithms import ALGORITHMS, EARLY_STOPPING, ELSEWHERE, Named
from exai_compiler.tuning.space import combinations, steps
from exai_compiler.tuning.trial import meant
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import TuningSpec
from exai_specs.kinds.tuning import Algorithm, Range
from exai_specs.parse import Spec

ALGORITHM: Path = ("spec", "algorithm")
LEAST_OF_CMAES = 2


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, tuning in subject.project.bodies(TuningSpec):
        yield from _algorithm(spec, ALGORITHM, tuning.algorithm, ALGORITHMS)
        if tuning.early_stopping is not None:
            path = ("spec", "earlyStopping")
            yield from _algorithm(spec, path, tuning.early_stopping, EARLY_STOPPING)
        yield from _space(spec, tuning)
        taken = meant(tuning)
        for name in tuning.parameters:
            if name not in taken:
                yield Diagnostic(
                    "unused-parameter",
                    f"no trial takes the parameter `{name}`",
                    spec.key_at("spec", "parameters", name),
                    hint=f"write ${{{{ trial.{name} }}}} under `with`, or remove it",
                )


def _algorithm(
    spec: Spec, path: Path, algorithm: Algorithm, known: Mapping[str, Named]
) -> Iterator[Diagnostic]:
    found = known.get(algorithm.name)
    if found is None:
        why = ELSEWHERE.get(algorithm.name) if known is ALGORITHMS else None
        said = f"a Tuning has no `{algorithm.name}`: {why}" if why else ""
        yield Diagnostic(
            "tuning-algorithm",
            said or f"Katib has no algorithm `{algorithm.name}`",
            spec.at(*path, "name"),
            hint=did_you_mean(algorithm.name, known, f"take one of {', '.join(sorted(known))}"),
        )
        return
    for name, value in algorithm.settings.items():
        setting = found.settings.get(name)
        if setting is None:
            yield Diagnostic(
                "tuning-algorithm",
                f"{algorithm.name} has no setting `{name}`",
                spec.key_at(*path, "settings", name),
                hint=did_you_mean(name, found.settings, "it has none") or "remove it",
            )
        elif wrong := setting.wrong(value):
            yield Diagnostic(
                "tuning-algorithm",
                f"`{name}` of {algorithm.name} {wrong}",
                spec.at(*path, "settings", name),
                hint="Katib refuses it",
            )
    for name in found.required:
        if name not in algorithm.settings:
            yield Diagnostic(
                "tuning-algorithm",
                f"{algorithm.name} needs the setting `{name}`",
                spec.key_at(*path),
                hint=f"add it under {path[-1]}.settings",
            )


def _space(spec: Spec, tuning: TuningSpec) -> Iterator[Diagnostic]:
    match tuning.algorithm.name:
        case "grid":
            yield from _grid(spec, tuning)
        case "cmaes":
            numbers = [each for each in tuning.parameters.values() if isinstance(each, Range)]
            if len(numbers) < LEAST_OF_CMAES:
                yield Diagnostic(
                    "tuning-space",
                    f"cmaes searches two ranges or more, and there "
                    f"{'is one' if numbers else 'is none'}",
                    spec.key_at("spec", "parameters"),
                    hint="add a range, or take tpe",
                )
        case "hyperband":
            yield from _hyperband(spec, tuning)


def _grid(spec: Spec, tuning: TuningSpec) -> Iterator[Diagnostic]:
    for name, searched in tuning.parameters.items():
        if steps(searched) is None:
            log = isinstance(searched, Range) and searched.scale == "log"
            yield Diagnostic(
                "tuning-space",
                f"a grid needs a few values of `{name}`, and it has infinitely many",
                spec.at("spec", "parameters", name),
                hint="list the values" if log else "add step, or list the values",
            )
    there = combinations(tuning.parameters)
    if there is not None and tuning.trials.max > there:
        stated = spec.at("spec", "trials") if "trials" in _stated(spec) else spec.key_at("spec")
        yield Diagnostic(
            "tuning-space",
            f"the grid has {there} points, and trials.max is {tuning.trials.max}",
            stated,
            hint=f"write `trials: {{max: {there}}}`: Katib refuses more than there are",
        )


def _hyperband(spec: Spec, tuning: TuningSpec) -> Iterator[Diagnostic]:
    settings = tuning.algorithm.settings
    resource, most = settings.get("resource_name"), settings.get("r_l")
    if resource is not None and resource not in tuning.parameters:
        yield Diagnostic(
            "tuning-space",
            f"there is no parameter `{resource}`, which hyperband is to spend",
            spec.at(*ALGORITHM, "settings", "resource_name"),
            hint=did_you_mean(str(resource), tuning.parameters, "name one of the parameters"),
        )
    eta = settings.get("eta", 3)
    if not isinstance(most, int | float) or not isinstance(eta, int | float):
        return
    if isinstance(most, bool) or isinstance(eta, bool) or most < 1 or eta <= 1:
        return
    least = math.ceil(eta ** int(math.log(most) / math.log(eta)))
    if tuning.trials.at_once < least:
        yield Diagnostic(
            "tuning-space",
            f"hyperband starts {least} trials at once, and trials.parallel is "
            f"{tuning.trials.at_once}",
            spec.at(*ALGORITHM, "settings", "r_l"),
            hint=f"raise trials.parallel to {least}, or lower r_l",
        )


def _stated(spec: Spec) -> Mapping[str, object]:
    body = spec.document.value
    inner = body.get("spec") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
