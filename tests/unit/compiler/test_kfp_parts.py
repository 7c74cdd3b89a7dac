"""The KFP backend's parts where no golden shows a corner of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from exai_compiler.backends.kfp.channels import Here
from exai_compiler.backends.kfp.executors import executor, image_of
from exai_compiler.backends.kfp.inputs import RUN_PLACEHOLDERS, task_inputs
from exai_compiler.backends.kfp.ir import Intermediate
from exai_compiler.backends.kfp.platform import executor_config
from exai_compiler.backends.kfp.settings import Settings
from exai_compiler.backends.kfp.values import (
    artifact_type,
    constant,
    default_value,
    parameter_type,
)
from exai_compiler.bodies.presence import Presence
from exai_compiler.catalog import Component, Port
from exai_compiler.graph import Broken, Constant, FromParameter, FromRun, FromStep, bind
from exai_compiler.inlined import fields_of, wanted_by
from exai_specs.frozen import Json, digest, encoded, freeze, thaw
from exai_specs.kinds import ConfigMapRef, DatasetSpec, Environment, SecretRef
from exai_specs.types import parse_parameter_type
from exai_specs.units import Duration

LOCAL = Environment(target="local")
GIVEN = Presence(frozenset({"text"}))
HERE = Here(frozenset({"s"}), is_root=True)
PORTS = {
    "text": Port("text", "string"),
    "data": Port("data", "Dataset"),
    "out": Port("out", "string"),
    "model": Port("model", "Model"),
}


def component(*args: Json, image: str = "mine:1") -> Component:
    return Component("c", "1", "none", "", PORTS, PORTS, {}, (), {}, image, ("run",), args, {})


def how(env: Any = (), timeout: Duration | None = None) -> Settings:
    return Settings(dict(env), None, None, True, timeout)


def container(component: Component, settings: Settings, environment: Environment) -> Any:
    found: Any = executor(component, image_of(component, environment), settings).tree
    return found["container"]


def value_of(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1.0, "1"),
        (1, "1"),
        (True, "True"),
        (0.1, "0.1"),
        (-0.0, "0"),
        ({"a": None, "b": [2.0]}, "{'b': [2]}"),
    ],
)
def test_numbers_are_as_protobuf_gives_them_back(value: object, kept: str) -> None:
    assert repr(thaw(constant(freeze(value)))) == kept


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "0", 0),
        ("double", "0.5", 0.5),
        ("boolean", "True", True),
        ("list", '["a", 1.0]', ("a", 1)),
        ("struct", "{}", {}),
        ("string", "0", "0"),
        ("string", "", ""),
        ("integer", 3, 3),
    ],
)
def test_defaults_of_component_files_are_text(kind: str, text: Json, value: Json) -> None:
    assert default_value(Port("it", kind, default=text)) == value


def test_types_in_kfp_s_words() -> None:
    assert parameter_type(parse_parameter_type({"list": "string"})) == "LIST"
    assert parameter_type(parse_parameter_type({"struct": {"a": "double"}})) == "STRUCT"
    assert parameter_type(parse_parameter_type("double")) == "NUMBER_DOUBLE"
    assert artifact_type("google.VertexModel") == {
        "schemaTitle": "google.VertexModel",
        "schemaVersion": "0.0.1",
    }


def test_every_word_of_run_has_a_placeholder() -> None:
    bindings = {"text": FromRun("stepName")}
    assert thaw(task_inputs(component(), bindings, HERE)["parameters"]) == {
        "text": {"runtimeValue": {"constant": "{{$.pipeline_task_name}}"}}
    }
    words = "id name resourceName createdAt scheduledAt root stepName stepId workspace"
    assert set(RUN_PLACEHOLDERS) == set(words.split())


def test_kfp_knows_the_placeholders() -> None:
    from kfp import dsl

    known = {value for name, value in vars(dsl).items() if name.endswith("_PLACEHOLDER")}
    assert set(RUN_PLACEHOLDERS.values()) <= known


def test_a_run_s_word_inside_text_needs_no_input() -> None:
    bound = bind("${{ run.workspace }}/${{ parameters.p }}")
    assert thaw(task_inputs(component(), {"text": bound}, HERE)["parameters"]) == {
        "pipelinechannel--p": {"componentInputParameter": "p"},
        "text": {
            "runtimeValue": {
                "constant": "{{$.workspace_path}}/{{$.inputs.parameters['pipelinechannel--p']}}"
            }
        },
    }


def test_nothing_given_is_no_input() -> None:
    assert task_inputs(component(), {"text": Constant(None)}, HERE) == {}


@pytest.mark.parametrize(
    ("name", "binding"),
    [("text", Broken("${{")), ("data", Constant("x")), ("data", FromParameter("p"))],
)
def test_what_the_checks_refuse_is_not_rendered(name: str, binding: Any) -> None:
    with pytest.raises(ValueError, match=name):
        task_inputs(component(), {name: binding}, HERE)


def test_arguments_of_version_1_components() -> None:
    args: tuple[Json, ...] = (
        "--plain",
        {"inputValue": "text"},
        {"inputPath": "data"},
        {"inputUri": "data"},
        {"outputPath": "out"},
        {"outputPath": "model"},
        {"outputUri": "model"},
        {"executorInput": None},
        {"concat": ("a=", {"inputValue": "text"})},
        {"if": {"cond": {"isPresent": "text"}, "then": ("yes",), "else": {"inputValue": "text"}}},
    )
    open_ = Presence(open=frozenset({"text"}))
    found: Any = thaw(executor(component(*args), "mine:1", how(), there=open_).tree)
    assert tuple(found["container"]["args"]) == (
        "--plain",
        "{{$.inputs.parameters['text']}}",
        "{{$.inputs.artifacts['data'].path}}",
        "{{$.inputs.artifacts['data'].uri}}",
        "{{$.outputs.parameters['out'].output_file}}",
        "{{$.outputs.artifacts['model'].path}}",
        "{{$.outputs.artifacts['model'].uri}}",
        "{{$}}",
        "a={{$.inputs.parameters['text']}}",
        '{"IfPresent": {"InputName": "text", "Then": ["yes"], '
        """"Else": "{{$.inputs.parameters['text']}}"}}""",
    )
    for there, left in ((Presence(), "{{$.inputs.parameters['text']}}"), (GIVEN, "yes")):
        found = thaw(executor(component(args[-1]), "mine:1", how(), there=there).tree)
        assert found["container"]["args"] == [left]
    with pytest.raises(ValueError, match="inputOther"):
        container(component({"inputOther": "text"}), how(), LOCAL)


def test_a_user_s_image_stays() -> None:
    found: Any = container(component(), how(), LOCAL)
    assert found["image"] == "mine:1"


def test_plain_variables_hold_text_alone() -> None:
    found: Any = container(component(), how({"A": "$${{ kept }}"}), LOCAL)
    assert found["env"] == ({"name": "A", "value": "${{ kept }}"},)
    with pytest.raises(ValueError, match="variable A"):
        container(component(), how({"A": "${{ parameters.p }}"}), LOCAL)


def test_a_secret_s_name_may_come_from_a_parameter_or_a_step() -> None:
    env = {
        "A": value_of(SecretRef, {"secret": "${{ parameters.name }}", "key": "k"}),
        "B": value_of(ConfigMapRef, {"configMap": "${{ steps.s.o }}", "key": "k"}),
    }
    assert thaw(executor_config(how(env), LOCAL, {}, HERE)) == {
        "secretAsEnv": [
            {
                "secretNameParameter": {"componentInputParameter": "name"},
                "keyToEnv": [{"envVar": "A", "secretKey": "k"}],
            }
        ],
        "configMapAsEnv": [
            {
                "configMapNameParameter": {
                    "taskOutputParameter": {"outputParameterKey": "o", "producerTask": "s"}
                },
                "keyToEnv": [{"envVar": "B", "configMapKey": "k"}],
            }
        ],
    }
    assert bind("${{ steps.s.o }}") == FromStep("s", "o")


def test_a_timeout_is_whole_seconds_and_never_shorter() -> None:
    config = executor_config(how(timeout=Duration(1500)), LOCAL, {}, HERE)
    assert config == {"activeDeadlineSeconds": "2"}
    assert executor_config(how(), LOCAL, {}, HERE) == {}


def test_the_hash_is_over_both_specs() -> None:
    spec, platform = encoded({"pipelineInfo": {"name": "p"}}), freeze({"a": (1, "ä")})
    both = {"pipelineSpec": spec.tree, "platformSpec": platform}
    assert Intermediate(spec, platform).hash == digest(both)
    others = Intermediate(spec, {}), Intermediate(encoded({}), platform)
    assert len({each.hash for each in (*others, Intermediate(spec, platform))}) == 3


def test_a_dataset_is_inlined_with_all_of_a_type() -> None:
    dataset = value_of(
        DatasetSpec,
        {
            "source": {"sql": {"connection": "c", "query": "SELECT 1"}},
            "schema": {
                "tags": {"list": "string"},
                "sizes": {"type": {"map": {"struct": {"w": "float64"}}}, "pii": True},
            },
            "quality": {
                "onFailure": "warn",
                "expectations": [{"expect_x": {"column": "tags", "none": None, "n": 2.0}}],
            },
        },
    )
    column = {"nullable": True, "source": ""}
    schema = {
        "sizes": {"type": {"map": {"struct": {"w": "float64"}}}, **column},
        "tags": {"type": {"list": "string"}, **column},
    }
    reader = replace(component(), effects="reads-source")
    assert thaw(constant(fields_of("d", dataset, wanted_by(reader)))) == {
        "name": "d",
        "source": {"sql": {"connection": "c", "query": "SELECT 1"}},
        "key": [],
        "timestamp": "",
        "schema": schema,
    }
    assert thaw(constant(fields_of("d", dataset, wanted_by(component())))) == {
        "name": "d",
        "key": [],
        "schema": schema,
        "quality": {
            "onFailure": "warn",
            "expectations": [{"expect_x": {"column": "tags", "n": 2}}],
        },
    }
