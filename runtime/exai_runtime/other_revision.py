"""What another revision still tells where it, or the working tree, can't be read whole.

In: both as they were checked, what a comparison of them comes to. Out: the documents that are known
of the other revision, the comparison without what nobody can know, the warning that it has errors.
Never: what is compared, or how.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from exai_compiler.changes import Materialize, Planned, Run
from exai_compiler.environments import environments
from exai_compiler.project import Project, link
from exai_compiler.revisions import Comparison
from exai_compiler.revisions.certain import certain_breaks, with_certain_breaks
from exai_compiler.whole import Readable
from exai_runtime.compiling import Checked
from exai_runtime.doubts import may_hold, readable
from exai_runtime.folder import Folder
from exai_runtime.lock_file import read_lock
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.effects import Effect
from exai_specs.kinds import PipelineSpec
from exai_specs.values import replace


def documents_of(base: Checked | None, head: Checked, folder: Folder, name: str) -> Project | None:
    """The documents of a revision, those of one whose Project can't be read included: that stands
    for the working tree's. Where an overlay is wrong, nobody knows what they are."""
    supposed = base.loaded.supposed if base is not None else None
    if base is None or base.project is not None or supposed is None or head.project is None:
        return base.project if base is not None else None
    root = head.project.root
    others = (spec for spec in supposed.all if spec is not supposed.root)
    project = link((root, *others, *supposed.overlays), supposed.allowances)
    there = environments(project) if project is not None else None
    if project is None or there is None or name in there.wrong:
        return None
    locked, found = read_lock(folder), there.projects.get(name, project)
    specs = {**found.specs, root.ref: replace(supposed.root, ref=root.ref)}
    return replace(found, specs=MappingProxyType(specs), lock=locked.lock or locked.readable)


def unsure(made: Comparison, before: Project | None, sound: Project | None) -> Comparison:
    """Nobody knows what an apply has done for what can't be read of the other revision."""
    if made.plan is None:
        return made

    def told(planned: Planned) -> Planned:
        change = planned.change
        if not isinstance(change, Run | Materialize):
            return planned
        ref = change.pipeline if isinstance(change, Run) else change.view
        is_new = before is not None and ref not in before.specs
        if is_new or (sound is not None and ref in sound.specs):
            return planned
        why = "the other revision can't tell whether that was done"
        return replace(planned, change=replace(change, why=(why,)))

    plan = replace(made.plan, changes=tuple(map(told, made.plan.changes)))
    return replace(made, plan=plan)


def with_certain(
    made: Comparison,
    base: Checked,
    before: Project | None,
    head: Checked,
    sound: Project | None,
    name: str,
) -> Comparison:
    """With who breaks by the documents of a broken revision, `before`, that aren't in what is
    `sound` of it and was compared with."""
    if before is None or head.project is None:
        return made
    told = frozenset(sound.specs) if sound is not None else frozenset()
    old, new = readable(base, before, name), Readable(head.project)
    found = certain_breaks(old, new, name, made.documents)
    more = tuple(each for each in found if each.ref not in told)
    documents = with_certain_breaks(made.documents, more, head.project)
    return replace(made, documents=documents, breaks=(*made.breaks, *more))


def less_unread(made: Comparison, head: Checked) -> Comparison:
    """Without what isn't gone, and only can't be read now; what is wrong with that is said of no
    document beside it, and nobody misses what may stand in a part of a file that can't be read, or
    be what has no name, in its own file or in another."""
    unread = {name for each in head.loaded.unread or () for name in each.names}
    kept = tuple(
        each
        for each in made.documents
        if each.verb != "removed" or each.ref.name.casefold() not in unread
    )
    paths = {each.path for each in head.loaded.unread or ()}
    own = set(head.loaded.diagnostics).difference(head.loaded.patched)
    told = {(each.at, each.code, each.message) for each in own if each.at.path in paths}
    breaks = tuple(each for each in made.breaks if (each.at, each.code, each.why) not in told)
    vague = {each.path for each in head.loaded.unread or () if each.cut or each.nameless}
    lost = {
        each.ref
        for each in breaks
        if each.is_gone
        and (
            each.ref.name.casefold() in unread
            or each.at.path in vague
            or may_hold(head, each.ref.kind)
        )
    }
    kept = tuple(replace(each, impact=_NONE) if each.ref in lost else each for each in kept)
    breaks = tuple(each for each in breaks if not each.is_gone or each.ref not in lost)
    return replace(made, documents=kept, breaks=breaks)


