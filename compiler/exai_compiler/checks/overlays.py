"""`overlay-target`, `overlay-conflict`, `overlay-without-effect`, `unknown-reference`: overlays, of
which environment and document they are and what they touch (LANGUAGE section 3.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean, nearest_document
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.documents import Path
from exai_specs.frozen import canonical
from exai_specs.kinds import OverlaySpec, ProjectSpec
from exai_specs.kinds.overlay import NOT_PATCHED
from exai_specs.mended_document import lost_at
from exai_specs.nearest import nearest
from exai_specs.overlays import PATCH, overlaid, patch_of, touched
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    project = subject.project
    together: defaultdict[tuple[str, str], list[Spec]] = defaultdict(list)
    for overlay in project.overlays:
        if not isinstance(overlay.body, OverlaySpec):
            continue
        yield from _environment(project, overlay, overlay.body.environment)
        base = project.specs.get(overlay.body.ref)
        if base is None or overlay.body.ref.kind in NOT_PATCHED:
            yield from _target(project, overlay, overlay.body)
            continue
        together[overlay.body.environment, overlay.body.target].append(overlay)
        yield from _effect(overlay, base)
    for overlays in together.values():
        if len(overlays) > 1:
            yield from _conflicts(overlays)


def _environment(project: Project, overlay: Spec, name: str) -> Iterator[Diagnostic]:
    if project.environment(name) is not None:
        return
    body = project.root.body
    declared = {"local", *(body.environments if isinstance(body, ProjectSpec) else ())}
    yield Diagnostic(
        "unknown-reference",
        f"there is no environment `{name}`",
        overlay.at("spec", "environment"),
        hint=did_you_mean(name, declared),
        related=(("environments are declared here", project.root.key_at("spec", "environments")),),
    )


def _target(project: Project, overlay: Spec, body: OverlaySpec) -> Iterator[Diagnostic]:
    at = overlay.at("spec", "target")
    if body.ref.kind in NOT_PATCHED:
        hint = "patch a document; what an environment has of its own stands under `environments`"
        place = ("environments are declared here", project.root.key_at("spec", "environments"))
        message = f"{body.ref.kind} has no overlays"
        yield Diagnostic("overlay-target", message, at, hint=hint, related=(place,))
        return
    known = {str(ref): spec for ref, spec in project.specs.items() if ref.kind not in NOT_PATCHED}
    close = nearest_document(body.target, known)
    yield Diagnostic(
        "unknown-reference",
        f"there is no document `{body.target}`",
        at,
        hint=did_you_mean(close or "", known, "write Kind/name of a document"),
        related=(("declared here", known[close].at("metadata", "name")),) if close else (),
    )


def _effect(overlay: Spec, base: Spec) -> Iterator[Diagnostic]:
    patched = overlaid(base.document, (overlay.document,))
    removed = [path for path, value in touched(patch_of(overlay.document)) if value is None]
    if not removed and canonical(patched.value) == canonical(base.document.value):
        # What was left out of it may have changed something, and is told.
        if not lost_at(overlay.document, PATCH):
            wrong, at = f"it changes nothing of {base.ref}", overlay.key_at(*PATCH)
            yield _useless(wrong, at, base.at("metadata", "name"))
        return
    for path in removed:
        if not patched.patched(path):
            from exai_specs.written_paths import dotted

            message = f"{base.ref} has no {dotted(path)} to remove"
            close = nearest(str(path[-1]), base.document.keys(path[:-1]))
            meant = f'did you mean "{close}"? ' if close else ""
            yield _useless(message, overlay.key_at(*PATCH, *path), base.at(*path), meant)


def _useless(message: str, at: Span, base: Span, meant: str = "") -> Diagnostic:
    hint = f"{meant}remove it, or look whether a name is misspelled"
    related = (("the document that it patches", base),)
    return Diagnostic("overlay-without-effect", message, at, "warning", hint, related)


def _conflicts(overlays: list[Spec]) -> Iterator[Diagnostic]:
    """Of each path the overlays that touch it, or what is around it; the later place is at fault,
    whatever their names."""
    mine = sorted(overlays, key=lambda each: each.at())
    paths = [{path for path, _ in touched(patch_of(each.document))} for each in mine]
    first: dict[Path, int] = {}
    for number, own in enumerate(paths):
        for path in own:
            first.setdefault(path, number)
    for number, own in enumerate(paths):
        for path in sorted(own, key=str):
            for length in range(len(path), 0, -1):
                around = path[:length]
                other = first.get(around, number)
                if other == number:
                    continue
                yield _conflict((mine[other], around), (mine[number], path))
                break


def _conflict(one: tuple[Spec, Path], other: tuple[Spec, Path]) -> Diagnostic:
    from exai_specs.written_paths import dotted

    (early, before), (late, after) = sorted((one, other), key=lambda each: _at(*each))
    what = "it" if before == after else dotted(before)
    return Diagnostic(
        "overlay-conflict",
        f"{dotted(after)}: {early.ref} patches {what}, too",
        _at(late, after),
        hint="put them into one Overlay: overlays have no order",
        related=((f"{early.ref}", _at(early, before)),),
    )


def _at(overlay: Spec, path: Path) -> Span:
    return overlay.key_at(*PATCH, *path)
