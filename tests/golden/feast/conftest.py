"""A folder's project as the compiler sees it, with the texts of its Python files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.features import spec_of
from exai_compiler.project import Project, link
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

HERE = Path(__file__).parent

Opened = tuple[Project, Catalog]


@pytest.fixture(scope="session")
def opened() -> Callable[[str], Opened]:
    """The project of a case and a catalog with its files."""

    def open_case(case: str) -> Opened:
        folder = HERE / case
        documents, problems = read((folder / "specs/exai.yaml").read_text(), "specs/exai.yaml")
        assert not problems
        specs = [parse(document) for document in documents]
        assert all(isinstance(spec, Spec) for spec in specs), specs
        project = link(spec for spec in specs if isinstance(spec, Spec))
        assert project is not None
        texts = {
            path.relative_to(folder).as_posix(): path.read_text()
            for part in ("specs", "shared")
            for path in (folder / part).glob("*.py")
        }
        return project, Catalog({}, texts)

    return open_case


@pytest.fixture(scope="session")
def specs(opened: Callable[[str], Opened]) -> Callable[[str, str], Mapping[str, Any]]:
    """The `spec` of a case's repository in one of its environments."""

    def spec_in(case: str, name: str) -> Mapping[str, Any]:
        project, catalog = opened(case)
        environment = project.environment(name)
        assert environment is not None
        return spec_of(project, environment, catalog)

    return spec_in
