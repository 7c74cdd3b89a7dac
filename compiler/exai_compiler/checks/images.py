"""`missing-image`: an environment on Kubeflow without the images of its steps or servers.

`image-by-tag`: one that moves; a step's own, too, where an environment pulls it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.python_code import OWN_IMAGE
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import LLMServiceSpec, ServiceSpec
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    components = [step.component for _, _, step in subject.steps()]
    steps = any(found is not None and found.image == OWN_IMAGE for found in components)
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
            elif image is not None and "@sha256:" not in image:
                yield Diagnostic(
                    "image-by-tag",
                    f"`{image}` can change under its name",
                    subject.project.root.at(*path, "images", field),
                    "note",
                    "name it by digest: REPOSITORY@sha256:...",
                )
    if all(environment.target == "local" for environment in subject.environments.values()):
        return
    for spec, _, step in subject.steps():
        if step.spec.image is not None:
            yield from _moving(spec, step.spec.image, *step.path, "image")
    for spec, at, container in subject.containers():
        if container.image is not None:
            yield from _moving(spec, container.image, *at, "image")
    for spec, llm in subject.project.bodies(LLMServiceSpec):
        if llm.model.uri.startswith("oci://"):
            yield from _moving(spec, llm.model.uri, "spec", "model", "uri")


def _moving(spec: Spec, image: str, *path: str | int) -> Iterator[Diagnostic]:
    if "@sha256:" not in image:
        yield Diagnostic(
            "image-by-tag",
            f"`{image}` can change under its name",
            spec.at(*path),
            "note",
            "name it by digest: REPOSITORY@sha256:...",
        )
