"""What a command imports before it is asked for more: validate, plan and status stay light."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

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
    imports = "".join(f"import {module}\n" for module in modules)
    code = f"import json, sys\n{imports}print(json.dumps(sorted(sys.modules)))"
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
    assert imported_by(*PLAN).isdisjoint({"pydantic", "annotated_types", "typing_inspection"})


def test_a_check_of_what_did_not_change_needs_nothing_of_the_language() -> None:
    """What was told before is told again without pydantic, YAML and the kinds."""
    light = imported_by("exai_runtime.validating", "exai_runtime.views.human.view")
    assert light.isdisjoint({*HEAVY, "pydantic", "pydantic_core", "yaml"})
