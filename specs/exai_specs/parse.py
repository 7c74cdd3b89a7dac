"""A document as a spec: checked against its kind alone.

In: one `Document`. Out: a frozen `Spec`, or everything that is wrong with it. Never: other
documents, files, expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

from exai_specs.core import ValidationError
from exai_specs.diagnostics import (
    MAX_IN_FILE,
    MAX_PROBLEMS,
    Diagnostic,
    Span,
    in_order,
    more_problems,
)
from exai_specs.documents import Document
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.kinds import API_VERSION, KINDS, Body, Kind, Metadata
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.reading import read
from exai_specs.types import called
from exai_specs.values import frozen

_FIELDS = ("apiVersion", "kind", "metadata", "spec")
_FRAME = frozenset(_FIELDS)
_KEYS = MappingProxyType(dict(zip(_FIELDS, _FIELDS, strict=True)))
_NEARLY = 0.8

# Objects of a cluster -> the kind that exai renders them from.
_OF_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "ClusterServingRuntime": "Runtime",
        "Experiment": "Tuning",
        "InferenceGraph": "Graph",
        "InferenceService": "Service",
        "LLMInferenceService": "LLMService",
        "ServingRuntime": "Runtime",
    }
)

T = TypeVar("T")

__all__ = ["Metadata", "Spec", "parse", "parse_all"]


@frozen
class Spec:
    """One valid document. Paths start at the document's root: `spec.at("spec", "source")`."""

    ref: Ref
    metadata: Metadata
    body: Body
    document: Document

    def at(self, *path: str | int) -> Span:
        """The place of the value at a path, or of its nearest parent."""
        return self.document.at(path)

    def key_at(self, *path: str | int) -> Span:
        """The place of the key at a path."""
        return self.document.key_at(path)


def parse(document: Document) -> Spec | tuple[Diagnostic, ...]:
    """The spec of a document, or all its problems in order (after 100: `more-problems`)."""
    value = document.thawed
    kind = KINDS.get(str(value.get("kind")))
    problems: list[Diagnostic] = []
    framed = kind and value.keys() == _FRAME and value["apiVersion"] == API_VERSION
    keys: Mapping[str, str] = _KEYS
    if not framed or type(value["kind"]) is not str:  # few are so
        if (foreign := _foreign(document)) is not None:
            return (foreign,)
        problems += islice(_of_the_frame(document), MAX_PROBLEMS)
        keys = _meant(value)
        kind = kind or meant_kind(document.value.get(keys["kind"]))
    metadata = _validated(Metadata, document, value, keys["metadata"], problems)
    if kind and metadata is not None:
        wrong = kind.names.wrong(metadata.name)
        if wrong:
            at = document.at((keys["metadata"], "name"))
            hint = f"for example {kind.names.suggest(metadata.name)}"
            problems.append(Diagnostic("invalid-name", f"metadata.name: {wrong}", at, hint=hint))
    body = _validated(kind.spec, document, value, keys["spec"], problems) if kind else None
    if problems or kind is None or metadata is None or body is None:
        listed = in_order(problems)
        if len(problems) < MAX_PROBLEMS:
            return listed
        return (*listed[:MAX_PROBLEMS], more_problems(listed[MAX_PROBLEMS - 1].at))
    return Spec(Ref(kind.name, metadata.name), metadata, body, document)


def _meant(value: Mapping[str, Json]) -> Mapping[str, str]:
    """The keys that stand for the fields of a document, some of them misspelt: what is in them is
    judged all the same."""
    others = islice((key for key in value if key not in _FRAME), MAX_PROBLEMS)
    found = {nearest(key, _FIELDS): key for key in others}
    return {name: name if name in value else found.get(name, name) for name in _FIELDS}


def frame_of(document: Document) -> tuple[Kind, Mapping[str, str]] | None:
    """The kind that a document was meant to be, and the keys that stand for its fields; None where
    it is none, or lacks one of them."""
    keys = _meant(document.value)
    kind = meant_kind(document.value.get(keys["kind"]))
    whole = all(isinstance(document.value.get(keys[name]), Mapping) for name in _FIELDS[2:])
    return None if kind is None or not whole or _foreign(document) is not None else (kind, keys)


def meant_kind(said: Json) -> Kind | None:
    """The kind that this is, or nearly."""
    if isinstance(said, tuple) and len(said) == 1:
        said = said[0]
    close = nearest(said, KINDS, _NEARLY) if isinstance(said, str) else None
    return KINDS[close] if close is not None else None


