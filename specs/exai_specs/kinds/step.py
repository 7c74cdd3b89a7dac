"""A step of a pipeline: its body, and how it runs (LANGUAGE section 6.2).

In: an entry of `steps`. Out: a frozen value. Never: what inputs or expressions mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from exai_specs.effects import Effect
from exai_specs.fields import (
    CONFIG,
    Duration,
    Flag,
    KeyedBy,
    Maybe,
    Number,
    Plain,
    Problem,
    Text,
    Whole,
    about,
    refuse,
)
from exai_specs.frozen import empty
from exai_specs.kinds.workload import Env, Resources
from exai_specs.names import FIELD
from exai_specs.units import Duration as DurationValue


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a step is tried again, and how long it waits."""

    max: Annotated[
        Annotated[Whole, Field(ge=0)], Effect.RENDER, about("Further tries after the first", 2)
    ]
    backoff: Annotated[Duration, Effect.RENDER, about("Wait before the first of them", "30s")] = (
        DurationValue(0)
    )
    factor: Annotated[
        Annotated[Number, Field(ge=1)], Effect.RENDER, about("Each wait is this times the last", 2)
    ] = 2.0
    max_backoff: Annotated[Duration, Effect.RENDER, about("The longest wait", "1h")] = (
        DurationValue(3_600_000)
    )


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Pip:
    """What a Python step needs from a package index."""

    packages: Annotated[
        tuple[Text, ...],
        Effect.RETRAIN,
        about("Requirements, each with its exact version", ["scikit-learn==1.9.1"]),
    ] = ()
    index_urls: Annotated[
        tuple[Text, ...], Effect.RENDER, about("Indexes to use", ["https://pypi.example.com"])
    ] = ()
    trusted_hosts: Annotated[
        tuple[Text, ...],
        Effect.RENDER,
        about("Hosts whose certificates aren't checked", ["pypi.example.com"]),
    ] = ()


@dataclass(config=CONFIG, frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a component or a Python function, and its inputs."""

    uses: Annotated[Maybe[Text], Effect.RETRAIN, about("The component", "train-h2o")] = None
    python: Annotated[
        Maybe[Text],
        Effect.RETRAIN,
        about("A function of a Python file, relative to this document's file", "train.py:train"),
    ] = None
    image: Annotated[
        Maybe[Text],
        Effect.RENDER,
        about("Image that the function runs in; default: exai's own", "python:3.11"),
    ] = None
    pip: Annotated[
        Maybe[Pip],
        Effect.RETRAIN,
        about("What the function needs", {"packages": ["scikit-learn==1.9.1"]}),
    ] = None
    with_: Annotated[
        Annotated[Mapping[str, Plain], KeyedBy(FIELD)],
        Effect.RETRAIN,
        about("Its inputs: values or expressions", {"data": "${{ steps.load.data }}"}),
    ] = field(default_factory=empty)
    after: Annotated[
        tuple[Text, ...],
        Effect.RENDER,
        about("Steps to wait for without taking anything from them", ["check"]),
    ] = ()
    retry: Annotated[Maybe[Retry], Effect.RENDER, about("Tries after a failure", {"max": 2})] = None
    resources: Annotated[
        Maybe[Resources],
        Effect.RENDER,
        about("What its container requests", {"cpu": 1, "memory": "2Gi"}),
    ] = None
    env: Annotated[Env, Effect.RETRAIN, about("Environment variables", {"LOG_LEVEL": "info"})] = (
        field(default_factory=empty)
    )
    timeout: Annotated[Maybe[Duration], Effect.RENDER, about("How long it may take", "1h")] = None
    cache: Annotated[
        Maybe[Flag], Effect.RENDER, about("Whether an earlier result may be used", False)
    ] = None
    display_name: Annotated[Text, Effect.METADATA, about("The name that pages show", "Train")] = ""

    @model_validator(mode="after")
    def _one_body(self) -> Step:
        if (self.uses is None) == (self.python is None):
            hint = "remove one of them" if self.uses is not None else "add uses or python"
            raise refuse(Problem("exactly-one-of", "must have exactly one of uses, python", hint))
        problems = [
            Problem("unknown-field", "is for python steps", "remove it", (name,), "key")
            for name in ("image", "pip")
            if self.uses is not None and getattr(self, name) is not None
        ]
        if problems:
            raise refuse(*problems)
        return self
