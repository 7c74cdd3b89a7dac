"""The catalog: what component.yaml promises is what the function takes and KFP accepts."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import exai_components
from exai_components.step import component_function, component_names
from exai_components.train_h2o.algorithms import PARAMETERS
from exai_components.train_sklearn.estimators import ESTIMATORS

ROOT = Path(exai_components.__file__).parent
EFFECTS = {
    "load-dataset": "reads-source",
    "validate-dataset": "none",
    "split-data": "none",
    "load-features": "reads-source",
    "train-sklearn": "none",
    "train-h2o": "none",
    "evaluate-model": "reads-registry",
    "register-model": "writes-registry",
}


def declared(name: str) -> dict[str, Any]:
    path = ROOT / name.replace("-", "_") / "component.yaml"
    value: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return value


@pytest.mark.parametrize("name", component_names())
def test_the_form(name: str) -> None:
    told = declared(name)
    assert told["name"] == name
    annotations = told["metadata"]["annotations"]
    assert int(annotations["exai.dev/version"]) >= 1
    assert annotations["exai.dev/effects"] == EFFECTS[name]
    inputs = {item["name"] for item in told["inputs"]}
    for key in ("refs", "types", "limits"):
        assert set(json.loads(annotations.get(f"exai.dev/{key}", "{}"))) <= inputs
    for key in ("filled", "converts"):
        assert set(json.loads(annotations.get(f"exai.dev/{key}", "[]"))) <= inputs
    assert told["implementation"]["container"] == {
        "image": "exai/python-train",
        "command": ["python3", "-m", "exai_components.step", "kfp.dsl.executor_main"],
        "args": [name, "--executor_input", {"executorInput": None}],
    }


@pytest.mark.parametrize("name", component_names())
def test_the_function_takes_what_is_declared(name: str) -> None:
    told = declared(name)
    parameters = inspect.signature(component_function(name)).parameters
    artifacts = ("Dataset", "Model", "Metrics", "HTML")
    ports = [item["name"] for item in told["inputs"]]
    ports += [item["name"] for item in told["outputs"] if item["type"] in artifacts]
    assert sorted(parameter.removesuffix("_") for parameter in parameters) == sorted(ports)
    for item in told["inputs"]:
        if item["type"] in artifacts:
            continue
        bound = parameters.get(item["name"]) or parameters[f"{item['name']}_"]
        assert (bound.default is not inspect.Parameter.empty) == item.get("optional", False)


@pytest.mark.parametrize("name", component_names())
def test_kfp_accepts_it(name: str) -> None:
    from kfp import components

    path = ROOT / name.replace("-", "_") / "component.yaml"
    component = components.load_component_from_file(str(path))
    told = declared(name)
    assert sorted(component.component_spec.inputs or {}) == sorted(
        item["name"] for item in told["inputs"]
    )
    assert sorted(component.component_spec.outputs) == sorted(
        item["name"] for item in told["outputs"]
    )


def test_the_parameters_of_h2o_are_declared_once_more_in_the_same_way() -> None:
    types = json.loads(declared("train-h2o")["metadata"]["annotations"]["exai.dev/types"])
    assert types == {"features": {"list": "string"}, "parameters": {"struct": dict(PARAMETERS)}}


def test_the_estimators_of_scikit_learn_are_declared_once_more_in_the_same_way() -> None:
    limits = json.loads(declared("train-sklearn")["metadata"]["annotations"]["exai.dev/limits"])
    assert limits == {"estimator": {"enum": list(ESTIMATORS)}}
