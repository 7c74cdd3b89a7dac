"""The oracle for steps that are no component of the catalog: the same IR as the SDK's."""

# The SDK reads a pipeline's parameters, types and defaults from its signature: so no postponed
# annotations, lists as defaults, Optional, and parameters that nothing uses.
# ruff: noqa: ARG001, B006, UP045
# mypy: disable-error-code="untyped-decorator, type-arg"

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional, cast

import pytest
import yaml
from google.protobuf import json_format
from kfp import components, dsl
from kfp.dsl import importer_component

from exai_specs.frozen import thaw
from exai_specs.kinds import Environment

HERE = Path(__file__).parent


@dsl.container_component
def first(
    word: str,
    text: dsl.OutputPath(str),
    count: dsl.OutputPath(int),
    rates: dsl.OutputPath(list),
    data: dsl.Output[dsl.Dataset],
    page: dsl.Output[dsl.HTML],
    seed: Optional[int] = None,
) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image=f"alpine@sha256:{'0' * 64}",
        command=["sh", "-c"],
        args=[
            f'echo "$0" > {text}; cp x {data.path}; echo ${{{{ kept }}}} '
            f"{dsl.PIPELINE_TASK_NAME_PLACEHOLDER}",
            f"{word}, twice {word}",
            dsl.IfPresentPlaceholder("seed", then=["--seed", seed], else_=["--no-seed"]),
            dsl.IfPresentPlaceholder("seed", then=[f"s={seed}"]),
            dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        ],
    )


@dsl.container_component
def second(
    text: str,
    data: dsl.Input[dsl.Dataset],
    rates: list,
    sizes: list,
    flag: bool,
    rate: float,
    depth: int,
    note: str,
    options: dict,
    model: dsl.Output[dsl.Model],
) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image="python:3.11",
        command=["python", "-m", f"tool.{text}"],
        args=[
            data.path,
            data.uri,
            f"rows {data.metadata['rows']}",
            model.uri,
            f"--flag={flag}",
        ],
    )


@dsl.container_component
def third(
    page: dsl.Output[dsl.Markdown],
    seen: dsl.Output[dsl.SlicedClassificationMetrics],
    some: dsl.Output[dsl.Artifact],
    of: dsl.Output[dsl.Metrics],
    by: dsl.Output[dsl.ClassificationMetrics],
) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image="alpine:3.20",
        args=[
            dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
            dsl.PIPELINE_JOB_RESOURCE_NAME_PLACEHOLDER,
            dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER,
            dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER,
            dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
            f"{dsl.PIPELINE_ROOT_PLACEHOLDER} of {dsl.PIPELINE_TASK_ID_PLACEHOLDER}",
            dsl.PIPELINE_ROOT_PLACEHOLDER,
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
            dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
        ],
    )


@dsl.pipeline(name="every-container")
def containers(
    word: str = "hello",
    seed: Optional[int] = None,
    sizes: list = [1, 2],
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    made = first(word=word, seed=seed)
    second(
        text=made.outputs["text"],
        data=made.outputs["data"],
        rates=made.outputs["rates"],
        sizes=sizes,
        flag=True,
        rate=0.5,
        depth=3,
        note=f"of {word}",
        options={"a": 1},
    )
    last = (
        third().set_caching_options(False).set_debug_pause(before=True, after=True, on_error=True)
    )
    last.set_cpu_request("1").set_cpu_limit("1").set_memory_request("1Gi").set_memory_limit("1Gi")
    last.set_env_variable("EXAI_MEMORY", str(1024**3))


@dsl.container_component
def only(depth: int) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image="alpine:3.20", args=[f"{dsl.WORKSPACE_PATH_PLACEHOLDER}/file", depth]
    )


@dsl.pipeline(
    name="every-setting",
    pipeline_config=dsl.PipelineConfig(
        workspace=dsl.WorkspaceConfig(
            size="10Gi",
            kubernetes=dsl.KubernetesWorkspaceConfig(
                pvcSpecPatch={"storageClassName": "fast", "accessModes": ["ReadWriteMany"]}
            ),
        ),
        ttl_seconds_after_finished=7 * 24 * 3600,
        ttl_seconds_after_success=24 * 3600,
        ttl_seconds_after_failure=30 * 24 * 3600,
        active_deadline_seconds=6 * 3600 + 30 * 60,
    ),
)
def config(depth: int = 3, exai_run_key: str = "", exai_data_versions: dict = {}) -> None:
    only(depth=depth)


@dsl.container_component
def make(data: dsl.Output[dsl.Dataset]) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


def clean(step: str) -> Any:
    """The component of the file, under the name of a step."""
    content = yaml.safe_load((HERE / "components" / "clean.yaml").read_text())
    return components.load_component_from_text(yaml.safe_dump({**content, "name": step}))


@dsl.pipeline(name="own-components")
def own_components(exai_run_key: str = "", exai_data_versions: dict = {}) -> None:
    first = clean("clean")(data=make().outputs["data"], names=["a", "b"], rate=0.5)
    note = f"rows {first.outputs['count']}"
    again = clean("again")(data=first.outputs["rows"], note=note, rate=0.5)
    again.set_env_variable("ZONE", "a")


