"""`unknown-input`, `missing-input`, `filled-input`: a step gives what its component asks for, no
more and no less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exai_compiler.bodies.presence import chosen, held, named, presence
from exai_compiler.catalog import Component, Port
from exai_compiler.checks.port_types import describe
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import under_with
from exai_compiler.graph import Graph, Step, port_type
from exai_specs.diagnostics import Diagnostic
from exai_specs.nearest import nearest
from exai_specs.parse import Spec

# Wired to the reserved inputs of the pipeline's root; nobody sets them in a spec (DESIGN section
# 6).
RESERVED = "exai_"


def check(subject: Subject) -> Iterator[Diagnostic]:
    # By identity: the hash of a component is worked out in Python.
    known: dict[int, tuple[frozenset[str], tuple[str, ...], bool]] = {}
    for spec, graph, step in subject.steps():
        component = step.component
        if component is None:
            yield from _of_no_type(subject, spec, step)
            continue
        if (takes := known.get(id(component))) is None:
            needed = tuple(_needed(component))
            takes = frozenset(settable(component)), needed, bool(named(component))
            known[id(component)] = takes
        may, must, holds = takes
        meant: set[str | None] = set()  # by a misspelt one: it isn't missing, too
        for port in step.spec.with_:
            if port in may:
                continue
            meant.add(nearest(port, may))
            path = under_with(step.path, port)
            if port in component.inputs or port in component.filled:
                yield Diagnostic(
                    "filled-input",
                    f"`{port}` of {component.name} is filled in by exai",
                    spec.key_at(*path),
                    hint="leave it out",
                )
            else:
                yield _unknown(spec, step, component.name, port, settable(component))
        for name in must:
            if name not in step.inputs and name not in meant:
                wanted = component.inputs[name]
                yield Diagnostic(
                    "missing-input",
                    f"step `{step.name}` gives no `{name}`, which {component.name} needs",
                    spec.key_at(*step.path),
                    hint=f"add `{name}:` under `with`: {_what(component, wanted)}",
                    related=subject.wanted_at(graph, step, name),
                )
        if holds:
            yield from _held(spec, graph, step, component, meant)


def _unknown(spec: Spec, step: Step, name: str, port: str, takes: Collection[str]) -> Diagnostic:
    return Diagnostic(
        "unknown-input",
        f"{name} has no input `{port}`",
        spec.key_at(*under_with(step.path, port)),
        hint=did_you_mean(port, takes),
    )


def _of_no_type(subject: Subject, spec: Spec, step: Step) -> Iterator[Diagnostic]:
    """Inputs that a function or a component doesn't take, whatever else is wrong with it: that is
    told."""
    takes: tuple[str, ...] = ()
    if step.spec.python is not None and step.spec.with_:
        from exai_compiler.python_code import names_taken

        own = spec.document.file_of((*step.path, "python"))
        name, takes = names_taken(own, step.spec, subject.catalog)
    elif step.spec.component_file and step.spec.with_:
        from exai_compiler.user_components import component_file, inputs_named

        own = spec.document.file_of((*step.path, "uses"))
        name = component_file(own, step.spec.component_file)
        takes = inputs_named(subject.catalog.files.get(name, ""), name)
    for port in step.spec.with_ if takes else ():
        if port not in takes:
            yield _unknown(spec, step, name, port, takes)


def _held(
    spec: Spec, graph: Graph, step: Step, component: Component, meant: set[str | None]
) -> Iterator[Diagnostic]:
    """Optional inputs that the container can't do without: nothing fills an argument then."""
    there = presence(graph, component, step.inputs)
    left = chosen((*component.command, *component.args), there)
    for name in sorted(set(held(left)) - there.given - there.open):
        port = component.inputs.get(name)
        if port is not None and port.optional and port.type != "final-status" and name not in meant:
            yield Diagnostic(
                "missing-input",
                f"step `{step.name}` gives no `{name}`, and {component.name} puts it into its "
                "arguments all the same",
                spec.key_at(*step.path),
                hint=f"add `{name}:` under `with`; or let the component ask for it: "
                f"{{if: {{cond: {{isPresent: {name}}}, then: [...]}}}}",
            )


def settable(component: Component) -> tuple[str, ...]:
    """The inputs that a user may give."""
    return tuple(
        name
        for name in component.inputs
        if name not in component.filled and not name.startswith(RESERVED)
    )


def _needed(component: Component) -> Iterator[str]:
    """Those of them that a user has to give."""
    for name in settable(component):
        wanted = component.inputs[name]
        # KFP lets a status be left out, and its executor fails without one.
        if not wanted.optional or wanted.type == "final-status":
            yield name


def _what(component: Component, port: Port) -> str:
    if kind := component.refs.get(port.name):
        return f"the name of a {kind}"
    article = describe(port_type(port))
    return (
        f"{article} of another step, such as `${{{{ steps.STEP.OUTPUT }}}}`"
        if port.is_artifact
        else article
    )
