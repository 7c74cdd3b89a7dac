"""The oracle: what we write equals what the kfp SDK compiles for the same graph.

The pipelines below say in the SDK's own words what each folder's project.yaml says in ours; the
components are the same files, named after the steps.
"""

# The SDK reads a pipeline's parameters, types and defaults from its signature: so no postponed
# annotations, lists as defaults, Optional, and parameters that nothing uses.
# ruff: noqa: ARG001, B006, UP045
# mypy: disable-error-code="untyped-decorator, type-arg"

from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import pytest
import yaml
from kfp import components as kfp_components
from kfp import dsl

HERE = Path(__file__).parent
COMPONENTS = HERE.parents[2] / "components" / "exai_components"


def component(step: str, uses: str) -> Any:
    """A component of the catalog under the name of a step."""
    path = COMPONENTS / uses.replace("-", "_") / "component.yaml"
    path = HERE / "components" / "echo.yaml" if uses == "echo" else path
    content = yaml.safe_load(path.read_text())
    return kfp_components.load_component_from_text(yaml.safe_dump({**content, "name": step}))


IRIS_COLUMNS = ("petal_length", "petal_width", "sepal_length", "sepal_width")
NUMBER = {"type": "float64", "nullable": True, "source": ""}
IRIS_SCHEMA = {
    "flower_id": {"type": "int64", "nullable": True, "source": ""},
    **dict.fromkeys(IRIS_COLUMNS, NUMBER),
    "species": {
        "type": "string",
        "nullable": True,
        "source": "",
        "enum": ["setosa", "versicolor", "virginica"],
    },
}


