"""What several tests of the commands run with."""

from __future__ import annotations

import pytest

from exai_runtime import rechecking


@pytest.fixture(params=[0, rechecking.FEW], ids=["by parts", "whole"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed in a small project is compared by its parts, and with all of it."""
    monkeypatch.setattr(rechecking, "FEW", request.param)
