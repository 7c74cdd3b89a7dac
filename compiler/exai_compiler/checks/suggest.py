"""The hint for a name that isn't there."""

from __future__ import annotations

from collections.abc import Iterable

from exai_specs.parse import Spec


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The nearest known name and those that there are; `otherwise` when nothing is near."""
    from exai_specs.nearest import did_you_mean as suggest
    from exai_specs.nearest import nearest

    names = sorted(set(known))
    if otherwise and nearest(word, names) is None:
        return otherwise
    return suggest(word, names)


def removed_there(field: str, name: str) -> str:
    """For a name that the document has, and an overlay of the environment takes away."""
    return f"an overlay removes it: take `{name}: null` out of its `{field}`, or use another name"


def hint_for_column(dataset: Spec, schema: Iterable[str], column: str) -> str:
    """For a column that a Dataset hasn't, or hasn't any longer."""
    if dataset.document.removed(("spec", "schema", column)):
        return removed_there("schema", column)
    return did_you_mean(column, schema, "add it to the schema of the Dataset")


def nearest_document(target: str, known: Iterable[str]) -> str | None:
    """The `Kind/name` that was probably meant: one of the kind whose name is near, or the same name
    of another kind. What they have in common by their kind says nothing.
    """
    from exai_specs.nearest import nearest

    kind, _, name = target.partition("/")
    pairs = [each.partition("/") for each in sorted(known)]
    close = nearest(name, (own for of, _, own in pairs if of == kind))
    if close is not None:
        return f"{kind}/{close}"
    return next((f"{of}/{own}" for of, _, own in pairs if own == name), None)
