"""The function of a Python step or trial: that it is there, can be read, stands by itself, and
imports no other file of the project (LANGUAGE section 6.2). Places are those in the Python file.

`missing-file`, `unknown-function`, `python-syntax`, `unreadable-annotation`, `not-self-contained`,
`code-too-large`, `local-import`, `kfp-placeholder`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.graph import Step
from exai_compiler.python_code import (
    Function,
    Problem,
    embedded_of,
    embedded_path,
    function_hint,
    function_of,
    names_a_function,
    python_file,
    read_function,
)
from exai_compiler.python_code.archive import LARGEST as MAX_PROGRAM
from exai_compiler.python_code.archive import Embedded
from exai_compiler.python_code.ephemeral import program
from exai_compiler.python_code.function import NOT_THERE
from exai_compiler.tuning.trial import PYTHON
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import TuningSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.by_body.get("python", ()):
        if step.spec.python is not None:
            here = (*step.path, "python")
            yield from _function(subject, spec, here, f"step `{step.name}`", step.spec.python, step)
    for spec, tuning in subject.project.bodies(TuningSpec):
        if tuning.trial.python is not None:
            yield from _function(subject, spec, PYTHON, "the trial", tuning.trial.python)


def _function(
    subject: Subject,
    spec: Spec,
    place: Path,
    who: str,
    written: str,
    step: Step | None = None,
) -> Iterator[Diagnostic]:
    at = spec.at(*place)
    path, function = function_of(spec.document.file_of(place), written)
    if not names_a_function(written):
        if python_file(spec.document.file_of(place), written) in subject.catalog.refused:
            return
        hint = function_hint(spec.document.file_of(place), written, subject.catalog.files)
        yield Diagnostic("unknown-function", f"`{written}` names no function", at, hint=hint)
        return
    if path not in subject.catalog.files:
        if path not in subject.catalog.refused:
            message = f"there is no file `{path}`"
            yield Diagnostic("missing-file", message, at, hint=missing_hint(subject, path))
        return
    found = read_function(subject.catalog.files[path], function)
    related = ((f"{who} asks for it", at),)
    if isinstance(found, Problem):
        if found.message == NOT_THERE.format(function):
            message = f"`{path}` has no function `{function}`"
            yield Diagnostic(found.code, message, at, hint=found.hint)
            return
        yield _at(path, found, related)
        return
    written_embed = step.spec.embed if step is not None else None
    beside = None
    if step is not None:
        base = spec.document.file_of((*step.path, "embed"))
        beside = embedded_of(base, step.spec, subject.catalog)
    brought = beside.modules if beside is not None else frozenset()
    # What isn't there may be what is imported: that is said.
    gone = written_embed is not None and beside is None
    imports = () if gone else tuple(_local_imports(subject, found, brought))
    for problem in (*found.problems, *imports, *_placeholders(found)):
        yield _at(path, problem, related)
    if step is None or written_embed is None:
        for name in found.embeds:
            yield Diagnostic(
                "missing-input",
                f"`{name}` is what a step embeds, and {who} embeds nothing",
                at,
                hint="add `embed:` to the step, with a file or a folder of the project",
            )
        return
    yield from _embedded(subject, spec, step, written_embed, found, beside)


def missing_hint(subject: Subject, path: str) -> str:
    """What next where a Python file isn't there: one that is, of those that documents name."""
    close = nearest(path, (each for each in subject.catalog.files if each.endswith(".py")), 0.8)
    meant = f"did you mean `{close}`? " if close else ""
    return f"{meant}the path is relative to this document's own file"


def _embedded(
    subject: Subject,
    spec: Spec,
    step: Step,
    written: str,
    function: Function,
    beside: Embedded | None,
) -> Iterator[Diagnostic]:
    """What stands beside the function: that it is there, and fits with the function into one
    argument of a process.
    """
    at = spec.at(*step.path, "embed")
    path = embedded_path(spec.document.file_of((*step.path, "embed")), written)
    if beside is None:
        if not any(p == path or p.startswith(f"{path}/") for p in subject.catalog.refused):
            message = f"there is no file and no folder with files `{path}`"
            hint = "the path is relative to this document's own file"
            yield Diagnostic("missing-file", message, at, hint=hint)
        return
    size = len(program(function, beside).encode())
    if size > MAX_PROGRAM:
        yield Diagnostic(
            "code-too-large",
            f"the function and what it embeds have {size} bytes as they are sent; {MAX_PROGRAM} "
            "is the most",
            at,
            hint="put large files into a Dataset, or into an image of your own",
        )


def _local_imports(
    subject: Subject, function: Function, brought: frozenset[str]
) -> Iterator[Problem]:
    for module, line, column in function.imports:
        if module != "." and module not in subject.catalog.modules:
            continue
        if module in brought:
            continue
        if module in sys.stdlib_module_names:  # what Python brings comes before a file
            continue
        what = "a relative import" if module == "." else f"`{module}` is a file of this project"
        yield Problem(
            "local-import",
            f"{what}, which isn't there where the step runs: only the function itself is embedded",
            line,
            column,
            "put its code into the function, into a package that pip.packages names, or into an "
            "image of your own",
        )


def _placeholders(function: Function) -> Iterator[Problem]:
    """KFP replaces `{{$...}}` in every argument of a container, and the text is one."""
    for number, line in enumerate(function.source.split("\n")):
        if (at := line.find("{{$")) >= 0:
            yield Problem(
                "kfp-placeholder",
                "Kubeflow Pipelines would replace this in the function's text before it runs",
                function.line + number,
                at + 1,
                'write "{{" + "$" where such a text is needed',
            )


def _at(path: str, problem: Problem, related: tuple[tuple[str, Span], ...]) -> Diagnostic:
    at = Span(path, problem.line, problem.column)
    return Diagnostic(problem.code, problem.message, at, hint=problem.hint, related=related)
