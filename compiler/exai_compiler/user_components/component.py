"""A user's own `component.yaml`: KFP's first form, read strictly, with a place for what is wrong.

In: the text of the file and its path. Out: a `Component`, or diagnostics inside the file. KFP's
loader takes unknown keys, unknown types and placeholders of nothing in silence; here each is told.
exai's annotations are optional. Never: reads or runs anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from exai_compiler.catalog import Component, Effects, Port
from exai_compiler.image_names import by_digest, wrong_image
from exai_compiler.user_components.annotations import Noted, noted
from exai_compiler.user_components.arguments import wrong_arguments
from exai_compiler.user_components.ports import are_told, by_name, ports, renamed
from exai_compiler.user_components.shape import wrong_shape
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document, Path, read
from exai_specs.frozen import Json, digest
from exai_specs.values import replace

CODE = "bad-component"
_SECRET = "secret-in-spec"  # noqa: S105 - a code


def component_file(document: str, uses: str) -> str:
    """The path from exai.yaml's folder of a file that `uses` names, relative to the document."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), uses))


@lru_cache(maxsize=1024)
def read_component(text: str, path: str) -> Component | tuple[Diagnostic, ...]:
    """The component of a file, or all that is wrong with it."""
    documents, problems = read(text, path, "name, inputs, outputs and implementation")
    # A document with a secret is read without it, any other problem leaves none.
    if problems and (len(documents) != 1 or any(each.code != _SECRET for each in problems)):
        return problems
    if len(documents) != 1:
        hint = "one component to a file"
        return (Diagnostic(CODE, "this file must hold one document", Span(path), hint=hint),)
    (document,) = documents
    shaped = tuple(wrong_shape(document))
    lost = {part for _, part in shaped}
    written_inputs, wrong_inputs = _ports(document, "inputs", lost)
    written_outputs, wrong_outputs = _ports(document, "outputs", lost)
    inputs, outputs = by_name(written_inputs), by_name(written_outputs)
    notes, found = Noted(), (*problems, *(each for each, _ in shaped))
    found = (*found, *wrong_inputs, *wrong_outputs)
    if "metadata" not in lost:
        sides = (("inputs", written_inputs), ("outputs", written_outputs))
        told = all(side not in lost and are_told(document, side, each) for side, each in sides)
        notes, wrong_notes = noted(document, inputs, outputs, told)
        found = (*found, *wrong_notes)
    if lost.isdisjoint(("implementation", "inputs", "outputs")):
        found = (*found, *wrong_arguments(document, written_inputs, written_outputs, lost))
    if lost.isdisjoint(("implementation", "image")):
        found = (*found, *_wrong_image(document))
    if found:
        return found
    value = document.value
    implementation = cast(Mapping[str, Json], value["implementation"])
    container = cast(Mapping[str, Json], implementation["container"])
    arguments = {
        field: cast(
            tuple[Json, ...],
            renamed(container.get(field, ()), written_inputs, written_outputs),
        )
        for field in ("command", "args")
    }
    version = digest({k: v for k, v in value.items() if k != "description"})[:12]
    if notes.version:  # where it lies means nothing: its own name says whose it is
        version = f"{value.get('name', '')}@{notes.version}"
    return Component(
        # No name of exai's own can be taken: what is known of those isn't true of others.
        name=path,
        version=version,
        effects=cast(Effects, notes.effects),
        description=str(value.get("description", "")),
        inputs=notes.refined(inputs),
        outputs=notes.refined(outputs),
        refs=notes.refs,
        filled=(),
        metrics=notes.metrics,
        image=str(container["image"]),
        command=arguments["command"],
        args=arguments["args"],
        limits=notes.limits,
        env=cast(Mapping[str, str], container.get("env", MappingProxyType({}))),
    )


@lru_cache(maxsize=1024)
def inputs_named(text: str, path: str) -> tuple[str, ...]:
    """The names of what a file's component takes, whatever else is wrong with it; none where nobody
    can tell."""
    documents, _ = read(text, path)
    if len(documents) != 1 or "inputs" in {part for _, part in wrong_shape(documents[0])}:
        return ()
    (document,) = documents
    found, _ = ports(document, "inputs")
    return tuple(p.name for p in found.values()) if are_told(document, "inputs", found) else ()


def _ports(
    document: Document, field: str, lost: Collection[str]
) -> tuple[Mapping[str, Port], tuple[Diagnostic, ...]]:
    """Those of one side; none where it can't be read."""
    return ports(document, field) if field not in lost else (MappingProxyType({}), ())


@lru_cache(maxsize=1024)
def _by_digest(component: Component, image: str) -> Component:
    version = f"{component.version}@{image.partition('@')[2]}"
    return replace(component, image=image, version=version)


def pinned(component: Component, pins: Mapping[str, str]) -> Component:
    """The component with its image by digest, where that is pinned: another version of it."""
    image = by_digest(component.image, pins)
    return component if image == component.image else _by_digest(component, image)


def _wrong_image(document: Document) -> Iterator[Diagnostic]:
    path: Path = ("implementation", "container", "image")
    container = cast(Mapping[str, Mapping[str, Json]], document.value["implementation"])
    if (found := wrong_image(str(container["container"]["image"]))) is not None:
        why, hint = found
        yield Diagnostic(CODE, why, document.at(path), hint=hint)
