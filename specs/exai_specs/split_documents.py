"""A `---` where none belongs makes two documents of one, and neither is whole.

In: a document with problems, and the one before it in its file. Out: the one error that says so,
and which problems of the two come of it. Never: looking at documents that have no problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document, Path
from exai_specs.frozen import Json
from exai_specs.regexes import regex
from exai_specs.yaml_text import lines_of

_PARTS = ("metadata", "spec")
_MARK = regex(r"---(?=\s|$)")


def split(before: Document, document: Document) -> Diagnostic | None:
    """The error at the `---` between them, where the second has what the first lacks and doesn't
    say what it is; or where it is indented, as what belongs to something is."""
    value = document.value
    if before.path != document.path or "apiVersion" in value or "kind" in value:
        return None
    held = [part for part in _PARTS if part in value]
    indented = not held and document.at().column > before.at().column
    if not indented and (not held or any(part in before.value for part in held)):
        return None
    first = before.at()
    # From the line on that the other begins on, to the end of the one that this begins on.
    text, start = document.text, before.start - first.column + 1
    end = min((at for each in "\n\r" if (at := text.find(each, document.start)) >= 0), default=None)
    lines = lines_of(text[start:end])
    marks = [first.line + n for n, line in enumerate(lines) if n and _MARK.match(line)]
    if len(marks) != 1:  # something else stands between them
        return None
    return Diagnostic(
        "missing-field",
        "a `---` splits this document: what stands below it belongs to the one above",
        Span(document.path, marks[0]),
        hint="remove this line; or write apiVersion and kind below it",
        related=(("the document above it", before.at()),),
    )


def of_the_first(problems: Iterable[Diagnostic], document: Document) -> list[Diagnostic]:
    """Those that its other half doesn't mend: fields may be there, and a value that ends it."""
    path = _last(document.value)
    end = document.at(path) if path else None
    return [each for each in problems if each.code != "missing-field" and each.at != end]


def of_the_second(problems: Iterable[Diagnostic], document: Document) -> list[Diagnostic]:
    """Those of its metadata and spec; where it has none it isn't a document at all."""
    if not any(part in document.value for part in _PARTS):
        return []
    return [each for each in problems if each.code != "missing-field"]


def _last(value: Json) -> Path:
    """The path of the null that a document ends with; empty for another end."""
    path: Path = ()
    while value is not None:
        if isinstance(value, Mapping) and value:
            key = tuple(value)[-1]
            path, value = (*path, key), value[key]
        elif isinstance(value, tuple) and value:
            path, value = (*path, len(value) - 1), value[-1]
        else:
            return ()
    return path
