"""The project as it is in each environment: the stage `overlay`.

In: a project whose documents parse, with its overlays. Out: the project of each environment that
has any, the others share the base; and what is wrong with documents as overlays make them. Never:
judging an overlay (`checks.overlays` does): one that can't be used is left out here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from exai_compiler.project import Project, with_documents
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.documents import Document
from exai_specs.frozen import empty
from exai_specs.identity import Ref
from exai_specs.kinds import OverlaySpec, ProjectSpec
from exai_specs.kinds.overlay import NOT_PATCHED
from exai_specs.parse import Spec, parse
from exai_specs.values import field, frozen, replace

if TYPE_CHECKING:  # what only overlays need is imported where there are some
    from exai_compiler.overlay_causes import Touch
    from exai_compiler.unread import Unread

Place = tuple[str, Span]
Wrong: TypeAlias = "Mapping[str, tuple[Unread, ...] | None]"
"""By environment what is known of documents that overlays break; None where nobody can tell what
depends on them."""


@frozen
class Environments:
    """`projects` by environment; `patched` are the documents that differ from the base's,
    `problems` those of them that no longer parse, and `wrong` says where."""

    projects: Mapping[str, Project]
    patched: tuple[Spec, ...]
    problems: tuple[Diagnostic, ...]
    wrong: Wrong = field(default_factory=empty)


NOWHERE: Wrong = MappingProxyType({})
AS_THE_BASE = Environments(MappingProxyType({}), (), ())


def environments(base: Project) -> Environments:
    """The project of each environment that an overlay speaks of. A document that doesn't parse
    there is a problem, and what is left of it, or else as in the base."""
    if not base.overlays:
        return AS_THE_BASE
    from exai_compiler.unread import unread_overlaid
    from exai_specs.mended import mended
    from exai_specs.overlays import overlaid

    projects: dict[str, Project] = {}
    patched: list[Spec] = []
    problems: list[tuple[str, Diagnostic]] = []
    wrong: dict[str, list[Unread | None]] = {}
    for name, targets in sorted(patches_of(base).items()):
        if base.environment(name) is None:
            continue
        changed: dict[Ref, Spec] = {}
        for ref, patches in sorted(targets.items()):
            document = overlaid(base.specs[ref].document, [each.document for each in patches])
            found = parse(document)
            if isinstance(found, Spec):
                changed[ref] = found
            else:
                if (left := mended(document)) is not None:
                    changed[ref] = left.spec
                    found = (*found, *left.more)
                mine = _of_a_document(base, ref, patches, document, found)
                problems += ((name, each) for each in mine)
                unread = unread_overlaid(base.specs[ref], document, left)
                wrong.setdefault(name, []).append(unread)
        projects[name] = with_documents(base, changed)
        patched += changed.values()
    told = in_order(named(base, problems))
    known = {name: _all_known(found) for name, found in wrong.items()}
    return Environments(MappingProxyType(projects), tuple(patched), told, known)


def wrong_patches(base: Project, unread: Iterable[Document]) -> tuple[Diagnostic, ...]:
    """What is wrong with overlays of documents that can't be read, whatever those say."""
    from exai_compiler.half_patched import half_patched  # few documents are wrong

    return in_order(named(base, half_patched(base, unread)))