def parse_all(documents: Iterable[Document]) -> tuple[list[Spec], list[Diagnostic]]:
    """The specs of documents, and what is wrong with the others. Of a file with a thousand
    problems the rest isn't looked at."""
    specs: list[Spec] = []
    problems: dict[str, list[Diagnostic]] = {}
    before: Document | None = None
    first = 0  # of the problems of the document before
    for document in documents:
        mine = problems.setdefault(document.path, [])
        if len(mine) > MAX_IN_FILE:
            continue
        parsed = parse(document)
        above, before = before, document
        if isinstance(parsed, Spec):
            specs.append(parsed)
            first = len(mine)
            continue
        from exai_specs.split_documents import of_the_first, of_the_second, split

        if above is not None and (cause := split(above, document)) is not None:
            mine[first:] = [*of_the_first(mine[first:], above), cause]
            parsed = tuple(of_the_second(parsed, document))
        first = len(mine)
        mine += parsed
        if len(mine) > MAX_IN_FILE:
            mine[MAX_IN_FILE:] = [more_problems(mine[MAX_IN_FILE].at, MAX_IN_FILE, "file")]
    return specs, [problem for each in problems.values() for problem in each]


def _foreign(document: Document) -> Diagnostic | None:
    """What is no document of a project, though it looks like one: nothing else is said of it."""
    version, kind = document.value.get("apiVersion"), document.value.get("kind")
    if not any(key in _FIELDS or nearest(key, _FIELDS) for key in document.value):
        message = f"this is no document of exai: it has no {', '.join(_FIELDS[:-1])} or spec"
        hint = f"begin it with apiVersion: {API_VERSION}, kind: ONE OF ITS KINDS, metadata and spec"
        return Diagnostic("missing-field", message, document.at(), hint=hint)
    if not isinstance(version, str) or not isinstance(kind, str) or kind in KINDS:
        return None
    at = document.at(("kind",))
    if kind == "Lock":
        message = "a Lock is no document among the specs"
        return Diagnostic("unknown-kind", message, at, hint="it is the file exai.lock")
    if version.startswith(API_VERSION.partition(".")[0]):
        return None
    message = f"{kind[:60]} is a kind of {version[:60]}, not of exai"
    mine = _OF_OTHERS.get(kind)
    hint = (
        f"exai renders it from a {mine}"
        if mine
        else "put it into a Manifest, under `spec.manifest`"
    )
    return Diagnostic("unknown-kind", message, at, hint=hint)


def _of_the_frame(document: Document) -> Iterator[Diagnostic]:
    """What is wrong around metadata and spec."""
    from exai_specs.translate import missing_field, unknown_field

    value = document.value
    meant = {nearest(key, _FIELDS) for key in value if key not in _FIELDS}
    lacking = [name for name in _FIELDS if name not in value and name not in meant]
    version, kind = value.get("apiVersion", API_VERSION), value.get("kind")
    cut = len(value) == 1 and isinstance(version, str) and API_VERSION.startswith(version)
    if len(lacking) == 1:
        yield missing_field(document, (lacking[0],))
    elif lacking:
        listed = f"{', '.join(lacking[:-1])} and {lacking[-1]}"
        message = f"the document has no {', no '.join(lacking[:-1])} and no {lacking[-1]}"
        hint = f"the document ends here: add {listed}" if cut else f"add {listed}"
        at = document.at(("apiVersion",)) if cut else document.at()
        yield Diagnostic("missing-field", message, at, hint=hint)
    if version != API_VERSION and not (cut and lacking):
        yield Diagnostic(
            "unknown-api-version",
            "this isn't a version of the language that exai knows",
            document.at(("apiVersion",)),
            hint=f"write apiVersion: {API_VERSION}",
        )
    if isinstance(kind, str) and kind not in KINDS:
        at = document.at(("kind",))
        message = f"there is no kind {kind[:60]}"
        yield Diagnostic("unknown-kind", message, at, hint=did_you_mean(kind, KINDS))
    elif "kind" in value and not isinstance(kind, str):
        at = document.at(("kind",))
        hint = f"one of {', '.join(KINDS)}"
        yield Diagnostic("wrong-type", f"kind: must be text, not {called(kind)}", at, hint=hint)
    yield from (unknown_field(document, (key,), _FIELDS) for key in value if key not in _FIELDS)


def _validated(
    of: type[T],
    document: Document,
    value: Mapping[str, Any],
    key: str,
    problems: list[Diagnostic],
) -> T | None:
    if key not in value:
        return None
    try:
        return read(of, value[key])
    except ValidationError as error:
        from exai_specs.shape import shape_of
        from exai_specs.translate import translate  # few documents are wrong

        problems += islice(translate(error, shape_of(of), document, (key,)), MAX_PROBLEMS)
        return None
