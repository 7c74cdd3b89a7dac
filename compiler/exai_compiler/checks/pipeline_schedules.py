"""A pipeline's schedules: times that exist, the zone of the environment, arguments that it takes
(LANGUAGE sections 2 and 6.1).

`bad-schedule`, `name-clash`, `timezone-mismatch`, `unknown-reference`, `wrong-input-type`,
`missing-input`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from exai_compiler.checks.port_types import NO_FIELD, describe, misfits
from exai_compiler.checks.schedules import CRON_HINT, ZONE_HINT, fires_within, is_zone, wrong_cron
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.schedule import Schedule
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _clashes(subject)
    for spec, body in subject.project.bodies(PipelineSpec):
        for name, schedule in body.schedules.items():
            path: Path = ("spec", "schedules", name)
            if schedule.cron is not None and (wrong := wrong_cron(schedule.cron, sunday_is_0=True)):
                at = spec.at(*path, "cron")
                yield Diagnostic("bad-schedule", wrong, at, hint=CRON_HINT)
            else:
                yield from _window(spec, path, schedule)
            yield from _zone(subject, spec, path, schedule)
            yield from _arguments(spec, body, path, schedule)


def _window(spec: Spec, path: Path, schedule: Schedule) -> Iterator[Diagnostic]:
    """A schedule that is over before it has fired once."""
    if schedule.start is None or schedule.end is None:
        return
    start, end = (datetime.fromisoformat(time) for time in (schedule.start, schedule.end))
    if schedule.every is not None:
        # The first run is one interval after the start (scheduledworkflow, GetNextScheduledEpoch).
        fires = end - start >= timedelta(milliseconds=schedule.every.ms)
        rhythm = "every"
    else:
        fires, rhythm = fires_within(schedule.cron or "", start, end), "cron"
    if not fires:
        yield Diagnostic(
            "bad-schedule",
            "it ends before it has started a single run",
            spec.at(*path, "end"),
            hint="write a later end, or another rhythm",
            related=(
                ("the start", spec.at(*path, "start")),
                ("the rhythm", spec.at(*path, rhythm)),
            ),
        )


def _clashes(subject: Subject) -> Iterator[Diagnostic]:
    """Recurring runs are called `<pipeline>-<schedule>`, which two pairs may come to."""
    first: dict[str, tuple[Spec, str]] = {}
    for spec, body in subject.project.bodies(PipelineSpec):
        for name in body.schedules:
            called = f"{spec.ref.name}-{name}"
            other, theirs = first.setdefault(called, (spec, name))
            if other is not spec:
                yield Diagnostic(
                    "name-clash",
                    f"two recurring runs would be called `{called}`",
                    spec.key_at("spec", "schedules", name),
                    hint="call one of the schedules something else",
                    related=(
                        (f"the one of {other.ref}", other.key_at("spec", "schedules", theirs)),
                    ),
                )


def _zone(subject: Subject, spec: Spec, path: Path, schedule: Schedule) -> Iterator[Diagnostic]:
    zone = schedule.timezone
    if zone is None:
        return
    at = spec.at(*path, "timezone")
    if zone != "UTC" and not is_zone(zone):
        yield Diagnostic("bad-schedule", f"there is no time zone `{zone}`", at, hint=ZONE_HINT)
        return
    for name, environment in subject.environments.items():
        pipelines = environment.pipelines
        theirs = (pipelines.timezone if pipelines is not None else None) or "UTC"
        known = theirs == "UTC" or is_zone(theirs)  # the environment's mistake is told there
        if environment.target != "local" and theirs != zone and known:
            place = subject.project.root.key_at("spec", "environments", name)
            yield Diagnostic(
                "timezone-mismatch",
                f"schedules of environment `{name}` run in {theirs}, not in {zone}",
                at,
                hint=f"write the time in {theirs}: one installation of Kubeflow Pipelines has one "
                "zone, which `pipelines.timezone` of the environment tells",
                related=(("the environment", place),),
                environments=(name,),
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
            what = ".".join(map(str, (name, *inner)))
            locate = spec.key_at if message == NO_FIELD else spec.at
            at = locate(*here, *inner)
            yield Diagnostic("wrong-input-type", f"`{what}` {message}", at, hint=hint)
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
