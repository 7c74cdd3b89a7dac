"""Names and placement that a run gives (LANGUAGE sections 3.4 and 6.3): one whole reference each,
to a parameter or an output of the right type.

`bad-expression`, `expression-not-allowed`, `unknown-reference`, `wrong-input-type`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.bodies.run_names import RunName, of_env, of_placement, run_names
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_compiler.graph import Broken, Composed, FromParameter, FromStep, Graph, bind
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec

_HINT = "write ${{ parameters.NAME }} or ${{ steps.STEP.OUTPUT }}, and nothing around it"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(PipelineSpec):
        graph = subject.graphs[spec.ref.name]
        for path, name in all_names(body):
            if has_expression(name.text):
                yield from _name(spec, graph, (*path, *name.path), name)


def all_names(body: PipelineSpec) -> Iterator[tuple[Path, RunName]]:
    """Every such text of a pipeline, with the path of the step, or of the defaults."""
    base: Path = ("spec", "defaults")
    yield from ((base, name) for name in of_env(body.defaults.env))
    placement = of_placement(body.defaults.node_selector, body.defaults.tolerations)
    yield from ((base, name) for name in placement)
    for step, spec in body.steps.items():
        yield from ((("spec", "steps", step), name) for name in run_names(spec))


def _name(spec: Spec, graph: Graph, path: Path, name: RunName) -> Iterator[Diagnostic]:
    at = spec.at(*path)
    match bind(name.text):
        case FromParameter(parameter):
            known = spec.body.parameters if isinstance(spec.body, PipelineSpec) else {}
            if parameter not in known:
                hint = did_you_mean(parameter, known, "declare it under spec.parameters")
                message = f"there is no parameter `{parameter}`"
                yield Diagnostic("unknown-reference", message, at, hint=hint)
                return
            found = str(known[parameter].type)
            given = "list" if found.startswith("{list") else found
            yield from _typed(name, f"parameters.{parameter}", given, spec, path)
        case FromStep(step, output):
            yield from _output(spec, graph, path, name, step, output)
        case Broken() | Composed():
            message = "only one whole reference can stand here"
            yield Diagnostic("bad-expression", message, at, hint=_HINT)
        case _:
            message = "no such reference can stand here"
            yield Diagnostic("expression-not-allowed", message, at, hint=_HINT)


def _output(
    spec: Spec, graph: Graph, path: Path, name: RunName, step: str, output: str
) -> Iterator[Diagnostic]:
    at = spec.at(*path)
    steps: Mapping[str, object] = graph.steps
    if path[1] == "defaults":
        message = "what every step has can't come from one of them"
        hint = "take it from a parameter, or write it at the steps that need it"
        yield Diagnostic("expression-not-allowed", message, at, hint=hint)
    elif step not in steps:
        hint = did_you_mean(step, steps)
        yield Diagnostic("unknown-reference", f"there is no step `{step}`", at, hint=hint)
    elif (component := graph.steps[step].component) is not None:
        port = component.outputs.get(output)
        if port is None:
            message = f"step `{step}` has no output `{output}`"
            hint = did_you_mean(output, component.outputs)
            yield Diagnostic("unknown-reference", message, at, hint=hint)
        else:
            yield from _typed(name, f"steps.{step}.{output}", port.type, spec, path)


def _typed(name: RunName, source: str, given: str, spec: Spec, path: Path) -> Iterator[Diagnostic]:
    if given not in name.types:
        yield Diagnostic(
            "wrong-input-type",
            f"`{source}` is a {given}, and this must be a {' or a '.join(name.types)}",
            spec.at(*path),
            hint="take another one, or write the value itself",
        )


def in_run_name(path: Path) -> bool:
    """Whether a path of a pipeline is one where a run may give a name or the placement."""
    if path[:2] == ("spec", "defaults"):
        below = path[2:]
    elif len(path) > 3 and path[:2] == ("spec", "steps"):
        below = path[3:]
    else:
        return False
    match below:
        case ("env", _, "secret" | "configMap"):
            return True
        case ("volumes", _, "secret" | "configMap" | "pvc"):
            return True
        case ("imagePullSecrets", int(), "name"):
            return True
    return below in (("nodeSelector",), ("tolerations",))
