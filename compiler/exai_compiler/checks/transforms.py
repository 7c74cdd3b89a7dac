"""The function behind an on-demand view: that it is there, and what it may be given.

`missing-file`, `unknown-function`, `python-syntax`, `local-import`, `kfp-placeholder`: places are
those in the Python file. `nested-transform`, `empty-transform`, `duplicate-feature`,
`untried-input`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_compiler.feature_views import features_of, request_of
from exai_compiler.python_names import PYTHON, function_of, names_a_function, python_file
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import FeatureViewSpec, Transform
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.types import ListOf, Scalar, Type

# Of feast/on_demand_feature_view.py, _get_sample_values_by_type: all others have a sample.
_UNTRIED = ("decimal", "json")
_WHERE = "only this file is there where the function runs"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, view in subject.project.bodies(FeatureViewSpec):
        if view.transform is not None:
            yield from _function(subject, spec, view.transform)
            yield from _sources(subject, spec, view.transform)
            yield from _untried(subject, spec, view.transform)


def _untried(subject: Subject, spec: Spec, transform: Transform) -> Iterator[Diagnostic]:
    """Inputs without a sample. Feast calls the function before it registers it, with a sample of
    each type that it has one of and None for the rest: with `mode: python` it fails at the first
    None (feast.on_demand_feature_view: infer_features), with pandas where all are."""
    request = request_of(subject.project, spec.ref.name)
    path: Path = ("spec", "transform", "request", "schema")
    inputs: list[tuple[Path, str, Type]] = [
        ((*path, name), name, type_) for name, type_ in request.items()
    ]
    for index, source in enumerate(transform.sources):
        at: Path = ("spec", "transform", "sources", index)
        features = features_of(subject.project, source).values()
        inputs += [(at, each.name, each.type) for each in features]
    untried = [each for each in inputs if has_no_sample(each[2])]
    if not untried or (transform.mode == "pandas" and len(untried) < len(inputs)):
        return
    place, name, type_ = untried[0]
    hint = "take a view without it, or write `mode: pandas`"
    if len(untried) == len(inputs):
        hint = "take inputs of other types instead, such as text or numbers"
    if transform.mode == "pandas":
        hint = "add a source, or a column of the request, of another type: Feast needs one"
    yield Diagnostic(
        "untried-input",
        f"Feast can't try the function: it has no sample of {type_}, such as `{name}`",
        spec.at(*place),
        hint=hint,
    )


def has_no_sample(type_: Type) -> bool:
    """Whether Feast makes none of a type when it tries a function."""
    if isinstance(type_, ListOf):
        return not isinstance(type_.item, Scalar) or has_no_sample(type_.item)
    return not isinstance(type_, Scalar) or type_.name in _UNTRIED


def _sources(subject: Subject, spec: Spec, transform: Transform) -> Iterator[Diagnostic]:
    if not transform.sources and transform.request is None:
        yield Diagnostic(
            "empty-transform",
            f"the function of `{spec.ref.name}` is given nothing",
            spec.at("spec", "transform"),
            hint="add sources: the views whose features it takes, or a request",
        )
    first: dict[str, str] = dict.fromkeys(request_of(subject.project, spec.ref.name), "the request")
    for index, source in enumerate(transform.sources):
        at = spec.at("spec", "transform", "sources", index)
        found = subject.project.find("FeatureView", source)
        body = subject.project.body(FeatureViewSpec, source)
        if found is None or body is None:
            continue
        if body.transform is not None:
            yield Diagnostic(
                "nested-transform",
                f"`{source}` is made by a function itself",
                at,
                hint="take the views that it is made of, and compute both in one function",
                related=(("the other function", found.at("spec", "transform", "python")),),
            )
        for name in features_of(subject.project, source):
            other = first.setdefault(name, f"`{source}`")
            if other != f"`{source}`":
                yield Diagnostic(
                    "duplicate-feature",
                    f"`{source}` and {other} both give the function a column `{name}`",
                    at,
                    hint="give one of them another name where it is declared",
                )


def _function(subject: Subject, spec: Spec, transform: Transform) -> Iterator[Diagnostic]:
    import ast

    from exai_compiler.checks.copied_python import local_imports, tree_of
    from exai_compiler.checks.python_step import missing_hint
    from exai_compiler.python_code import function_hint
    from exai_compiler.python_code.function import functions_in

    at = spec.at(*PYTHON)
    path, name = function_of(spec.document.file_of(PYTHON), transform.python)
    if not names_a_function(transform.python):
        document = spec.document.file_of(PYTHON)
        if python_file(document, transform.python) in subject.catalog.refused:
            return
        message = f"`{transform.python}` names no function"
        hint = function_hint(document, transform.python, subject.catalog.files)
        yield Diagnostic("unknown-function", message, at, hint=hint)
        return
    text = subject.catalog.files.get(path)
    if text is None:
        if path not in subject.catalog.refused:
            message = f"there is no file `{path}`"
            yield Diagnostic("missing-file", message, at, hint=missing_hint(subject, path))
        return
    asked = ((f"FeatureView `{spec.ref.name}` asks for it", at),)
    tree = tree_of(text, path, asked)
    if isinstance(tree, Diagnostic):
        yield tree
        return
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found:
        message = f"`{path}` has no function `{name}`"
        close = nearest(name, functions_in(text))
        meant = f'did you mean "{close}"? ' if close else ""
        hint = f"{meant}it has to stand at the left margin, with a plain `def`"
        if any(isinstance(n, ast.AsyncFunctionDef) and n.name == name for n in tree.body):
            message = f"`{name}` of `{path}` is an `async def`, and nothing awaits what it returns"
            hint = f"write `def {name}(inputs):`"
        yield Diagnostic("unknown-function", message, at, hint=hint)
    elif not (found[-1].args.posonlyargs or found[-1].args.args):
        place = Span(path, found[-1].lineno, found[-1].col_offset + 1)
        message = f"`{name}` takes no argument, and is given the features"
        hint = f"write `def {name}(inputs):`"
        yield Diagnostic("unknown-function", message, place, hint=hint, related=asked)
    yield from local_imports(tree, path, subject.catalog.modules, _WHERE, asked)
    if (start := text.find("{{$")) >= 0:
        line = text.count("\n", 0, start) + 1
        column = start - text.rfind("\n", 0, start)
        yield Diagnostic(
            "kfp-placeholder",
            "Kubeflow Pipelines would replace `{{$`, and the file travels in a pipeline",
            Span(path, line, column),
            hint="write it in two parts: '{{' + '$'",
            related=asked,
        )
