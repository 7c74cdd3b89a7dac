"""`bad-expression`, `expression-not-allowed`: every `${{` is a reference, and stands where one may
(LANGUAGE 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.broken_references import ROOTS, broken, no_root
from exai_compiler.checks.container_step import in_arguments
from exai_compiler.checks.mentions import Field
from exai_compiler.checks.positions import position
from exai_compiler.checks.run_names import in_run_name
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import LEAVES, Path, entries, value_at
from exai_compiler.graph import Broken, FromStatus, Graph, Group, Items, Step
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.expressions import (
    OPEN,
    ExpressionError,
    half_written,
    has_expression,
    parse_text,
    references_of,
)
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec, TuningSpec
from exai_specs.parse import Spec
from exai_specs.values import replace

PLACES = ("with", "if", "in", "output", "import")
IN_TRIALS = tuple(("trial", field) for field in ("with", "command", "args", "env"))
_EXAMPLE = "${{ steps.STEP.OUTPUT > 0.9 }}, with nothing around it"
# Neither its SDK nor its driver does (kubeflow/pipelines#13034).
_VARIABLE = (
    "give it to an input under `with` (a container names it in `args`: ${{ inputs.NAME }}), or take"
    " the variable from a ConfigMap or Secret: {configMap: NAME, key: KEY}; `$${{` stands for a "
    "literal `${{`"
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        if not subject.reads[graph.pipeline.name].broken:
            continue
        for port, binding in step.inputs.items():
            if isinstance(binding, Broken):
                path = step.input_at(port)
                value = value_at(spec.document.value, path)
                yield from broken(spec, graph, path, value, step.items)
    for spec, graph, occurrence in subject.referring(FromStatus):
        if occurrence.step is not graph.last:
            yield _status(occurrence.at(spec))
    for graph in subject.graphs.values():
        spec = subject.project.specs[graph.pipeline]
        for field in subject.reads[graph.pipeline.name].fields:
            if isinstance(field.binding, Broken):
                yield from _broken_field(spec, graph, field)
        for mention in subject.mentions[graph.pipeline.name]:
            if isinstance(mention.source, FromStatus):
                yield _status(mention.at(spec))
    yield from _elsewhere(subject)
    yield from _in_keys(subject)


def _in_keys(subject: Subject) -> Iterator[Diagnostic]:
    """Expressions in the keys of structs: nothing fills them in."""
    for spec, _, step in subject.steps() if subject.braced_keys else ():
        if spec.ref not in subject.braced_keys:
            continue
        given = [(("with", name), value) for name, value in step.spec.with_.items()]
        if step.spec.import_ is not None:
            given.append((("import", "metadata"), step.spec.import_.metadata))
        for path, value in given:
            if value.__class__ not in LEAVES:  # as most are
                for inner, _ in entries(value):
                    if OPEN in (key := str(inner[-1])) and has_expression(key):
                        yield Diagnostic(
                            "expression-not-allowed",
                            "no expression can stand in a key",
                            spec.key_at(*step.path, *path, *inner),
                            hint="write the key itself, or take the whole mapping from a "
                            "parameter or an output",
                        )


def _elsewhere(subject: Subject) -> Iterator[Diagnostic]:
    """Expressions where none can stand."""
    for spec, path, text in subject.braced:
        if isinstance(spec.body, PipelineSpec) and (
            position(path) in PLACES or in_arguments(path) or in_run_name(path)
        ):
            continue
        if isinstance(spec.body, TuningSpec) and path[1:3] in IN_TRIALS:
            continue
        is_variable = _is_variable(spec, path)
        start = _unescaped(text) if is_variable else text.find(OPEN)
        if start >= 0:
            message, hint = "no expression can stand here", "write the value itself"
            if is_variable:
                message, hint = "Kubeflow Pipelines fills no expression into a variable", _VARIABLE
            at = spec.document.at(path, start)
            yield Diagnostic("expression-not-allowed", message, at, hint=hint)


def _status(at: Span) -> Diagnostic:
    message = "how the steps ended is known in `finally` alone"
    hint = "give it to an input of the step in `finally`"
    return Diagnostic("expression-not-allowed", message, at, hint=hint)


def _broken_field(spec: Spec, graph: Graph, field: Field) -> Iterator[Diagnostic]:
    """What is wrong with an `if`, a loop's list or an output."""
    text = value_at(spec.document.value, field.path)
    found = False
    own = _own_item(graph, field)
    items = _items(graph, field)
    for problem in broken(spec, graph, field.path, text, items, field.field == "if"):
        found = True
        if own and problem.message == no_root(own):
            yield replace(
                problem,
                message=f"`if` is decided before the loop, and sees no `{own}`",
                hint="put the step into a group that has the `forEach`, and leave it its `if`",
            )
            continue
        yield problem
    if not found:
        yield Diagnostic(
            "bad-expression",
            "must be exactly one expression",
            spec.at(*field.path),
            hint=_whole(text, graph, items),
        )


def _own_item(graph: Graph, field: Field) -> str:
    """The item of the loop that a step or group with this `if` is; "" for any other field."""
    if field.field == "if":
        for node in graph.nodes.values():
            if field.path == (*node.path, "if") and isinstance(node, Step | Group) and node.loop:
                return node.loop.name
    return ""


def _whole(text: Json, graph: Graph, items: Items) -> str:
    """How to write what somebody wrote without braces, if it can be read so."""
    if isinstance(text, str) and (meant := half_written(text)):
        return _rooted(meant, graph, items)
    if isinstance(text, str) and not has_expression(text):
        return _rooted(f"${{{{ {text} }}}}", graph, items)
    # An expression of which only a part stands in its braces.
    plain = text.replace(OPEN, "").replace("}}", "") if isinstance(text, str) else ""
    if meant := half_written(f"{{{plain}}}"):
        return _rooted(" ".join(meant.split()), graph, items)
    return f"write {_EXAMPLE}"


def _rooted(text: str, graph: Graph, items: Items) -> str:
    """The expression with the roots that its names need; what may stand there, if they name
    nothing."""
    try:
        (part,) = parse_text(text).parts
    except (ExpressionError, ValueError):
        return f"write {_EXAMPLE}"
    found = references_of(part.expression) if not isinstance(part, str) else ()
    for reference in sorted(found, key=lambda each: -each.offset):
        name = reference.parts[0]
        if name in ROOTS or name in items:
            continue
        if len(reference.parts) > 1 or name not in graph.parameters:
            return f"nothing is called `{name}` here: write {_EXAMPLE}"
        text = f"{text[: reference.offset]}parameters.{text[reference.offset :]}"
    return f"write {text}"


def _items(graph: Graph, field: Field) -> Items:
    found: dict[str, str] = {}
    for name in field.within:
        node = graph.nodes.get(name)
        if isinstance(node, Step | Group) and node.loop is not None:
            found[node.loop.name] = name
    return found


def _unescaped(text: str) -> int:
    """Where the first `${{` that isn't a literal one stands; -1 without any."""
    start = text.find(OPEN)
    while start > 0 and text[start - 1] == "$":
        start = text.find(OPEN, start + 1)
    return start


def _is_variable(spec: Spec, path: Path) -> bool:
    """A variable of a step: the one place outside `with` whose literal `$${{` is unescaped."""
    return isinstance(spec.body, PipelineSpec) and position(path) == "env"
