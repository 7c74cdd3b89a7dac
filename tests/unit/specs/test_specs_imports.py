"""What the front end imports: the hot path stays light."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
before = set(sys.modules)
import exai_specs.parse
from exai_specs.documents import read
read("a: 1", "x.yaml")
print(" ".join(sorted({name.split(".")[0] for name in set(sys.modules) - before})))
"""
ALLOWED = {"exai_specs", "pydantic", "pydantic_core", "yaml", "_yaml"}
# what pydantic itself needs
ALLOWED |= {"annotated_types", "typing_extensions", "typing_inspection", "cython_runtime"}


def test_parsing_imports_pydantic_and_yaml_only() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    modules = set(found.stdout.split())
    foreign = {name for name in modules if name not in sys.stdlib_module_names} - ALLOWED
    assert {name for name in foreign if not name.startswith("_")} == set()


def test_values_do_without_either() -> None:
    program = (
        "import sys, exai_specs.frozen, exai_specs.units, exai_specs.expressions,"
        " exai_specs.documents, exai_specs.codes, exai_specs.names, exai_specs.types;"
        " print('pydantic' in sys.modules, 'yaml' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["False", "False"]
