"""The command `lock --images`: what tags of images stand for, written into `exai.lock`.

In: a project, an environment on a cluster, the images that are asked for. Out: a `Locked`. It asks
the images' registries, and writes one file of the working tree. A project whose only fault is that
its images move is what it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from exai_compiler.checks.lock import of_lock
from exai_compiler.pinned_images import moving_images, pins_of
from exai_runtime.compiling import Checked, check_project, environment_of
from exai_runtime.folder import DiskFolder
from exai_runtime.image_registry import NoImage, NoRegistry, digest_of_tag, image_of
from exai_runtime.lock_arguments import NOWHERE, short
from exai_runtime.lock_file import FILE, alone, read_lock, write_lock
from exai_runtime.lock_results import ImageMove, Locked
from exai_runtime.patience import side_by_side, within
from exai_runtime.results import Refused
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, has_errors, in_order
from exai_specs.nearest import did_you_mean
from exai_specs.values import replace

MENDED = frozenset({"unpinned-image", "image-by-tag"})
_LONGEST_WAIT = 10.0  # seconds, for one image, all tries together


def lock_images(root: Path, environment: str, names: Sequence[str]) -> Locked | Refused:
    """Pin these images; without a name those that aren't pinned yet, and no others any more. A pin
    that stands moves only where it is named."""
    checked = check_project(load(root), environment)
    project, sources = checked.project, checked.loaded.sources
    if project is None:
        return Refused(checked.diagnostics, sources)
    found = project.environment(environment)
    if found is None:
        return Refused(environment_of(project, environment)[1], sources)
    if found.target == "local":
        at = project.root.key_at("spec", "environments", environment)
        message = f"`{environment}` is a local environment: no images are pulled there"
        hint = "name one on a cluster with -e"
        return Refused((Diagnostic("nothing-to-lock", message, at, hint=hint),), sources)
    others = tuple(each for each in checked.diagnostics if each.code not in MENDED)
    if has_errors(others):
        return Refused(others, sources)
    moving = moving_images(project, environment, found, checked.catalog)
    wrong = _wrong(environment, moving, names)
    if wrong:
        return Refused(in_order(wrong), sources)
    before = pins_of(project, environment)
    wanted = dict.fromkeys(names) if names else [each for each in moving if each not in before]
    digests, problems = _resolved(wanted, moving)
    if problems:
        return Refused(in_order(problems), sources)
    try:
        with alone(checked.loaded.root):
            return _written(checked, environment, moving, digests, bool(names))
    except OSError as error:
        message = f"{FILE} can't be written: {error.strerror}"
        problem = Diagnostic("no-access", message, NOWHERE, hint="nothing was changed")
        return Refused((problem,), sources)


def _wrong(environment: str, moving: Mapping[str, Span], names: Sequence[str]) -> list[Diagnostic]:
    return [
        Diagnostic(
            "bad-pin",
            f"`{short(each)}` is no image by tag that `{environment}` pulls",
            NOWHERE,
            hint=did_you_mean(each, moving) or "images are named as in the specs, with their tag",
        )
        for each in dict.fromkeys(names)
        if each not in moving
    ]


def _resolved(
    wanted: Sequence[str] | Mapping[str, None], moving: Mapping[str, Span]
) -> tuple[dict[str, str], list[Diagnostic]]:
    """Every registry is asked at the same time, for one of its images after the other."""
    by_registry: dict[str, list[str]] = {}
    for image in wanted:
        by_registry.setdefault(image_of(image).registry, []).append(image)
    digests: dict[str, str] = {}
    problems: list[Diagnostic] = []
    calls = [partial(_of_registry, images, moving) for images in by_registry.values()]
    for found, told in side_by_side(calls):
        digests.update(found)
        problems += told
    return digests, problems


def _of_registry(
    images: Sequence[str], moving: Mapping[str, Span]
) -> tuple[dict[str, str], list[Diagnostic]]:
    """One that doesn't answer isn't asked for the rest: one problem, with the places of all."""
    digests: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for index, image in enumerate(images):
        try:
            digests[image] = within(_LONGEST_WAIT, partial(digest_of_tag, image))
        except NoImage as error:
            message = f"`{image}` can't be pinned: {error}"
            hint = (
                "see that it is pushed; of one that needs a login `docker buildx imagetools "
                f"inspect {image}` tells the digest: name it so in the specs"
            )
            problems.append(Diagnostic("image-not-found", message, moving[image], hint=hint))
        except (NoRegistry, TimeoutError) as error:
            message = f"the registry of `{image}` can't be read: {error}"
            hint = (
                "nothing was written: run it again where the registry can be reached, or name the "
                "image by digest, REPOSITORY@sha256:..."
            )
            rest = tuple((f"`{each}`, too", moving[each]) for each in images[index + 1 :])
            code = "image-registry-unreachable"
            problems.append(Diagnostic(code, message, moving[image], hint=hint, related=rest))
            break
    return digests, problems


def _written(
    checked: Checked,
    environment: str,
    moving: Mapping[str, Span],
    digests: Mapping[str, str],
    named: bool,
) -> Locked | Refused:
    """The file as it is now, with these digests. Raises OSError."""
    from exai_specs.lock import with_pins
    from exai_specs.lock_reading import as_read

    project, sources = checked.project, checked.loaded.sources
    assert project is not None  # noqa: S101 - the caller holds a project
    there = read_lock(DiskFolder(checked.loaded.root))
    if there.problems:
        return Refused(in_order(there.problems), sources)
    before = pins_of(replace(project, lock=there.lock), environment)
    kept = {image: digest for image, digest in before.items() if image in moving}
    images = {**kept, **digests} if named else {**digests, **kept}
    fresh = as_read(with_pins(there.lock, environment, images=images))
    if isinstance(fresh, tuple):
        return Refused(fresh, sources)
    found = of_lock(replace(project, lock=fresh), checked.catalog, environment)
    if has_errors(found):
        return Refused(in_order(found), sources)
    moves = tuple(
        ImageMove(image, before.get(image), images.get(image))
        for image in sorted({*before, *images})
        if before.get(image) != images.get(image)
    )
    if moves:
        write_lock(checked.loaded.root, fresh)
    same = tuple(image for image in sorted(images) if before.get(image) == images[image])
    others = [each for each in checked.diagnostics if each.code not in MENDED]
    return Locked(environment, (), same, in_order(others), sources, images=moves)
