"""What every test starts with: an environment that no library has changed on its way."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Feast puts it there when it is imported (feast/metrics.py), and every process that a later test
# starts would count its requests in files.
_LEFT_BY_LIBRARIES = ("PROMETHEUS_MULTIPROC_DIR",)

# Laws are judged by what comes out, never by how long a busy machine takes over one example.
settings.register_profile("exai", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("exai")


# The files that take minutes: begun first, so that no worker is left with one at the end.
_LONGEST = (
    "loop/test_kill_points.py",
    "loop/test_promise.py",
    "features/test_feature_target.py",
    "readme/test_readme.py",
    "loop/test_bad_input.py",
    "components/test_register_model_for_real.py",
    "serve/test_handover.py",
    "data/test_postgresql.py",
    "features/test_feature_commands.py",
    "target/test_services.py",
    "components/test_iris_step_by_step.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order of files, but for the longest."""
    items.sort(key=lambda item: _place(item.path.as_posix()))


def _place(path: str) -> int:
    return next((at for at, end in enumerate(_LONGEST) if path.endswith(end)), len(_LONGEST))


@pytest.fixture(autouse=True)
def _as_at_the_start() -> None:
    for name in _LEFT_BY_LIBRARIES:
        os.environ.pop(name, None)
