"""What a command imports before it is asked for more: validate, plan and status stay light."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

IRIS = Path(__file__).parents[2] / "examples/iris"

HEAVY = [
    "kfp",
    "kserve",
    "mlflow",
    "feast",
    "h2o",
    "great_expectations",
    "jpype",
    "pandas",
    "numpy",
    "pyarrow",
    "sklearn",
    "sqlalchemy",
    "networkx",
    "jsonschema",
    "jinja2",
    "kubernetes",
    "grpc",
    "google",
    "fastapi",
    "uvicorn",
    "requests",
    "httpx",
    "asyncio",
]

# What validating and planning need: the specs, the checks, lineage, resolve, render and the
# planner.
PLAN = (
    "exai_specs.parse",
    "exai_compiler.checks",
    "exai_compiler.lineage",
    "exai_compiler.resolve",
    "exai_compiler.render",
    "exai_compiler.planning",
)


def imported_by(*modules: str) -> set[str]:
    """The top-level names in `sys.modules` of a fresh interpreter that imported these modules."""
    return imported_after("".join(f"import {module}\n" for module in modules))


def imported_after(lines: str) -> set[str]:
    """The top-level names in `sys.modules` of a fresh interpreter that ran these lines."""
    code = f"import json, sys\n{lines}print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("modules", [PLAN, ("exai_specs.schema",)], ids=["plan", "schema"])
def test_nothing_heavy_is_imported(modules: tuple[str, ...]) -> None:
    assert imported_by(*modules).isdisjoint(HEAVY)


def test_planning_needs_no_terminal_library() -> None:
    assert imported_by(*PLAN).isdisjoint({"click", "rich", "subprocess", "sqlite3"})


def test_reading_needs_the_core_of_pydantic_alone() -> None:
    """The package around it, for JSON Schemas, takes as long to import as all of exai."""
    assert "pydantic_core" in imported_by(*PLAN)
    around = {"pydantic", "annotated_types", "typing_inspection", "typing_extensions"}
    assert imported_by(*PLAN).isdisjoint(around)


@pytest.mark.parametrize(
    "order",
    [("exai_specs.core", "pydantic_core"), ("pydantic_core", "exai_specs.core")],
    ids=["the core first", "the package first"],
)
def test_the_package_of_pydantic_has_the_same_core(order: tuple[str, str]) -> None:
    assert "pydantic" in imported_after(f"""
import {order[0]}, {order[1]}
import pydantic
assert exai_specs.core.ValidationError is pydantic.ValidationError
assert exai_specs.core.SchemaValidator is pydantic_core.SchemaValidator
assert pydantic.TypeAdapter(int).json_schema() == {{"type": "integer"}}
""")


def test_plain_specs_are_compiled_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which takes as long to import as a hundred specs to read: with its cache and without."""
    lines = f"""
from pathlib import Path
from exai_runtime.compiling import check_project, compile_offline
from exai_runtime.workspace import load
checked = check_project(load(Path({str(IRIS)!r})))
assert compile_offline(checked, "local", checked.usable.environment("local")).objects
"""
    assert "yaml" not in imported_after(lines)
    monkeypatch.setenv("EXAI_CACHE_DIR", "")
    assert "yaml" not in imported_after(lines)


def test_a_check_of_what_did_not_change_needs_nothing_of_the_language() -> None:
    """What was told before is told again without pydantic, YAML and the kinds."""
    light = imported_by("exai_runtime.validating", "exai_runtime.views.human.view")
    assert light.isdisjoint({*HEAVY, "pydantic", "pydantic_core", "yaml"})


def test_planning_imports_nothing_that_only_mistakes_and_embedded_functions_need() -> None:
    assert imported_by(*PLAN).isdisjoint({"difflib", "textwrap", "symtable"})


def test_planning_imports_nothing_that_looks_into_python() -> None:
    """`dataclasses` imports `inspect`, for what frozen values have without it."""
    assert imported_by(*PLAN).isdisjoint({"dataclasses", "inspect", "dis"})
