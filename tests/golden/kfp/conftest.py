"""Projects as the compiler sees them; exai's components, and one of these tests' own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.build import Rendered
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_specs.documents import read
from exai_specs.kinds import Environment
from exai_specs.parse import Spec, parse

HERE = Path(__file__).parent
COMPONENTS = HERE.parents[2] / "components" / "exai_components"
LOCAL = Environment(target="local")


def component_files() -> tuple[Path, ...]:
    """The files of exai's own components, and of `echo`."""
    return (*sorted(COMPONENTS.glob("*/component.yaml")), HERE / "components" / "echo.yaml")


@pytest.fixture(scope="session")
def components() -> Catalog:
    """exai's own components, and `echo`."""
    return catalog({str(path): path.read_text() for path in component_files()})


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
