"""A pipeline's schedules as recurring runs of Kubeflow Pipelines' API.

In: a Pipeline's document, the name of its version. Out: an object for each: not one that Kubernetes
takes, since a recurring run is made through the API alone (resource_manager.go of
kubeflow/pipelines refuses a ScheduledWorkflow that it hasn't made). Fields have the API's own words
(backend/api/v2beta1/recurring_run.proto); what it names by identifiers, which only a server knows,
stands here by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.constants import constant
from exai_compiler.resolved import Resolved
from exai_specs.effects import Effect
from exai_specs.frozen import Json, freeze
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.schedule import Schedule
from exai_specs.parse import Spec

API = "pipelines.kubeflow.org/v2beta1"
KIND = "RecurringRun"
WAVE = 4


def recurring_runs(
    resolved: Resolved, spec: Spec, pipeline: PipelineSpec, version: str
) -> Iterator[Rendered]:
    """`<pipeline>-<schedule>` for each; none on the local target, which runs nothing by itself."""
    if resolved.environment.target == "local":
        return
    for name, schedule in sorted(pipeline.schedules.items()):
        called = f"{spec.ref.name}-{name}"
        metadata: dict[str, Json] = {"name": called}
        if resolved.environment.namespace:
            metadata["namespace"] = resolved.environment.namespace
        content: dict[str, Json] = {
            "displayName": called,
            "pipelineName": spec.ref.name,
            "pipelineVersionName": version,
            "experimentName": pipeline.experiment or spec.ref.name,
            "mode": "ENABLE" if schedule.enabled else "DISABLE",
            "maxConcurrency": str(schedule.concurrency),
            "noCatchup": not schedule.catchup,
            "trigger": _trigger(schedule),
            "runtimeConfig": {"parameters": constant(schedule.parameters)},
        }
        if pipeline.service_account is not None:
            content["serviceAccount"] = pipeline.service_account
        body = {"apiVersion": API, "kind": KIND, "metadata": metadata, "spec": content}
        id_ = ObjectId(API, KIND, called)
        yield Rendered(id_, spec.ref, freeze(body), WAVE, Effect.RENDER)


def _trigger(schedule: Schedule) -> Json:
    """KFP's cron has six fields, seconds first (robfig/cron v1.2.0): five would be misread."""
    window: Mapping[str, Json] = {
        name: value
        for name, value in (("startTime", schedule.start), ("endTime", schedule.end))
        if value is not None
    }
    if schedule.cron is not None:
        return {"cronSchedule": {"cron": f"0 {schedule.cron}", **window}}
    seconds = schedule.every.ms // 1000 if schedule.every is not None else 0
    return {"periodicSchedule": {"intervalSecond": str(seconds), **window}}
