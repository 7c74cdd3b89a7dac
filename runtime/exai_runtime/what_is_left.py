"""What is left of the documents of a project that are no specs.

In: documents, the problems of files and of documents. Out: a spec of each that has one without what
is wrong in it. Never: what documents say of each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice, pairwise

from exai_specs.diagnostics import MAX_IN_FILE, MORE, Diagnostic
from exai_specs.documents import Document
from exai_specs.flawed import flawed
from exai_specs.kinds import ProjectSpec
from exai_specs.mended import Mended, mended
from exai_specs.mended_document import Flaws, mended_in
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.split_documents import split

Hurt = Sequence[tuple[Document, Flaws]]


def hurt_documents(sources: Mapping[str, str], problems: Collection[Diagnostic]) -> Hurt:
    """The documents of files with these problems that YAML reads all the same; where not all is
    told, more is wrong than can be mended."""
    wrong = {each.at.path: None for each in problems}
    hopeless = {each.at.path for each in problems if each.code == MORE}
    readable = (path for path in wrong if path in sources and path not in hopeless)
    found = (each for path in readable for each in flawed(sources[path], path))
    return list(islice(found, MAX_IN_FILE))


def what_is_left(
    documents: Sequence[Document],
    specs: Iterable[Spec],
    problems: Iterable[Diagnostic],
    hurt: Hurt,
) -> tuple[Mended, ...]:
    """Of documents that are no specs for these problems, and of those that are `hurt`. Of two that
    are halves of one nobody knows what they lack."""
    hopeless = {each.at.path for each in problems if each.code == MORE}
    parsed = {id(spec.document) for spec in specs}
    halves = {
        id(half)
        for above, below in pairwise(documents)
        if id(below) not in parsed and split(above, below) is not None
        for half in (above, below)
    }
    known = parsed | halves
    wrong = (
        document
        for document in documents
        if id(document) not in known and document.path not in hopeless
    )
    found = [mended(document) for document in islice(wrong, MAX_IN_FILE)]
    found += [mended(document, flaws) for document, flaws in hurt]
    return tuple([each for each in found if each is not None])


def lost_its_environments(left: Mended) -> bool:
    """Whether a Project is as one that never said any: that one has `local`. A mapping of whatever
    name may be theirs."""
    body, part = left.spec.body, mended_in(left.spec.document)
    if part is None or not isinstance(body, ProjectSpec) or body.environments:
        return False
    spec = part.original(("spec",))
    if spec in part.holes:
        return True
    gone = {path[1] for path in part.gone | part.holes if path[:1] == spec}
    said = left.document.value[str(spec[0])]
    found = said if isinstance(said, Mapping) else {}
    return any(
        nearest(f"{key}", ("environments",)) or isinstance(found.get(str(key)), Mapping)
        for key in gone - _OTHERS
    )


# What a Project says beside its environments.
_OTHERS = frozenset({"specs", "exai", "policies"})
