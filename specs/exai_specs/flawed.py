"""Documents that YAML reads, and that say something exai can't take: a key twice, a number that is
none, a tag.

In: the text of a file. Out: each of them as far as it can be read, with what can't be. A sound
document is `documents.read`'s. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import NODE, Document, Path
from exai_specs.frozen import Json
from exai_specs.known_secrets import may_hold_secrets, without_secrets
from exai_specs.mended_document import Flaws
from exai_specs.yaml_text import decode
from exai_specs.yaml_values import converted

# Of one value, or one key.
_OF_A_VALUE = frozenset(
    {
        *("duplicate-key", "key-not-text", "merge-key", "not-text", "number-format"),
        *("quote-expression", "tag-not-allowed", "yaml-syntax"),
    }
)


def flawed(text: str, path: str) -> Iterator[tuple[Document, Flaws]]:
    """Those of a text, in order, each with what it lacks; none of what is no text for YAML."""
    if isinstance(decode(text, path), Diagnostic):
        return
    for conversion in converted(text, path, ""):
        if isinstance(conversion, Diagnostic) or not isinstance(conversion.value, Mapping):
            continue
        codes = {problem.code for problem in conversion.problems.listed}
        if not codes or not codes <= _OF_A_VALUE:
            continue
        value = without_secrets(conversion.value) if may_hold_secrets(text) else conversion.value
        assert isinstance(value, Mapping)  # noqa: S101 - a mapping without its secrets
        document = Document(path, value, text, conversion.places)
        wrong, holes = (
            frozenset([_path(document, place // NODE) for place in {*places}])
            for places in (conversion.flaws, conversion.holes)
        )
        yield document, Flaws(wrong, holes, tuple(conversion.passed))


def _path(document: Document, number: int) -> Path:
    """The path of a value by its number, counted in document order."""
    places = memoryview(document.places).cast("I")
    path: Path = ()
    value: Json = document.value
    node = 0
    while node < number:
        inner = value if isinstance(value, Mapping) else range(len(value))  # type: ignore[arg-type]
        node += 1
        for part in inner:
            size = places[node * NODE + 2]
            if number < node + size:
                path, value = (*path, part), value[part]  # type: ignore[index]
                break
            node += size
    return path