_NONE = Effect.METADATA
"""What is known of a document of which nobody knows whether it is gone."""


def broken_revision(
    base: Checked, revision: str, commit: str, sound: Project | None, is_planned: bool = True
) -> tuple[Diagnostic, ...]:
    """That the other revision has errors, and what is made of that; nothing of one that hasn't."""
    if base.usable is not None:
        return ()
    said = first_error(base)
    hint = "a target may have it already: compare with an older revision that compiles, too"
    rest = "all of it is planned as new"
    if not is_planned:
        rest = "nothing is planned, for the working tree has errors, too"
        hint = "mend the working tree first; then what is sound of that revision is compared with"
    if sound is not None and base.project is not None:
        left = len(base.project.specs) - len(sound.specs)
        rest = "what can't be read is planned as new"
        if left:
            documents = "document is" if left == 1 else f"{left} documents are"
            rest = f"{'a ' if left == 1 else ''}{documents} left out of it, and planned as new"
    message = f"the specs at {revision} ({commit[:12]}) {said}; {rest}"
    return (Diagnostic("broken-revision", message, Span(""), "warning", hint),)


def gone_environment(
    problem: Diagnostic, base: Checked | None, name: str, revision: str
) -> Diagnostic:
    """The `problem` that the working tree hasn't this environment, with what is left where the
    other revision has it: no command deletes anything there."""
    project = base.project if base is not None else None
    there = project.environment(name) if project is not None else None
    if project is None or there is None:
        return problem
    serving = [str(ref) for ref in sorted(project.specs) if ref.kind in _SERVING]
    more = [f"{len(serving) - _MOST} more"] if len(serving) > _MOST else []
    stays = f" ({', '.join((*serving[:_MOST], *more))})" if serving else ""
    if going := list(_recurring(project) if there.target != "local" else ()):
        stays += f"; what recurs goes on: {', '.join(going[:_MOST])}"
        stays += f", {len(going) - _MOST} more" if len(going) > _MOST else ""
    message = f"{problem.message}, which {revision} has: what stands there stays{stays}"
    hint = f"`exai destroy -e {name}` takes it away, while the specs still have `{name}`"
    if there.target != "local":
        hint = "this version takes nothing away from a cluster: that is yours to do"
    return replace(problem, message=message, hint=f"{hint}; {problem.hint}")


def _recurring(project: Project) -> Iterator[str]:
    for spec, pipeline in project.bodies(PipelineSpec):
        for name, schedule in sorted(pipeline.schedules.items()):
            if schedule.enabled:
                yield f"RecurringRun/{spec.ref.name}-{name}"


_SERVING = ("Graph", "LLMService", "Service")
_MOST = 8


def no_project(revision: str, commit: str) -> Diagnostic:
    """That the other revision has none in this folder: it is new, or was in another."""
    message = (
        f"at {revision} ({commit[:12]}) there is no exai.yaml in this folder; all of it is planned "
        "as new"
    )
    hint = "where it was in another, a target may have all of it: review the move by itself"
    return Diagnostic("broken-revision", message, Span(""), "warning", hint)


def first_error(base: Checked) -> str:
    """How many errors it has, and which is the first: the end of a sentence about it."""
    errors = [problem for problem in base.diagnostics if problem.severity == "error"]
    count = "have an error" if len(errors) == 1 else f"have {len(errors)} errors, the first"
    return f"{count} at {errors[0].at} ({errors[0].message})"
