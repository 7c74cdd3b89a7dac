"""`credential-in-literal`: an input, a parameter, an annotation or an argument of a command that is
called like a credential, with its value in the spec (LANGUAGE 3.4).

Variables are `credential-in-env`'s; what tells itself a secret by its form is `secret-in-spec`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import LEAVES, Path, entries, strings, under_with, value_at
from exai_compiler.checks.usable_credentials import (
    called_so,
    credential_in,
    may_hold_any,
    usable_among,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec, TuningSpec
from exai_specs.parse import Spec
from exai_specs.withheld import LOGIN, may_have_arguments, name_of


def check(subject: Subject) -> Iterator[Diagnostic]:
    pipelines = subject.project.bodies(PipelineSpec)
    if named := {spec.ref for spec, _ in pipelines if spec.document.may_say(may_hold_any)}:
        yield from _of_pipelines(subject, named)
    for spec, tuning in subject.project.bodies(TuningSpec):
        trial: Path = ("spec", "trial")
        yield from _named(spec, under_with(trial), tuning.trial.with_)
        yield from _commands(spec, trial, tuning.trial.command, tuning.trial.args)
    yield from _of_servers(subject)
    for spec in (subject.project.root, *subject.project.specs.values()):
        if spec.document.may_hold("nnotations") and spec.document.may_say(may_hold_any):
            yield from _annotations(spec)


def _of_pipelines(subject: Subject, pipelines: Container[Ref]) -> Iterator[Diagnostic]:
    for spec, _, step in subject.all_steps:
        if spec.ref not in pipelines:
            continue
        body = step.spec
        if body.with_:
            yield from _named(spec, under_with(step.path), body.with_)
        if body.command or body.args:
            yield from _commands(spec, step.path, body.command, body.args)
    for spec, pipeline in subject.project.bodies(PipelineSpec):
        if spec.ref not in pipelines:
            continue
        for name, parameter in pipeline.parameters.items():
            if (called := credential_in(name, parameter.default)) is not None:
                yield _told(spec, ("spec", "parameters", name, "default"), called, _PARAMETER)
        for name, schedule in pipeline.schedules.items():
            at: Path = ("spec", "schedules", name, "parameters")
            yield from _named(spec, at, schedule.parameters, _PARAMETER)


def _of_servers(subject: Subject) -> Iterator[Diagnostic]:
    """The commands of all other containers."""
    for spec, path, block in subject.containers():
        if block.command or block.args:
            yield from _commands(spec, path, block.command, block.args)
    for spec, path in subject.objects:
        yield from _of_objects(spec, path)


_VARIABLE = (
    "have the code read a variable: `env: {NAME: {secret: NAME, key: KEY}}`; change it if anybody "
    "has seen it"
)
_PARAMETER = (
    "a run's parameters are no secrets: have the step read a variable, `env: {NAME: {secret: NAME, "
    "key: KEY}}`; change it if anybody has seen it"
)
_ANNOTATION = (
    "an annotation is seen by all who see the object: keep it in a Secret, and have who reads it "
    "read that; change it if anybody has seen it"
)
_ARGUMENT = (
    'write `env: {NAME: {secret: NAME, key: KEY}}`, and "$NAME" in a shell\'s command; change it '
    "if anybody has seen it"
)


def _named(
    spec: Spec, path: Path, given: Mapping[str, Json], hint: str = _VARIABLE
) -> Iterator[Diagnostic]:
    """Inputs by name, and what is in them."""
    for name, value in given.items():
        if isinstance(value, str):
            if (called := credential_in(name, value)) is not None:
                yield _told(spec, (*path, name), called, hint)
        elif value.__class__ not in LEAVES and (called_so(name) or _may_be_named(value)):
            for inner, text in strings(value):
                key = next((part for part in reversed(inner) if isinstance(part, str)), name)
                key = name_of(key, value_at(value, inner[:-1]))
                if (called := credential_in(key, text)) is not None:
                    yield _told(spec, (*path, name, *inner), called, hint)


def _may_be_named(value: Json) -> bool:
    """Whether anything in a value may be called like a credential. False is certain."""
    items: Iterable[Json] = value if isinstance(value, tuple) else ()
    if isinstance(value, Mapping):
        if any(key == "value" or called_so(key) for key in value):
            return True
        items = value.values()
    return any(
        may_have_arguments(item)
        if isinstance(item, str)
        else item.__class__ not in LEAVES and _may_be_named(item)
        for item in items
    )


def _commands(
    spec: Spec, path: Path, command: Sequence[object], args: Sequence[object]
) -> Iterator[Diagnostic]:
    """What a container runs: its command and the arguments of it."""
    for index, name in usable_among((*command, *args)):
        behind = index - len(command)
        place = ("command", index) if behind < 0 else ("args", behind)
        yield _told(spec, (*path, *place), name, _ARGUMENT)


def _annotations(spec: Spec) -> Iterator[Diagnostic]:
    """Annotations of objects and pods; what is called `annotations` among inputs is an input."""
    for path, held in entries(spec.document.value):
        if path[-1] not in ("annotations", "podAnnotations") or not isinstance(held, Mapping):
            continue
        if not _INPUTS.isdisjoint(path):
            continue
        for name, value in held.items():
            # `example.com/token` is called `token`.
            if (called := credential_in(name.rpartition("/")[2], value)) is not None:
                yield _told(spec, (*path, name), called, _ANNOTATION)


_INPUTS = frozenset({"with", "parameters", "schema"})


def _told(spec: Spec, path: Path, name: str, hint: str) -> Diagnostic:
    what = "gives a password" if name == LOGIN else "is called like a credential"
    return Diagnostic(
        "credential-in-literal",
        f"`{name}` {what}, and its value stands here",
        spec.at(*path),
        "warning",
        hint,
    )


def _of_objects(spec: Spec, path: Path) -> Iterator[Diagnostic]:
    """The commands of containers in an object of Kubernetes."""
    for place, words in entries(value_at(spec.document.value, path), path):
        if place[-1] in ("command", "args") and isinstance(words, tuple):
            for index, name in usable_among(words):
                yield _told(spec, (*place, index), name, _ARGUMENT)
