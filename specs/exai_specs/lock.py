"""`exai.lock`: what people have decided for an environment, where specs say it by a moving name.

In: the documents of that file. Out: a frozen `LockFile`, and its text again. Never: whether the
environments and models exist, which the compiler's checks say; credentials, which nothing here
takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from types import MappingProxyType
from typing import Annotated, Any, Literal

from exai_specs.blocks import block
from exai_specs.core import ValidationError
from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span, in_order
from exai_specs.documents import Document, Path
from exai_specs.documents import read as read_documents
from exai_specs.effects import Effect
from exai_specs.fields import KeyedBy, Maybe, Named, Number, Text, Whole
from exai_specs.frozen import empty, thaw
from exai_specs.kinds import API_VERSION
from exai_specs.kinds.model_files import SHA256, FormatName, Uri
from exai_specs.names import KUBERNETES, NameRule, parse_model_name
from exai_specs.nearest import nearest
from exai_specs.notes import Field, about
from exai_specs.reading import read
from exai_specs.regexes import regex
from exai_specs.values import field, frozen

FILE = "exai.lock"
KIND = "Lock"
IMAGE_DIGEST = NameRule(
    r"sha256:[0-9a-f]{64}",
    "`sha256:` and 64 hexadecimal digits",
    longest=71,
    example="sha256:5d41402abc4b2a76b9719d911017c592ae6f0b1f2a5b0d1c8c0d0e4a8b7c6d5e",
    what="digest",
    mark="sha256:",
)
"""The digest of an image's manifest, as registries tell it."""
_PLAIN = regex(r"[A-Za-z][A-Za-z0-9_@-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_HEADER = (
    "# What aliases of models and tags of images mean, by environment."
    " `exai lock` writes it; commit it.\n"
)


@block
class Pinned:
    """One version of a model: what an environment needs to serve it, and what tells it to people.

    Where its files are never changes, so it is all that a render needs without a registry.
    """

    version: Annotated[
        Annotated[Whole, Field(ge=1)], Effect.REDEPLOY, about("Its number in the registry", 3)
    ]
    uri: Annotated[
        Uri,
        Effect.REDEPLOY,
        about("Where KServe reads its files", "s3://acme-ml/models/iris_model/5d41402abc4b"),
    ]
    digest: Annotated[
        Maybe[Annotated[Text, Named(SHA256)]],
        Effect.REDEPLOY,
        about("SHA-256 of its exai-model.json, unless others registered it", SHA256.example),
    ] = None
    format: Annotated[
        Maybe[FormatName],
        Effect.REDEPLOY,
        about("What its files are; default: what the model's pipelines make", "h2o-mojo"),
    ] = None
    run_key: Annotated[
        Maybe[Text], Effect.METADATA, about("Key of the run that made it", "9b74c9897bac770f")
    ] = None
    metrics: Annotated[
        Annotated[Mapping[str, Number], KeyedBy()],
        Effect.METADATA,
        about("What it was measured at", {"accuracy": 0.97}),
    ] = field(default_factory=empty)


@block
class Pins:
    """What one environment has decided."""

    images: Annotated[
        Annotated[Mapping[str, Annotated[Text, Named(IMAGE_DIGEST)]], KeyedBy()],
        Effect.RETRAIN,
        about(
            "Digests of images by the tags that specs name", {"ghcr.io/acme/own:1": "sha256:..."}
        ),
    ] = field(default_factory=empty)
    models: Annotated[
        Annotated[Mapping[str, Pinned], KeyedBy()],
        Effect.REDEPLOY,
        about("Versions by MODEL@ALIAS", {"iris_model@champion": {"version": 3, "uri": "s3://m"}}),
    ] = field(default_factory=empty)


@block
class Written:
    """What people have decided for environments on a cluster; `exai lock` writes it."""

    api_version: Annotated[
        Literal["exai.dev/v1alpha1"], Effect.RENDER, about("The language's version", API_VERSION)
    ]
    kind: Annotated[Literal["Lock"], Effect.RENDER, about("What it is", KIND)]
    environments: Annotated[
        Annotated[Mapping[str, Pins], KeyedBy(KUBERNETES)],
        Effect.REDEPLOY,
        about("Decisions by environment", {"prod": {"models": {}}}),
    ]


