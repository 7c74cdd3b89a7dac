"""A pipeline's steps as a typed graph: each step with its component and what each input is bound to.

In: a Pipeline spec and the catalog. Out: a `Graph`. Judges nothing: what doesn't resolve is left out or bound to
`Broken`, and the checks say so with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exai_compiler.catalog import Component
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import StepSpec


@dataclass(frozen=True, slots=True)
class Constant:
    """A plain value."""

    value: Json


@dataclass(frozen=True, slots=True)
class FromParameter:
    """The whole value is `${{ parameters.NAME }}`."""

    name: str


@dataclass(frozen=True, slots=True)
class FromStep:
    """The whole value is `${{ steps.STEP.OUTPUT }}`."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class FromRun:
    """The whole value is `${{ run.NAME }}`."""

    name: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A value with references inside: text around `${{ }}`, or a list or struct that holds some.

    `value` is as written; `sources` are the references in it, by their text inside `${{ }}`.
    """

    value: Json
    sources: Mapping[str, FromParameter | FromStep | FromRun]


@dataclass(frozen=True, slots=True)
class Broken:
    """An expression that doesn't parse, or isn't allowed here: the checks explain it."""

    text: str


Binding = Constant | FromParameter | FromStep | FromRun | Composed | Broken


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `component` is None when `uses` names nothing; `needs` are the steps it waits for, sorted."""

    name: str
    spec: StepSpec
    component: Component | None
    inputs: Mapping[str, Binding]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps of a pipeline in the order of the file."""

    pipeline: Ref
    steps: Mapping[str, Step]
