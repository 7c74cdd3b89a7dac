"""The project as it is in each environment: the stage `overlay`, and what it makes of the checks.

In: a project whose documents parse, with its overlays. Out: the project of each environment that
has any, the others share the base; and every problem of all of them, once. Never: judging an
overlay (`checks.overlays` does): one that can't be used is left out here, and nothing is judged of
its environment that another environment would have otherwise.

The base is checked as the project of every environment without overlays, and where there is none as
a project without environments: it is what people read, and what `lineage` shows by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check, policy_rules
from exai_compiler.checks.subject import subject
from exai_compiler.checks.told_once import joined
from exai_compiler.policies import applied
from exai_compiler.project import Project, with_documents
from exai_specs.diagnostics import Diagnostic, Span, also_of, in_order
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

# What begins so is only true when no environment has it otherwise.
_UNUSED = ("patch-unused", "unused-")
# But for this one, which is of a file's text.
_OF_A_TEXT = "unused-anchor"
# Policies are the Project's, which may name Overlays: the base alone has those.
_OF_POLICIES = "invalid-policy"

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
    for name, targets in sorted(_patches(base).items()):
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
    told = in_order(_named(base, problems))
    known = {name: _all_known(found) for name, found in wrong.items()}
    return Environments(MappingProxyType(projects), tuple(patched), told, known)


def wrong_patches(base: Project, unread: Iterable[Document]) -> tuple[Diagnostic, ...]:
    """What is wrong with overlays of documents that can't be read, whatever those say."""
    from exai_compiler.half_patched import half_patched  # few documents are wrong

    return in_order(_named(base, half_patched(base, unread)))


def wrong_with(wrong: Wrong, base: Project, unread: Iterable[Unread]) -> Wrong:
    """With the environments of Overlays that can't be read, or all where the Project can't: nobody
    knows those."""
    open_: set[str] = set()
    for overlay in unread:
        if overlay.without is not None:  # it is among the base's
            continue
        if overlay.kind == "Project":
            return dict.fromkeys(_all_of(base))
        if overlay.may_be("Overlay"):
            there = base.environment(overlay.environment)
            open_ |= {overlay.environment} if there is not None else _all_of(base)
    return {**wrong, **dict.fromkeys(open_)}


