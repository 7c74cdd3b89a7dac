"""The leaves of a pipeline's spec at any depth, with their places. In: a spec. Out: leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_specs.kinds import AnyStep, Choose, Group, PipelineSpec, Step

Path = tuple[str | int, ...]


def leaves(pipeline: PipelineSpec) -> Iterator[tuple[Path, str, Step]]:
    """Every step that is no group and no choice: its path in the document, its name; `finally`
    last."""
    yield from _leaves(pipeline.steps, ("spec", "steps"))
    if pipeline.finally_ is not None:
        yield ("spec", "finally"), "finally", pipeline.finally_


def _leaves(steps: Mapping[str, AnyStep], path: Path) -> Iterator[tuple[Path, str, Step]]:
    for name, step in steps.items():
        here = (*path, name)
        match step:
            case Group():
                yield from _leaves(step.steps, (*here, "steps"))
            case Choose():
                for index, way in enumerate(step.choose):
                    yield from _leaves(way.steps, (*here, "choose", index, "steps"))
            case Step():
                yield here, name, step
