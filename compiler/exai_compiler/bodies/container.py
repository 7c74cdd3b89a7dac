"""A container step as a component (LANGUAGE sections 6.2 and 6.3).

In: the spec of a step, the inputs that its `with` makes. Out: a `Component`, whose arguments have
the placeholders of KFP's component files: `{inputValue: N}`, `{outputPath: N}`; and beside them
`{inputMetadata: [N, KEY]}`, `{run: NAME}`, and `{text: [...]}` for parts that stand together.
Judges nothing: what means nothing stays text, and `wrong_reference` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from exai_compiler.bodies.given import typed_port
from exai_compiler.catalog import Component, Port
from exai_specs.expressions import ExpressionError, Reference, parse_text
from exai_specs.frozen import Json, digest
from exai_specs.kinds.outputs import OutputFields
from exai_specs.kinds.step import Step
from exai_specs.kinds.step_parts import IfPresent
from exai_specs.nearest import did_you_mean

NAME = "container"

RUN_VALUES = (
    *("id", "name", "resourceName", "createdAt", "scheduledAt", "root"),
    *("stepName", "stepId", "workspace"),
)

# What follows an artifact's name, and the placeholder that it is.
_OF_INPUT: Mapping[str, str] = MappingProxyType({"path": "inputPath", "uri": "inputUri"})
_OF_OUTPUT: Mapping[str, str] = MappingProxyType({"path": "outputPath", "uri": "outputUri"})

Ports = Mapping[str, Port]


def container_component(step: Step, inputs: Ports) -> Component:
    """The component of a step that has an `image` and nothing else for a body."""
    outputs = declared_outputs(step)
    image = step.image or ""
    command = tuple(_argument(each, inputs, outputs) for each in step.command)
    args = tuple(
        _conditional(each, inputs, outputs)
        if isinstance(each, IfPresent)
        else _argument(each, inputs, outputs)
        for each in step.args
    )
    return Component(
        name=NAME,
        # A tag may move unseen; an image's digest says what it is.
        version=digest({"image": image.partition("@")[2], "command": command, "args": args})[:12],
        effects="none",
        description="",
        inputs=inputs,
        outputs=outputs,
        refs=MappingProxyType({}),
        filled=(),
        metrics=MappingProxyType({}),
        image=image,
        command=command,
        args=args,
        limits=MappingProxyType({}),
    )


def declared_outputs(step: Step) -> Ports:
    """The outputs that a step's spec declares."""
    return MappingProxyType(
        {
            name: typed_port(name, output.type)
            for name, output in step.outputs.items()
            if isinstance(output, OutputFields)
        }
    )


class Wrong(NamedTuple):
    """Why a reference means nothing in a command or an argument."""

    code: str
    message: str
    hint: str


def wrong_reference(reference: Reference, inputs: Ports, outputs: Ports) -> Wrong | None:
    """What is wrong with a reference in a command or an argument; None when nothing is."""
    match reference.parts:
        case ("inputs" | "outputs" as root, name, *rest):
            ports = inputs if root == "inputs" else outputs
            port = ports.get(name)
            if port is None:
                where = "with" if root == "inputs" else "outputs"
                hint = did_you_mean(name, ports) or f"add it under `{where}`"
                message = f"this step has no {root[:-1]} `{name}`"
                return Wrong("unknown-reference", message, hint)
            return _wrong_part(root, name, port, tuple(rest))
        case ("run", name):
            if name in RUN_VALUES:
                return None
            hint = did_you_mean(name, RUN_VALUES)
            return Wrong("unknown-reference", f"a run has no `{name}`", hint)
        case ("parameters" | "steps" | "artifacts" | "status", *_):
            return outside(str(reference))
    hint = "write ${{ inputs.NAME }}, ${{ outputs.NAME }} or ${{ run.NAME }}"
    return Wrong("unknown-reference", f"`{reference}` means nothing here", hint)


def outside(reference: str, name: str = "NAME") -> Wrong:
    """What stands outside of the step, and must be given to it: under a name."""
    message = f"a container sees its own inputs only, not `{reference}`"
    hint = f"give it under `with`: `{name}: ${{{{ {reference} }}}}`, and write "
    return Wrong("expression-not-allowed", message, f"{hint}${{{{ inputs.{name} }}}}")


def _wrong_part(root: str, name: str, port: Port, rest: tuple[str, ...]) -> Wrong | None:
    if not port.is_artifact:
        if not rest:
            return None
        message = f"`{name}` is a value, which has no parts"
        return Wrong("bad-expression", message, f"write ${{{{ {root}.{name} }}}}")
    allowed = (*_OF_INPUT, "metadata") if root == "inputs" else tuple(_OF_OUTPUT)
    if rest and rest[0] in allowed and len(rest) == (2 if rest[0] == "metadata" else 1):
        return None
    shown = [f"{root}.{name}.{'metadata.KEY' if part == 'metadata' else part}" for part in allowed]
    message = f"`{name}` is an artifact: a file, not a value"
    return Wrong("bad-expression", message, f"write {', '.join(shown)}")


def _conditional(argument: IfPresent, inputs: Ports, outputs: Ports) -> Json:
    branches: dict[str, Json] = {"cond": {"isPresent": argument.if_present}}
    branches["then"] = tuple(_argument(each, inputs, outputs) for each in argument.then)
    if argument.else_:
        branches["else"] = tuple(_argument(each, inputs, outputs) for each in argument.else_)
    return {"if": branches}


def _argument(text: str, inputs: Ports, outputs: Ports) -> Json:
    try:
        parts = parse_text(text).parts
    except ExpressionError:
        return text
    found: list[Json] = []
    for part in parts:
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part.expression, Reference):
            found.append(_placeholder(part.expression, inputs, outputs))
    return found[0] if len(found) == 1 else {"text": tuple(found)}


def _placeholder(reference: Reference, inputs: Ports, outputs: Ports) -> Json:
    if wrong_reference(reference, inputs, outputs) is not None:
        return str(reference)
    match reference.parts:
        case ("run", name):
            return {"run": name}
        case ("inputs", name):
            return {"inputValue": name}
        case ("inputs", name, "metadata", key):
            return {"inputMetadata": (name, key)}
        case ("inputs", name, part):
            return {_OF_INPUT[part]: name}
        case ("outputs", name, part):
            return {_OF_OUTPUT[part]: name}
        case ("outputs", name):
            return {"outputPath": name}
    return str(reference)
