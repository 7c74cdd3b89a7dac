"""Resources that a run gives: what a cluster would refuse is refused here, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from kfp.local import status
from kfp.local.orchestrator import enhanced_dag_orchestrator
from kfp.pipeline_spec import pipeline_spec_pb2

from exai_components.jvm import memory_limit
from exai_runtime.local import dags
from exai_runtime.local.amounts import BadAmount, with_amounts

GIVEN = "{{$.inputs.parameters['pipelinechannel--%s']}}"


def executor(memory: str = "container", **resources: Any) -> Any:
    container = {"env": [{"name": "EXAI_MEMORY", "value": memory}], "resources": resources}
    made = pipeline_spec_pb2.PipelineDeploymentConfig.ExecutorSpec()
    return json_format.ParseDict({"container": container}, made)


def memory_of(found: Any) -> str:
    (variable,) = found.container.env
    return str(variable.value)


def test_what_is_written_stays_as_it_is() -> None:
    written = executor("1024", resourceMemoryRequest="2Gi", resourceMemoryLimit="1Gi")
    assert with_amounts(written, {}) is written


def test_a_limit_that_a_run_gives_bounds_the_heap() -> None:
    given = executor(resourceMemoryRequest="1Gi", resourceMemoryLimit=GIVEN % "m")
    assert memory_of(with_amounts(given, {"pipelinechannel--m": "1500M"})) == "1500000000"
    assert memory_of(given) == "container"  # the next item has its own


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("lots", '"lots" is no amount of memory'),
        ("", '"" is no amount of memory'),
        ("512Mi", "its limit of memory is 512Mi, less than the 1Gi that it requests"),
    ],
)
def test_what_a_cluster_would_refuse(value: str, message: str) -> None:
    given = executor(resourceMemoryRequest="1Gi", resourceMemoryLimit=GIVEN % "m")
    with pytest.raises(BadAmount) as caught:
        with_amounts(given, {"pipelinechannel--m": value})
    assert caught.value.message == message
    assert caught.value.hint


def test_accelerators_are_counted_too() -> None:
    gpu = {"resourceType": "nvidia.com/gpu", "resourceCount": GIVEN % "n"}
    given = executor(accelerator=gpu, resourceCpuLimit="1")
    assert memory_of(with_amounts(given, {"pipelinechannel--n": "2"})) == "container"
    with pytest.raises(BadAmount, match=r"no amount of nvidia\.com/gpu"):
        with_amounts(given, {"pipelinechannel--n": "two"})


def test_a_container_knows_its_own_limit(tmp_path: Path) -> None:
    second, first = tmp_path / "memory.max", tmp_path / "limit_in_bytes"
    assert memory_limit("container", (second, first)) is None
    first.write_text("1073741824\n")
    assert memory_limit("container", (second, first)) == 2**30
    second.write_text("max\n")
    assert memory_limit("container", (second, first)) is None
    assert memory_limit("5", ()) == 5
    assert memory_limit("", ()) is None


def test_a_step_that_no_cluster_would_start_says_why(tmp_path: Path) -> None:
    """By the walk of a DAG with one task, before anything of it runs."""
    place = GIVEN % "m"
    task = {
        "componentRef": {"name": "comp-sized"},
        "inputs": {"parameters": {"pipelinechannel--m": {"componentInputParameter": "m"}}},
    }
    root = json_format.ParseDict(
        {
            "inputDefinitions": {"parameters": {"m": {"parameterType": "STRING"}}},
            "dag": {"tasks": {"sized": task}},
        },
        pipeline_spec_pb2.ComponentSpec(),
    )
    sized = pipeline_spec_pb2.ComponentSpec(executor_label="exec-sized")
    failures: list[str] = []
    dags.use()
    outputs, ended = enhanced_dag_orchestrator.run_enhanced_dag(
        pipeline_resource_name="line-1",
        dag_component_spec=root,
        executors={"exec-sized": executor(resourceMemoryLimit=place)},
        components={"comp-sized": sized},
        dag_arguments={"m": "lots"},
        pipeline_root=str(tmp_path),
        runner=None,
        unique_pipeline_id="1",
        fail_stack=failures,
    )
    assert (outputs, ended, failures) == ({}, status.Status.FAILURE, ["sized"])
    told = json.loads((tmp_path / "line-1" / "sized" / "exai-outcome.json").read_text())
    assert (told["code"], told["message"]) == ("bad-amount", '"lots" is no amount of memory')
    assert told["final"] is True
