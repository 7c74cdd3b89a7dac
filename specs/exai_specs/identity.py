"""Who is who: `Ref` names a document everywhere, `RefTo` marks a field that names another."""

from __future__ import annotations

from exai_specs.values import frozen, ordered


@ordered
class Ref:
    """The identity of a document: its kind and its name. `str()` is `Service/iris`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@frozen
class RefTo:
    """Marks a field whose text names a document of `kind`: `Annotated[str, RefTo("Dataset")]`.

    `versioned` fields name a registered model as NAME@ALIAS or NAME@VERSION (LANGUAGE section 1.2).
    """

    kind: str
    versioned: bool = False
