"""The command `plan --against`: what this working tree changes, compared with another revision.

In: a project, an environment of any target, the name of a revision. Out: an `Against`. Offline:
opens no target, asks for no credentials, runs none of the users' code; the other revision is read
as objects of Git.
"""

from __future__ import annotations

from pathlib import Path

from exai_compiler.revisions import Comparison, Revision, compare, compare_documents
from exai_runtime.compiling import Checked, check_project, environment_of
from exai_runtime.document_cache import DocumentCache, opened
from exai_runtime.git_objects import GitFolder, RevisionError, at_revision
from exai_runtime.revision_results import Against
from exai_runtime.workspace import ROOT_FILE, collector_off, load, load_from
from exai_specs.diagnostics import Diagnostic, Span, in_order


def plan_against(root: Path, environment: str, revision: str) -> Against:
    """The working tree's specs beside those of `revision`."""
    with collector_off():
        try:
            folder = at_revision(root, revision)
        except RevisionError as error:
            return Against(revision, "", environment, None, (error.diagnostic,))
        cache = opened(root)
        base = _base(folder, root, cache)
        head = check_project(load(root, cache))
        comparison, problems = _compared(base, head, environment, revision, folder.commit)
    problems = in_order((*head.diagnostics, *problems))
    sources = head.loaded.sources
    return Against(revision, folder.commit, environment, comparison, problems, sources)


def _base(folder: GitFolder, root: Path, cache: DocumentCache) -> Checked | None:
    """None where the revision has no project here: then all of it is new."""
    if folder.kind(ROOT_FILE) == "none":
        return None
    return check_project(load_from(folder, root, cache))


def _compared(
    base: Checked | None, head: Checked, name: str, revision: str, commit: str
) -> tuple[Comparison | None, tuple[Diagnostic, ...]]:
    before = base.usable if base is not None else None
    if base is not None and before is None:
        return None, (_broken_base(base, revision, commit),)
    if head.project is None:
        return None, ()
    if head.usable is None:
        return compare_documents(before, head.project, head.diagnostics), ()
    found = head.usable.environment(name)
    if found is None:
        return None, environment_of(head.usable, name)[1]
    old = None
    if base is not None and before is not None and (there := before.environment(name)):
        old = Revision(before, base.catalog, there)
    return compare(before, old, Revision(head.usable, head.catalog, found), name), ()


def _broken_base(base: Checked, revision: str, commit: str) -> Diagnostic:
    errors = [problem for problem in base.diagnostics if problem.severity == "error"]
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
    message = f"the specs at {revision} ({commit[:12]}) have {count}: nothing compares with them"
    hint = f"the first: {errors[0].at}: {errors[0].message}"
    return Diagnostic("broken-revision", message, Span(""), hint=hint)
