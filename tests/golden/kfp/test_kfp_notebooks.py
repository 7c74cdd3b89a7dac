"""Notebook steps: the same command, arguments and interface as the kfp SDK makes of the function
and the notebook."""

# The SDK reads a function's signature: so no postponed annotations.

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from kfp import dsl
from packed import unpacked

from exai_compiler.backends.kfp.components import component_spec
from exai_compiler.catalog import Catalog, Port
from exai_compiler.python_code import notebook_component
from exai_compiler.python_code.notebook import Notebook, read_notebook
from exai_compiler.python_code.notebook_step import PACKAGES
from exai_specs.frozen import thaw
from exai_specs.kinds import Pip
from exai_specs.kinds.step import Step

TEXT = """{"cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
 {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [], "source": "depth = 1"},
 {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["print('{{$}}', depth)\\n", "1"]}
], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""
INPUTS = {
    port.name: port
    for port in (
        Port("rate", "double"),
        Port("note", "string", optional=True),
        Port("depth", "integer"),
        Port("loud", "boolean"),
        Port("names", "list"),
        Port("deep", "struct"),
        Port("data", "Dataset"),
        Port("many", "Model", many=True),
    )
}
OUTPUTS = {
    port.name: port
    for port in (
        Port("model", "Model"),
        Port("page", "HTML"),
        Port("count", "integer"),
        Port("words", "list"),
        Port("table", "struct"),
        Port("said", "string"),
    )
}
WRITTEN = """
def notebook_step(
    rate: float,
    depth: int,
    loud: bool,
    names: list,
    deep: dict,
    data: Input[Dataset],
    many: Input[List[Model]],
    model: Output[Model],
    page: Output[HTML],
    count: OutputPath(int),
    words: OutputPath(list),
    table: OutputPath(dict),
    said: OutputPath(str),
    note: Optional[str] = None,
):
    dsl.run_notebook(
        rate=rate,
        note=note,
        depth=depth,
        loud=loud,
        names=names,
        deep=deep,
        data=data.path,
        many=[each.path for each in many],
        model_path=model.path,
        page_path=page.path,
        count_path=count,
        words_path=words,
        table_path=table,
        said_path=said,
    )
"""
NOTHING = """
def notebook_step():
    dsl.run_notebook()
"""
PIP = Pip(
    packages=("six==1.17.0",),
    index_urls=("https://one.example.com/simple",),
    trusted_hosts=("a.example.com",),
)


def written(folder: Path, source: str) -> Any:
    """The function of a module on disk, where the SDK looks its text up."""
    file = folder / "written.py"
    heads = "from typing import *\n\nfrom kfp import dsl\nfrom kfp.dsl import *\n"
    file.write_text(f"{heads}\n{source}")
    spec = importlib.util.spec_from_file_location("written", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert inspect.getsource(module.notebook_step)
    return module.notebook_step


@pytest.mark.parametrize(
    ("source", "inputs", "outputs", "image", "pip", "options"),
    [
        (WRITTEN, INPUTS, OUTPUTS, None, None, {"install_kfp_package": False}),
        (NOTHING, {}, {}, "python:3.11", None, {}),
        (
            NOTHING,
            {},
            {},
            "python:3.11",
            PIP,
            {
                "packages_to_install": [*PIP.packages, *PACKAGES],
                "pip_index_urls": list(PIP.index_urls),
                "pip_trusted_hosts": list(PIP.trusted_hosts),
            },
        ),
    ],
)
def test_a_notebook_is_what_the_sdk_makes_of_it(
    source: str,
    inputs: dict[str, Port],
    outputs: dict[str, Port],
    image: str | None,
    pip: Pip | None,
    options: dict[str, Any],
    tmp_path: Path,
) -> None:
    found = read_notebook(TEXT)
    assert isinstance(found, Notebook)
    file = tmp_path / "notebook.ipynb"
    file.write_text(found.text())
    made = dsl.notebook_component(
        notebook_path=str(file), base_image=image or "exai/python-train", **options
    )(written(tmp_path, source))
    theirs = json_format.MessageToDict(made.pipeline_spec)
    (executor,) = theirs["deploymentSpec"]["executors"].values()
    (interface,) = theirs["components"].values()

    step = Step(notebook="look.ipynb", image=image, pip=pip)
    ours = notebook_component(
        "exai.yaml", step, Catalog({}, {"look.ipynb": TEXT}), None, inputs, outputs
    )
    assert ours is not None
    assert unpacked(list(ours.command)) == unpacked(executor["container"]["command"])
    assert list(ours.args) == executor["container"]["args"]
    assert ours.image == executor["container"]["image"]
    mine: Any = thaw(component_spec("it", ours).tree)
    for side in ("inputDefinitions", "outputDefinitions"):
        assert mine.get(side) == interface.get(side)
