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


@pytest.fixture(autouse=True)
def _as_at_the_start() -> None:
    for name in _LEFT_BY_LIBRARIES:
        os.environ.pop(name, None)
