"""Imports KServe's model server without what only KServe's other parts need.

`import kserve` runs a package initialiser that loads a Kubernetes client and the classes of every
KServe resource; its server modules name pandas in annotations; and httpx loads its command line.
A model server uses none of the three, and they are three quarters of its start-up time and memory.
So, while KServe's server modules are imported:

- `kserve` stands in `sys.modules` as a plain package whose initialiser hasn't run;
- `pandas` stands there as a module that loads the real one when somebody uses it;
- httpx's command line is marked as absent, which httpx itself provides for.

Nothing of KServe is changed or copied, and what was already imported is left alone.
"""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from exai_components import light_imports
from exai_components.light_imports import without


def import_kserve() -> None:
    """Make `kserve.model_server` and what it imports available; does nothing a second time."""
    if "kserve.model_server" in sys.modules:
        return
    _package_without_initialiser("kserve")
    with _deferred_pandas(), without(absent=("httpx._main",)):
        importlib.import_module("kserve.model_server")


def import_sklearn() -> None:
    """Import what all of scikit-learn's estimators stand on, if it is installed, without the pandas
    and scipy.stats that it names. An estimator that was trained on a DataFrame still gets the real
    one.
    """
    with contextlib.suppress(ModuleNotFoundError):
        light_imports.import_sklearn("sklearn.metrics", "sklearn._loss.loss")


def _package_without_initialiser(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    sys.modules.setdefault(name, importlib.util.module_from_spec(spec))


@contextmanager
def _deferred_pandas() -> Iterator[None]:
    """The name `DataFrame` for annotations now, the real pandas for whoever uses it later."""
    if "pandas" in sys.modules:
        yield
        return
    stand_in = ModuleType("pandas")
    stand_in.__dict__["DataFrame"] = type("DataFrame", (), {})
    sys.modules["pandas"] = stand_in
    try:
        yield
    finally:
        del sys.modules["pandas"]
        del stand_in.__dict__["DataFrame"]
        stand_in.__dict__["__getattr__"] = _of_pandas


def _of_pandas(name: str) -> Any:
    return getattr(importlib.import_module("pandas"), name)
