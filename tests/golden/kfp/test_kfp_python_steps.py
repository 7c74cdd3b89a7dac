"""Python steps: the same command, arguments and interface as the kfp SDK makes of the function."""

# The SDK reads a function's signature: so no postponed annotations, and its own old names of types.
# ruff: noqa: ARG001, UP006, UP035, UP045

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import pytest
from google.protobuf import json_format
from kfp import dsl
from kfp.dsl import (
    HTML,
    Artifact,
    ClassificationMetrics,
    Dataset,
    EmbeddedInput,
    Input,
    InputPath,
    Markdown,
    Metrics,
    Model,
    Output,
    OutputPath,
)
from packed import unpacked

from exai_compiler.backends.kfp.components import component_spec
from exai_compiler.catalog import Catalog
from exai_compiler.python_code import python_component
from exai_specs.frozen import thaw
from exai_specs.kinds import Pip
from exai_specs.kinds.step import Step


def everything(
    data: Input[Dataset],
    model: Output[Model],
    metrics: Output[Metrics],
    rate: float,
    names: List[str],
    deep: dict,
    table: Dict[str, int],
    rows: list,
    depth: int = 3,
    note: Optional[str] = None,
    other: str = "it's",
    loud: bool = False,
    text: InputPath("Dataset") = None,
    picked: OutputPath(str) = None,
    extra: Input[Model] = None,
) -> NamedTuple("Outputs", [("rows", int), ("score", float), ("tags", list)]):
    """Do everything.

    With {{$}} and 'quotes' in its text.
    """
    return (1, 2.0, [])


def single(a: int) -> str:
    return str(a)


def artifacts(page: Output[HTML], words: Output[Markdown], seen: Output[ClassificationMetrics]):
    print(page, words, seen)
    # What stands behind the last statement, indented as it is, belongs to it.


# This doesn't.


PIP = Pip(
    packages=("scikit-learn==1.9.1", "uvicorn[standard]==0.54.0"),
    index_urls=("https://one.example.com/simple", "https://two.example.com/simple"),
    trusted_hosts=("two.example.com",),
)
CASES: list[tuple[Callable[..., Any], str | None, Pip | None, dict[str, Any]]] = [
    (
        everything,
        "python:3.11",
        PIP,
        {
            "packages_to_install": list(PIP.packages),
            "pip_index_urls": list(PIP.index_urls),
            "pip_trusted_hosts": list(PIP.trusted_hosts),
        },
    ),
    (single, "python:3.11", None, {}),
    (single, None, None, {"install_kfp_package": False}),
    (single, "python:3.11", Pip(venv=True), {"use_venv": True}),
    (
        single,
        "python:3.11",
        Pip(packages=("humanize==4.12.0",), venv=True),
        {"use_venv": True, "packages_to_install": ["humanize==4.12.0"]},
    ),
    (
        artifacts,
        None,
        Pip(packages=("humanize==4.12.0",)),
        {"install_kfp_package": False, "packages_to_install": ["humanize==4.12.0"]},
    ),
]


def ruled(rules: EmbeddedInput[Artifact], much: int = 1) -> str:
    """Reads what stands beside it."""
    return dsl.get_uri() + rules.path * much


@pytest.mark.parametrize("embed", ["rules", "rules/one.txt"])
def test_what_stands_beside_a_function_goes_with_it(embed: str, tmp_path: Path) -> None:
    beside = {"rules/one.txt": "1\n", "rules/deep/checking.py": "def check(): ...\n"}
    for name, text in beside.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    made = dsl.component(
        base_image="python:3.11",
        install_kfp_package=False,
        embedded_artifact_path=str(tmp_path / embed),
    )(ruled)
    theirs = json_format.MessageToDict(made.pipeline_spec)
    (executor,) = theirs["deploymentSpec"]["executors"].values()
    file = inspect.getsource(inspect.getmodule(ruled))  # type: ignore[arg-type]
    step = Step(python="steps.py:ruled", embed=embed)
    ours = python_component("exai.yaml", step, Catalog({}, {"steps.py": file, **beside}))
    assert ours is not None
    assert unpacked(list(ours.command)) == unpacked(executor["container"]["command"])


@pytest.mark.parametrize(("function", "image", "pip", "options"), CASES)
def test_a_function_is_what_the_sdk_makes_of_it(
    function: Callable[..., Any], image: str | None, pip: Pip | None, options: dict[str, Any]
) -> None:
    theirs = json_format.MessageToDict(
        dsl.component(base_image=image or "exai/python-train", **options)(function).pipeline_spec
    )
    (executor,) = theirs["deploymentSpec"]["executors"].values()
    (interface,) = theirs["components"].values()
    file = inspect.getsource(inspect.getmodule(function))  # type: ignore[arg-type]
    step = Step(python=f"steps.py:{function.__name__}", image=image, pip=pip)
    ours = python_component("exai.yaml", step, Catalog({}, {"steps.py": file}))
    assert ours is not None

    assert list(ours.command) == executor["container"]["command"]
    assert list(ours.args) == executor["container"]["args"]
    assert ours.image == executor["container"]["image"]
    spec = thaw(component_spec("step", ours).tree)
    assert isinstance(spec, dict)
    for each in (spec, interface):
        each.pop("executorLabel")
    assert spec == interface