@frozen
class LockFile:
    """Decisions by environment, and the document that says where each stands; None for one that
    was never written. `unread` are the keys of pins that can't be read, by environment."""

    environments: Mapping[str, Pins]
    document: Document | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=empty)

    def at(self, environment: str, *path: str) -> Span:
        """The place of the key of a pin, or of what it would stand in."""
        if self.document is None:
            return Span(FILE)
        return self.document.key_at(("environments", environment, *path))

    def value_at(self, environment: str, *path: str, offset: int = 0) -> Span:
        """The place of a value of a pin, or of a character in it."""
        if self.document is None:
            return Span(FILE)
        return self.document.at(("environments", environment, *path), offset)


def parse_lock(documents: tuple[Document, ...]) -> LockFile | tuple[Diagnostic, ...]:
    """What the file says, or everything that is wrong with it. An empty file decides nothing."""
    if not documents:
        return LockFile(empty())
    if len(documents) > 1:
        at = documents[1].at()
        hint = "put all environments into the first"
        return (Diagnostic("wrong-type", f"{FILE} is one document", at, hint=hint),)
    document = documents[0]
    value = thaw(document.value)
    wrong = list(islice(_nested(value, document), MAX_PROBLEMS))
    try:
        found = read(Written, value)
    except ValidationError as error:
        from exai_specs.shape import shape_of
        from exai_specs.translate import translate

        wrong += islice(translate(error, shape_of(Written), document, ()), MAX_PROBLEMS)
        return in_order(wrong)
    for name, pins in found.environments.items():
        for key in pins.models:
            if (problem := _not_versioned(key)) is not None:
                at = document.key_at(("environments", name, "models", key))
                hint = "write MODEL@ALIAS, as services do"
                wrong.append(Diagnostic("invalid-value", problem, at, hint=hint))
    return in_order(wrong) if wrong else LockFile(found.environments, document)


def readable(document: Document) -> LockFile:
    """What can be read of a lock that is wrong, by its environments. A misspelt key is taken for
    what its hint names."""
    document = _respelt(document)
    found: dict[str, Pins] = {}
    unread: dict[str, tuple[str, ...]] = {}
    for name, pins in _entries(thaw(document.value), "environments"):
        if KUBERNETES.wrong(name):
            continue
        models: dict[str, Pinned] = {}
        wrong: list[str] = []
        for key, pin in _entries(pins, "models"):
            if _not_versioned(key) is not None:
                continue
            try:
                models[key] = read(Pinned, pin)
            except ValidationError:
                wrong.append(key)
        images = {
            key: digest
            for key, digest in _entries(pins, "images")
            if isinstance(digest, str) and not IMAGE_DIGEST.wrong(digest)
        }
        found[name] = Pins(images=MappingProxyType(images), models=MappingProxyType(models))
        unread[name] = tuple(wrong)
    return LockFile(MappingProxyType(found), document, MappingProxyType(unread))


def _respelt(document: Document) -> Document:
    """With `environments` and `models` where a key is nearly one of them; places stay."""
    from exai_specs.mended_document import Edits, Flaws, edited

    edits = Edits(Flaws())
    edits.renamed |= _meant(document, (), ("apiVersion", "kind", "environments"))
    at = next(iter(edits.renamed), ("environments",))
    for name in document.keys(at):
        edits.renamed |= _meant(document, (*at, name), ("images", "models"))
    return edited(document, KIND, edits) if edits.renamed else document


def _meant(document: Document, path: Path, known: tuple[str, ...]) -> dict[Path, str]:
    """The key at a path that was meant as the last of those that are known there."""
    keys, name = document.keys(path), known[-1]
    if name in keys:
        return {}
    meant = (key for key in keys if key not in known and nearest(key, known) == name)
    return {(*path, key): name for key in islice(meant, 1)}


