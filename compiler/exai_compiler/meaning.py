"""The `meaning` hashes (DESIGN section 4): what a document means, whatever its metadata,
resources and placement.

In: a project, its graphs, the texts of its Python files. Out: SHA-256 hex digests of what is
`meaningful`. What a view means leaves out how it is looked up: a model doesn't depend on that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from exai_compiler.catalog import Catalog, Component
from exai_compiler.feature_views import Used, key_of, used
from exai_compiler.graph import Choice, Graph, Group, Node, Step
from exai_compiler.inlined import wanted_by
from exai_compiler.meaningful import meaningful
from exai_compiler.named_by_steps import all_named
from exai_compiler.project import Project
from exai_compiler.python_names import PYTHON, function_of
from exai_specs.frozen import Json, digest
from exai_specs.identity import Ref
from exai_specs.kinds import (
    DatasetSpec,
    EntitySpec,
    FeatureViewSpec,
    ModelSpec,
    PipelineSpec,
)
from exai_specs.kinds.dataset import Quality
from exai_specs.values import replace


def rows_meaning(dataset: DatasetSpec) -> str:
    """What is read of a dataset: source, key, schema. Nobody judges the rows by its quality."""
    return digest(meaningful(replace(dataset, quality=Quality())))


def _dataset_meaning(project: Project, name: str, dataset: DatasetSpec, judged: bool) -> str:
    """The same of a dataset of the project; with its quality where its rows are `judged`."""
    meant = _meant(project, name, dataset)
    return digest(meant if judged else {**meant, "quality": meaningful(Quality())})


def _meant(project: Project, name: str, dataset: DatasetSpec) -> Mapping[str, Any]:
    """What means something of a dataset, for the pipelines that read it and the views over it."""
    return project.once(("meant", name), lambda: cast(Mapping[str, Any], meaningful(dataset)))


def view_meaning(project: Project, catalog: Catalog, name: str) -> str:
    """What a view's features are: the columns of its dataset and how rows are told apart, or the
    function that makes them and the meanings of what it gets. "" without such a view.
    """
    meaning, _ = project.once(
        ("meaning", name, id(catalog)),
        lambda: (_view_meaning(project, catalog, name, frozenset()), catalog),
    )
    return meaning


def _view_meaning(project: Project, catalog: Catalog, name: str, under: frozenset[str]) -> str:
    view = project.body(FeatureViewSpec, name)
    if view is None or name in under:  # a function that takes its own features: the checks say so
        return ""
    found: dict[str, Json] = {
        "features": tuple(sorted(view.features)),
        "schema": meaningful(view.schema),
        "ttl": meaningful(view.ttl),
    }
    if view.transform is not None:
        from exai_compiler.python_code.meant import code_meaning  # few projects have functions

        transform = view.transform
        document = project.specs[Ref("FeatureView", name)].document
        path, _ = function_of(document.file_of(PYTHON), transform.python)
        found["transform"] = {
            **cast(Mapping[str, Json], meaningful(transform)),
            "python": function_name(transform.python),
            "text": code_meaning(catalog.files.get(path, "")),
            "views": {
                source: _view_meaning(project, catalog, source, under | {name})
                for source in transform.sources
            },
        }
        return digest(found)
    keys = {
        entity: key_of(entity, body)
        for entity in view.entities
        if (body := project.body(EntitySpec, entity)) is not None
    }
    found["keys"] = {key.column: meaningful(key.type) for key in keys.values()}
    dataset = project.body(DatasetSpec, view.dataset or "")
    if dataset is not None:
        times = (dataset.timestamp, dataset.created)
        columns = {*view.features, *(key.column for key in keys.values()), *times}
        meant = _meant(project, view.dataset or "", dataset)
        found["source"] = meant["source"]
        found["times"] = times
        found["columns"] = {column: meant["schema"].get(column) for column in columns}
    return digest(found)


def meanings_behind(project: Project, catalog: Catalog, gives: Used) -> Mapping[str, str]:
    """The meaning of every view behind features, by its name; those that functions take features
    of included."""
    views = sorted((*gives.parts.views, *gives.parts.transforms))
    return {view: view_meaning(project, catalog, view) for view in views}


def _service_meaning(project: Project, catalog: Catalog, name: str) -> Json:
    gives = used(project, name)
    if gives is None:
        return None
    features = sorted(feature.reference for feature in gives.features)
    return {"features": tuple(features), "views": meanings_behind(project, catalog, gives)}


def pipeline_meanings(
    project: Project, catalog: Catalog, graphs: Mapping[str, Graph]
) -> Mapping[str, str]:
    """What each pipeline does: its steps with `component@version` and inputs, and the meanings of
    what they read. Each is worked out when it is first asked for: a run that waits for
    its data needs none."""
    return _Meanings(project, catalog, graphs)


class _Meanings(Mapping[str, str]):
    def __init__(self, project: Project, catalog: Catalog, graphs: Mapping[str, Graph]) -> None:
        self._project, self._catalog, self._graphs = project, catalog, graphs
        self._known: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        found = self._known.get(name)
        if found is None:
            graph = self._graphs[name]
            found = _pipeline_meaning(self._project, self._catalog, graph, self)
            self._known[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._graphs

    def __iter__(self) -> Iterator[str]:
        return iter(self._graphs)

    def __len__(self) -> int:
        return len(self._graphs)


def _pipeline_meaning(
    project: Project, catalog: Catalog, graph: Graph, called: Mapping[str, str]
) -> str:
    pipeline = project.body(PipelineSpec, graph.pipeline.name)
    env = pipeline.defaults.env if pipeline else {}
    steps: dict[str, Any] = {name: _step(step, env) for name, step in graph.steps.items()}
    for step, inner in graph.calls:
        theirs = project.body(PipelineSpec, inner.pipeline.name)
        outputs = meaningful(theirs.outputs) if theirs is not None else {}
        asked = {"is": called[inner.pipeline.name], "outputs": outputs}
        steps[step.name] = {"pipeline": asked, "inputs": step.spec.with_}
    named = tuple(all_named(graph))
    datasets_of = [(name, uses) for uses, kind, name in named if kind == "Dataset"]
    judged = {name for name, uses in datasets_of if "quality" in wanted_by(uses)}
    datasets = {
        name: _dataset_meaning(project, name, body, name in judged)
        for name in {name for name, _ in datasets_of}
        if (body := project.body(DatasetSpec, name)) is not None
    }
    models = {
        name: _asked_of_steps(project, catalog, model)
        for uses, kind, name in named
        if kind == "Model" and uses.effects == "writes-registry"
        if (model := project.body(ModelSpec, name)) is not None
    }
    services = {
        name: _service_meaning(project, catalog, name)
        for name in {name for _, kind, name in named if kind == "FeatureService"}
    }
    flow = {name: found for name, node in graph.nodes.items() if (found := _flow(node))}
    return digest(
        {
            "steps": steps,
            **({"flow": flow} if flow else {}),
            "datasets": datasets,
            "features": services,
            "models": models,
            "parameters": meaningful(pipeline.parameters) if pipeline else {},
            **({"artifacts": meaningful(graph.artifacts)} if graph.artifacts else {}),
        }
    )


def _flow(node: Node) -> Json:
    """When a step runs, how often, and what is seen of a group; empty for one that just runs."""
    found: dict[str, Json] = {}
    if node.within:
        found["within"] = node.within
    if isinstance(node, Step | Group):
        if node.spec.if_ is not None:
            found["if"] = node.spec.if_
        if node.spec.for_each is not None:
            found["forEach"] = meaningful(node.spec.for_each)
    if isinstance(node, Group):
        found["outputs"] = meaningful(node.spec.outputs)
    if isinstance(node, Choice):
        found["choose"] = tuple(
            {"if": way.if_, "outputs": meaningful(way.outputs)} for way in node.spec.choose
        )
    return found


def _step(step: Step, env: Mapping[str, object]) -> Json:
    spec, component = step.spec, step.component
    # Without a component, a file can't be read: then its path is all that is known.
    read = component is not None
    file = spec.python or spec.notebook or spec.component_file or None
    return {
        "component": component_meaning(component, file) or spec.uses,
        "python": function_name(spec.python) if read and spec.python else spec.python,
        "pip": meaningful(spec.pip),
        "inputs": spec.with_,  # plain values, all of which mean something
        "env": meaningful({**env, **spec.env}) if env or spec.env else {},
        **({"notebook": "" if read else spec.notebook} if spec.notebook is not None else {}),
        **({"embed": spec.embed} if spec.embed is not None and not read else {}),
        **({"outputs": meaningful(spec.outputs)} if spec.outputs else {}),
        **({"import": meaningful(spec.import_)} if spec.import_ else {}),
        **({"volumes": meaningful(spec.volumes)} if spec.volumes else {}),
    }


def component_meaning(component: Component | None, file: str | None) -> str:
    """`component@version`, "" without one. The version of what a `file` of the user's says holds
    its text and what is embedded with it: where that lies means nothing.
    """
    if component is None:
        return ""
    return f"{'' if file is not None else component.name}@{component.version}"


def function_name(written: str) -> str:
    """The function of `file.py:function`."""
    return written.rpartition(":")[2]


def _asked_of_steps(project: Project, catalog: Catalog, model: ModelSpec) -> Json:
    # The constants that steps are given: the task, the champion to meet, the signature.
    service = model.signature.features if model.signature is not None else None
    champions = {gate.no_worse_than for gate in model.gates.values() if gate.no_worse_than}
    return {
        "task": model.task,
        "champions": tuple(sorted(champions)),
        "signature": meaningful(model.signature),
        "features": _service_meaning(project, catalog, service) if service else None,
    }