def wrong_in_halves(
    base: Project, halves: Iterable[Spec], told: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """What is wrong with the fields that overlays patch of which these are left, whatever else they
    say, and isn't told."""
    left = sorted([e for e in halves if e.ref.kind == "Overlay"], key=lambda each: each.ref)
    if not left:
        return ()
    from exai_compiler.half_patched import OF_A_FIELD

    known = {(each.code, each.at) for each in told}
    places = {each.document.path for each in left}
    there = environments(replace(base, overlays=tuple(left))).problems
    found = (each for each in there if each.code in OF_A_FIELD and each.at.path in places)
    return tuple([each for each in found if (each.code, each.at) not in known])


def wrong_with(wrong: Wrong, base: Project, unread: Iterable[Unread]) -> Wrong:
    """With the environments of Overlays that can't be read, or all where the Project can't: nobody
    knows those."""
    open_: set[str] = set()
    for overlay in unread:
        if overlay.without is not None:  # it is among the base's
            continue
        if overlay.kind == "Project":
            return dict.fromkeys(every_environment(base))
        if overlay.may_be("Overlay"):
            there = base.environment(overlay.environment)
            open_ |= {overlay.environment} if there is not None else every_environment(base)
    return {**wrong, **dict.fromkeys(open_)}


def _all_known(found: Iterable[Unread | None]) -> tuple[Unread, ...] | None:
    listed = list(found)
    known = tuple([each for each in listed if each is not None])
    return known if len(known) == len(listed) else None


def every_environment(base: Project) -> frozenset[str]:
    """The names of all that there are."""
    body = base.root.body
    declared = body.environments if isinstance(body, ProjectSpec) else {}
    return frozenset({"local", *declared})


def patches_of(base: Project) -> Mapping[str, Mapping[Ref, list[Spec]]]:
    """The overlays by environment, and by the document that they patch."""
    found: defaultdict[str, defaultdict[Ref, list[Spec]]]
    found = defaultdict(lambda: defaultdict(list))
    for overlay in base.overlays:  # sorted by name: the order of files says nothing
        body = overlay.body
        if not isinstance(body, OverlaySpec) or body.ref.kind in NOT_PATCHED:
            continue
        if body.ref in base.specs:
            found[body.environment][body.ref].append(overlay)
    return found


def _of_a_document(
    base: Project,
    ref: Ref,
    patches: list[Spec],
    document: Document,
    problems: tuple[Diagnostic, ...],
) -> Iterator[Diagnostic]:
    """What is wrong with one patched document by itself, with the line of the patch."""
    from exai_compiler.overlay_causes import causes, touches
    from exai_specs.overlays import overlaid

    def again(touch: Touch) -> Collection[Diagnostic]:
        found = parse(overlaid(base.specs[ref].document, documents, touch.path))
        return () if isinstance(found, Spec) else found

    documents = [each.document for each in patches]
    told = {each: patched_onto(each, document, ref) for each in problems}
    elsewhere = [each for each in problems if told[each] is each]
    found = causes(elsewhere, touches(base.specs, {ref: patches}), again)
    for problem in problems:
        cause, shown = found.get(problem), told[problem]
        if cause is not None and cause.removed:  # it is the overlay's author who has to mend it
            _, at = cause.said
            words = (f"patched onto {ref}", shown.at)
            yield replace(shown, at=at, related=(*shown.related, words))
        else:
            because = (cause.said,) if cause is not None else ()
            yield replace(shown, related=(*shown.related, *because))


def patched_onto(problem: Diagnostic, document: Document, ref: Ref) -> Diagnostic:
    """With the place in the base, if it is in a patch of the document."""
    base = document.onto(problem.at)
    if base is None:
        return problem
    return replace(problem, related=(*problem.related, (f"patched onto {ref}", base)))


def named(
    base: Project,
    problems: Iterable[tuple[str, Diagnostic]],
    taken: Mapping[Diagnostic, list[Place]] = MappingProxyType({}),
) -> Iterator[Diagnostic]:
    """Problems with the environments that they are of, each once, after what was `taken` from
    them."""
    names: defaultdict[Diagnostic, list[str]] = defaultdict(list)
    for name, problem in problems:
        names[problem].append(name)
    for problem, where in names.items():
        said = "\n".join((problem.message, *(words for words, _ in problem.related)))
        places = tuple(
            (f"environment `{name}`", base.root.key_at("spec", "environments", name))
            for name in where
            if f"environment `{name}`" not in said and f"in `{name}`" not in said
        )
        because = taken.get(problem, ())
        related = (*problem.related, *because, *places)
        yield replace(problem, related=related, environments=tuple(where))
