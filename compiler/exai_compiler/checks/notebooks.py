"""Notebooks, as Kubeflow's controller wants them (targets 4.1).

`duplicate-name`: a container beside the server that is called like it: the server's own container
has the notebook's name. `reserved-env`: NB_PREFIX, which the controller sets. `invalid-name`: a
label by which it finds the pods. `notebook-culling`: its culler knows no exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kubeflow.refusals import PREFIX, SELECTED_BY
from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import NotebookSpec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(NotebookSpec):
        for field, beside in (
            ("sidecars", body.sidecars),
            ("initContainers", body.init_containers),
        ):
            if spec.ref.name in beside:
                yield Diagnostic(
                    "duplicate-name",
                    f"the container of the notebook server is called `{spec.ref.name}`, too",
                    spec.key_at("spec", field, spec.ref.name),
                    hint="give this one another name",
                    related=(("its name", spec.at("metadata", "name")),),
                )
        if PREFIX in body.env:
            yield Diagnostic(
                "reserved-env",
                f"`{PREFIX}` is set by Kubeflow's controller, and has to be the path it routes",
                spec.key_at("spec", "env", PREFIX),
                hint="remove it",
            )
        for path, labels in (
            (("metadata", "labels"), spec.metadata.labels),
            (("spec", "podLabels"), body.pod_labels),
        ):
            for label in SELECTED_BY:
                if label in labels:
                    yield Diagnostic(
                        "invalid-name",
                        f"`{label}` is the label by which Kubeflow's controller finds the pods",
                        spec.key_at(*path, label),
                        hint="give the label another name",
                    )
        clusters = [name for name, each in subject.environments.items() if each.target != "local"]
        if not body.culling and clusters:
            yield Diagnostic(
                "notebook-culling",
                "Kubeflow's culler, where it is on, stops every idle notebook alike",
                spec.key_at("spec", "culling"),
                "note",
                "a busy kernel keeps it running; the wish stands in annotation exai.dev/culling",
                environments=tuple(clusters),
            )
