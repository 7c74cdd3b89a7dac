"""Documents that YAML reads, and that say something exai can't take: a key twice, a number that is
none, a tag.

In: the text of a file. Out: each of them as far as it can be read, with what can't be. A sound
document is `documents.read`'s. Judges nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import NODE, Document, Path
from exai_specs.frozen import Json
from exai_specs.known_secrets import may_hold_secrets, without_secrets
from exai_specs.mended_document import Flaws
from exai_specs.yaml_stream import converted
from exai_specs.yaml_text import decode

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
            frozenset(_paths(document, sorted({place // NODE for place in places})))
            for places in (conversion.flaws, conversion.holes)
        )
        yield document, Flaws(wrong, holes, tuple(conversion.passed))


def _paths(document: Document, numbers: Sequence[int]) -> Iterator[Path]:
    """The paths of values by their sorted numbers, counted in document order. Each mapping and list
    on the way is gone through once: thousands of values may be in one."""
    places = memoryview(document.places).cast("I")

    def inside(node: int, value: Json, path: Path) -> Iterator[Path]:
        if numbers[bisect_left(numbers, node)] == node:
            yield path
        node += 1
        parts = (
            value
            if isinstance(value, Mapping)
            else range(len(value))
            if isinstance(value, tuple)
            else ()
        )
        for part in parts:
            after = node + places[node * NODE + 2]
            first = bisect_left(numbers, node)
            if first < len(numbers) and numbers[first] < after:
                yield from inside(node, value[part], (*path, part))  # type: ignore[index]
            node = after

    if numbers:
        yield from inside(0, document.value, ())
