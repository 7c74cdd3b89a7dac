"""How a value reaches a task, whatever DAG it is in.

In: a source, the DAG. Out: its part of a TaskInputsSpec. A DAG inside another one gets what it
takes from outside by inputs of its own, called `pipelinechannel--...` as the SDK calls them
(`additional_input_name_for_pipeline_channel` in kfp/compiler/compiler_utils.py); an output of a
step is `pipelinechannel--<task>--<output>` there, which no other source can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from exai_compiler.graph import FromArtifact, FromItem, FromParameter, FromStep, Source
from exai_specs.frozen import Json
from exai_specs.values import frozen

Carried = FromParameter | FromArtifact | FromStep | FromItem
"""A source that is an input of something: values of the run are filled in where they stand."""
_CARRIED = (FromParameter, FromArtifact, FromStep, FromItem)


@frozen
class Here:
    """A DAG: the tasks in it that other tasks of it may read, and whether it is the root
    of a pipeline, which may be one that another pipeline calls.
    """

    tasks: frozenset[str]
    is_root: bool = False


def carried(sources: Iterable[Source]) -> tuple[Carried, ...]:
    """Those of the sources that are inputs of something."""
    return tuple([s for s in sources if isinstance(s, _CARRIED)])


def whole(source: Carried) -> Carried:
    """What is handed from DAG to DAG: of an item's field, the whole item."""
    return FromItem(source.loop, source.name) if isinstance(source, FromItem) else source


def channel(source: Carried) -> str:
    """The input of a DAG, or of its condition, that carries a source."""
    match source:
        case FromParameter(name) | FromArtifact(name):
            return f"pipelinechannel--{name}"
        case FromStep(step, output):
            return f"pipelinechannel--{step}--{output}"
        case FromItem(loop, _, ""):
            return f"pipelinechannel--{loop}-loop-item"
        case FromItem(loop, _, field):
            return f"pipelinechannel--{loop}-loop-item--{field}"
    assert_never(source)


def parameter(source: Carried, here: Here) -> Json:
    """A value as an input of a task in this DAG."""
    match source:
        case FromStep(step, output) if step in here.tasks:
            return _output("taskOutputParameter", "outputParameterKey", output, step)
        case FromItem(_, _, field) if field:
            # The item is JSON there, whatever its type (`parseJson` of the backend's driver).
            return MappingProxyType(
                {
                    "componentInputParameter": channel(whole(source)),
                    "parameterExpressionSelector": f'parseJson(string_value)["{field}"]',
                }
            )
        case _:
            return _input("componentInputParameter", _outer(source, here))


def artifact(source: Carried, here: Here) -> Mapping[str, Json]:
    """A file, or a list of them, as an input of a task in this DAG."""
    match source:
        case FromStep(step, output) if step in here.tasks:
            return _output("taskOutputArtifact", "outputArtifactKey", output, step)
        case _:
            return _input("componentInputArtifact", _outer(source, here))


# Most pipelines of a project have steps of the same few names, and share these values.
@lru_cache(maxsize=4096)
def _output(field: str, key: str, output: str, step: str) -> Mapping[str, Json]:
    return MappingProxyType({field: MappingProxyType({key: output, "producerTask": step})})


@lru_cache(maxsize=4096)
def _input(field: str, name: str) -> Mapping[str, Json]:
    return MappingProxyType({field: name})


def _outer(source: Carried, here: Here) -> str:
    if here.is_root and isinstance(source, FromParameter | FromArtifact):
        return source.name
    return channel(source)
