"""KServe is imported without what a model server doesn't use, and is whole nonetheless."""

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow

HEAVY = ("pandas", "kubernetes", "rich", "requests", "pyarrow")


def run(code: str) -> Any:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_heavy_libraries_stay_out() -> None:
    code = f"""
import json, sys
from exai_components.serve.lean import import_kserve
import_kserve()
import_kserve()
import kserve.model_server, kserve.protocol.rest.server
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
"""
    assert run(code) == []


def test_who_uses_pandas_gets_it() -> None:
    code = """
import json
from exai_components.serve.lean import import_kserve
import_kserve()
from kserve.protocol.infer_type import InferInput, InferRequest
request = InferRequest("m", [InferInput("a", [2], "FP64", [1.0, 2.0])])
frame = request.as_dataframe()
import httpx._main
import pandas
print(json.dumps([isinstance(frame, pandas.DataFrame), frame["a"].tolist()]))
"""
    assert run(code) == [True, [1.0, 2.0]]


def test_what_was_imported_before_is_left_alone() -> None:
    code = """
import json, sys
import pandas, kserve
before = dict(sys.modules)
from exai_components.serve.lean import import_kserve
import_kserve()
print(json.dumps(all(sys.modules[name] is module for name, module in before.items())))
"""
    assert run(code)
