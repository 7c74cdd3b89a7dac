"""Before a roll-out: a version that was trained on features that mean something else today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.facts import (
    Facts,
    FeaturesUsed,
    Lock,
    ModelFacts,
    ModelVersion,
    Pin,
    RunFact,
    Verdict,
)
from exai_compiler.feature_views import used
from exai_compiler.judge import gates_digest
from exai_compiler.maybe import Known, Unknown
from exai_compiler.meaning import meanings_behind
from exai_compiler.project import Project, link, local
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_compiler.trained_features import changed_features
from exai_runtime.workspace import component_catalog
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()
FUNCTION = "def ratios(inputs):\n    return inputs\n"
CATALOG = replace(component_catalog(), files=MappingProxyType({"ratios.py": FUNCTION}))
BY_HAND = ("  run: {on: [spec, data]}", "  run: {on: []}")
SERVED = (
    "  features:\n    service: flower_features\n    onMissing: default\n"
    "    defaults: {petal_length: 4.0, petal_ratio: 3.0, slenderness: 1.0}\n"
)
MODEL = Ref("Model", "flower_model")

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
    assert project is not None
    return project


def trained(project: Project, files: Mapping[str, str] = CATALOG.files) -> FeaturesUsed:
    """What a model of these specs remembers."""
    gives = used(project, "flower_features")
    assert gives is not None
    columns = {name: feature.reference for name, feature in gives.columns.items()}
    meanings = meanings_behind(project, replace(CATALOG, files=files), gives)
    return FeaturesUsed("flower_features", meanings, columns)


def resolved(project: Project, features: FeaturesUsed | None, pinned: bool = False) -> Resolved:
    """With one version, which has passed and has the alias."""
    body = project.body(ModelSpec, "flower_model")
    assert body is not None
    verdict = Verdict("flower_model", 1, gates_digest(body.gates), True, ())
    version = ModelVersion(
        "flower_model", 1, "file:///m", "d", "key", verdict=verdict, features=features
    )
    data = {"flowers": Known("f1"), "measurements": Known("m1")}
    run = RunFact("key", "flower-training", "spec", {"flowers": "f1"}, "succeeded")
    models = {"flower_model": ModelFacts((version,), {"champion": 1})}
    facts = Facts(models=models, data=data, runs=(run,))
    pins = {("flower_model", "champion"): Pin(1, "d", "file:///m")} if pinned else {}
    return resolve(project, "local", local(), CATALOG, Lock(pins), facts)


def test_a_model_of_today_s_features_may_be_rolled_out() -> None:
    project = project_of(BY_HAND)
    found = resolved(project, trained(project))
    assert changed_features(found) == ()
    assert isinstance(found.models["flower_model@champion"], Known)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("ttl: 30d", "ttl: 1d"), "the view `petals` means something else: its dataset, its"),
        (("slenderness: float64}", "slenderness: float32}"), "the view `ratios` means something"),
        (("petals:petal_length", "petals:petal_width"), "`flower_features` doesn't give `petals:p"),
        ((SERVED, ""), "it was trained on features of `flower_features`"),
    ],
)
def test_another_feature_is_an_error_that_says_what_to_do(edit: Edit, said: str) -> None:
    before = trained(project_of())
    (problem,) = changed_features(resolved(project_of(BY_HAND, edit), before))
    assert problem.code == "features-changed"
    assert said in problem.message
    assert "`exai run flower-training`" in problem.hint
    assert (problem.severity, problem.at.line) == ("error", 123)


def test_a_function_that_was_rewritten_is_another_one() -> None:
    project = project_of(BY_HAND)
    before = trained(project, {"ratios.py": FUNCTION + "    # other\n    return None\n"})
    (problem,) = changed_features(resolved(project, before))
    assert "`ratios`" in problem.message and "its function" in problem.message
    assert "`petals`" not in problem.message
    assert [words for words, _ in problem.related] == ["the view"]
    said = trained(project, {"ratios.py": f"# of petals\n{FUNCTION}"})
    assert changed_features(resolved(project, said)) == ()


def test_a_view_that_is_gone_is_named() -> None:
    project = project_of(BY_HAND)
    before = trained(project)
    before = replace(before, views={**before.views, "leaves": "then"})
    (problem,) = changed_features(resolved(project, before))
    assert "the view `leaves` is gone" in problem.message


def test_a_model_without_features_cannot_be_given_some() -> None:
    (problem,) = changed_features(resolved(project_of(BY_HAND), None))
    assert "it wasn't trained on features" in problem.message


@pytest.mark.parametrize("pinned", [False, True])
def test_a_due_run_is_waited_for(pinned: bool) -> None:
    before = trained(project_of())
    found = resolved(project_of(("ttl: 30d", "ttl: 1d")), before, pinned)
    assert changed_features(found) == ()
    version = found.models["flower_model@champion"]
    assert isinstance(version, Unknown) and version.waits_for == MODEL


def test_a_pinned_version_of_today_s_features_waits_for_nothing() -> None:
    project = project_of()
    found = resolved(project, trained(project), pinned=True)
    assert found.runs[0].due
    assert isinstance(found.models["flower_model@champion"], Known)


def test_metadata_changes_nothing() -> None:
    before = trained(project_of())
    edits = (BY_HAND, ("owner: data-team", "owner: others"), ("push: petals_push", "push: other"))
    assert changed_features(resolved(project_of(*edits), before)) == ()
