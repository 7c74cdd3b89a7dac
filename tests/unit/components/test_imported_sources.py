"""Which Dataset a name of the rendered definitions stands for."""

from __future__ import annotations

import pytest

from exai_components.load_features.asked import imported_sources
from exai_components.outcome import StepFailure


def test_a_dataset_may_be_called_like_another_one_s_variable() -> None:
    text = "from exai_sources import source_blood, source_source_blood\n"
    found = imported_sources(text, {"blood": {}, "source_blood": {}})
    assert found == {"source_blood": "blood", "source_source_blood": "source_blood"}


def test_a_name_of_no_dataset_is_refused() -> None:
    with pytest.raises(StepFailure, match="source_serum"):
        imported_sources("from exai_sources import source_serum\n", {"blood": {}})
