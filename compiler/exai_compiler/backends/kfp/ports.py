"""The boundary of a DAG: what it takes and hands on, as component specs say it.

In: a DAG's inside. Out: its `outputs` and its definitions. Never: where a value comes from.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.backends.kfp.channels import Carried
from exai_compiler.backends.kfp.values import artifact_type, parameter_type
from exai_compiler.constants import constant
from exai_compiler.graph import Graph, is_artifact
from exai_specs.frozen import Encoded, Json, encoded, mapping
from exai_specs.kinds.parameter import ParameterFields
from exai_specs.types import ListOf, Type
from exai_specs.values import field, frozen


@frozen
class Output:
    """What leaves a DAG: its type, and the tasks that may make it with the names it has there."""

    type: Type
    makers: tuple[tuple[str, str], ...]


@frozen
class Dag:
    """The inside of a DAG. `takes` is all that comes from outside of it, by channel."""

    tasks: Mapping[str, Encoded]
    takes: Mapping[str, Carried]
    outputs: Mapping[str, Output] = field(default_factory=dict)


def dag_of(dag: Dag) -> Encoded:
    """Its DagSpec: the tasks, and what leaves it."""
    found = {"tasks": mapping(dag.tasks)}
    if dag.outputs:
        found["outputs"] = encoded(_outputs(dag))
    return mapping(found)


def _outputs(dag: Dag) -> Mapping[str, Json]:
    """Which task's output each of them is."""
    files: dict[str, Json] = {}
    values: dict[str, Json] = {}
    for name, output in dag.outputs.items():
        if is_artifact(output.type):
            files[name] = {
                "artifactSelectors": tuple(
                    {"producerSubtask": maker, "outputArtifactKey": key}
                    for maker, key in output.makers
                )
            }
            continue
        selectors = tuple(
            {"producerSubtask": maker, "outputParameterKey": key} for maker, key in output.makers
        )
        values[name] = (
            {"valueFromParameter": selectors[0]}
            if len(selectors) == 1
            else {"valueFromOneof": {"parameterSelectors": selectors}}
        )
    return sides(files, values)


def definitions(dag: Dag, looped: bool) -> Mapping[str, Json]:
    """The `outputDefinitions` of a DAG; a loop hands lists on."""
    files: dict[str, Json] = {}
    values: dict[str, Json] = {}
    for name, output in dag.outputs.items():
        type_ = ListOf(output.type) if looped else output.type
        (files if is_artifact(type_) else values)[name] = port(type_)
    return sides(files, values)


def port(type_: Type) -> Mapping[str, Json]:
    """One input or output of a component."""
    if not is_artifact(type_):
        return {"parameterType": parameter_type(type_)}
    listed = isinstance(type_, ListOf)
    while isinstance(type_, ListOf):  # lists of lists of files are one list
        type_ = type_.item
    return {
        "artifactType": artifact_type(str(type_)),
        **({"isArtifactList": True} if listed else {}),
    }


def taken(graph: Graph, reserved: Mapping[str, Json]) -> Mapping[str, Json]:
    """The `inputDefinitions` of a pipeline, and those inputs of exai's own that it has."""
    files = {name: port(type_) for name, type_ in graph.artifacts.items()}
    values = {name: _parameter(declared) for name, declared in graph.parameters.items()}
    return sides(files, {**reserved, **values})


def sides(files: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
    """Artifacts and parameters apart, as KFP has them; without what is empty."""
    found: dict[str, Json] = {}
    if files:
        found["artifacts"] = dict(sorted(files.items()))
    if values:
        found["parameters"] = dict(sorted(values.items()))
    return found


def _parameter(parameter: ParameterFields) -> Mapping[str, Json]:
    """A parameter with a default may be left out; `optional` without one is null then."""
    found: dict[str, Json] = {"parameterType": parameter_type(parameter.type)}
    if parameter.optional or parameter.default is not None:
        found["isOptional"] = True
    if parameter.default is not None:
        found["defaultValue"] = constant(parameter.default)
    if parameter.enum:
        found["literals"] = constant(parameter.enum)
    return found