@dsl.pipeline(name="iris-training")
def iris(
    ntrees: int = 20,
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    load = component("load", "load-dataset")(
        dataset={
            "name": "iris",
            "source": {"sql": {"connection": "warehouse", "table": "demo_iris"}},
            "key": ["flower_id"],
            "timestamp": "",
            "schema": IRIS_SCHEMA,
        }
    ).set_caching_options(False)
    check = component("check", "validate-dataset")(
        data=load.outputs["data"],
        dataset={
            "name": "iris",
            "key": ["flower_id"],
            "schema": IRIS_SCHEMA,
            "quality": {
                "onFailure": "block",
                "expectations": [
                    {"expect_table_row_count_to_be_between": {"min_value": 100}},
                    {
                        "expect_column_values_to_be_between": {
                            "column": "sepal_length",
                            "min_value": 0,
                            "max_value": 10,
                        }
                    },
                ],
            },
        },
    )
    split = component("split", "split-data")(
        data=check.outputs["data"], test=0.2, stratify="species", seed=42
    )
    train = component("train", "train-h2o")(
        data=split.outputs["train"],
        algorithm="gbm",
        target="species",
        features=["sepal_length", "sepal_width", "petal_length", "petal_width"],
        parameters={"ntrees": ntrees, "max_depth": 5, "learn_rate": 0.1},
        seed=42,
        task="classification",
    )
    train.set_cpu_request("1").set_cpu_limit("1")
    train.set_memory_request("2Gi").set_memory_limit("2Gi")
    train.set_env_variable("EXAI_MEMORY", str(2 * 1024**3))
    train.set_retry(2, backoff_duration="30s")
    evaluate = component("evaluate", "evaluate-model")(
        model=train.outputs["model"],
        data=split.outputs["test"],
        task="classification",
        target="species",
        champion="iris_model@champion",
    ).set_caching_options(False)
    component("register", "register-model")(
        **{
            "model": train.outputs["model"],
            "metrics": evaluate.outputs["metrics"],
            "as": "iris_model",
            "experiment": "iris_exp",
            "exai_run_key": exai_run_key,
            "exai_data_versions": exai_data_versions,
        }
    ).set_caching_options(False)


@dsl.pipeline(name="flower-training")
def branching(
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    load = component("load", "load-dataset")(
        dataset={
            "name": "flowers",
            "source": {"csv": {"path": "data/flowers.csv"}},
            "key": ["id"],
            "timestamp": "seen",
            "schema": {
                "id": {"type": "int64", "nullable": True, "source": ""},
                "seen": {"type": "timestamp", "nullable": True, "source": ""},
                "width": {"type": "float64", "nullable": False, "source": "Width (cm)"},
                "kind": {
                    "type": "string",
                    "nullable": True,
                    "source": "",
                    "enum": ["rose", "tulip"],
                },
            },
        }
    ).set_caching_options(False)
    split = component("split", "split-data")(data=load.outputs["data"], test=0.25)
    wide = component("train-wide", "train-h2o")(
        data=split.outputs["train"], target="kind", features=["width"], task="classification"
    )
    deep = component("train-deep", "train-h2o")(
        data=split.outputs["train"],
        target="kind",
        features=["width"],
        parameters={"max_depth": 10},
        task="classification",
    ).after(wide)
    registered: list[Any] = []
    for name, model, champion in (("wide", wide, ""), ("deep", deep, "deep@champion")):
        evaluate = component(f"evaluate-{name}", "evaluate-model")(
            model=model.outputs["model"],
            data=split.outputs["test"],
            task="classification",
            target="kind",
            champion=champion,
        ).set_caching_options(False)
        register = component(f"register-{name}", "register-model")(
            **{
                "model": model.outputs["model"],
                "metrics": evaluate.outputs["metrics"],
                "as": name,
                "experiment": "flower-training",
                "exai_run_key": exai_run_key,
                "exai_data_versions": exai_data_versions,
            }
        ).set_caching_options(False)
        registered.append(register.after(*registered))


@dsl.pipeline(name="every-parameter")
def parameters(
    needed: str,
    text: str = "hello",
    level: str = "low",
    count: int = 20,
    size: int = 1,
    rate: float = 1.0,
    small: float = 0.001,
    flag: bool = False,
    items: list = ["a", 1, 2.5],
    names: list = [],
    options: dict = {"depth": 3, "deep": {"rate": 2.0}},
    maybe: Optional[str] = None,
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    first = component("first", "echo")(
        text=needed,
        count=count,
        number=rate,
        flag=flag,
        items=items,
        options=options,
        maybe=maybe,
    )
    component("second", "echo")(
        text=first.outputs["text"],
        count=first.outputs["count"],
        number=first.outputs["number"],
        table=first.outputs["table"],
    )
    component("third", "echo")(
        text="a constant",
        count=7,
        number=2.0,
        flag=True,
        items=[1, 2.0, 2.5, "x", True],
        options={"depth": 3, "rate": 1.0, "names": ["a"]},
    )


@dsl.pipeline(name="every-modifier")
def modifiers(
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    def with_env(task: Any, **env: str) -> Any:
        for name, value in sorted({"STAGE": "test", "SHARED": "default", **env}.items()):
            task.set_env_variable(name, value)
        return task

    plain = with_env(component("plain", "echo")(), EXAI_MEMORY=str(512 * 1024**2))
    plain.set_cpu_request("500m").set_cpu_limit("500m")
    plain.set_memory_request("512Mi").set_memory_limit("512Mi")
    plain.set_retry(1).set_caching_options(False)
    own = with_env(component("own", "echo")(), SHARED="mine", EXAI_MEMORY=str(4 * 1024**3))
    own.set_display_name("A step of its own").after(plain)
    own.set_cpu_request("1").set_cpu_limit("1")
    own.set_memory_request("2Gi").set_memory_limit("4Gi")
    own.set_retry(3, "1s", 3, "10m")
    graphics = with_env(component("graphics", "echo")())
    graphics.set_cpu_limit("4")
    graphics.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(2)
    graphics.set_retry(1).after(own, plain)


@dsl.pipeline(name="every-reference")
def references(
    depth: int = 5,
    rate: float = 0.1,
    who: str = "you",
    exai_run_key: str = "",
    exai_data_versions: dict = {},
) -> None:
    first = component("first", "echo")()
    second = component("second-step", "echo")(
        text=f"hello {who} and {first.outputs['text']}, {who}: ${{{{ kept }}}}",
        options={
            "depth": depth,
            "rate": first.outputs["number"],
            "names": [who, "fixed", f"a {first.outputs['text']}"],
        },
    )
    component("third", "echo")(
        text=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        maybe="${{ not.an.expression }}",
        items=[second.outputs["count"], second.outputs["text"]],
    )


SDK = {
    "iris": iris,
    "branching": branching,
    "parameters": parameters,
    "modifiers": modifiers,
    "references": references,
}


@pytest.mark.parametrize("case", SDK)
def test_our_proto_is_the_sdk_s(case: str, same: Callable[[str, Any], None]) -> None:
    same(case, SDK[case])
