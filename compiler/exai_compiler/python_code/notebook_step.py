"""A notebook step as a component: a function that hands its inputs to the notebook, as KFP's own
notebook components have it (`create_notebook_component_from_func` of the SDK 2.17.0).

In: the spec of a step, the inputs that its `with` makes. Out: a `Component`, or None for a notebook
that can't be read: the checks say why. Each input is a variable, an artifact by its path; each
output `o` is a variable `o_path`, where the notebook writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from types import MappingProxyType

from exai_compiler.catalog import Catalog, Component, Port
from exai_compiler.python_code import ephemeral
from exai_compiler.python_code.annotations import ARTIFACTS
from exai_compiler.python_code.archive import Embedded
from exai_compiler.python_code.function import Function
from exai_compiler.python_code.notebook import NAME, Notebook, read_notebook
from exai_compiler.python_names import OWN_IMAGE, embedded_path
from exai_specs.frozen import digest
from exai_specs.kinds.step import Step
from exai_specs.kinds.step_parts import Pip
from exai_specs.values import replace

FUNCTION = "notebook_step"
PACKAGES = ("nbclient>=0.10,<1", "ipykernel>=6,<7", "jupyter_client>=7,<9")
"""What the SDK installs to run a notebook."""

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "string": "str",
        "integer": "int",
        "double": "float",
        "boolean": "bool",
        "list": "list",
        "struct": "dict",
    }
)
# What the function itself, and the cell that KFP puts in, use.
_TAKEN = ("dsl", "json")

Ports = Mapping[str, Port]


def notebook_component(
    document: str, step: Step, catalog: Catalog, image: str | None, inputs: Ports, outputs: Ports
) -> Component | None:
    """The component of a `notebook:` step; `image` is that of steps which name none."""
    path = embedded_path(document, step.notebook or "")
    text = catalog.files.get(path)
    found = read_notebook(text) if text is not None else None
    if not isinstance(found, Notebook):
        return None
    image = step.image or image or OWN_IMAGE
    pip = with_packages(step.pip)
    function = function_of_notebook(inputs, outputs)
    return Component(
        name=path,
        # A tag may move unseen; an image's digest says what it is.
        version=digest(
            {
                "source": function.source,
                "notebook": tuple((cell.source, cell.parameters) for cell in found.cells),
                "packages": pip.packages,
                "image": image.partition("@")[2],
            }
        )[:12],
        effects="none",
        description="",
        inputs=inputs,
        outputs=outputs,
        refs=MappingProxyType({}),
        filled=(),
        metrics=MappingProxyType({}),
        image=image,
        command=ephemeral.command(function, pip, beside_of(found), with_kfp=image == OWN_IMAGE),
        args=ephemeral.arguments(function),
        limits=MappingProxyType({}),
    )


def beside_of(notebook: Notebook) -> Embedded:
    """What is embedded beside the function."""
    return Embedded(((NAME, notebook.text()),), NAME, is_notebook=True)


def with_packages(pip: Pip | None) -> Pip:
    """What the notebook needs, and what runs it: a package that is named keeps its version."""
    pip = pip or Pip()
    named = {_bare(package) for package in pip.packages}
    more = tuple(package for package in PACKAGES if _bare(package) not in named)
    return replace(pip, packages=(*pip.packages, *more))


def function_of_notebook(inputs: Ports, outputs: Ports) -> Function:
    """The function that the step is."""
    needed = [port for port in inputs.values() if not port.optional]
    absent = [port for port in inputs.values() if port.optional]
    arguments = [
        *(f"{port.name}: {_input(port)}" for port in needed),
        *(f"{port.name}: {_output(port)}" for port in outputs.values()),
        *(f"{port.name}: Optional[{_input(port)}] = None" for port in absent),
    ]
    given = [
        *(f"{port.name}={_value(port)}" for port in inputs.values()),
        *(f"{port.name}_path={_where(port)}" for port in outputs.values()),
    ]
    source = (
        f"def {FUNCTION}({_listed(arguments, 4)}):\n    dsl.run_notebook({_listed(given, 8)})\n"
    )
    return Function(
        name=FUNCTION,
        line=1,
        source=source,
        description="",
        inputs=inputs,
        outputs=outputs,
        imports=(),
        problems=(),
    )


def not_variables(inputs: Ports, outputs: Ports) -> Iterator[tuple[str, bool, str]]:
    """What the notebook can't have: an input's or output's name, whether it is an output, why."""
    for is_output, ports in ((False, inputs), (True, outputs)):
        for name, port in ports.items():
            if iskeyword(name):
                yield name, is_output, "is a word of Python's own"
            elif name in _TAKEN:
                yield name, is_output, "is a name that the step itself uses"
            elif name == "Output":
                yield name, is_output, "is what Kubeflow Pipelines calls what a function returns"
            elif port.is_artifact and port.type not in ARTIFACTS:
                yield (
                    name,
                    is_output,
                    f"is a {port.type}, which no function of KFP's takes or makes",
                )
            elif not port.is_artifact and port.type not in _TYPES:
                yield name, is_output, f"is a {port.type}, which can't be a variable"
            elif is_output and port.many:
                yield name, is_output, "is a list of artifacts, which no function of KFP's makes"
            elif is_output and name in inputs:
                yield name, is_output, "is an input, too"
            elif is_output and f"{name}_path" in inputs:
                yield name, is_output, f"would be the variable `{name}_path`, which is an input"


def _bare(package: str) -> str:
    return re.sub("[-_.]+", "-", re.split("[<>=[]", package)[0]).lower()


def _listed(parts: list[str], indent: int) -> str:
    if not parts:
        return ""
    lines = "".join(f"{' ' * indent}{part},\n" for part in parts)
    return f"\n{lines}{' ' * (indent - 4)}"


def _input(port: Port) -> str:
    if port.is_artifact:
        return f"Input[List[{port.type}]]" if port.many else f"Input[{port.type}]"
    return _TYPES.get(port.type, port.type)


def _output(port: Port) -> str:
    if port.is_artifact:
        return f"Output[{port.type}]"
    return f"OutputPath({_TYPES.get(port.type, port.type)})"


def _value(port: Port) -> str:
    if not port.is_artifact:
        return port.name
    if port.many:
        return f"[each.path for each in {port.name}]"
    return f"{port.name}.path" + (f" if {port.name} else None" if port.optional else "")


def _where(port: Port) -> str:
    return f"{port.name}.path" if port.is_artifact else port.name
