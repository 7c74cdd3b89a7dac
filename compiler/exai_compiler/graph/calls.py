"""Pipelines inside of pipelines: what comes from where across calls.

In: a pipeline, or one as a certain step of another one. Out: leaves with the frame that each is in.
Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.graph.bindings import (
    Binding,
    Condition,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromStep,
    sources,
)
from exai_compiler.graph.nodes import Graph, Group, Step
from exai_specs.values import frozen


@frozen
class Frame:
    """A pipeline as it is run: by itself, or as the step `call` of the frame around it.

    `name` tells frames of one run apart: the tasks that lead here, each with `--` behind.
    """

    graph: Graph
    call: Step | None = None
    outer: Frame | None = None
    name: str = ""

    @property
    def root(self) -> Frame:
        """The pipeline that the run is of."""
        frame = self
        while frame.outer is not None:
            frame = frame.outer
        return frame

    def inside(self, step: Step) -> Frame | None:
        """The frame of the pipeline that a step is; None for a leaf."""
        inner = self.graph.inside(step)
        return Frame(inner, step, self, f"{self.name}{step.name}--") if inner is not None else None


class Placed(NamedTuple):
    """A leaf, and the frame that it is in."""

    frame: Frame
    step: Step

    @property
    def key(self) -> tuple[str, str]:
        return self.frame.name, self.step.name


def everything(frame: Frame) -> Iterator[Placed]:
    """All leaves, by name; those of a pipeline that is called where its step stands."""
    steps = frame.graph.steps
    if not frame.graph.called:
        for name in sorted(steps):
            yield Placed(frame, steps[name])
        return
    for name in sorted(steps):
        step = steps[name]
        inner = frame.inside(step)
        if inner is None:
            yield Placed(frame, step)
        else:
            yield from everything(inner)


def made_by(frame: Frame, binding: Binding | Condition | None) -> tuple[Placed, ...]:
    """The leaves that anything in a value comes from, in whatever pipeline they are."""
    if isinstance(binding, Constant):  # most are
        return ()
    if isinstance(binding, FromStep) and not frame.graph.called:  # most of the others
        step = frame.graph.nodes.get(binding.step)
        if isinstance(step, Step) and frame.graph.steps.get(step.name) is step:
            return (Placed(frame, step),)
    found = {placed.key: placed for placed in _made_by(frame, binding)}
    return tuple(found.values())


def _made_by(frame: Frame, binding: Binding | Condition | None) -> Iterator[Placed]:
    for source in sources(binding):
        if isinstance(source, FromArtifact):
            if frame.outer is not None and frame.call is not None:
                yield from _made_by(frame.outer, frame.call.inputs.get(source.name))
            continue
        if isinstance(source, FromItem):
            node = frame.graph.nodes.get(source.loop)
            loop = node.loop if isinstance(node, Step | Group) and not source.field else None
            yield from _made_by(frame, loop.items) if loop is not None else ()
            continue
        for origin in frame.graph.origins(source):
            step = frame.graph.steps.get(origin.step)
            inner = frame.inside(step) if step is not None else None
            if inner is not None:
                yield from _made_by(inner, inner.graph.root.outputs.get(origin.output))
            elif step is not None:
                yield Placed(frame, step)


def constant_of(frame: Frame, binding: Binding | None) -> Constant | None:
    """The plain value of an input, also when it is a parameter that the calling pipeline gives a
    plain value; None when the run alone can tell.
    """
    if isinstance(binding, Constant):
        return binding
    if not isinstance(binding, FromParameter) or frame.call is None or frame.outer is None:
        return None
    if binding.name in frame.call.inputs:
        return constant_of(frame.outer, frame.call.inputs[binding.name])
    declared = frame.graph.parameters.get(binding.name)
    return Constant(declared.default) if declared is not None else None
