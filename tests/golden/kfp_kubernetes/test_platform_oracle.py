"""The oracle of the platform spec: kfp-kubernetes, the SDK of KFP's KubernetesExecutorConfig.

The pipelines below say in its words what the golden folders of `tests/golden/kfp` say in ours.
"""

# The SDK reads a pipeline's parameters, types and defaults from its signature: so no postponed
# annotations, and lists as defaults.
# ruff: noqa: ARG001, B006, S107, S108
# mypy: disable-error-code="untyped-decorator, type-arg"

import json
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp import dsl, kubernetes
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec import pipeline_spec_pb2

GOLDEN = Path(__file__).parents[1] / "kfp"


@dsl.container_component
def name(text: dsl.OutputPath(str)) -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.container_component
def plain() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.container_component
def given() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.pipeline(name="every-pod")
def pods(
    secret: str = "db",
    pool: dict = {"pool": "gpu"},
    taints: list = [],
    nodes: dict = {},
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    first = name().set_env_variable("EXAI_STEP", "name")
    kubernetes.add_node_selector(first, "zone", "a")
    kubernetes.add_toleration(first, key="shared", operator="Exists")
    task = plain().set_caching_options(True, cache_key="flowers-2026")
    kubernetes.use_field_path_as_env(task, "NODE", "spec.nodeName")
    kubernetes.use_field_path_as_env(task, "POD", "metadata.name")
    kubernetes.use_secret_as_env(task, "db", {"token": "TOKEN"})
    kubernetes.use_secret_as_env(task, "db", {"spare": "SPARE"}, optional=True)
    kubernetes.use_config_map_as_env(task, "site", {"region": "REGION"})
    kubernetes.use_config_map_as_env(task, "site", {"zone": "ZONE"}, optional=True)
    kubernetes.use_secret_as_volume(task, "db", "/etc/db")
    kubernetes.use_secret_as_volume(task, "other", "/etc/other", optional=True)
    kubernetes.use_config_map_as_volume(task, "site", "/etc/site", optional=True)
    kubernetes.mount_pvc(task, "data", "/data", "flowers")
    kubernetes.mount_pvc(task, "models", "/models")
    kubernetes.empty_dir_mount(task, "dev-shm-SHM", "/dev/shm", "Memory", "2Gi")
    kubernetes.empty_dir_mount(task, "tmp-fast-FAST", "/tmp/fast", "Memory", "1Gi")
    kubernetes.empty_dir_mount(task, "tmp-scratch-SCRATCH", "/tmp/scratch")
    kubernetes.add_ephemeral_volume(
        task,
        "work-WORK",
        "/work",
        ["ReadWriteOnce"],
        "10Gi",
        labels={"team": "ml"},
        annotations={"example.com/note": "text"},
    )
    kubernetes.add_ephemeral_volume(
        task, "work-fast-FAST", "/work/fast", ["ReadWriteOncePod"], "1Gi", "fast"
    )
    for key, value in (("pool", "cpu"), ("zone", "b")):
        kubernetes.add_node_selector(task, key, value)
    kubernetes.add_toleration(task, "gpu", "Equal", "yes", "NoSchedule")
    kubernetes.add_toleration(task, None, "Exists", None, "NoExecute", 300)
    kubernetes.set_image_pull_secrets(task, ["registry", "db"])
    kubernetes.set_image_pull_policy(task, "IfNotPresent")
    kubernetes.set_security_context(task, 1000, 2000, True)
    kubernetes.add_pod_label(task, "app", "flowers")
    kubernetes.add_pod_label(task, "team", "ml")
    kubernetes.add_pod_annotation(task, "example.com/note", "text")
    kubernetes.set_timeout(task, 90)
    zones = {"key": "zone", "operator": "In", "values": ["a", "b"]}
    kubernetes.add_node_affinity(task, match_expressions=[zones])
    named = {"key": "metadata.name", "operator": "Exists"}
    kubernetes.add_node_affinity(task, match_fields=[named], weight=10)
    late, text = given(), first.outputs["text"]
    kubernetes.use_secret_as_env(late, secret, {"a": "A"})
    kubernetes.use_secret_as_env(late, text, {"b": "B"})
    kubernetes.use_config_map_as_env(late, text, {"c": "C"})
    kubernetes.use_secret_as_volume(late, secret, "/a")
    kubernetes.use_config_map_as_volume(late, text, "/b")
    kubernetes.mount_pvc(late, text, "/c")
    kubernetes.mount_pvc(late, secret, "/d")
    kubernetes.add_node_selector_json(late, pool)
    kubernetes.add_toleration_json(late, taints)
    kubernetes.add_node_affinity_json(late, nodes)
    kubernetes.set_image_pull_secrets(late, [secret, text])


@dsl.container_component
def first() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.container_component
def second() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


@dsl.container_component
def third() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


def under(name: str, component: Any) -> Any:
    """One of the SDK's own components under another name."""
    found = copy(component)
    found.component_spec = replace(component.component_spec, name=name)
    return found


@dsl.pipeline(name="every-claim")
def claims(exai_run_key: str = "", exai_data_versions: dict = {}) -> None:
    made: dict[str, Any] = {}
    for claim, size, of, mode in (
        ("scratch", "10Gi", "fast", "ReadWriteOnce"),
        ("kept", "1Gi", "slow", "ReadWriteMany"),
    ):
        made[claim] = under(f"create-{claim}", kubernetes.CreatePVC)(
            pvc_name_suffix=f"-{claim}",
            size=size,
            storage_class_name=of,
            access_modes=[mode],
            **({"annotations": {"example.com/note": "text"}} if claim == "kept" else {}),
        ).set_caching_options(False)
    name = made["scratch"].outputs["name"]
    end = under("delete-scratch", kubernetes.DeletePVC)(pvc_name="").set_caching_options(False)
    with dsl.ExitHandler(end):
        one = first()
        kubernetes.mount_pvc(one, made["kept"].outputs["name"], "/kept", "part")
        kubernetes.mount_pvc(one, name, "/scratch")
        two = second().after(one)
        kubernetes.mount_pvc(two, name, "/scratch")
        third().after(two)


SDK: dict[str, Any] = {"claims": claims, "pods": pods}


def theirs(case: str) -> tuple[Any, Any]:
    """What the SDK compiles. Its exit tasks can be given no output of a step, as the backend can;
    it counts handlers, and joins a step and its output by one hyphen.
    """
    pipeline, platform_ = SDK[case].pipeline_spec, SDK[case].platform_spec
    spec, kubernetes_ = map(json_format.MessageToDict, (pipeline, platform_))
    if case == "claims":
        task = spec["root"]["dag"]["tasks"]["delete-scratch"]
        task["dependentTasks"].insert(0, "create-scratch")
        made = {"outputParameterKey": "name", "producerTask": "create-scratch"}
        task["inputs"]["parameters"]["pvc_name"] = {"taskOutputParameter": made}
        text = json.dumps([spec, kubernetes_]).replace("exit-handler-1", "with-scratch")
        for claim in ("kept", "scratch"):
            text = text.replace(f"create-{claim}-name", f"create-{claim}--name")
        spec, kubernetes_ = json.loads(text)
    return spec, kubernetes_


@pytest.mark.parametrize("case", SDK)
def test_the_platform_spec_is_the_sdk_s(case: str) -> None:
    *_, version = yaml.safe_load_all((GOLDEN / case / "objects.yaml").read_text())
    ours = platform(version["spec"].get("platformSpec", {}))
    assert ours == platform(theirs(case)[1])


@pytest.mark.parametrize("case", SDK)
def test_the_tasks_are_the_sdk_s(case: str) -> None:
    *_, version = yaml.safe_load_all((GOLDEN / case / "objects.yaml").read_text())
    ours = json_format.ParseDict(version["spec"]["pipelineSpec"], pipeline_spec_pb2.PipelineSpec())
    sdk = json_format.ParseDict(theirs(case)[0], pipeline_spec_pb2.PipelineSpec())
    for spec in (ours, sdk):
        spec.ClearField("sdk_version")
        for component in spec.components.values():
            for parameter in component.input_definitions.parameters.values():
                parameter.ClearField("description")
    assert json_format.MessageToDict(ours) == json_format.MessageToDict(sdk)


def platform(spec: dict[str, Any]) -> dict[str, Any]:
    """The proto's own JSON; without the `false` that the SDK writes for what isn't optional, made
    names of volumes, and affinity to pods, for which the SDK has no word.
    """
    found = dict(spec.get("platforms", {}).get("kubernetes", {}))
    configs = found.pop("deploymentSpec", {}).get("executors", {})
    for label, config in configs.items():
        proto = json_format.ParseDict(config, KubernetesExecutorConfig())
        proto.ClearField("pod_affinity")
        found[label] = _without(json_format.MessageToDict(proto))
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(item)
            for key, item in value.items()
            if item not in (False, "") and key != "volumeName"
        }
    return [_without(item) for item in value] if isinstance(value, list) else value
