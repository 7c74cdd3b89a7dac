"""The notebook of a step: that it is there, can be read, and can have its inputs and outputs as
variables (LANGUAGE section 6.2).

`missing-file`, `bad-notebook`, `notebook-variable`, `code-too-large`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.graph import Step
from exai_compiler.python_code import embedded_path
from exai_compiler.python_code.archive import LARGEST
from exai_compiler.python_code.ephemeral import program
from exai_compiler.python_code.notebook import Notebook, read_notebook
from exai_compiler.python_code.notebook_step import (
    beside_of,
    function_of_notebook,
    not_variables,
)
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.by_body.get("notebook", ()):
        if step.spec.notebook is not None:
            yield from _notebook(subject, spec, step, step.spec.notebook)


def _notebook(subject: Subject, spec: Spec, step: Step, written: str) -> Iterator[Diagnostic]:
    place = (*step.path, "notebook")
    at = spec.at(*place)
    path = embedded_path(spec.document.file_of(place), written)
    if not path.endswith(".ipynb"):
        hint = "name a file that ends in .ipynb"
        yield Diagnostic("bad-notebook", f"`{written}` is no notebook", at, hint=hint)
        return
    if path not in subject.catalog.files:
        if path not in subject.catalog.refused:
            message = f"there is no file `{path}`"
            hint = "the path is relative to this document's own file"
            yield Diagnostic("missing-file", message, at, hint=hint)
        return
    found = read_notebook(subject.catalog.files[path])
    if not isinstance(found, Notebook):
        here = Span(path, found.line, found.column)
        related = ((f"step `{step.name}` asks for it", at),)
        yield Diagnostic(found.code, found.message, here, hint=found.hint, related=related)
        return
    if step.component is None:  # what it is given can't be told: that is said already
        return
    inputs, outputs = step.component.inputs, step.component.outputs
    for name, is_output, why in not_variables(inputs, outputs):
        yield Diagnostic(
            "notebook-variable",
            f"`{name}` {why}",
            spec.key_at(*step.path, "outputs" if is_output else "with", name),
            hint="a notebook has each input as a variable of its name, and each output's place as "
            "NAME_path: take another name or type, or a `python:` step",
        )
    size = len(program(function_of_notebook(inputs, outputs), beside_of(found)).encode())
    if size > LARGEST:
        yield Diagnostic(
            "code-too-large",
            f"the notebook's code has {size} bytes as it is sent; {LARGEST} is the most",
            at,
            hint="put large texts into a Dataset, and code into a package that pip.packages names",
        )
