"""`missing-image`: an environment on Kubeflow without the images of its steps or servers.

`unpinned-image`: one of those that moves. `image-by-tag`: a step's or server's own that does.
`bad-image`: no reference of an image at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.python_code import OWN_IMAGE
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import has_expression
from exai_specs.kinds import LLMServiceSpec, ServiceSpec, TuningSpec
from exai_specs.parse import Spec

# How a URI names an image.
OCI = "oci://"
# github.com/distribution/reference, regexp.go: a domain, a path in small letters, a tag, a digest.
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
REFERENCE = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9]+:[^\s@]+)?"
)


def check(subject: Subject) -> Iterator[Diagnostic]:
    components = [step.component for _, _, step in subject.steps()]
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
                )
            elif image is not None:
                yield from _pinned(subject.project.root, image, *path, "images", field)
    yield from _own(subject)


def _own(subject: Subject) -> Iterator[Diagnostic]:
    """The images that documents name themselves."""
    pulled = any(environment.target != "local" for environment in subject.environments.values())
    judge = _moving if pulled else _named
    for spec, _, step in subject.steps():
        if step.spec.image is not None:
            yield from judge(spec, step.spec.image, *step.path, "image")
    for spec, tuning in subject.project.bodies(TuningSpec):
        if tuning.trial.image is not None:
            yield from judge(spec, tuning.trial.image, "spec", "trial", "image")
    for spec, at, container in subject.containers():
        if container.image is not None:
            yield from judge(spec, container.image, *at, "image")
    for spec, llm in subject.project.bodies(LLMServiceSpec):
        if llm.model.uri.startswith(OCI):
            yield from _moving(spec, llm.model.uri, "spec", "model", "uri")


def _named(spec: Spec, image: str, *path: str | int) -> Iterator[Diagnostic]:
    if not has_expression(image) and not REFERENCE.fullmatch(image.removeprefix(OCI)):
        yield Diagnostic(
            "bad-image",
            "this names no image that anything could pull",
            spec.at(*path),
            hint="write REGISTRY/PATH@sha256:DIGEST, or :TAG; the path in small letters",
        )


def _pinned(spec: Spec, image: str, *path: str | int) -> Iterator[Diagnostic]:
    for found in _moving(spec, image, *path):
        if found.code != "image-by-tag":
            yield found
        else:
            yield Diagnostic("unpinned-image", found.message, found.at, hint=found.hint)


def _moving(spec: Spec, image: str, *path: str | int) -> Iterator[Diagnostic]:
    yield from _named(spec, image, *path)
    if "@sha256:" not in image and REFERENCE.fullmatch(image.removeprefix(OCI)):
        yield Diagnostic(
            "image-by-tag",
            f"`{image}` can change under its name",
            spec.at(*path),
            "note",
            "name it by digest: REPOSITORY@sha256:...",
        )
