"""The command `render`: the files that kubectl, kfp and feast take, from specs alone.

In: a project, an environment of any target, a folder or None. Out: `RenderedFiles`. Opens no
target: what only a target knows (which version an alias means) is left out, and said. A local
environment's registry is a file beside the project: what was last read of it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.expected import expected
from exai_compiler.facts import Facts
from exai_runtime import output_folder
from exai_runtime.collector import collector_off
from exai_runtime.compiling import (
    check_project,
    compile_offline,
    environment_of,
    facts_offline,
)
from exai_runtime.own_files import own_file
from exai_runtime.rendered_files import (
    FEATURES,
    chosen,
    files,
    for_kubernetes,
    is_for_files,
    known,
    kustomization,
    manifests,
    path_of,
)
from exai_runtime.results import LeftOut, Refused, RenderedFile, RenderedFiles
from exai_runtime.target import TargetError
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.kinds import Environment
from exai_specs.nearest import did_you_mean
from exai_specs.values import replace

NOWHERE = Span("")
KUSTOMIZATION = "kustomization.yaml"


@collector_off()
def render(
    root: Path, environment: str, names: Sequence[str], folder: Path | None
) -> RenderedFiles | Refused:
    """Everything, or the objects of the documents `Kind/name`; into `folder`, or as values."""
    checked = check_project(load(root), environment)
    sources = checked.loaded.sources
    if checked.usable is None:
        return Refused(checked.diagnostics, sources)
    found = checked.usable.environment(environment)
    if found is None:
        return Refused(environment_of(checked.usable, environment)[1], sources)
    facts = facts_offline(checked, environment, found)
    build = compile_offline(checked, environment, found, facts)
    objects, missing = chosen(build, names)
    if missing:
        known_names = {str(item.origin) for item in build.objects}
        known_names |= {str(item.id) for item in build.objects}
        problems = tuple(
            Diagnostic(
                "nothing-rendered",
                f"{name} is nothing that {environment} renders",
                NOWHERE,
                hint=did_you_mean(name, known_names),
            )
            for name in missing
        )
        return Refused(problems, sources)
    whole, left = known(objects, build.objects)
    expects = expected(whole, for_kubernetes(whole, found)) if found.target != "local" else ()
    left_out = tuple(replace(one, hint=_how(one, environment, found, facts)) for one in left)
    if folder is None:
        notes = tuple(checked.diagnostics)
        if any(map(is_for_files, whole)):
            message = "KFP packages and the Feast repository are files: not in this stream"
            note = Diagnostic("files-only", message, NOWHERE, "note", "exai render -o DIR")
            notes = (*notes, note)
        stream = manifests(whole, found)
        return RenderedFiles(environment, None, (), stream, (), left_out, notes, sources, expects)
    if (own := own_file(checked.usable, root, checked.catalog.files, folder)) is not None:
        return Refused((own,), sources)
    made = files(whole, found)
    texts = {file.path: file.text for file in made}
    waiting = _waiting(objects, left, found)
    try:
        stay = output_folder.standing(folder, waiting)
        if found.target != "local" and not names:
            listed = (*whole, *(waiting[path] for path in sorted(stay)))
            texts[KUSTOMIZATION] = kustomization(for_kubernetes(listed, found))
        states, removed = output_folder.write(
            folder, texts, environment, keep_others=bool(names), waiting=stay
        )
    except TargetError as error:
        return Refused((error.diagnostic,), sources)
    except OSError as error:
        message = f"{error.strerror}: {error.filename or folder}"
        hint = "name another with -o; run again, the same command finishes what it began"
        return Refused((Diagnostic("no-access", message, NOWHERE, hint=hint),), sources)
    # An engine that prunes would take what isn't known for what isn't wanted.
    kept = {waiting[path].id for path in stay}
    left_out = tuple(
        replace(one, hint=f"{one.hint}; its file stays as it was") if one.id in kept else one
        for one in left_out
    )
    rendered = tuple(
        RenderedFile(file.path, file.origin, _object(file.object), states[file.path])
        for file in made
    )
    if KUSTOMIZATION in texts:
        of = checked.usable.root.ref
        rendered += (RenderedFile(KUSTOMIZATION, of, None, states[KUSTOMIZATION]),)
    told = in_order(checked.diagnostics)
    return RenderedFiles(
        environment, folder, rendered, (), removed, left_out, told, sources, expects
    )


def _waiting(
    objects: Sequence[Rendered], left: Sequence[LeftOut], environment: Environment
) -> dict[str, Rendered]:
    """The objects of which something isn't known, by the paths that they would have."""
    lacking = {one.id for one in left}
    return {
        path: item
        for item in objects
        if item.id in lacking and (path := path_of(item, environment)) is not None
    }


def _how(left: LeftOut, name: str, environment: Environment, facts: Facts) -> str:
    """How what an object waits for comes to be known."""
    if environment.target != "local":
        return f"`exai lock -e {name}` pins its version in exai.lock; then render again"
    if facts.unread:
        return "`exai plan` reads the registry; then render again"
    if left.waits.waits_for.kind == "Model" and left.waits.waits_for.name not in facts.models:
        return "`exai apply` brings it about; then render again"
    return "`exai history MODEL` shows the versions and their verdicts"


def _object(which: ObjectId) -> ObjectId | None:
    """None for the Feast repository, which is no object of Kubernetes."""
    return None if which.kind == FEATURES else which
