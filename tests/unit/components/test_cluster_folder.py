"""What H2O's scratch folder is left as."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_components.outcome import StepFailure
from exai_components.train_h2o import cluster


def test_a_start_that_fails_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_jar() -> Path:
        raise cluster.NoJava("there is none")

    monkeypatch.setattr(cluster, "genmodel_jar", no_jar)
    folder = tmp_path / ".h2o-model"
    with pytest.raises(StepFailure) as failed, cluster.Cluster(folder, 0):
        pass
    assert failed.value.outcome.code == "no-java"
    assert not folder.exists()
