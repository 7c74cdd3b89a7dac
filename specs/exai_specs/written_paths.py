"""Paths of values: pydantic's as the document's, and as people read them.

In: a location, a document. Out: the path there, its words, what stands at it. Never: a key that may
be a secret in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_specs.documents import Document
from exai_specs.fields import HIDDEN
from exai_specs.frozen import Json
from exai_specs.shape import Shape
from exai_specs.types import Path


def dotted(path: Path) -> str:
    """A path for people: `spec.steps.train`, `spec.key[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}"
    return text.lstrip(".")


def shown_key(key: str) -> str:
    """A key as a message may name it."""
    if _JOINED.isdisjoint(key):
        return key[:60]
    from exai_specs.withheld_lines import key_shown  # of mistakes alone

    return key_shown(key[:60])


_JOINED = frozenset("=: ")


def written_path(location: Path, shape: Shape, document: Document, root: Path) -> Path:
    """A location of pydantic's as the document's path: without the parts that stand for a form, and
    without a field that is written in place of the mapping that it belongs to."""
    path = root
    for part in location:
        short = shape.short
        shape = shape.at((part,))
        if isinstance(part, str) and part.startswith(HIDDEN):
            continue
        if short is None or part != short.field or not short.alone(value_at(document, path)):
            path = (*path, part)
    return path


def value_at(document: Document, path: Path) -> Json:
    value: Json = document.value
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(str(part))
        else:
            within = isinstance(value, tuple) and isinstance(part, int) and part < len(value)
            value = value[part] if within else None  # type: ignore[index]  # `within` says so
    return value
