"""Pipeline: parameters and steps (LANGUAGE section 6).

In: the `spec` of a Pipeline. Out: a frozen value. Never: what inputs or expressions mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from exai_specs import shape_rules
from exai_specs.blocks import block
from exai_specs.effects import Effect
from exai_specs.fields import (
    Flag,
    KeyedBy,
    Maybe,
    Named,
    Problem,
    Text,
    Whole,
    WholeSeconds,
    refuse,
)
from exai_specs.forms import Shorthand
from exai_specs.frozen import empty
from exai_specs.kinds.flow import AnyStep
from exai_specs.kinds.outputs import ArtifactType
from exai_specs.kinds.parameter import Parameter
from exai_specs.kinds.run_storage import Claim, Ttl, Workspace
from exai_specs.kinds.schedule import Schedule
from exai_specs.kinds.step import Step, accelerators
from exai_specs.kinds.step_parts import Retry
from exai_specs.kinds.step_pod import (
    ABOUT_SELECTOR,
    ABOUT_TOLERATIONS,
    StepNodeSelector,
    StepTolerations,
)
from exai_specs.kinds.step_resources import StepResources
from exai_specs.kinds.workload import SECRET, Env
from exai_specs.names import CLAIM, FIELD, KUBERNETES, PARAMETER, STEP
from exai_specs.notes import AfterValidator, Field, about, checked
from exai_specs.texts import Filled, different
from exai_specs.values import field


@block
class PipelineRun:
    """When `apply` may start a run by itself."""

    on: Annotated[
        Maybe[Annotated[tuple[Literal["spec", "data"], ...], AfterValidator(different)]],
        Effect.RENDER,
        about("Changes that start one; default: both locally, none on Kubeflow", ["spec", "data"]),
    ] = None
    generation: Annotated[
        Annotated[Whole, Field(ge=0)], Effect.RETRAIN, about("Raise it to force a run", 1)
    ] = 0


@block
class Defaults:
    """What every step has that doesn't say otherwise; `env` by name."""

    env: Annotated[Env, Effect.RETRAIN, about("Environment variables", {"LOG_LEVEL": "info"})] = (
        field(default_factory=empty)
    )
    resources: Annotated[
        Maybe[StepResources], Effect.RENDER, about("What containers request", {"cpu": 1})
    ] = None
    retry: Annotated[Maybe[Retry], Effect.RENDER, about("Tries after a failure", {"max": 2})] = None
    cache: Annotated[
        Maybe[Flag], Effect.RENDER, about("Whether earlier results may be used", False)
    ] = None
    image: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about("Image of Python steps that name none", "python:3.11"),
    ] = None
    node_selector: Annotated[StepNodeSelector, Effect.RENDER, ABOUT_SELECTOR] = field(
        default_factory=empty
    )
    tolerations: Annotated[StepTolerations, Effect.RENDER, ABOUT_TOLERATIONS] = ()

    @checked
    def _one_accelerator(self) -> Defaults:
        problems = tuple(accelerators(self.resources))
        if problems:
            raise refuse(*problems)
        return self


@block
class PipelineSpec:
    """Steps that make something, usually a model."""

    parameters: Annotated[
        Annotated[Mapping[str, Parameter], KeyedBy(PARAMETER)],
        Effect.RETRAIN,
        about(
            "What a run may set: a type, or more", {"ntrees": {"type": "integer", "default": 20}}
        ),
    ] = field(default_factory=empty)
    artifacts: Annotated[
        Annotated[Mapping[str, ArtifactType], KeyedBy(PARAMETER)],
        Effect.RETRAIN,
        about("Files that only a pipeline that calls this one can give", {"data": "Dataset"}),
    ] = field(default_factory=empty)
    steps: Annotated[
        Annotated[Mapping[str, AnyStep], KeyedBy(STEP, at_least=1)],
        Effect.RETRAIN,
        about("The steps; their references make the order", {"load": {"uses": "load-dataset"}}),
    ]
    finally_: Annotated[
        Maybe[Step],
        Effect.RETRAIN,
        about(
            "A step that runs last, whatever happened to the others",
            {"python": "tell.py:tell", "with": {"status": "${{ status }}"}},
        ),
    ] = None
    outputs: Annotated[
        Annotated[Mapping[str, Text], KeyedBy(FIELD)],
        Effect.RENDER,
        about(
            "What a pipeline that calls this one gets: outputs of its steps",
            {"model": "${{ steps.train.model }}"},
        ),
    ] = field(default_factory=empty)
    experiment: Annotated[
        Maybe[Filled],
        Effect.RENDER,
        about("Experiment in KFP and MLflow; default: the pipeline's name", "iris_exp"),
    ] = None
    run: Annotated[
        PipelineRun, Effect.RETRAIN, about("When `apply` starts a run", {"on": ["spec", "data"]})
    ] = field(default_factory=PipelineRun)
    defaults: Annotated[
        Defaults, Effect.RETRAIN, about("What every step has", {"retry": {"max": 2}})
    ] = field(default_factory=Defaults)
    schedules: Annotated[
        Annotated[Mapping[str, Schedule], KeyedBy(KUBERNETES)],
        Effect.RENDER,
        about("Recurring runs, by name", {"nightly": {"cron": "0 2 * * *"}}),
    ] = field(default_factory=empty)
    workspace: Annotated[
        Maybe[Workspace],
        Effect.RENDER,
        about("A volume that the steps of a run share", {"size": "10Gi"}),
    ] = None
    claims: Annotated[
        Annotated[Mapping[str, Claim], KeyedBy(CLAIM)],
        Effect.RENDER,
        about("Volumes of a run", {"scratch": {"size": "10Gi", "storageClass": "fast"}}),
    ] = field(default_factory=empty)
    ttl: Annotated[
        Maybe[Annotated[Ttl, Shorthand("completion", ())]],
        Effect.RENDER,
        about("How long the pods of a run are kept", "7d", {"success": "1d", "failure": "30d"}),
    ] = None
    timeout: Annotated[
        Maybe[WholeSeconds], Effect.RENDER, about("How long a run may take", "6h")
    ] = None
    service_account: Annotated[
        Maybe[Annotated[Text, Named(SECRET, "pipeline-runner")]],
        Effect.RENDER,
        about("The account that its runs have", "pipeline-runner"),
    ] = None

    @classmethod
    def schema_rules(cls) -> shape_rules.Rules:
        last = ("after", "if", "forEach", "ignoreUpstreamFailure")
        why = "isn't for the step in finally"
        yield {"properties": {"finally": shape_rules.without(Step, {}, why, *last)}}

    @checked
    def _one_input_of_a_name(self) -> PipelineSpec:
        wrong, hint = "is a parameter, too", "call one of them something else"
        problems = [
            Problem("invalid-value", wrong, hint, ("artifacts", name), "key")
            for name in self.artifacts
            if name in self.parameters
        ]
        if problems:
            raise refuse(*problems)
        return self

    @checked
    def _last_step(self) -> PipelineSpec:
        last = self.finally_
        if last is None:
            return self
        problems = [
            Problem(
                "unknown-field", "isn't for the step in finally", hint, ("finally", name), "key"
            )
            for name, there, hint in (
                ("after", bool(last.after), "it runs after everything"),
                ("if", last.if_ is not None, "it always runs; look at the status in its code"),
                ("forEach", last.for_each is not None, "it runs once"),
                (
                    "ignoreUpstreamFailure",
                    last.ignore_upstream_failure,
                    "it runs after failures, too",
                ),
            )
            if there
        ]
        if problems:
            raise refuse(*problems)
        return self
