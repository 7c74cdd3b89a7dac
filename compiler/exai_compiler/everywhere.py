"""A project checked in all of its environments.

In: a project, and what it is in each environment. Out: every problem, each once, with the
environments that it is of. Never: what an overlay makes of a document (`environments` does); what
is judged of an environment isn't what another would have otherwise.

The base is checked as the project of every environment without overlays, and where there is none as
a project without environments: it is what people read, and what `lineage` shows by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import TYPE_CHECKING

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check, policy_rules
from exai_compiler.checks.survey import subject
from exai_compiler.checks.told_once import joined
from exai_compiler.environments import (
    NOWHERE,
    Place,
    Wrong,
    every_environment,
    named,
    patched_onto,
    patches_of,
)
from exai_compiler.policies import applied
from exai_compiler.project import Project, with_documents
from exai_compiler.spread import Spread, in_turn
from exai_compiler.standing import patched_at
from exai_specs.diagnostics import Diagnostic, Span, also_of, in_order
from exai_specs.kinds import OverlaySpec, ProjectSpec
from exai_specs.parse import Spec
from exai_specs.values import replace

if TYPE_CHECKING:  # what only overlays need is imported where there are some
    from exai_compiler.overlay_causes import Touch
    from exai_compiler.unread import Unread

# What begins so is only true when no environment has it otherwise.
_UNUSED = ("patch-unused", "unused-")
# But for this one, which is of a file's text.
_OF_A_TEXT = "unused-anchor"
# Policies are the Project's, which may name Overlays: the base alone has those.
_OF_POLICIES = "invalid-policy"


def check_everywhere(
    base: Project,
    found: Mapping[str, Project],
    catalog: Catalog,
    asked: str | None = None,
    wrong: Wrong = NOWHERE,
    unread: Collection[Unread] = (),
    spread: Spread = in_turn,
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong in any environment. What is so in several is told once; what is only
    so in some says in which. What depends on a document that is `wrong` there waits for it.

    A project for clusters alone may hold what one machine can't give: `local`, which always exists,
    is judged where nobody declares it once it is `asked` for. Overlays may be of what is `unread`.
    """
    every = _everywhere(base, found, catalog, wrong, unread, spread)
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
    return in_order(joined((*every, *named(base, more)), files=True))


def errors_in(
    base: Project,
    found: Mapping[str, Project],
    catalog: Catalog,
    environment: str,
    wrong: Wrong = NOWHERE,
) -> tuple[Diagnostic, ...]:
    """What is wrong in this one environment, whatever is in others. An overlay of an environment
    that doesn't exist may have been meant for this one."""
    from exai_compiler.checks import duplicate_name, overlays

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
    alike = duplicate_name.alike_overlays(base)
    told = (*told, *(e for e in alike if environment in e.environments or not e.environments))
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
    spread: Spread,
) -> tuple[Diagnostic, ...]:
    open_ = _unsettled(base, unread)
    if not found and not open_ and not wrong:
        return check(base, catalog, spread=spread)
    body = base.root.body
    declared = tuple(body.environments) if isinstance(body, ProjectSpec) else ()
    known_ = [name for name in declared or ("local",) if wrong.get(name, ()) is not None]
    others = [name for name in known_ if name not in found and name not in open_]
    mine = check(base, catalog, others, spread)
    theirs = {
        name: _certain(
            found, name, wrong, check(project, catalog, () if name in open_ else (name,), spread)
        )
        for name, project in sorted(found.items())
    }
    known = {_whoever(each): each for each in mine}
    there = {name: {_whoever(each) for each in told} for name, told in theirs.items()}
    more: list[tuple[str, Diagnostic]] = []
    taken: dict[Diagnostic, list[Place]] = {}
    for name, problems in theirs.items():
        specs = found[name].specs.values()
        patched = patched_at([spec for spec in specs if spec is not base.specs[spec.ref]])
        new = [
            each for each in problems if _whoever(each) not in known and each.code != _OF_POLICIES
        ]
        elsewhere = [each for each in new if not _tells_itself(each, patched)]
        because = _causes(base, found[name], catalog, name, elsewhere) if elsewhere else {}
        for problem in new:
            spec = patched(problem.at)
            told = problem if spec is None else patched_onto(problem, spec.document, spec.ref)
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
    return in_order((*kept, *named(base, more, taken)))


def _but(base: Project, names: Set[str]) -> tuple[str, ...]:
    """The environments but those; none where there is no other: people read the base, too."""
    return tuple(sorted(every_environment(base) - names))


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
            return every_environment(base)
        ref = overlay.body.ref
        if ref not in base.specs and (ref.kind, ref.name.casefold()) not in hidden:
            found.add(overlay.body.environment)
    return frozenset(found)


def _tells_itself(problem: Diagnostic, patched: Callable[[Span], Spec | None]) -> bool:
    """Whether nobody need look for what is behind a problem."""
    from exai_compiler.overlay_causes import in_a_patch

    quiet = problem.severity == "note" or problem.code.startswith(_UNUSED)
    return quiet or in_a_patch(problem, patched)


def _causes(
    base: Project, there: Project, catalog: Catalog, name: str, problems: Iterable[Diagnostic]
) -> Mapping[Diagnostic, Touch]:
    """What overlays take away that these problems of an environment come from."""
    from exai_compiler.overlay_causes import causes, most_checks, touches, untouched

    patches = patches_of(base)[name]

    def again(touch: Touch) -> Collection[Diagnostic] | None:
        spec = untouched(base.specs[touch.ref], patches[touch.ref], touch)
        if spec is None:
            return None
        return check(with_documents(there, {touch.ref: spec}), catalog, [name])

    alone = replace(base, overlays=())  # what is wrong with them isn't asked, and takes time
    own = {(each.code, each.at) for each in check(alone, catalog, [name])}
    unknown = [each for each in problems if (each.code, each.at) not in own]
    most = most_checks(len(there.specs))
    return causes(unknown, touches(base.specs, patches), again, most)
