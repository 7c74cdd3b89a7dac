"""What services, graphs, LLM services and searches come from: models, runtimes, files, datasets.

In: a project, who makes its models and of which columns. Out: strands, in the order of documents.
Judges nothing: what doesn't resolve has no edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.backends.kserve.chosen import NoRuntime, choose
from exai_compiler.backends.kserve.own_runtimes import own_runtimes
from exai_compiler.backends.kserve.served import may_be_served
from exai_compiler.component_columns import NAMES_COLUMNS
from exai_compiler.edges import Node, Path, Strand
from exai_compiler.makers import Maker
from exai_compiler.project import Project
from exai_specs.kinds import (
    DatasetSpec,
    GraphSpec,
    LLMServiceSpec,
    ModelSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.model_files import Files
from exai_specs.kinds.trial import Trial
from exai_specs.parse import Spec


def service_edges(
    project: Project,
    made_by: Mapping[str, tuple[Maker, ...]],
    features: Mapping[str, tuple[str, ...]],
) -> Iterator[Strand]:
    """Every edge that ends at one of these; `features` are the columns that a trained model takes,
    by its name."""
    yield from _served(project, features)
    yield from _served_by(project, made_by)
    yield from _answered_by(project)
    yield from _of_the_same_files(project)
    yield from _searched(project)


def _served(project: Project, features: Mapping[str, tuple[str, ...]]) -> Iterator[Strand]:
    """From models to services, by the columns that steps train on and those that a Model names."""
    taken = {
        spec.ref.name: tuple(body.signature.inputs)
        for spec, body in project.bodies(ModelSpec)
        if body.signature is not None
    }
    for name, trained_on in features.items():
        taken[name] = tuple(dict.fromkeys((*trained_on, *taken.get(name, ()))))
    for spec, service in project.bodies(ServiceSpec):
        for here, reference in service.references:
            model = reference.partition("@")[0]
            if project.find("Model", model) is None:
                continue
            start, end = Node("Model", model), Node("Service", spec.ref.name)
            yield Strand(start, end, spec, here)
            yield Strand(start, end, spec, here, taken.get(model, ()))


def _served_by(project: Project, made_by: Mapping[str, tuple[Maker, ...]]) -> Iterator[Strand]:
    """From a project's own runtimes to the services that name them, or that get them by a format.

    The project's own are chosen before all others, so the choice is the same in each environment.
    """
    own = own_runtimes(project)
    for spec, service in project.bodies(ServiceSpec) if own else ():
        end = Node("Service", spec.ref.name)
        if service.runtime is not None:
            if project.find("Runtime", service.runtime) is not None:
                yield Strand(Node("Runtime", service.runtime), end, spec, ("spec", "runtime"))
            continue
        for path, model in service.models:
            found: dict[str, None] = {}
            for format_, version, digest in may_be_served(project, made_by, model):
                chosen = choose(format_, version, service.protocol, None, own, digest)
                if not isinstance(chosen, NoRuntime):
                    found[chosen.name] = None
            for name in found:
                yield Strand(Node("Runtime", name), end, spec, path)


def _answered_by(project: Project) -> Iterator[Strand]:
    """From services to the graphs that ask them."""
    for spec, graph in project.bodies(GraphSpec):
        for name, node in graph.nodes.items():
            for index, step in enumerate(node.steps):
                if step.service is not None and project.find("Service", step.service) is not None:
                    path: Path = ("spec", "nodes", name, "steps", index, "service")
                    end = Node("Graph", spec.ref.name)
                    yield Strand(Node("Service", step.service), end, spec, path)


def _of_the_same_files(project: Project) -> Iterator[Strand]:
    """From a Model that is just files to the LLMServices that serve those files."""
    models: dict[str, list[str]] = {}
    for spec, model in project.bodies(ModelSpec):
        if isinstance(model.source, Files):
            models.setdefault(model.source.uri, []).append(spec.ref.name)
    for spec, llm in project.bodies(LLMServiceSpec) if models else ():
        end = Node("LLMService", spec.ref.name)
        for path, uri in llm.files:
            for name in models.get(uri, ()):
                yield Strand(Node("Model", name), end, spec, path)


def _searched(project: Project) -> Iterator[Strand]:
    """From datasets to the searches whose trials load them."""
    for spec, tuning in project.bodies(TuningSpec):
        if tuning.trial.body == "image":  # a container reads its data itself
            continue
        for name, value in tuning.trial.with_.items():
            if tuning.trial.uses is not None and name != "data":
                continue
            if isinstance(value, str) and project.find("Dataset", value) is not None:
                path: Path = ("spec", "trial", "with", name)
                for step in ("", "trial"):
                    end = Node(spec.ref.kind, spec.ref.name, step)
                    yield Strand(Node("Dataset", value), end, spec, path)
        yield from _looked_at(project, spec, tuning.trial)


def _looked_at(project: Project, spec: Spec, trial: Trial) -> Iterator[Strand]:
    """From the columns that a trial of exai's components names, of the dataset that it loads."""
    for port, data in NAMES_COLUMNS.get(trial.uses or "", {}).items():
        name, value = trial.with_.get(data), trial.with_.get(port)
        body = project.body(DatasetSpec, name) if isinstance(name, str) else None
        path: Path = ("spec", "trial", "with", port)
        each = [((*path, n), item) for n, item in enumerate(value)] if type(value) is tuple else []
        for at, column in each or [(path, value)]:
            if body is not None and isinstance(column, str) and column in body.schema:
                start = Node("Dataset", str(name), "", column)
                for step in ("", "trial"):
                    yield Strand(start, Node(spec.ref.kind, spec.ref.name, step), spec, at)
