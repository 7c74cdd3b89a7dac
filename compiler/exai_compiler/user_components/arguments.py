"""The placeholders in a component's command and arguments: each one that there is, of an input or
output that there is (kfp/dsl/placeholders.py).

In: a document, its ports. Out: diagnostics at the placeholder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from exai_compiler.user_components.ports import Ports, are_told
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.nearest import did_you_mean

CODE = "bad-component"

# A placeholder -> of what, and whether that is an artifact; None: either.
_NAMES: Mapping[str, tuple[str, bool | None]] = {
    "inputValue": ("input", False),
    "inputPath": ("input", True),
    "inputUri": ("input", True),
    "outputPath": ("output", None),
    "outputUri": ("output", True),
}
_WORDS = (*_NAMES, "concat", "if", "executorInput")


def wrong_arguments(
    document: Document, inputs: Ports, outputs: Ports, lost: Collection[str] = ()
) -> Iterator[Diagnostic]:
    """All that is wrong in `command` and `args`, but in what of them is lost. Ports go by the names
    that the file has."""
    implementation = cast(Mapping[str, Json], document.value["implementation"])
    container = cast(Mapping[str, Json], implementation["container"])
    for field in (each for each in ("command", "args") if each not in lost):
        path: Path = ("implementation", "container", field)
        yield from _each(document, path, container.get(field, ()), inputs, outputs)


def _each(
    document: Document, path: Path, value: Json, inputs: Ports, outputs: Ports
) -> Iterator[Diagnostic]:
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _one(document, (*path, index), item, inputs, outputs)
    else:
        yield from _one(document, path, value, inputs, outputs)


def _one(
    document: Document, path: Path, value: Json, inputs: Ports, outputs: Ports
) -> Iterator[Diagnostic]:
    if isinstance(value, str):
        return
    if not isinstance(value, Mapping) or len(value) != 1:
        hint = f"one of {', '.join(_WORDS)}; numbers in quotes"
        message = "must be text, or a mapping of one placeholder"
        yield Diagnostic(CODE, message, document.at(path), hint=hint)
        return
    ((word, inner),) = value.items()
    here = (*path, word)
    match word:
        case "concat":
            yield from _each(document, here, inner, inputs, outputs)
            yield from _joined(document, here, inner)
        case "if":
            yield from _condition(document, here, inner, inputs, outputs)
        case "executorInput":
            pass
        case _ if word in _NAMES:
            ports = inputs if _NAMES[word][0] == "input" else outputs
            yield from _named(document, here, word, inner, ports)
        case _:
            message = f"there is no placeholder `{word}`"
            hint = did_you_mean(word, _WORDS)
            yield Diagnostic(CODE, message, document.key_at(here), hint=hint)


def _joined(document: Document, path: Path, value: Json) -> Iterator[Diagnostic]:
    """What is joined is one text: no list can be a part of it."""
    if not isinstance(value, tuple):
        hint = "write {concat: [a, {inputValue: NAME}]}"
        yield Diagnostic(CODE, "must be a list of what is joined", document.at(path), hint=hint)
        return
    for index, part in enumerate(value):
        condition = part.get("if") if isinstance(part, Mapping) else None
        for branch in ("then", "else") if isinstance(condition, Mapping) else ():
            if isinstance(condition, Mapping) and isinstance(condition.get(branch), tuple):
                at = document.at((*path, index, "if", branch))
                hint = "write one text or placeholder, without the brackets"
                yield Diagnostic(CODE, "a list can't be joined to a text", at, hint=hint)


def _named(
    document: Document, path: Path, word: str, name: Json, ports: Ports
) -> Iterator[Diagnostic]:
    side, artifact = _NAMES[word]
    port = ports.get(name) if isinstance(name, str) else None
    if port is None:
        if are_told(document, f"{side}s", ports):
            hint = did_you_mean(str(name), ports) or f"declare it under {side}s"
            message = f"this component has no {side} `{name}`"
            yield Diagnostic(CODE, message, document.at(path), hint=hint)
    elif artifact is not None and port.type and port.is_artifact != artifact:
        what = "an artifact, a file" if port.is_artifact else f"a {port.type}, a value"
        value = "inputValue" if side == "input" else "outputPath"
        hint = f"write {side}Path" if port.is_artifact else f"write {value}"
        yield Diagnostic(CODE, f"`{name}` is {what}", document.key_at(path), hint=hint)


def _condition(
    document: Document, path: Path, value: Json, inputs: Ports, outputs: Ports
) -> Iterator[Diagnostic]:
    condition = value.get("cond") if isinstance(value, Mapping) else None
    present = condition.get("isPresent") if isinstance(condition, Mapping) else None
    if not isinstance(value, Mapping) or present is None or "then" not in value:
        hint = "write {if: {cond: {isPresent: NAME}, then: [...], else: [...]}}"
        yield Diagnostic(CODE, "this condition isn't whole", document.at(path), hint=hint)
        return
    is_there = isinstance(present, str) and present in inputs
    if not is_there and are_told(document, "inputs", inputs):
        hint = did_you_mean(str(present), inputs) or "declare it under inputs"
        message = f"this component has no input `{present}`"
        at = document.at((*path, "cond", "isPresent"))
        yield Diagnostic(CODE, message, at, hint=hint)
    for branch in ("then", "else"):
        if branch in value:
            yield from _each(document, (*path, branch), value[branch], inputs, outputs)