def lock_text(lock: LockFile) -> str:
    """The file: sorted, one line a pin, so that two people's changes meet in one place or none."""
    lines = [_HEADER, f"apiVersion: {API_VERSION}\n", f"kind: {KIND}\n"]
    environments = {
        name: pins for name, pins in lock.environments.items() if pins.models or pins.images
    }
    lines.append("environments:\n" if environments else "environments: {}\n")
    for name, pins in sorted(environments.items()):
        lines.append(f"  {_scalar(name)}:\n")
        if pins.images:
            lines.append("    images:\n")
        for key, digest in sorted(pins.images.items()):
            lines.append(f"      {_scalar(key)}: {_scalar(digest)}\n")
        if pins.models:
            lines.append("    models:\n")
        for key, pin in sorted(pins.models.items()):
            lines.append(f"      {_scalar(key)}: {_mapping(_written(pin))}\n")
    return "".join(lines)


def with_pins(
    lock: LockFile | None,
    environment: str,
    models: Mapping[str, Pinned] | None = None,
    images: Mapping[str, str] | None = None,
) -> LockFile:
    """The same with other decisions of one environment; None: those that there are."""
    there = dict(lock.environments) if lock is not None else {}
    own = there.get(environment, Pins())
    there[environment] = Pins(
        images=own.images if images is None else MappingProxyType(dict(images)),
        models=own.models if models is None else MappingProxyType(dict(models)),
    )
    return LockFile(MappingProxyType(there))


def as_read(lock: LockFile) -> LockFile | tuple[Diagnostic, ...]:
    """As the file will be read: a registry may tell what no lock takes."""
    documents, problems = read_documents(lock_text(lock), FILE)
    return problems or parse_lock(documents)


def _nested(value: Any, document: Document) -> Iterator[Diagnostic]:
    """Models with their aliases as mappings, which are taken out of the value: nothing that a pin
    has is missing there."""
    from exai_specs.shape import shape_of

    pinned = shape_of(Pinned).fields.keys()
    for name, pins in _entries(value, "environments"):
        for key, inside in _entries(pins, "models"):
            if "@" in key or not isinstance(inside, dict) or not inside or inside.keys() & pinned:
                continue
            del pins["models"][key]
            alias = next(iter(inside))
            at = document.key_at(("environments", name, "models", key, alias))
            message = "an alias is no mapping in its model's: a pin's key names both"
            hint = f"write {key[:60]}@{alias[:60]}: {{version: ..., uri: ...}}"
            yield Diagnostic("invalid-value", message, at, hint=hint)


def _entries(value: Any, name: str) -> list[tuple[str, Any]]:
    """What a mapping has under a name, where that is one, too."""
    inner = value.get(name) if isinstance(value, dict) else None
    return list(inner.items()) if isinstance(inner, dict) else []


def _not_versioned(key: str) -> str | None:
    try:
        parsed = parse_model_name(key)
    except ValueError as error:
        return f"this names no version of a model: {error}"
    named = parsed.alias is not None or parsed.version is not None
    return None if named else "this names no version of a model"


def _written(pin: Pinned) -> dict[str, str]:
    metrics = {name: _number(value) for name, value in sorted(pin.metrics.items())}
    return {
        "version": str(pin.version),
        "uri": _scalar(pin.uri),
        **({"digest": _scalar(pin.digest)} if pin.digest is not None else {}),
        **({"format": _scalar(pin.format)} if pin.format is not None else {}),
        **({"runKey": _scalar(pin.run_key)} if pin.run_key is not None else {}),
        **({"metrics": _mapping(metrics)} if metrics else {}),
    }


def _mapping(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_scalar(name)}: {text}" for name, text in values.items()) + "}"


def _number(value: float) -> str:
    """The shortest text that means it; the language has no exponents."""
    return format(Decimal(repr(value)), "f")


def _scalar(text: str) -> str:
    """Plain where nobody can take it for anything but text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
