"""`exai.lock` as it is read.

In: the documents of that file. Out: a `LockFile`, or everything that is wrong with it; and what can
be read of one that is wrong. Never: whether the environments and models exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from types import MappingProxyType
from typing import Any

from exai_specs.core import ValidationError
from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, in_order, more_problems
from exai_specs.documents import Document, Path
from exai_specs.documents import read as read_documents
from exai_specs.frozen import empty, thaw
from exai_specs.lock import FILE, IMAGE_DIGEST, KIND, LockFile, Pinned, Pins, Written
from exai_specs.lock_text import lock_text
from exai_specs.names import KUBERNETES, parse_model_name
from exai_specs.nearest import nearest
from exai_specs.reading import read


def parse_lock(documents: tuple[Document, ...]) -> LockFile | tuple[Diagnostic, ...]:
    """What the file says, or everything that is wrong with it (after 100: `more-problems`). An
    empty file decides nothing."""
    if not documents:
        return LockFile(empty())
    if len(documents) > 1:
        at = documents[1].at()
        hint = "put all environments into the first"
        return (Diagnostic("wrong-type", f"{FILE} is one document", at, hint=hint),)
    document = documents[0]
    value = thaw(document.value)
    wrong = list(islice(_nested(value, document), _ENOUGH))
    try:
        found = read(Written, value)
    except ValidationError as error:
        from exai_specs.shape import shape_of
        from exai_specs.translate import translate

        meant = _respelt(document)
        value = thaw(meant.value)
        wrong = list(islice(_nested(value, meant), _ENOUGH))
        wrong += islice(_unversioned(value, meant), _ENOUGH)
        wrong += islice(translate(error, shape_of(Written), document, ()), _ENOUGH)
        return _listed(wrong)
    wrong += islice(_unversioned(value, document), _ENOUGH)
    return _listed(wrong) if wrong else LockFile(found.environments, document)


_ENOUGH = MAX_PROBLEMS + 1
"""That many tell whether there are more than are listed."""


def _listed(wrong: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    listed = in_order(wrong)
    if len(listed) <= MAX_PROBLEMS:
        return listed
    return (*listed[:MAX_PROBLEMS], more_problems(listed[MAX_PROBLEMS - 1].at))


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


def _unversioned(value: Any, document: Document) -> Iterator[Diagnostic]:
    """Keys of pins that name a model, and none of its versions."""
    for name, pins in _entries(value, "environments"):
        for key, _ in _entries(pins, "models"):
            if (problem := _not_versioned(key)) is not None:
                at = document.key_at(("environments", name, "models", key))
                hint = "write MODEL@ALIAS, as services do"
                yield Diagnostic("invalid-value", problem, at, hint=hint)


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
