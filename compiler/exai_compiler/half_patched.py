"""What is surely wrong with overlays of documents that are wrong by themselves.

In: a project, and documents that can't be read. Out: problems that stand in a patch and are so
whatever the document was meant to say, by environment. Never: what a whole document would have to
tell, as a field that is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Document
from exai_specs.identity import Ref
from exai_specs.kinds import KINDS, OverlaySpec
from exai_specs.kinds.overlay import NOT_PATCHED
from exai_specs.mending_edits import wrong_words
from exai_specs.nearest import nearest
from exai_specs.overlays import PATCH, overlaid
from exai_specs.parse import Spec, parse

# A name is wrong whatever stands beside it.
OF_A_FIELD = frozenset({"invalid-name", "unknown-field", "wrong-type", "number-format"})
# Of its own value, or of several fields at once.
_OF_SOME = "invalid-value"


def half_patched(base: Project, unread: Iterable[Document]) -> Iterator[tuple[str, Diagnostic]]:
    """The problems of all patches of these documents, each with its environment."""
    documents = {ref: each for each in unread if (ref := _ref(each)) and ref not in base.specs}
    found: defaultdict[tuple[str, Ref], list[Document]] = defaultdict(list)
    for overlay in base.overlays if documents else ():
        body = overlay.body
        if not isinstance(body, OverlaySpec) or base.environment(body.environment) is None:
            continue
        if body.ref in documents:
            found[body.environment, body.ref].append(overlay.document)
    for (name, ref), patches in sorted(found.items(), key=lambda each: each[0]):
        for problem in _wrong(documents[ref], patches):
            yield name, problem


def _wrong(document: Document, patches: Iterable[Document]) -> Iterator[Diagnostic]:
    patched = overlaid(document, patches)
    told, own = parse(patched), parse(document)
    if isinstance(told, Spec) or isinstance(own, Spec):
        return
    doubtful = {_field(document, ("spec",), each.at) for each in own}
    by_itself = _by_itself(patched)
    for problem in told:
        if patched.onto(problem.at) is None:
            continue
        alone = problem.code == _OF_SOME and problem.at in by_itself
        if alone or problem.code in OF_A_FIELD:
            yield problem
        elif problem.code == _OF_SOME:
            fields = {_field(each, (*PATCH, "spec"), problem.at) for each in patches}
            if not any(nearest(field, doubtful) for field in fields if field):
                yield problem


def _by_itself(document: Document) -> frozenset[Span]:
    """The places of what is wrong whatever stands beside it."""
    kind = KINDS.get(str(document.value.get("kind")))
    if kind is None or not isinstance(document.value.get("spec"), Mapping):
        return frozenset()
    return frozenset(map(document.at, wrong_words(document, kind)))


def _field(document: Document, path: tuple[str | int, ...], at: Span) -> str:
    """The field of a `spec` that a place is in; empty where it is in none."""
    if at.path != document.path:
        return ""
    begun = [(document.key_at((*path, key)), key) for key in document.keys(path)]
    return next((key for start, key in sorted(begun, reverse=True) if start <= at), "")


def _ref(document: Document) -> Ref | None:
    kind, metadata = document.value.get("kind"), document.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if not isinstance(kind, str) or not isinstance(name, str) or kind in NOT_PATCHED:
        return None
    return Ref(kind, name)
