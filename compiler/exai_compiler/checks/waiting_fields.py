"""`not-yet`: what the language has for a Dataset and a Model, and this version of exai doesn't do
(LANGUAGE sections 5 and 7). Of environments `environment_settings` tells it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.schedules import CRON_HINT, ZONE_HINT, is_zone, wrong_cron
from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import DatasetSpec, ModelSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, dataset in subject.project.bodies(DatasetSpec):
        schedule = dataset.quality.schedule
        if schedule is None:
            continue
        at = ("spec", "quality", "schedule")
        wrong, zone = wrong_cron(schedule.cron), schedule.timezone
        if wrong:
            yield Diagnostic("bad-schedule", wrong, spec.at(*at, "cron"), hint=CRON_HINT)
        if zone is not None and not is_zone(zone):
            message = f"there is no time zone `{zone}`"
            yield Diagnostic("bad-schedule", message, spec.at(*at, "timezone"), hint=ZONE_HINT)
        yield _not_yet(
            spec,
            *at,
            does="checks data by itself",
            hint="a Pipeline does it: `load-dataset`, `validate-dataset`, and its `schedules`",
        )
    for spec, model in subject.project.bodies(ModelSpec):
        if spec.metadata.labels:
            place = spec.key_at("metadata", "labels")
            message = (
                "labels of a Model wait for a version of exai that makes tags of MLflow of them"
            )
            hint = "the registered model has none of them yet"
            yield Diagnostic("not-yet", message, place, "note", hint)
        if model.keep is not None:
            yield _not_yet(
                spec,
                *("spec", "keep"),
                does="removes versions",
                hint="all of them stay in the registry, and their files where models are kept",
            )


def _not_yet(spec: Spec, *path: str, does: str, hint: str) -> Diagnostic:
    message = f"`{'.'.join(path[1:])}` waits for a version of exai that {does}"
    return Diagnostic("not-yet", message, spec.key_at(*path), "note", hint)