class VertexModel(dsl.Artifact):
    """An artifact of somebody else's."""

    schema_title = "google.VertexModel"


@dsl.container_component
def user(data: dsl.Input[dsl.Dataset], model: dsl.Input[dsl.Model]) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20", args=[data.path])


def importing(step: str, **options: Any) -> Any:
    """An importer under the name of a step: the SDK calls them all importer, importer-2, ..."""
    made = importer_component.ImporterComponent

    class Named(made):  # type: ignore[misc, valid-type]
        def __init__(self, component_spec: Any) -> None:
            super().__init__(replace(component_spec, name=step))

    importer_component.ImporterComponent = Named
    try:
        return dsl.importer(**options)
    finally:
        importer_component.ImporterComponent = made


@dsl.pipeline(
    name="every-import",
    pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi")),
)
def imports(
    where: str = "s3:model",
    settings: dict = {"a": 1},
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    plain = importing(
        "plain",
        artifact_uri="s3:data",
        artifact_class=dsl.Dataset,
        metadata={"rows": 10, "rate": 0.5, "names": ["a", "b"]},
    )
    given = importing(
        "given",
        artifact_uri=where,
        artifact_class=dsl.Model,
        metadata={"of": f"at {where}", "deep": {"settings": [settings, where]}},
        reimport=True,
        download_to_workspace=True,
    )
    late = importing("late", artifact_uri=where, artifact_class=VertexModel)
    late.set_display_name("A model")
    user(data=plain.output, model=given.output)


@dsl.container_component
def which(name: dsl.OutputPath(str)) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(
        image="alpine:3.20", command=["sh", "-c"], args=[f"echo alpine > {name}"]
    )


@dsl.container_component
def said(word: str) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="any", command=["echo", word])


@dsl.container_component
def made() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="any", command=["true"])


@dsl.pipeline(name="given-images")
def given_images(
    image: str = "alpine:3.20", exai_run_key: str = "", exai_data_versions: dict = {}
) -> None:
    found = which()
    said(word="hello").set_container_image(image)
    made().set_container_image(found.outputs["name"])


@dsl.container_component
def sized(text: dsl.OutputPath(str)) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.container_component
def every() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.container_component
def shared(cpu_limit: str) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20", command=["echo", cpu_limit])


@dsl.pipeline(name="given-amounts")
def given_amounts(
    cpu: str = "500m",
    memory: str = "2Gi",
    gpus: str = "1",
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    first = sized().set_cpu_request("1").set_cpu_limit("1").set_memory_request("1Gi")
    first.set_memory_limit(memory).set_env_variable("EXAI_MEMORY", "container")
    task = (
        every().set_cpu_request(cpu).set_cpu_limit("4").set_env_variable("EXAI_MEMORY", "container")
    )
    task.set_memory_request(first.outputs["text"]).set_memory_limit(first.outputs["text"])
    # Without this the SDK doesn't let the task wait for what it takes its memory from.
    task.register_pipeline_channels([first.outputs["text"]])
    task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(gpus)
    last = shared(cpu_limit="mine").set_memory_request(memory).set_memory_limit(memory)
    last.set_env_variable("EXAI_MEMORY", "container")


SDK = {
    "config": config,
    "containers": containers,
    "given-amounts": given_amounts,
    "given-images": given_images,
    "imports": imports,
    "own-components": own_components,
}


@pytest.mark.parametrize("case", SDK)
def test_our_proto_is_the_sdk_s(case: str, same: Callable[[str, Any], None]) -> None:
    same(case, SDK[case])


def test_what_is_told_of_the_pipeline_is_the_sdk_s(rendered: Callable[..., Any]) -> None:
    body: Any = thaw(rendered((HERE / "config" / "project.yaml").read_text())[-1].body)
    theirs = json_format.MessageToDict(cast(Any, config).platform_spec)
    assert body["spec"]["platformSpec"] == theirs


def test_schedules_are_recurring_runs_of_the_api(rendered: Callable[..., Any]) -> None:
    cluster = Environment(target="kubeflow", namespace="ml-prod")
    objects = rendered((HERE / "config" / "project.yaml").read_text(), cluster)
    version, nightly, often = (thaw(item.body) for item in objects[1:])
    assert [str(item.id) for item in objects[2:]] == [
        "RecurringRun/every-setting-nightly",
        "RecurringRun/every-setting-often",
    ]
    assert nightly["spec"] == {
        "displayName": "every-setting-nightly",
        "pipelineName": "every-setting",
        "pipelineVersionName": version["metadata"]["name"],
        "experimentName": "every-setting",
        "mode": "ENABLE",
        "maxConcurrency": "2",
        "noCatchup": True,
        "trigger": {"cronSchedule": {"cron": "0 0 2 * * *"}},
        "runtimeConfig": {"parameters": {"depth": 5}},
        "serviceAccount": "pipeline-runner",
    }
    assert often["spec"]["trigger"] == {
        "periodicSchedule": {
            "intervalSecond": "5400",
            "startTime": "2026-10-01T00:00:00Z",
            "endTime": "2027-10-01T00:00:00Z",
        }
    }
    assert (often["spec"]["mode"], often["spec"]["noCatchup"]) == ("DISABLE", False)
