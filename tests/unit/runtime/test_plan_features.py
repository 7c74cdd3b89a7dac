"""A model that gets other features than it was trained on, though nobody touched its service."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from git_repository import git
from reviewed_projects import HEAD, STANDARD, actions, commit, compared, edit, rows

from exai_specs.effects import Effect
from exai_specs.identity import Ref

EXAMPLES = Path(__file__).parents[3] / "examples"
PINNED = f"""\
apiVersion: exai.dev/v1alpha1
kind: Lock
environments:
  prod:
    models:
      diabetes_model@champion: {{version: 3, uri: "s3://b/m/3", digest: "{"0" * 64}"}}
"""
MEANT = ["FeatureService/diabetes_features", "Service/diabetes"]
FEWER = ("features.yaml", '"serum:glu", ', "")
UNASKED = ("pipeline.yaml", "bp, ltg, glu,", "bp, ltg,")
OTHER = ("ratios.py", '["tc"] /', '["tc"] * 2 /')
FORGETS = ("features.yaml", "  features: [age, bmi, bp]", "  features: [age, bmi, bp]\n  ttl: 30d")
HAND = ("model.yaml", "promote: auto", "promote: manual")
NUMBER = ("service.yaml", "@champion", "@3")
UNRUN = ("pipeline.yaml", "spec:\n  parameters", "spec:\n  run: {on: []}\n  parameters")
RENAMED = ("features.yaml", "serum", "sera")
Edit = tuple[str, str, str]
RUN = "Pipeline/diabetes-training is run"


def predicting(root: Path, *first: Edit, lock: str = "") -> Path:
    """The example of features, in a cluster and here, committed with the `first` edits."""
    shutil.copytree(EXAMPLES / "diabetes/specs", root / "specs")
    environments = STANDARD.replace(
        "data: {root: s3://b/d}",
        "data: {root: s3://b/d}, connections: {lab: {postgresql: {host: db, database: lab, "
        "user: exai, password: {secret: db, key: password}}}}, features: {online_store: "
        "{type: redis, connection_string: {secret: r, key: url}}, "
        "registry: {registry_type: sql, path: {secret: r, key: sql}}}",
    )
    local = "local: {target: local, connections: {lab: {sqlite: {path: lab.db}}}}"
    (root / "exai.yaml").write_text(
        f"{HEAD}kind: Project\nmetadata: {{name: clinic}}\n"
        f"spec: {{environments: {environments[:-1]}, {local}}}}}\n"
    )
    if lock:
        (root / "exai.lock").write_text(lock)
    change(root, *first)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def change(root: Path, *edits: Edit) -> None:
    for file, *pair in edits:
        edit(root / "specs" / file, (pair[0], pair[1]))


@pytest.mark.parametrize(
    ("edits", "what", "above"),
    [
        ([FEWER, UNASKED], "`glu`", []),
        ([OTHER], "other values of `ratios`", ["File/specs/ratios.py", "FeatureView/ratios"]),
        ([FORGETS], "other values of `body`", ["FeatureView/body"]),
        ([RENAMED], "`glu`, `ltg` of `serum` and gets those of `sera`", []),
        (
            [RENAMED, ("features.yaml", '"sera:glu", ', ""), UNASKED],
            "`glu`, and with `ltg` of `serum` and gets those of `sera`",
            [],
        ),
    ],
)
@pytest.mark.usefixtures("each_way")
def test_a_pinned_version_doesnt_get_what_it_was_trained_on(
    edits: list[Edit], what: str, above: list[str], tmp_path: Path
) -> None:
    root = predicting(tmp_path, lock=PINNED)
    change(root, *edits)
    found = compared(root, "prod")
    [one] = found.breaks
    why = f"it serves version 3, which was trained with {what}, until another version is pinned"
    assert (one.consumer, one.why) == ("Service/diabetes", why)
    assert (one.at.path, one.at.line) == ("specs/service.yaml", 6)
    assert [str(ref) for ref in one.because] == [*above, *MEANT]
    assert rows(found)["Service/diabetes"] == ("affected", Effect.BREAKING)


@pytest.mark.parametrize(
    ("place", "first", "why"),
    [
        ("local", HAND, ("a version that", "a person moves `champion`")),
        ("local", UNRUN, ("a version that", f"{RUN} (nothing in this plan runs it)")),
        ("prod", NUMBER, ("version 3, which", "the service names another version")),
    ],
)
def test_what_has_to_happen_first_is_said(
    place: str, first: Edit, why: tuple[str, str], tmp_path: Path
) -> None:
    root = predicting(tmp_path, first)
    change(root, FORGETS)
    [one] = compared(root, place).breaks
    which, until = why
    assert one.why == f"it serves {which} was trained with other values of `body`, until {until}"


@pytest.mark.parametrize(
    ("edits", "what"),
    [
        ([FEWER, UNASKED], "no longer gets `glu`"),
        ([OTHER], "gets the new `ratios`"),
        ([RENAMED], "gets `glu`, `ltg` of `sera` instead of `serum`"),
        (
            [RENAMED, ("features.yaml", '"sera:glu", ', ""), UNASKED],
            "no longer gets `glu` and gets `ltg` of `sera` instead of `serum`",
        ),
    ],
)
def test_the_model_that_answers_gets_new_values_before_its_new_version_is_there(
    edits: list[Edit], what: str, tmp_path: Path
) -> None:
    root = predicting(tmp_path)
    change(root, *edits)
    found = compared(root)
    assert found.breaks == ()
    [service] = [each for each in found.documents if str(each.ref) == "Service/diabetes"]
    told = f"the model that answers {what} from round 1 on, until its new version serves"
    assert (service.note, service.at.path) == (told, "specs/service.yaml")
    assert service.impact is Effect.RETRAIN


def test_a_service_whose_features_mean_the_same_is_as_it_was(tmp_path: Path) -> None:
    root = predicting(tmp_path, lock=PINNED)
    change(root, ("pipeline.yaml", "alpha: 1.0", "alpha: 2.0"))
    for place in ("local", "prod"):
        found = compared(root, place)
        assert found.breaks == ()
        assert not any("round 1" in each.note for each in found.documents)


RETYPED = ("datasets.yaml", "bmi: {type: float64", "bmi: {type: float32")


def test_where_people_run_pipelines_what_they_feed_is_broken_until_they_do(tmp_path: Path) -> None:
    """The only place where a class may be another one in another environment: the plan says why."""
    root = predicting(tmp_path)
    change(root, RETYPED)
    local, prod = (compared(root, environment) for environment in ("local", "prod"))
    assert local.breaks == ()
    [one] = prod.breaks
    assert one.why.endswith(f", until {RUN} (nothing in this plan runs it)")
    told = {each.ref: each.note for each in prod.documents}
    note = "no run is planned: `run.on` is empty in `prod`; a person starts it"
    assert told[Ref("Pipeline", "diabetes-training")] == note
    was, now = rows(local), rows(prod)
    assert {ref for ref in was if was[ref] != now[ref]} == {
        "Dataset/measurements",
        "Service/diabetes",
    }
    assert now["Dataset/measurements"] == ("changed", Effect.BREAKING)  # it alone is to blame
    assert was["Dataset/measurements"] == ("changed", Effect.RETRAIN)
    change(
        root, ("pipeline.yaml", "spec:\n  parameters", "spec:\n  run: {on: [spec]}\n  parameters")
    )
    commit(root)
    change(root, (RETYPED[0], RETYPED[2], RETYPED[1]))
    assert rows(compared(root, "local")) == rows(compared(root, "prod")) == was


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("place", ["local", "prod"])
def test_a_docstring_of_a_function_trains_nothing(place: str, tmp_path: Path) -> None:
    root = predicting(tmp_path)
    change(root, ("ratios.py", "    made = ", "    # as asked\n    made = "))
    change(root, ("ratios.py", '    """Total cholesterol', '    """All cholesterol'))
    found = compared(root, place)
    assert found.breaks == ()
    assert rows(found) == {
        "FeatureView/ratios": ("affected", Effect.RENDER),
        "Pipeline/diabetes-training": ("affected", Effect.RENDER),
    }
    assert str(found.documents[0].because[0]) == "File/specs/ratios.py"
    assert {(how, what.partition("/")[0], impact) for how, what, impact in actions(found)} == {
        ("update", "FeatureRepository", Effect.RENDER),
        ("create", "PipelineVersion", Effect.RENDER),
    }
    # Beside it what another file says is told as it was.
    change(root, FORGETS)
    assert rows(compared(root, place))["FeatureView/body"][1] >= Effect.MATERIALIZE


def test_another_projects_name_brings_all_features_online_anew(tmp_path: Path) -> None:
    """Feast's project has that name, and all rows are below it."""
    root = predicting(tmp_path)
    edit(root / "exai.yaml", ("name: clinic", "name: surgery"))
    for environment in ("local", "prod"):
        found = [each[:2] for each in actions(compared(root, environment))]
        for view in ("body", "serum"):
            assert ("materialize", f"FeatureView/{view}") in found, environment


def test_a_name_that_features_dont_have_brings_nothing_online(tmp_path: Path) -> None:
    root = predicting(tmp_path)
    edit(root / "exai.yaml", ("features: {online", "features: {project: clinic, online"))
    assert "materialize" not in {each[0] for each in actions(compared(root, "prod"))}
