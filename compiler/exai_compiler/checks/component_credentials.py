"""`credential-in-env`, `credential-in-literal`: credentials in the component files that steps name,
each told once, at its place inside the file.

Of a file with other mistakes those are told, by `user_component`, and nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from exai_compiler.catalog import Component
from exai_compiler.checks.subject import FILE, Subject
from exai_compiler.checks.usable_credentials import credential_in, may_hold_any, usable_among
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document, Path, read
from exai_specs.frozen import Json
from exai_specs.withheld import LOGIN

_CONTAINER: Path = ("implementation", "container")
_HINT = (
    "have the step that uses it give a variable: `env: {NAME: {secret: NAME, key: KEY}}`; change "
    "it if anybody has seen it"
)
User = tuple[str, Span]


def check(subject: Subject) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for spec, _, step in subject.by_body.get(FILE, ()):
        from exai_compiler.user_components import component_file, read_component

        path = component_file(spec.document.file_of((*step.path, "uses")), step.spec.component_file)
        text = subject.catalog.files.get(path)
        if text is None or path in seen or not may_hold_any(text):
            continue
        seen.add(path)
        if not isinstance(read_component(text, path), Component):
            continue
        user = (f"step `{step.name}` uses it", spec.at(*step.path, "uses"))
        yield from _found(read(text, path)[0][0], user)


def _found(document: Document, user: User) -> Iterator[Diagnostic]:
    value = document.value
    for index, port in enumerate(cast(tuple[Mapping[str, Json], ...], value.get("inputs", ()))):
        if (called := credential_in(str(port["name"]), port.get("default"))) is not None:
            at = document.at(("inputs", index, "default"))
            yield _told("credential-in-literal", called, at, user)
    implementation = cast(Mapping[str, Json], value["implementation"])
    container = cast(Mapping[str, Json], implementation["container"])
    for name, text in cast(Mapping[str, str], container.get("env", {})).items():
        if (called := credential_in(name, text)) is not None:
            at = document.key_at((*_CONTAINER, "env", name))
            yield _told("credential-in-env", called, at, user)
    command, args = (
        cast(tuple[Json, ...], container.get(field, ())) for field in ("command", "args")
    )
    for index, name in usable_among((*command, *args)):
        behind = index - len(command)
        place: Path = ("command", index) if behind < 0 else ("args", behind)
        yield _told("credential-in-literal", name, document.at((*_CONTAINER, *place)), user)


def _told(code: str, name: str, at: Span, user: User) -> Diagnostic:
    what = "gives a password" if name == LOGIN else "is called like a credential"
    message = f"`{name}` {what}, and its value stands here"
    return Diagnostic(code, message, at, "warning", _HINT, related=(user,))