def check_everywhere(
    base: Project,
    found: Mapping[str, Project],
    catalog: Catalog,
    asked: str | None = None,
    wrong: Wrong = NOWHERE,
    unread: Collection[Unread] = (),
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong in any environment. What is so in several is told once; what is only
    so in some says in which. What depends on a document that is `wrong` there waits for it.

    A project for clusters alone may hold what one machine can't give: `local`, which always exists,
    is judged where nobody declares it once it is `asked` for. Overlays may be of what is `unread`.
    """
    every = _everywhere(base, found, catalog, wrong, unread)
    told = tuple(joined(every, files=True))
    body = base.root.body
    declared = body.environments if isinstance(body, ProjectSpec) else {}
    known = wrong.get(asked or "", ()) is not None
    if asked != "local" or not known or not declared or asked in declared or asked in found:
        return told
    already = {_whoever(each) for each in every}
    more = [
        (asked, problem)
        for problem in check(base, catalog, [asked])
        if _whoever(problem) not in already and not problem.code.startswith(_UNUSED)
    ]
    return in_order(joined((*every, *_named(base, more)), files=True))


def errors_in(
    base: Project,
    found: Mapping[str, Project],
    catalog: Catalog,
    environment: str,
    wrong: Wrong = NOWHERE,
) -> tuple[Diagnostic, ...]:
    """What is wrong in this one environment, whatever is in others. An overlay of an environment
    that doesn't exist may have been meant for this one."""
    from exai_compiler.checks import overlays

    own = tuple(
        overlay
        for overlay in base.overlays
        if isinstance(overlay.body, OverlaySpec)
        and (
            overlay.body.environment == environment
            or base.environment(overlay.body.environment) is None
        )
    )
    mine = replace(base, overlays=own)
    told: tuple[Diagnostic, ...]
    judged = [] if environment in _unsettled(base) else [environment]
    if environment in found:
        of_base = overlays.check(subject(mine, catalog, [environment]))
        policies = policy_rules.check(subject(base, catalog, [environment]))
        told = applied(base, (*of_base, *policies))
        there = _certain(found, environment, wrong, check(found[environment], catalog, judged))
        told = (*told, *(each for each in there if each.code != _OF_POLICIES))
    else:
        told = check(mine, catalog, judged)
    errors = (
        each for each in told if each.severity == "error" and not each.code.startswith(_UNUSED)
    )
    return tuple(joined(errors, files=True))


def _everywhere(
    base: Project,
    found: Mapping[str, Project],
    catalog: Catalog,
    wrong: Wrong,
    unread: Collection[Unread],
) -> tuple[Diagnostic, ...]:
    open_ = _unsettled(base, unread)
    if not found and not open_ and not wrong:
        return check(base, catalog)
    body = base.root.body
    declared = tuple(body.environments) if isinstance(body, ProjectSpec) else ()
    known_ = [name for name in declared or ("local",) if wrong.get(name, ()) is not None]
    others = [name for name in known_ if name not in found and name not in open_]
    mine = check(base, catalog, others)
    theirs = {
        name: _certain(
            found, name, wrong, check(project, catalog, () if name in open_ else (name,))
        )
        for name, project in sorted(found.items())
    }
    known = {_whoever(each): each for each in mine}
    there = {name: {_whoever(each) for each in told} for name, told in theirs.items()}
    more: list[tuple[str, Diagnostic]] = []
    taken: dict[Diagnostic, list[Place]] = {}
    for name, problems in theirs.items():
        patched = [spec for spec in found[name].specs.values() if spec is not base.specs[spec.ref]]
        new = [
            each for each in problems if _whoever(each) not in known and each.code != _OF_POLICIES
        ]
        elsewhere = [each for each in new if not _tells_itself(each, patched)]
        because = _causes(base, found[name], catalog, name, elsewhere) if elsewhere else {}
        for problem in new:
            told = problem
            for spec in patched:
                told = _patched_onto(told, spec.document, spec.ref)
            if told is not problem or not problem.code.startswith(_UNUSED):
                more.append((name, told))
                if problem in because:
                    taken.setdefault(problem, []).append(because[problem].said)
    kept: list[Diagnostic] = []
    for said, each in known.items():
        where = [name for name, told in there.items() if said in told]
        everywhere = len(where) == len(there)
        if each.code.startswith(_UNUSED) and each.code != _OF_A_TEXT:
            kept += [each] if everywhere and not open_ else []
        elif each.environments:
            kept.append(also_of(each, tuple(where)) if where else each)
        else:
            mended = there.keys() - {*where} - wrong.keys()
            kept.append(replace(each, environments=_but(base, mended)) if mended else each)
    return in_order((*kept, *_named(base, more, taken)))


def _but(base: Project, names: Set[str]) -> tuple[str, ...]:
    """The environments but those; none where there is no other: people read the base, too."""
    return tuple(sorted(_all_of(base) - names))


def _whoever(problem: Diagnostic) -> Diagnostic:
    """The same, of whichever environment."""
    return replace(problem, environments=()) if problem.environments else problem


def _certain(
    found: Mapping[str, Project], name: str, wrong: Wrong, told: tuple[Diagnostic, ...]
) -> tuple[Diagnostic, ...]:
    """Those of the problems of an environment that are so whatever its overlays were meant to
    say."""
    unread = wrong.get(name, ())
    if unread is None:
        return ()
    if not unread:
        return told
    from exai_compiler.certainty import certain

    return certain(told, found[name], unread)


def _all_known(found: Iterable[Unread | None]) -> tuple[Unread, ...] | None:
    listed = list(found)
    known = tuple([each for each in listed if each is not None])
    return known if len(known) == len(listed) else None


def _unsettled(base: Project, unread: Collection[Unread] = ()) -> frozenset[str]:
    """The environments that nobody knows yet: an overlay of them patches a document that there
    isn't, nor among those that are `unread`, or one is of an environment that there isn't, which
    may be any."""
    hidden = {(each.kind, name) for each in unread for name in each.names}
    found: set[str] = set()
    for overlay in base.overlays:
        if not isinstance(overlay.body, OverlaySpec):
            continue
        if base.environment(overlay.body.environment) is None:
            return _all_of(base)
        ref = overlay.body.ref
        if ref not in base.specs and (ref.kind, ref.name.casefold()) not in hidden:
            found.add(overlay.body.environment)
    return frozenset(found)


def _all_of(base: Project) -> frozenset[str]:
    body = base.root.body
    declared = body.environments if isinstance(body, ProjectSpec) else {}
    return frozenset({"local", *declared})


def _patches(base: Project) -> Mapping[str, Mapping[Ref, list[Spec]]]:
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


def _tells_itself(problem: Diagnostic, patched: Iterable[Spec]) -> bool:
    """Whether nobody need look for what is behind a problem."""
    from exai_compiler.overlay_causes import in_a_patch

    quiet = problem.severity == "note" or problem.code.startswith(_UNUSED)
    return quiet or in_a_patch(problem, patched)


def _causes(
    base: Project, there: Project, catalog: Catalog, name: str, problems: Iterable[Diagnostic]
) -> Mapping[Diagnostic, Touch]:
    """What overlays take away that these problems of an environment come from."""
    from exai_compiler.overlay_causes import causes, most_checks, touches, untouched

    patches = _patches(base)[name]

    def again(touch: Touch) -> Collection[Diagnostic] | None:
        spec = untouched(base.specs[touch.ref], patches[touch.ref], touch)
        if spec is None:
            return None
        return check(with_documents(there, {touch.ref: spec}), catalog, [name])

    own = {(each.code, each.at) for each in check(base, catalog, [name])}
    unknown = [each for each in problems if (each.code, each.at) not in own]
    most = most_checks(len(there.specs))
    return causes(unknown, touches(base.specs, patches), again, most)


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
    told = {each: _patched_onto(each, document, ref) for each in problems}
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


def _patched_onto(problem: Diagnostic, document: Document, ref: Ref) -> Diagnostic:
    """With the place in the base, if it is in a patch of the document."""
    base = document.onto(problem.at)
    if base is None:
        return problem
    return replace(problem, related=(*problem.related, (f"patched onto {ref}", base)))


def _named(
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
