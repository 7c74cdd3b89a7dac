"""`duplicate-name`: a container beside a server that has the name of one that runs before it: all
containers of a pod have different names (k8s.io/kubernetes, validateInitContainers).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import LLMServiceSpec, NotebookSpec, ServiceSpec
from exai_specs.kinds.servers import SpecFields
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, block in _pods(subject):
        for name in block.init_containers:
            if name in block.sidecars:
                yield Diagnostic(
                    "duplicate-name",
                    f"a sidecar is called `{name}`, too",
                    spec.key_at(*path, "initContainers", name),
                    hint="give one of them another name",
                    related=(("the sidecar", spec.key_at(*path, "sidecars", name)),),
                )


def _pods(subject: Subject) -> Iterator[tuple[Spec, Path, SpecFields]]:
    for spec, service in subject.project.bodies(ServiceSpec):
        yield spec, ("spec",), service
        for field, component in (
            ("transformer", service.transformer),
            ("explainer", service.explainer),
        ):
            if component is not None:
                yield spec, ("spec", field), component
    for spec, llm in subject.project.bodies(LLMServiceSpec):
        for path, block in llm.pods:
            yield spec, path, block
    for spec, notebook in subject.project.bodies(NotebookSpec):
        if spec.ref.name not in notebook.sidecars:  # that is told of the server's own container
            yield spec, ("spec",), notebook
