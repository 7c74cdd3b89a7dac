"""`missing-image`: an environment on Kubeflow without the images of its steps or servers.

`unpinned-image`: one of those that moves. `image-by-tag`: a step's or server's own that does, or
one in a Manifest or a patch.
`bad-image`: no reference of an image at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import FILE, Subject
from exai_compiler.checks.texts import Path
from exai_compiler.image_names import OCI, REFERENCE, by_digest, wrong_image
from exai_compiler.object_images import images_in
from exai_compiler.pinned_images import pins_of
from exai_compiler.python_names import OWN_IMAGE
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.kinds import LLMServiceSpec, ManifestSpec, PipelineSpec, ServiceSpec, TuningSpec
from exai_specs.kinds.patches import patches_of
from exai_specs.parse import Spec
from exai_specs.values import replace


def check(subject: Subject) -> Iterator[Diagnostic]:
    components = (step.component for _, _, step in subject.steps())
    steps = any(found is not None and found.image == OWN_IMAGE for found in components)
    tunings = subject.project.bodies(TuningSpec)
    steps = steps or any(tuning.trial.body != "image" for _, tuning in tunings)
    services = any(True for _ in subject.project.bodies(ServiceSpec))
    for name, environment in subject.environments.items():
        if environment.target == "local":
            continue
        path = ("spec", "environments", name)
        for field, what, needed, image in (
            ("train", "the pipeline steps", steps, environment.images.train),
            ("serve", "the model servers", services, environment.images.serve),
        ):
            if image is None and needed:
                yield Diagnostic(
                    "missing-image",
                    f"environment `{name}` names no image for {what}",
                    subject.project.root.key_at(*path),
                    hint=f"add `images: {{{field}: REPOSITORY@sha256:...}}` there",
                    environments=(name,),
                )
            elif image is not None and image not in pins_of(subject.project, name):
                at = (*path, "images", field)
                for each in _pinned(subject.project.root, image, name, *at):
                    yield replace(each, environments=(name,))
    yield from _own(subject)


def _own(subject: Subject) -> Iterator[Diagnostic]:
    """The images that documents name themselves."""
    pulled = [name for name, found in subject.environments.items() if found.target != "local"]
    pins = {name: pins_of(subject.project, name) for name in pulled}

    def judge(spec: Spec, image: str, *path: str | int) -> Iterator[Diagnostic]:
        loose = [name for name in pulled if by_digest(image, pins[name]) == image]
        return _moving(spec, image, loose, *path) if loose else _named(spec, image, *path)

    for spec, path, image in _of_steps(subject):
        yield from judge(spec, image, *path)
    for spec, pipeline in subject.project.bodies(PipelineSpec):
        if pipeline.defaults.image is not None:
            yield from _named(spec, pipeline.defaults.image, "spec", "defaults", "image")
    for spec, tuning in subject.project.bodies(TuningSpec):
        if tuning.trial.image is not None:
            yield from judge(spec, tuning.trial.image, "spec", "trial", "image")
    for spec, at, container in subject.containers():
        if container.image is not None:
            yield from judge(spec, container.image, *at, "image")
    for spec, llm in subject.project.bodies(LLMServiceSpec):
        if llm.model.uri.startswith(OCI):
            yield from judge(spec, llm.model.uri, "spec", "model", "uri")
    for spec, path, image in _of_objects(subject) if pulled else ():
        yield from judge(spec, image, *path)


def _of_steps(subject: Subject) -> Iterator[tuple[Spec, Path, str]]:
    for spec, _, step in subject.steps():
        if step.spec.image is not None:
            yield spec, (*step.path, "image"), step.spec.image
    for spec, _, step in subject.by_body.get(FILE, ()):
        if step.component is not None:
            yield spec, (*step.path, "uses"), step.component.image


def _of_objects(subject: Subject) -> Iterator[tuple[Spec, Path, str]]:
    for spec, start in subject.objects:
        held = spec.body.manifest if isinstance(spec.body, ManifestSpec) else patches_of(spec.body)
        for path, image in images_in(held):
            yield spec, (*start, *path), image


def _named(spec: Spec, image: str, *path: str | int) -> Iterator[Diagnostic]:
    if has_expression(image) or (found := wrong_image(image.removeprefix(OCI))) is None:
        return
    why, hint = found
    yield Diagnostic("bad-image", why, spec.at(*path), hint=hint)


def _pinned(spec: Spec, image: str, environment: str, *path: str | int) -> Iterator[Diagnostic]:
    for found in _moving(spec, image, [environment], *path):
        if found.code != "image-by-tag":
            yield found
        else:
            yield Diagnostic("unpinned-image", found.message, found.at, hint=found.hint)


def _moving(spec: Spec, image: str, loose: list[str], *path: str | int) -> Iterator[Diagnostic]:
    """`loose`: the environments that pin it by no digest."""
    yield from _named(spec, image, *path)
    if "@" not in image and REFERENCE.fullmatch(image.removeprefix(OCI)):
        yield Diagnostic(
            "image-by-tag",
            f"`{image}` can change under its name",
            spec.at(*path),
            "note",
            "name it by digest, REPOSITORY@sha256:..., or pin it: "
            f"`exai lock -e {loose[0]} --images`",
            environments=tuple(loose),
        )
