"""The oracle for steps that are no component of the catalog: the same IR as the SDK's."""

# The SDK reads a pipeline's parameters, types and defaults from its signature: so no postponed
# annotations, lists as defaults, Optional, and parameters that nothing uses.
# ruff: noqa: ARG001, B006, UP045
# mypy: disable-error-code="untyped-decorator, type-arg"

from collections.abc import Callable
from typing import Any, Optional

import pytest
from kfp import dsl


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
def third() -> dsl.ContainerSpec:
    return dsl.ContainerSpec(image="alpine:3.20")


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
    last = third().set_caching_options(False)
    last.set_cpu_request("1").set_cpu_limit("1").set_memory_request("1Gi").set_memory_limit("1Gi")
    last.set_env_variable("EXAI_MEMORY", str(1024**3))


SDK = {"containers": containers}


@pytest.mark.parametrize("case", SDK)
def test_our_proto_is_the_sdk_s(case: str, same: Callable[[str, Any], None]) -> None:
    same(case, SDK[case])
