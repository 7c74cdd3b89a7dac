"""What Kubeflow Pipelines can't read of an `import` (LANGUAGE section 6.2): `bad-expression`,
`expression-not-allowed`.

No executor runs for an import, and no driver works its inputs out: the launcher takes the address
from the inputs of the DAG around the task, by the name in the task's `componentInputParameter`
(`ImportSpecToMLMDArtifact`, since 2.17 `ImportSpecToArtifact`, in
backend/src/v2/component/importer_launcher.go of kubeflow/pipelines). So an address that a step of
the same DAG makes isn't found, though the SDK compiles it, and of an item's field it gets the whole
item. What a step outside of a group makes is an input of the group's DAG, and is found. The
metadata is copied as it stands: no placeholder in it is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.bodies.importer import METADATA, URI
from exai_compiler.checks.occurrences import words
from exai_compiler.checks.subject import Subject
from exai_compiler.graph import (
    Composed,
    Constant,
    FromItem,
    FromStep,
    Graph,
    Step,
    is_artifact,
    source_type,
)
from exai_specs.diagnostics import Diagnostic
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.by_body.get("import_", ()):
        if step.spec.import_ is not None:
            yield from _address(spec, graph, step)
            yield from _metadata(spec, step)


def _address(spec: Spec, graph: Graph, step: Step) -> Iterator[Diagnostic]:
    at = spec.at(*step.path, "import", "uri")
    match step.inputs.get(URI):
        case Composed():
            yield Diagnostic(
                "bad-expression",
                "only one whole reference can stand here: Kubeflow Pipelines puts no address "
                "together",
                at,
                hint="give the whole address by a parameter, or write it out",
            )
        case FromStep(name) as source if step.condition is None and step.loop is None:
            maker = graph.nodes.get(name)
            made = source_type(graph, source)
            is_value = made is not None and not is_artifact(made)  # else its type is told
            if maker is not None and maker.within == step.within and is_value:
                yield Diagnostic(
                    "expression-not-allowed",
                    f"`{words(source)}` is made beside this import, and Kubeflow Pipelines only "
                    "reads an address from outside of the group that the import is in",
                    at,
                    hint=f"put the import into a group: {step.name}: {{steps: {{file: {{import: "
                    "...}}, outputs: {artifact: ${{ steps.file.artifact }}}}",
                    related=(("it is made here", spec.key_at(*maker.path)),),
                )
        case FromItem(field=field) as source if field:
            yield Diagnostic(
                "expression-not-allowed",
                f"`{words(source)}` is a field, and Kubeflow Pipelines reads an address from a "
                "whole item alone",
                at,
                hint="loop over a list of addresses, or over a pipeline with a parameter that has "
                "the import",
            )
        case _:
            pass


def _metadata(spec: Spec, step: Step) -> Iterator[Diagnostic]:
    for name, binding in step.inputs.items():
        if name.startswith(METADATA) and not isinstance(binding, Constant):
            yield Diagnostic(
                "expression-not-allowed",
                "Kubeflow Pipelines fills nothing into the metadata of an import: a placeholder "
                "is kept there",
                spec.at(*step.input_at(name)),
                "warning",
                "write the value out, or log it in the step that reads the artifact",
            )
