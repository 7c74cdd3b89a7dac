"""What every test starts with: an environment that no library has changed on its way."""

from __future__ import annotations

import os

import pytest

# Feast puts it there when it is imported (feast/metrics.py), and every process that a later test
# starts would count its requests in files.
_LEFT_BY_LIBRARIES = ("PROMETHEUS_MULTIPROC_DIR",)


@pytest.fixture(autouse=True)
def _as_at_the_start() -> None:
    for name in _LEFT_BY_LIBRARIES:
        os.environ.pop(name, None)
