"""What a feature view means: what changes it, and what doesn't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.feature_views import used
from exai_compiler.graph import graph
from exai_compiler.meaning import (
    meanings_behind,
    pipeline_meanings,
    view_meaning,
)
from exai_compiler.named_by_steps import datasets_read
from exai_compiler.project import Project, link
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
FUNCTION = "def ratios(inputs):\n    return inputs\n"
CATALOG = replace(component_catalog(), files=MappingProxyType({"ratios.py": FUNCTION}))

Edit = tuple[str, str]


def project_of(*edits: Edit) -> Project:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    return project


def meanings(*edits: Edit) -> dict[str, str]:
    project = project_of(*edits)
    ((spec, _),) = project.bodies(PipelineSpec)
    gives = used(project, "flower_features")
    assert gives is not None
    return {
        **meanings_behind(project, CATALOG, gives),
        "pipeline": pipeline_meanings(project, CATALOG, {"p": graph(spec, CATALOG)})["p"],
    }


def changed(*edits: Edit) -> set[str]:
    before, after = meanings(), meanings(*edits)
    return {name for name in before if after.get(name) != before[name]}


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(("path: data/measurements.parquet", "path: data/m.parquet"), id="source"),
        pytest.param(("timestamp: measured_at", "timestamp: written_at"), id="timestamp"),
        pytest.param(("  created: written_at\n", ""), id="created"),
        pytest.param(("petal_width: {type: float64", "petal_width: {type: float32"), id="type"),
        pytest.param(("ttl: 30d", "ttl: 31d"), id="ttl"),
        pytest.param(("spec: {type: int64, key: flower_id}", "spec: {type: int64}"), id="key"),
    ],
)
def test_a_view_and_what_is_made_of_it_change_together(edit: Edit) -> None:
    assert changed(edit) == {"petals", "ratios", "pipeline"}


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(("python: ratios.py:ratios", "python: ratios.py:other"), id="function"),
        pytest.param(("height: float64}}", "height: float32}}"), id="request"),
        pytest.param(("slenderness: float64}", "slenderness: float32}"), id="schema"),
    ],
)
def test_a_function_changes_only_what_it_makes(edit: Edit) -> None:
    assert changed(edit) == {"ratios", "pipeline"}


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(("owner: data-team", "owner: others, displayName: New"), id="metadata"),
        pytest.param(("    remark: string\n", ""), id="a column that no view has"),
        pytest.param(("{type: float64, unit: cm}", "{type: float64, unit: mm}"), id="unit"),
        pytest.param(("materialize: {on: data, every: 1h}", "online: false"), id="when"),
        pytest.param(("push: petals_push", "push: other_push"), id="push"),
        pytest.param(("[petal_length, petal_width]", "[petal_width, petal_length]"), id="order"),
        pytest.param(
            ('["petals:petal_length", ratios]', "[ratios, 'petals:petal_length']"), id="r"
        ),
    ],
)
def test_what_is_about_people_or_looking_up_changes_nothing(edit: Edit) -> None:
    assert changed(edit) == set()


@pytest.mark.parametrize(
    ("text", "is_other"),
    [
        (FUNCTION.replace("return inputs", "return inputs * 1"), True),
        (f"RATE = 2\n{FUNCTION}", True),  # the whole file is copied, and imported
        (f"# about ratios\n\n{FUNCTION}", False),
        (f'"""Ratios."""\n{FUNCTION}', False),
        (FUNCTION.replace("    return", "    'Made of both.'\n    return"), False),
    ],
)
def test_what_a_function_does_is_what_it_means(text: str, is_other: bool) -> None:
    project = project_of()
    other = replace(CATALOG, files=MappingProxyType({"ratios.py": text}))
    meant = view_meaning(project, CATALOG, "ratios")
    assert (view_meaning(project, other, "ratios") != meant) == is_other
    assert view_meaning(project, CATALOG, "petals") == view_meaning(project, other, "petals")


def test_what_a_feature_service_leaves_out_is_no_other_view_but_another_run() -> None:
    assert changed(("petals:petal_length", "petals:petal_width")) == {"pipeline"}


def test_a_run_reads_the_datasets_behind_its_features() -> None:
    project = project_of()
    ((spec, _),) = project.bodies(PipelineSpec)
    assert datasets_read(project, graph(spec, CATALOG)) == ("flowers", "measurements")


def test_a_view_of_itself_and_one_that_is_not_there_mean_nothing_new() -> None:
    project = project_of(("sources: [petals]", "sources: [ratios, nothing]"))
    assert view_meaning(project, CATALOG, "ratios")
    assert view_meaning(project, CATALOG, "nothing") == ""
