"""Pipelines of fixture steps as builds, and an apply of one as a process that can be killed.

`python scenario.py ROOT '{"steps": {...}, "key": "k1"}'` applies one run, prints its outcome.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.build import Build, Rendered, RunRequest
from exai_compiler.changes import ObjectId, Outcome, Run
from exai_runtime.local.target import LocalTarget
from exai_runtime.target import Listener
from exai_specs.effects import Effect
from exai_specs.frozen import freeze
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment
from exai_specs.reading import read

STEP = Path(__file__).with_name("fixture_step.py")
PIPELINE = Ref("Pipeline", "demo")
VERSION = ObjectId("pipelines.kubeflow.org/v2beta1", "PipelineVersion", "demo-000000000000")

_INPUTS = {"parameters": {"text": {"parameterType": "STRING"}}}
_DATASET = {"parameterType": "STRUCT"}
_OUTPUTS = {
    "artifacts": {"data": {"artifactType": {"schemaTitle": "system.Dataset"}}},
    "parameters": {"n": {"parameterType": "NUMBER_INTEGER"}},
}


@dataclass(frozen=True)
class Scenario:
    """`steps`: name -> what fixture_step.py does, in order; `reads`: the connection whose table
    each of them is given, as the compiler inlines it.
    """

    steps: dict[str, str]
    key: str = "k1"
    text: str = "python3 in a text"
    retries: int = 0
    backoff: str = "0s"
    environment: dict[str, Any] = field(default_factory=dict)
    platform: dict[str, Any] = field(default_factory=dict)
    reads: str = ""


def ir(scenario: Scenario) -> dict[str, Any]:
    """The pipeline spec, as the compiler would render it."""
    components, executors, tasks = {}, {}, {}
    before: str | None = None
    defined: dict[str, Any] = _INPUTS
    inputs: dict[str, Any] = {"text": {"componentInputParameter": "text"}}
    if scenario.reads:
        table = {"sql": {"connection": scenario.reads, "table": "t"}}
        defined = {"parameters": {**_INPUTS["parameters"], "dataset": _DATASET}}
        inputs["dataset"] = {"runtimeValue": {"constant": {"name": "d", "source": table}}}
    for name, what in scenario.steps.items():
        components[f"comp-{name}"] = {
            "executorLabel": f"exec-{name}",
            "inputDefinitions": defined,
            "outputDefinitions": _OUTPUTS,
        }
        executors[f"exec-{name}"] = {
            "container": {
                "image": "exai/python-train",
                "command": ["python3", str(STEP), "kfp.dsl.executor_main"],
                "args": [what, "--executor_input", "{{$}}"],
            }
        }
        tasks[name] = {
            "componentRef": {"name": f"comp-{name}"},
            "taskInfo": {"name": name},
            "inputs": {"parameters": inputs},
            "retryPolicy": {
                "maxRetryCount": scenario.retries,
                "backoffDuration": scenario.backoff,
                "backoffFactor": 1.0,
            },
            **({"dependentTasks": [before]} if before else {}),
        }
        before = name
    parameters = {
        "text": {"parameterType": "STRING"},
        "exai_run_key": {"parameterType": "STRING", "isOptional": True},
    }
    return {
        "pipelineInfo": {"name": "demo"},
        "components": components,
        "deploymentSpec": {"executors": executors},
        "root": {"dag": {"tasks": tasks}, "inputDefinitions": {"parameters": parameters}},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
    }


def build(scenario: Scenario) -> Build:
    body = {"spec": {"pipelineSpec": ir(scenario), "platformSpec": scenario.platform}}
    request = RunRequest(
        PIPELINE,
        scenario.key,
        "spec",
        MappingProxyType({"text": scenario.text}),
        MappingProxyType({"iris": "v1"}),
        (),
        True,
        ("it has never succeeded",),
        0,
        VERSION,
    )
    version = Rendered(VERSION, PIPELINE, freeze(body), 2, Effect.RETRAIN)
    return Build("local", (version,), (request,), (), (), (), MappingProxyType({}))


def target(root: Path, scenario: Scenario) -> LocalTarget:
    return LocalTarget(
        root, "local", read(Environment, {"target": "local", **scenario.environment}), "proj"
    )


def apply(root: Path, scenario: Scenario, listen: Listener) -> Outcome:
    with target(root, scenario) as writer:
        return writer.apply(Run(PIPELINE, scenario.key, ("new",)), build(scenario), listen)


def main() -> None:
    scenario = Scenario(**json.loads(sys.argv[2]))
    outcome = apply(Path(sys.argv[1]), scenario, lambda event: print(event, file=sys.stderr))
    print(json.dumps({"result": outcome.result, "detail": outcome.detail, "tail": outcome.tail}))


if __name__ == "__main__":
    # A background job of a shell starts with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
