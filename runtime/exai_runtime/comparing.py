"""The command `plan --against`: what this working tree changes, compared with another revision or
with a build that was saved.

In: a project, an environment of any target, the name of a revision or of a file. Out: an `Against`.
Offline: opens no target, asks for no credentials, runs none of the users' code; the other revision
is read as objects of Git.
"""

from __future__ import annotations

from pathlib import Path

from exai_compiler.backends.feast.repository import KIND as REPOSITORY
from exai_compiler.changes import Change, Create, Delete, Replace, Update
from exai_compiler.checks import check
from exai_compiler.neighbours import EVERYBODY, LeftOut
from exai_compiler.project import Project
from exai_compiler.revisions import (
    Comparison,
    Revision,
    Saved,
    built,
    compare,
    compare_documents,
)
from exai_compiler.revisions.mendable import sound_part
from exai_runtime.cli.version import VERSION
from exai_runtime.collector import collector_off
from exai_runtime.compiling import Checked, check_project, environment_of, of_here
from exai_runtime.document_cache import DocumentCache, opened
from exai_runtime.doubts import readable
from exai_runtime.folder import ROOT_FILE, TextFolder
from exai_runtime.git_commands import RevisionError
from exai_runtime.git_objects import GitFolder, at_revision
from exai_runtime.known_warnings import parted
from exai_runtime.near_revision import Parts, parts
from exai_runtime.other_revision import (
    broken_revision,
    documents_of,
    first_error,
    gone_environment,
    less_unread,
    no_project,
    unsure,
    with_certain,
)
from exai_runtime.own_files import own_file
from exai_runtime.rechecking import recheck
from exai_runtime.results import Refused, RenderedFile, RenderedFiles
from exai_runtime.revision_results import Against
from exai_runtime.saved_build import SavedBuild, parsed, text_of
from exai_runtime.whole_file import write_whole
from exai_runtime.workspace import load, load_from
from exai_specs.diagnostics import Diagnostic, Span, has_errors, in_order
from exai_specs.values import replace


def plan_against(root: Path, environment: str, revision: str) -> Against:
    """The working tree's specs beside those of `revision`."""
    with collector_off():
        try:
            folder = at_revision(root, revision)
        except RevisionError as error:
            return Against(revision, "", environment, None, (error.diagnostic,))
        if (near := _near(root, folder, environment, revision)) is not None:
            return near
        try:
            folder = folder.whole()
        except RevisionError as error:
            return Against(revision, "", environment, None, (error.diagnostic,))
        cache = opened(root)
        base = _base(folder, root, cache, environment)
        head = check_project(load(root, cache), environment)
        if (none := _no_environment(head, environment)) is not None:
            none = tuple(gone_environment(each, base, environment, revision) for each in none)
            return Against(revision, folder.commit, environment, None, none, head.loaded.sources)
        known = documents_of(base, head, folder, environment)
        comparison, problems = _compared(base, head, environment, revision, folder.commit, known)
    none_there = (no_project(revision, folder.commit),) if base is None else ()
    problems = in_order((*head.diagnostics, *problems, *none_there))
    sources = head.loaded.sources
    warned = parted(head.diagnostics, base.diagnostics if base is not None else ())
    return Against(revision, folder.commit, environment, comparison, problems, sources, *warned)


def _near(root: Path, folder: GitFolder, name: str, revision: str) -> Against | None:
    """The comparison of what changed and of what that matters to, where that is all of it."""
    found = recheck(root, to_compare=True)
    both = parts(root, folder, found.kept) if found.kept is not None else None
    if both is None:
        return None
    environment = both.head.environment(name)
    if environment is None:
        return None
    told = in_order(of_here(found.diagnostics, both.head, name))
    try:
        if has_errors(told):
            # Those of other environments are no errors here, which only the whole tells apart.
            if _errors(check(both.head, both.catalog, [name])) != _errors(told):
                return None
            comparison = compare_documents(
                both.base, both.head, name, told, both.catalog, both.catalog
            )
        else:
            base = Revision(both.base, both.catalog, environment)
            head = Revision(both.head, both.catalog, environment)
            comparison = compare(both.base, base, head, name)
        warned = _near_warnings(both, name, told)
    except LeftOut:
        return None
    changes = comparison.plan.changes if comparison.plan is not None else ()
    if any(_is_of_all(planned.change) for planned in changes):
        return None
    return Against(revision, folder.commit, name, comparison, told, found.sources, *warned)


