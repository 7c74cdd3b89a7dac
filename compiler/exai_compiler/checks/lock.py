"""`wrong-pin`: a line of `exai.lock` that can't hold. What it names is checked as anywhere:
`unknown-reference`, `unknown-alias`, `storage-uri`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from exai_compiler.backends.kserve.formats import FORMATS, formats_in
from exai_compiler.catalog import Catalog
from exai_compiler.checks.storage_uri import unfilled, unread
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.survey import subject as judged
from exai_compiler.image_names import REFERENCE
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.documents import Path
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, ProjectSpec
from exai_specs.kinds.model_files import Files
from exai_specs.mended_document import mended_in
from exai_specs.names import KUBERNETES
from exai_specs.parse import Spec
from exai_specs.values import replace

if TYPE_CHECKING:
    from exai_specs.lock import LockFile, Pinned


def check(subject: Subject) -> Iterator[Diagnostic]:
    lock = subject.project.lock
    if lock is None:
        return
    declared, all_known = _declared(subject.project.root)
    for name in lock.environments:
        environment = subject.project.environment(name)
        if environment is None:
            if name in declared or not all_known:  # what is wrong with it is told
                continue
            yield Diagnostic(
                "wrong-pin",
                f"the project declares no environment `{name}`",
                lock.at(name),
                hint=did_you_mean(name, declared),
            )
        elif environment.target == "local":
            yield Diagnostic(
                "wrong-pin",
                f"`{name}` is a local environment: its registry says what an alias means",
                lock.at(name),
                hint="remove its section; environments on a cluster have one",
            )
        elif name in subject.environments:
            for each in (*_images(lock, name), *_pins(subject, lock, name)):
                yield replace(each, environments=(name,))


def _declared(root: Spec) -> tuple[frozenset[str], bool]:
    """The names of environments, those of which the Project is left without, too; and whether they
    are all: of two of one name one may have been meant as any other."""
    names = {*root.body.environments} if isinstance(root.body, ProjectSpec) else set[str]()
    document, all_known = root.document, True
    path: Path = ("spec", "environments")
    while (left := mended_in(document)) is not None:
        document, path = left.base, left.original(path)
        keys = document.keys(path)
        names.update(key for key in keys if not KUBERNETES.wrong(key))
        places = {path, *((*path, key) for key in keys)}
        all_known = all_known and places.isdisjoint(left.doubtful | left.holes)
    return frozenset(names), all_known


def of_lock(project: Project, catalog: Catalog, environment: str) -> tuple[Diagnostic, ...]:
    """What this rule says of a project's lock, in one environment."""
    return in_order(check(judged(project, catalog, (environment,))))


def _images(lock: LockFile, environment: str) -> Iterator[Diagnostic]:
    for image in lock.environments[environment].images:
        if "@" in image or not REFERENCE.fullmatch(image):
            yield Diagnostic(
                "wrong-pin",
                "this names no image by tag",
                lock.at(environment, "images", image),
                hint=f"`exai lock -e {environment} --images` writes them as the specs name them",
            )


def _pins(subject: Subject, lock: LockFile, environment: str) -> Iterator[Diagnostic]:
    names = subject.project.names("Model")
    pins = lock.environments[environment].models
    for key in (*pins, *lock.unread.get(environment, ())):
        if (model := key.partition("@")[0]) not in names:
            message, at = f"there is no Model `{model}`", lock.at(environment, "models", key)
            hint = did_you_mean(model, names, "remove the line, or add a Model of that name")
            yield Diagnostic("unknown-reference", message, at, hint=hint)
    for key, pin in pins.items():
        at = lock.at(environment, "models", key)
        model, _, alias = key.partition("@")
        if model not in names:
            continue
        if (body := subject.project.body(ModelSpec, model)) is not None:
            yield from _of_model(subject, body, (model, alias), pin, at)
        made = formats_in(subject.project, subject.graphs.values(), model)
        if pin.format is None:
            if len(made) > 1:
                yield Diagnostic(
                    "wrong-pin",
                    f"version {pin.version} of `{model}` may be {' or '.join(made)}: the pipelines "
                    "that register it make each of them",
                    at,
                    hint="say what its files are: write `format`",
                )
        elif body is not None and body.source is None and pin.format not in FORMATS:
            yield Diagnostic(
                "wrong-pin",
                f"`{pin.format}` is no format of a model that steps register",
                at,
                hint=did_you_mean(pin.format, FORMATS),
            )
        elif made and pin.format not in made:
            yield Diagnostic(
                "wrong-pin",
                f"version {pin.version} of `{model}` is said to be {pin.format}, and the pipelines "
                f"that register it make {' or '.join(made)}",
                lock.at(environment, "models", key),
                "warning",
                hint="fine for a version of another time; else write what its files are",
            )
        yield from _of_uri(lock, (environment, "models", key, "uri"), key, pin.uri)


def _of_uri(lock: LockFile, path: tuple[str, ...], key: str, uri: str) -> Iterator[Diagnostic]:
    environment, *inside = path
    at = lock.value_at(environment, *inside)
    if (found := unfilled(uri)) is not None:
        start, why, hint = found
        place = lock.value_at(environment, *inside, offset=start)
        yield Diagnostic("wrong-pin", why, place, hint=hint)
    elif uri.startswith("file:"):
        why = f"the files of `{key}` are in a folder of one machine"
        hint = "a pin needs a version whose files are in the environment's `models.store`"
        yield Diagnostic("wrong-pin", why, at, hint=hint)
    elif (reason := unread(uri)) is not None:
        yield Diagnostic("storage-uri", reason[0], at, "warning", reason[1])


def _of_model(
    subject: Subject, body: ModelSpec, named: tuple[str, str], pin: Pinned, at: Span
) -> Iterator[Diagnostic]:
    model, alias = named
    spec = subject.project.specs[Ref("Model", model)]
    related = (("the model", spec.at("metadata", "name")),)
    if isinstance(body.source, Files):
        why = f"`{model}` is just files, without aliases or versions"
        hint = "remove the line: the Model itself says where they are"
        yield Diagnostic("wrong-pin", why, at, hint=hint, related=related)
    elif alias.isdigit():
        if int(alias) != pin.version:
            why = f"`{model}@{alias}` is version {alias}, and this says {pin.version}"
            yield Diagnostic("wrong-pin", why, at, hint=f"write version: {alias}", related=related)
    elif body.source is None and alias not in body.aliases:
        why = f"Model `{model}` declares no alias `{alias}`"
        yield Diagnostic(
            "unknown-alias", why, at, hint=did_you_mean(alias, body.aliases), related=related
        )
    if body.source is None and pin.digest is None:
        why = f"a pin of `{model}` has no digest, and servers check it before they load a model"
        hint = "`exai history` and the registry's tag `exai.digest` have it"
        yield Diagnostic("wrong-pin", why, at, hint=hint, related=related)
