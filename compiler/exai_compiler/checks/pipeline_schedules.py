"""A pipeline's schedules: times that exist, the zone of the environment, arguments that it takes
(LANGUAGE sections 2 and 6.1).

`bad-schedule`, `timezone-mismatch`, `unknown-reference`, `wrong-input-type`, `missing-input`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.port_types import describe, misfits
from exai_compiler.checks.schedules import CRON_HINT, is_zone, wrong_cron
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.schedule import Schedule
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(PipelineSpec):
        for name, schedule in body.schedules.items():
            path: Path = ("spec", "schedules", name)
            if schedule.cron is not None and (wrong := wrong_cron(schedule.cron)):
                at = spec.at(*path, "cron")
                yield Diagnostic("bad-schedule", wrong, at, hint=CRON_HINT)
            yield from _zone(subject, spec, path, schedule)
            yield from _arguments(spec, body, path, schedule)


def _zone(subject: Subject, spec: Spec, path: Path, schedule: Schedule) -> Iterator[Diagnostic]:
    zone = schedule.timezone
    if zone is None:
        return
    at = spec.at(*path, "timezone")
    if zone != "UTC" and not is_zone(zone):
        hint = "write a name of the IANA database, such as Europe/Berlin"
        yield Diagnostic("bad-schedule", f"there is no time zone `{zone}`", at, hint=hint)
        return
    for name, environment in subject.environments.items():
        pipelines = environment.pipelines
        theirs = (pipelines.timezone if pipelines is not None else None) or "UTC"
        if environment.target != "local" and theirs != zone:
            place = subject.project.root.key_at("spec", "environments", name)
            yield Diagnostic(
                "timezone-mismatch",
                f"environment `{name}` runs its schedules in {theirs}, not in {zone}",
                at,
                hint=f"write the time in {theirs}: one installation of Kubeflow Pipelines has one "
                "zone, which `pipelines.timezone` of the environment tells",
                related=(("the environment", place),),
            )


def _arguments(
    spec: Spec, body: PipelineSpec, path: Path, schedule: Schedule
) -> Iterator[Diagnostic]:
    for name, value in schedule.parameters.items():
        parameter = body.parameters.get(name)
        here = (*path, "parameters", name)
        if parameter is None:
            message = f"this pipeline has no parameter `{name}`"
            hint = did_you_mean(name, body.parameters, "declare it under spec.parameters")
            yield Diagnostic("unknown-reference", message, spec.key_at(*here), hint=hint)
            continue
        wrong = tuple(misfits(value, parameter.type))
        for inner, message, hint in wrong:
            at = spec.at(*here, *inner)
            yield Diagnostic("wrong-input-type", f"`{name}` {message}", at, hint=hint)
        if not wrong and parameter.enum and value not in parameter.enum:
            message = f"`{name}` isn't one of the values that it may have"
            place = spec.key_at("spec", "parameters", name)
            related = (("they are declared here", place),)
            at = spec.at(*here)
            hint = "take one of them, or add it there"
            yield Diagnostic("wrong-input-type", message, at, hint=hint, related=related)
    for name, parameter in body.parameters.items():
        given = parameter.default is not None or parameter.optional
        if not given and name not in schedule.parameters:
            yield Diagnostic(
                "missing-input",
                f"this schedule gives no `{name}`, which has no default",
                spec.key_at(*path),
                hint=f"add `{name}:` under `parameters`: {describe(parameter.type)}",
            )