def _near_warnings(
    both: Parts, name: str, told: tuple[Diagnostic, ...]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Those that are new and the others, of parts; these are checked again only where one of them
    is warned of. What stands elsewhere was there before."""
    here = {spec.document.path for spec in both.head.all}
    elsewhere = tuple(each for each in told if each.at.path not in here)
    near = tuple(each for each in told if each.severity == "warning" and each.at.path in here)
    before = of_here(tuple(check(both.base, both.catalog)), both.base, name) if near else ()
    return parted((*near, *elsewhere), (*before, *elsewhere))


def _errors(problems: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [each for each in problems if each.severity == "error"]


# What several documents need is called so: the ConfigMaps of steps and servers, exai's runtimes.
_SHARED = "exai-"


def _is_of_all(change: Change) -> bool:
    """Whether documents elsewhere may have a part in its object; the feature repository is one
    whose parts have names."""
    match change:
        case Create() | Update() | Replace():
            of_all = change.origin.kind in EVERYBODY and change.id.kind != REPOSITORY
            return of_all or change.id.name.startswith(_SHARED)
        case Delete():
            return change.id.kind == REPOSITORY or change.id.name.startswith(_SHARED)
        case _:
            return False


def plan_against_build(root: Path, environment: str, file: Path) -> Against:
    """The working tree's specs beside a build that `save_build` wrote, maybe with another exai."""
    with collector_off():
        try:
            kept = parsed(file.read_text("utf-8"))
            if kept.environment != environment:
                raise ValueError(f"it is of the environment `{kept.environment}`")
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            if isinstance(error, UnicodeDecodeError):
                reason = "it is no UTF-8 text"
            return Against(str(file), "", environment, None, (_unusable(file, reason),))
        cache = opened(root)
        base = check_project(load_from(TextFolder(kept.sources), root, cache), environment)
        head = check_project(load(root, cache), environment)
        if (none := _no_environment(head, environment)) is not None:
            return Against(str(file), "", environment, None, none, head.loaded.sources)
        saved = Saved(kept.objects, kept.runs)
        comparison, problems = _compared(base, head, environment, str(file), "", saved=saved)
    problems = in_order((*head.diagnostics, *problems))
    warned = parted(head.diagnostics, base.diagnostics)
    sources = head.loaded.sources
    return Against(str(file), "", environment, comparison, problems, sources, *warned)


CREDENTIALS = frozenset({"credential-in-env", "credential-in-literal"})


def save_build(root: Path, environment: str, file: Path) -> RenderedFiles | Refused:
    """What the specs are now, and what this exai makes of them, as one file. Others read it, so a
    credential in a spec is an error here."""
    with collector_off():
        checked = check_project(load(root), environment)
        sources = checked.loaded.sources
        found = checked.usable.environment(environment) if checked.usable else None
        if checked.usable is None or found is None:
            problems = environment_of(checked.usable, environment)[1] if checked.usable else ()
            return Refused(in_order((*checked.diagnostics, *problems)), sources)
        own = own_file(checked.usable, root, (*sources, *checked.catalog.files), file)
        if own is not None:
            return Refused((replace(own, hint="name another with --save-build"),), sources)
        if leaks := [each for each in checked.diagnostics if each.code in CREDENTIALS]:
            return Refused(tuple(replace(each, severity="error") for each in leaks), sources)
        made = built(Revision(checked.usable, checked.catalog, found), checked.usable, environment)
        text = text_of(SavedBuild(VERSION, environment, sources, made.objects, made.runs))
    try:
        write_whole(file, text)
    except OSError as error:
        reason = f"it can't be written: {error.strerror}"
        return Refused((_unusable(file, reason),), sources)
    written = RenderedFile(file.name, checked.usable.root.ref, None, "written")
    return RenderedFiles(
        environment, file.parent, (written,), (), (), (), checked.diagnostics, sources
    )


def _base(folder: GitFolder, root: Path, cache: DocumentCache, environment: str) -> Checked | None:
    """None where the revision has no project here: then all of it is new."""
    if folder.kind(ROOT_FILE) == "none":
        return None
    return check_project(load_from(folder, root, cache), environment)


def _no_environment(head: Checked, name: str) -> tuple[Diagnostic, ...] | None:
    """That the working tree hasn't this environment (any more): nothing else is known of it."""
    if head.project is None or head.project.environment(name) is not None:
        return None
    problems = environment_of(head.project, name)[1]
    message = f"the working tree has no environment `{name}`"
    return tuple(replace(each, message=message) for each in problems)


def _compared(
    base: Checked | None,
    head: Checked,
    name: str,
    revision: str,
    commit: str,
    known: Project | None = None,
    saved: Saved | None = None,
) -> tuple[Comparison | None, tuple[Diagnostic, ...]]:
    """With a base that doesn't compile, what is sound of it is compared with: a change that mends
    it can be looked at. `known` are its documents where it has no Project."""
    if base is not None and base.usable is None and saved is not None:
        return None, (_broken_build(base, revision),)
    before = base.project if base is not None else None
    known = before or known
    if head.project is None:
        return None, ()
    if head.usable is None:
        was = base.catalog if base is not None else None
        overlays = (base.overlays if base is not None else (), head.overlays)
        told = head.diagnostics
        broken = (
            broken_revision(base, revision, commit, None, is_planned=False)
            if base is not None
            else ()
        )
        old_ones = base.diagnostics if base is not None else ()
        whole = None
        if base is not None and known is not None:
            whole = readable(base, known, name), readable(head, head.project, name)
        made = compare_documents(
            known, head.project, name, told, was, head.catalog, overlays, old_ones, whole
        )
        return less_unread(made, head), broken
    found = head.usable.environment(name)
    assert found is not None  # noqa: S101 - `_no_environment` has looked
    old, sound = None, None
    if base is not None and before is not None:
        sound = base.usable or sound_part(before, base.catalog, name, base.loaded.python.problems)
        if sound is not None and (there := sound.environment(name)):
            old = Revision(sound, base.catalog, there)
    problems = broken_revision(base, revision, commit, sound) if base is not None else ()
    files = base.catalog if base is not None else None
    new = Revision(head.usable, head.catalog, found)
    made = compare(known, old, new, name, saved, files)
    if base is not None and problems and (before is None or before.environment(name) is not None):
        made = with_certain(unsure(made, before, sound), base, known, head, sound, name)
    return made, problems


def _broken_build(base: Checked, file: str) -> Diagnostic:
    return _unusable(Path(file), f"its specs {first_error(base)}")


def _unusable(file: Path, reason: str) -> Diagnostic:
    hint = "`exai render --save-build FILE` writes one"
    return Diagnostic("unusable-build", f"{file}: {reason}", Span(""), hint=hint)
