"""Projects as the compiler sees them; exai's components, and one of these tests' own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
from google.protobuf import json_format
from kfp.local.placeholder_utils import flatten_list, resolve_struct_placeholders
from kfp.pipeline_spec import pipeline_spec_pb2

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.build import Rendered
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.kinds import Environment
from exai_specs.parse import Spec, parse

HERE = Path(__file__).parent
COMPONENTS = HERE.parents[2] / "components" / "exai_components"
LOCAL = Environment(target="local")
DEPRECATED = ("cpuLimit", "cpuRequest", "memoryLimit", "memoryRequest")


def component_files() -> tuple[Path, ...]:
    """The files of exai's own components, and of `echo`."""
    return (*sorted(COMPONENTS.glob("*/component.yaml")), HERE / "components" / "echo.yaml")


@pytest.fixture(scope="session")
def components() -> Catalog:
    """exai's own components, `echo`, and the files beside the projects."""
    found = catalog({str(path): path.read_text() for path in component_files()})
    clean = (HERE / "components" / "clean.yaml").read_text()
    files = {str(path.relative_to(HERE)): path.read_text() for path in HERE.glob("*/code.py")}
    own = {**found.files, **files, "clean/component.yaml": clean}
    return replace(found, files=MappingProxyType(own))


@pytest.fixture(scope="session")
def compiled(components: Catalog) -> Callable[..., Resolved]:
    """A project's text resolved without any facts: no run, no model, no data yet."""

    def compile_text(text: str, environment: Environment = LOCAL, name: str = "local") -> Resolved:
        documents, problems = read(text, "project.yaml")
        assert not problems
        specs = [parse(document) for document in documents]
        assert all(isinstance(spec, Spec) for spec in specs), specs
        project = link(spec for spec in specs if isinstance(spec, Spec))
        assert project is not None
        return resolve(project, name, environment, components, Lock(), Facts())

    return compile_text


@pytest.fixture(scope="session")
def rendered(compiled: Callable[..., Resolved]) -> Callable[..., tuple[Rendered, ...]]:
    """Every object of a project's pipelines."""

    def render_text(text: str, environment: Environment = LOCAL) -> tuple[Rendered, ...]:
        resolved = compiled(text, environment)
        pipelines = [s for s in resolved.project.specs.values() if s.ref.kind == "Pipeline"]
        return tuple(item for spec in pipelines for item in RENDERERS["Pipeline"](resolved, spec))

    return render_text


@pytest.fixture(scope="session")
def same(rendered: Callable[..., tuple[Rendered, ...]]) -> Callable[[str, Any], None]:
    """Fails unless the pipeline of a folder means what a pipeline of the SDK does.

    Normalised are only sdkVersion, descriptions, the deprecated resource fields that the SDK writes
    beside the new ones, `literals`, which SDK 2.17 can't write, and conditions in arguments that
    are settled before a run: as the SDK's own runner does it.
    """

    def compare(case: str, sdk: Any) -> None:
        version = rendered((HERE / case / "project.yaml").read_text())[-1]
        ours = cast(Any, thaw(cast(Any, version.body)))["spec"]
        theirs = json_format.MessageToDict(sdk.pipeline_spec)
        assert normalised(ours["pipelineSpec"]) == normalised(settled(theirs))

    return compare


def settled(spec: dict[str, Any]) -> dict[str, Any]:
    """Arguments without conditions and joints, where it is known what a task gives: of the SDK's
    spec alone, as exai writes them out so."""
    spec = copy.deepcopy(spec)
    root = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    maybe = {n for n, port in root.items() if port.get("isOptional") and "defaultValue" not in port}
    dags = [spec["root"], *(c for c in spec["components"].values() if "dag" in c)]
    for task in [task for dag in dags for task in dag["dag"]["tasks"].values()]:
        component = spec["components"][task["componentRef"]["name"]]
        executor = spec["deploymentSpec"]["executors"].get(component.get("executorLabel"), {})
        given = {
            name: value for of in task.get("inputs", {}).values() for name, value in of.items()
        }
        left_open = {n for n, v in given.items() if v.get("componentInputParameter") in maybe}
        for field in ("command", "args"):
            container = executor.get("container", {})
            texts = container.get(field, ())
            if texts and not any(
                f'"InputName": "{n}"' in text for n in left_open for text in texts
            ):
                there = [resolve_struct_placeholders(text, [*given]) for text in texts]
                container[field] = [text for text in flatten_list(there) if text is not None]
    return spec


def normalised(spec: dict[str, Any]) -> dict[str, Any]:
    """The proto's own JSON, without what isn't compared: so that defaults and numbers are alike."""
    proto = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    found = cast(dict[str, Any], json_format.MessageToDict(proto))
    found.pop("sdkVersion", None)
    for executor in found["deploymentSpec"]["executors"].values():
        resources = executor.get("container", {}).get("resources", {})
        for field in DEPRECATED:
            resources.pop(field, None)
        for field in ("type", "count"):
            resources.get("accelerator", {}).pop(field, None)
    for component in found["components"].values():
        for parameter in component.get("inputDefinitions", {}).get("parameters", {}).values():
            parameter.pop("description", None)
    for parameter in found["root"].get("inputDefinitions", {}).get("parameters", {}).values():
        parameter.pop("literals", None)
    return found
