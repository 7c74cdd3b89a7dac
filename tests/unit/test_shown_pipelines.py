"""Every pipeline that the guide and the examples show names only what is there, in every
environment: KFP's loader takes references that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dangling import dangling
from guide_pages import PAGES, write

from exai_compiler.backends.kfp import RENDERERS
from exai_compiler.facts import Facts, Lock
from exai_compiler.resolve import resolve
from exai_runtime.compiling import check_project
from exai_runtime.workspace import load
from exai_specs.frozen import thaw

EXAMPLES = tuple(
    path.parent for path in sorted((Path(__file__).parents[2] / "examples").glob("*/exai.yaml"))
)


def versions(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    base = check_project(load(folder), only_shown=True)
    assert base.usable is not None, base.diagnostics
    names = sorted({"local", *getattr(base.usable.root.body, "environments", {})})
    for name in names:
        checked = check_project(load(folder), name, only_shown=True)
        project, environment = checked.usable, base.usable.environment(name)
        assert project is not None and environment is not None, checked.diagnostics
        resolved = resolve(project, name, environment, checked.catalog, Lock(), Facts())
        for spec in project.specs.values():
            if spec.ref.kind == "Pipeline":
                for item in RENDERERS["Pipeline"](resolved, spec):
                    body: Any = thaw(item.body)  # type: ignore[arg-type]
                    if body["kind"] == "PipelineVersion":
                        yield f"{name} {spec.ref}", body["spec"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_only_what_is_there(page: Path, tmp_path: Path) -> None:
    write(page, tmp_path)
    for name, version in versions(tmp_path):
        assert list(dangling(version["pipelineSpec"], version.get("platformSpec"))) == [], name


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_names_only_what_is_there(folder: Path) -> None:
    found = dict(versions(folder))
    assert found
    for name, version in found.items():
        assert list(dangling(version["pipelineSpec"], version.get("platformSpec"))) == [], name
