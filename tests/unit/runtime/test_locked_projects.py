"""A project with `exai.lock`: what it means to a check, a render and a comparison."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from git_repository import git

from exai_compiler.changes import MoveAlias, Run, Update
from exai_compiler.maybe import Known, Unknown
from exai_compiler.revisions import Comparison
from exai_runtime import rechecking
from exai_runtime.comparing import plan_against, plan_against_build, save_build
from exai_runtime.compiling import check_project
from exai_runtime.rechecking import recheck
from exai_runtime.rendering import render
from exai_runtime.results import Refused, RenderedFiles
from exai_runtime.validating import validate
from exai_runtime.views.human.against import lines
from exai_runtime.views.human.paint import Paint
from exai_runtime.workspace import load
from exai_specs.effects import Effect

SHOP = Path(__file__).parents[2] / "golden/kubernetes/shop"
URI = "s3://acme-ml/models/flower_model"
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
SERVICE = "InferenceService/flowers"
WITH_FLOWERS = {SERVICE, "PodMonitor/flowers"}
FRAME = "apiVersion: exai.dev/v1alpha1\nkind: Lock\nenvironments:\n  prod:\n    models:\n"


def pin(version: int) -> str:
    line = f"flower_model@champion: {{version: {version}, uri: {URI}/{version}, digest: {DIGEST}}}"
    return f"{FRAME}      {line}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Committed, with version 3 in prod."""
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    (folder / "exai.lock").write_text(pin(3))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "specs")
    return folder


def compared(root: Path, environment: str = "prod") -> Comparison:
    found = plan_against(root, environment, "HEAD")
    assert found.comparison is not None, found.diagnostics
    return found.comparison


def moves(found: Comparison) -> dict[str, tuple[object, object]]:
    """What changes in the service's own annotations and its place."""
    assert found.plan is not None
    return {
        str(field.path[-1]): (field.old, field.new)
        for planned in found.plan.changes
        if isinstance(planned.change, Update) and str(planned.change.id) == SERVICE
        for field in planned.change.fields
    }


def test_a_pin_that_moves_is_a_service_that_moves(shop: Path) -> None:
    (shop / "exai.lock").write_text(pin(4))
    found = compared(shop)
    assert found.plan is not None
    [planned] = found.plan.changes
    assert [str(ref) for ref in planned.because] == ["Lock/prod", "Service/flowers"]
    moved = moves(found)
    assert moved["exai.dev/model-version"] == (Known("3"), Known("4"))
    assert moved["storageUri"] == (Known(f"{URI}/3"), Known(f"{URI}/4"))
    lock, service = found.documents
    assert (str(lock.ref), lock.verb, lock.impact.name) == ("Lock/prod", "changed", "REDEPLOY")
    [field] = lock.fields
    assert field.path == ("models", "flower_model@champion")
    assert (field.old, field.new) == (f"version 3, {URI}/3", f"version 4, {URI}/4")
    assert str(field.at) == "exai.lock:6:7"
    assert (str(service.ref), service.verb) == ("Service/flowers", "affected")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (DIGEST, "f" * 64, (f"digest {DIGEST[:12]}", f"digest {'f' * 12}")),
        (
            DIGEST,
            f"{DIGEST}, format: sklearn",
            (f"digest {DIGEST[:12]}", f"sklearn, digest {DIGEST[:12]}"),
        ),
    ],
)
def test_other_files_under_the_same_number_are_told(
    shop: Path, before: str, after: str, told: tuple[str, str]
) -> None:
    (shop / "exai.lock").write_text(pin(3).replace(before, after))
    lock, service = compared(shop).documents
    [field] = lock.fields
    assert (field.old, field.new) == tuple(f"version 3, {URI}/3, {words}" for words in told)
    assert (str(service.ref), service.verb) == ("Service/flowers", "affected")


def test_a_format_that_no_pipeline_makes_is_told(shop: Path) -> None:
    def told() -> list[tuple[str, str, str]]:
        found = check_project(load(shop), "prod").diagnostics
        return [(d.severity, str(d.at), d.message) for d in found if d.code == "wrong-pin"]

    assert told() == []
    (shop / "exai.lock").write_text(pin(3).replace(DIGEST, f"{DIGEST}, format: wombat"))
    [(severity, place, message)] = told()
    assert (severity, place) == ("error", "exai.lock:6:7")
    assert "wombat" in message


def test_a_pin_that_says_no_format_has_the_pipelines(shop: Path) -> None:
    file = shop / "specs/pipeline.yaml"
    asked = file.read_text().replace("train-h2o", "train-sklearn")
    file.write_text(asked.replace("algorithm: gbm", "estimator: LogisticRegression"))

    def told() -> list[tuple[str, str]]:
        found = check_project(load(shop), "prod").diagnostics
        return [(d.severity, d.message) for d in found if d.code == "wrong-pin"]

    assert told() == []
    found = render(shop, "prod", (), None)
    assert isinstance(found, RenderedFiles), found
    [service] = [
        each
        for each in found.objects
        if (each["kind"], each["metadata"]["name"]) == ("InferenceService", "flowers")
    ]
    assert service["spec"]["predictor"]["model"]["modelFormat"]["name"] == "sklearn"
    other = file.read_text().partition("---")[0].replace("name: training", "name: other")
    other = other.replace("train-sklearn", "train-h2o").replace(
        "estimator: LogisticRegression", "algorithm: gbm"
    )
    (shop / "specs/other.yaml").write_text(other)
    [(severity, message)] = told()
    assert (severity, "may be h2o-mojo or sklearn" in message) == ("error", True)


def test_a_pin_that_stays_and_one_of_another_environment_change_nothing(shop: Path) -> None:
    text = pin(3).replace(f"{DIGEST}}}", f"{DIGEST}, metrics: {{accuracy: 0.9}}}}")
    (shop / "exai.lock").write_text(text)
    assert compared(shop).documents == ()
    (shop / "exai.lock").write_text(pin(4))
    found = compared(shop, "staging")
    assert found.plan is not None
    assert (found.documents, found.plan.changes) == ((), ())


def test_a_pin_that_goes_leaves_it_to_the_registry(shop: Path) -> None:
    (shop / "exai.lock").unlink()
    found = compared(shop)
    assert [(str(each.ref), each.verb) for each in found.documents] == [
        ("Lock/prod", "removed"),
        ("Service/flowers", "affected"),
    ]
    assert str(found.documents[0].at) == "exai.lock:6:7"
    assert found.plan is not None
    [waiting] = found.plan.waiting
    assert (str(waiting.waits_for), "exai.lock" in waiting.reason) == ("Model/flower_model", True)


def test_a_pin_that_comes_takes_it_from_the_registry(shop: Path) -> None:
    (shop / "exai.lock").unlink()
    git(shop, "commit", "-qam", "no lock")
    (shop / "exai.lock").write_text(pin(3))
    found = compared(shop)
    first = found.documents[0]
    assert (str(first.ref), first.verb) == ("Lock/prod", "added")
    old, new = moves(found)["storageUri"]
    assert isinstance(old, Unknown)
    assert new == Known(f"{URI}/3")


@pytest.mark.parametrize("at", ["challenger", "8"])
def test_a_service_that_moves_to_what_isn_t_pinned_waits_for_the_registry(
    shop: Path, at: str
) -> None:
    pipeline, old = shop / "specs/pipeline.yaml", "champion: {promote: manual}"
    edit(pipeline, old, f"{old}, challenger: {{promote: manual}}")
    git(shop, "commit", "-qam", "another alias")
    edit(shop / "specs/serving.yaml", "flower_model@champion", f"flower_model@{at}")
    found = compared(shop)
    assert {str(each.ref): each.impact for each in found.documents} == {
        "Service/flowers": Effect.REDEPLOY
    }
    assert found.plan is not None
    assert [str(each.waits_for) for each in found.plan.waiting] == ["Model/flower_model"]
    assert [each for each in moves(found).values() if isinstance(each[1], Known)] == []


def test_a_number_that_another_pin_has_is_that_version(shop: Path) -> None:
    edit(shop / "specs/serving.yaml", "flower_model@champion", "flower_model@3")
    found = compared(shop)
    assert found.plan is not None
    assert (found.plan.changes, found.plan.waiting) == ((), ())


def test_a_saved_build_has_its_lock(shop: Path, tmp_path: Path) -> None:
    save_build(shop, "prod", tmp_path / "build.json")
    same = plan_against_build(shop, "prod", tmp_path / "build.json")
    assert same.comparison is not None
    assert same.comparison.plan is not None
    assert same.comparison.plan.changes == ()
    (shop / "exai.lock").write_text(pin(4))
    found = plan_against_build(shop, "prod", tmp_path / "build.json")
    assert found.comparison is not None
    assert moves(found.comparison)["exai.dev/model-version"] == (Known("3"), Known("4"))


def test_a_service_whose_version_isn_t_known_any_more_keeps_its_file(
    shop: Path, tmp_path: Path
) -> None:
    """An engine that applies the folder and prunes would end a service that nobody removed."""
    out, name = tmp_path / "out", "kubernetes/inferenceservice-flowers.yaml"

    def rendered() -> RenderedFiles:
        result = render(shop, "prod", (), out)
        assert isinstance(result, RenderedFiles), result
        return result

    rendered()
    before = {path: path.read_text() for path in out.rglob("*") if path.is_file()}
    assert f"- {name}\n" in (out / "kustomization.yaml").read_text()
    (shop / "exai.lock").unlink()
    for _ in range(2):
        found = rendered()
        assert found.removed == ()
        assert set(map(str, (one.id for one in found.left_out))) == WITH_FLOWERS
        assert all(one.hint.endswith("its file stays as it was") for one in found.left_out)
        assert {path: path.read_text() for path in out.rglob("*") if path.is_file()} == before
    (shop / "exai.lock").write_text(pin(4))
    assert rendered().left_out == ()
    assert f"{URI}/4" in (out / name).read_text()
    (shop / "exai.lock").unlink()
    (out / name).unlink()
    gone = {str(one.id): one.hint for one in rendered().left_out}
    assert not gone[SERVICE].endswith("its file stays as it was")
    assert name not in (out / "kustomization.yaml").read_text()
    (shop / "exai.lock").write_text(pin(4))
    rendered()
    serving = shop / "specs/serving.yaml"
    documents = serving.read_text().split("\n---\n")
    left_over = [each for each in documents if "metadata: {name: flowers" not in each]
    assert len(left_over) == len(documents) - 1
    serving.write_text("\n---\n".join(left_over))
    found = rendered()
    assert name in found.removed, "nothing wants it"


def test_a_number_is_pinned_with_its_place(shop: Path) -> None:
    serving = shop / "specs/serving.yaml"
    serving.write_text(serving.read_text().replace("flower_model@champion", "flower_model@7"))
    result = render(shop, "prod", (), None)
    assert isinstance(result, RenderedFiles)
    assert {str(one.id) for one in result.left_out} == WITH_FLOWERS
    kinds = {(each["kind"], each["metadata"]["name"]) for each in result.objects}
    assert ("PodMonitor", "flowers") not in kinds
    (shop / "exai.lock").write_text(pin(7).replace("@champion", "@7"))
    result = render(shop, "prod", (), None)
    assert isinstance(result, RenderedFiles)
    assert result.left_out == ()


def test_every_command_says_what_is_wrong_in_it(shop: Path) -> None:
    (shop / "exai.lock").write_text(pin(3).replace("version: 3", "versoin: 3"))
    codes = {each.code for each in load(shop).diagnostics}
    assert codes == {"unknown-field"}
    found = recheck(shop)
    assert {each.at.path for each in found.diagnostics if each.severity == "error"} == {"exai.lock"}
    assert "versoin" in found.sources["exai.lock"]


def test_a_lock_that_leads_out_or_is_no_file_is_refused(shop: Path, tmp_path: Path) -> None:
    (shop / "exai.lock").unlink()
    (tmp_path / "other").write_text(pin(3))
    (shop / "exai.lock").symlink_to(tmp_path / "other")
    assert "path-leaves-project" in {each.code for each in load(shop).diagnostics}
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").mkdir()
    assert "unreadable-file" in {each.code for each in load(shop).diagnostics}


@pytest.mark.parametrize("image", ["Acme/Own:1", f"acme/own@sha256:{DIGEST}", ""])
def test_what_is_no_image_by_tag_is_told(shop: Path, image: str) -> None:
    text = f"  prod:\n    images:\n      '{image}': 'sha256:{DIGEST}'\n"
    (shop / "exai.lock").write_text(pin(3).replace("  prod:\n", text))
    told = [d for d in check_project(load(shop), "prod").diagnostics if d.code == "wrong-pin"]
    assert [str(each.at) for each in told] == ["exai.lock:6:7"]


def told(root: Path) -> list[tuple[str, str]]:
    """What a check says of the lock; `validate` says the same."""
    found = [d for d in load(root).diagnostics if d.at.path == "exai.lock"]
    assert [d for d in recheck(root).diagnostics if d.at.path == "exai.lock"] == found
    assert all(d.hint for d in found)
    return [(d.code, d.message) for d in found]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("locks/prod", "unreadable-file"),
        ("exai.lock", "unreadable-file"),
        ("x" * 300, "unreadable-file"),
        ("../elsewhere", "path-leaves-project"),
        ("/nowhere/exai.lock", "path-leaves-project"),
        ("/dev/zero", "path-leaves-project"),
    ],
)
def test_a_link_to_nowhere_is_a_lock_that_is_lost(shop: Path, target: str, code: str) -> None:
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").symlink_to(target)
    assert [each for each, _ in told(shop)] == [code]
    result = render(shop, "prod", (), None)
    assert isinstance(result, Refused)


def test_a_lock_that_is_a_pipe_or_has_no_end_is_told(shop: Path) -> None:
    (shop / "exai.lock").unlink()
    os.mkfifo(shop / "exai.lock")
    assert [code for code, _ in told(shop)] == ["unreadable-file"]
    (shop / "exai.lock").unlink()
    with (shop / "exai.lock").open("wb") as file:
        file.truncate(100 << 20)
    [(_, message)] = told(shop)
    assert "more than 1 MiB" in message


def test_a_lock_that_a_revision_has_lost_is_told(shop: Path) -> None:
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").symlink_to("locks/prod")
    git(shop, "commit", "-qam", "a link")
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").write_text(pin(3))
    found = plan_against(shop, "prod", "HEAD")
    assert "broken-revision" in [each.code for each in found.diagnostics]
    assert found.comparison is not None


def test_a_kept_check_knows_where_its_lock_leads(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    text = (shop / "exai.lock").read_text()
    recheck(shop)
    (tmp_path / "same").write_text(text)
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").symlink_to(tmp_path / "same")
    assert [code for code, _ in told(shop)] == ["path-leaves-project"]
    (shop / "exai.lock").unlink()
    recheck(shop)
    (shop / "exai.lock").symlink_to("none")
    assert [code for code, _ in told(shop)] == ["unreadable-file"]


def test_a_kept_check_knows_its_lock(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    before = recheck(shop)
    assert recheck(shop).diagnostics == before.diagnostics
    (shop / "exai.lock").write_text(pin(3).replace("flower_model", "flour_model"))
    assert "unknown-reference" in {each.code for each in recheck(shop).diagnostics}
    assert "unknown-reference" in {each.code for each in recheck(shop).diagnostics}
    (shop / "exai.lock").write_text(pin(3))
    assert recheck(shop).diagnostics == before.diagnostics
    pipeline = shop / "specs/pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("champion:", "champoin:"))
    told = {(each.code, each.at.path) for each in recheck(shop).diagnostics}
    assert ("unknown-alias", "exai.lock") in told


@pytest.mark.parametrize("text", ["- a\n", "some words\n"])
def test_what_is_no_mapping_is_told_what_a_lock_has(shop: Path, text: str) -> None:
    (shop / "exai.lock").write_text(text)
    told = check_project(load(shop)).diagnostics
    (problem,) = (each for each in told if each.severity == "error")
    assert (problem.code, str(problem.at)) == ("wrong-type", "exai.lock:1:1")
    assert problem.hint == "it has exactly apiVersion, kind and environments"


UNREADABLE = """\
apiVersion: exai.dev/v1alpha1
kind: Lock
environments:
  prod:
    models:
      unheard@champion: {version: 3}
      other@champion: {version: 2, uri: "s3://a/b"}
"""


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (UNREADABLE, ["missing-field", "unknown-reference", "unknown-reference"]),
        (UNREADABLE.replace("{version: 3}", "{version: 3"), ["yaml-syntax"]),
    ],
)
def test_a_lock_that_cant_be_read_hides_no_other_error(
    shop: Path, text: str, codes: list[str]
) -> None:
    pipeline = shop / "specs/pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("uses: load-dataset", "uses: load-datset"))
    (shop / "exai.lock").write_text(text)
    found = [each for each in check_project(load(shop)).diagnostics if each.severity == "error"]
    of_lock = [each.code for each in found if each.at.path == "exai.lock"]
    assert sorted(of_lock) == codes
    assert {each.code for each in found if each.at.path != "exai.lock"} == {"unknown-component"}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_lock_of_a_broken_revision_is_compared_all_the_same(shop: Path) -> None:
    pipeline = shop / "specs/pipeline.yaml"
    edit(pipeline, "  serviceAccount: trainer\n", "  run: {on: [spec]}\n")
    edit(pipeline, "steps.load.data", "steps.laod.data")
    git(shop, "commit", "-qam", "broken")
    edit(pipeline, "steps.laod.data", "steps.load.data")
    found = plan_against(shop, "prod", "HEAD")
    assert found.comparison is not None and found.comparison.plan is not None
    documents = {str(each.ref): each.verb for each in found.comparison.documents}
    assert documents["Pipeline/training"] == "changed"
    assert "Lock/prod" not in documents and "Service/colours" not in documents
    runs = [each.change for each in found.comparison.plan.changes if isinstance(each.change, Run)]
    [why] = [why for each in runs for why in each.why]
    assert why == "the other revision can't tell whether that was done"
    told_first = list(lines(found, Paint(False)))[2]
    assert told_first.startswith("Warning: the specs at HEAD (") and "`laod`" in told_first


def test_the_lock_is_the_same_where_nothing_else_of_a_revision_is_sound(shop: Path) -> None:
    store = "        online_store: {type: redis, connection_string: {secret: feast, key: redis}}\n"
    whole = (shop / "exai.yaml").read_text()
    edit(shop / "exai.yaml", store, "")
    git(shop, "commit", "-qam", "broken")
    (shop / "exai.yaml").write_text(whole)
    assert "Lock/prod" not in {str(each.ref) for each in compared(shop).documents}


def test_the_lock_is_the_same_where_the_project_cant_be_read(shop: Path) -> None:
    whole = (shop / "exai.yaml").read_text()
    edit(shop / "exai.yaml", "kind: Project", "kind: Project\nspce: {}")
    git(shop, "commit", "-qam", "broken")
    (shop / "exai.yaml").write_text(whole)
    found = compared(shop)
    assert [each.ref.kind for each in found.documents] == ["Project"]
    assert found.files == ()


def test_a_project_that_cant_be_read_hides_nothing_of_the_lock(shop: Path) -> None:
    edit(shop / "exai.yaml", "kind: Project", "kind: Project\nspce: {}")
    before = {(each.code, each.at.path) for each in validate(shop).diagnostics}
    lock = shop / "exai.lock"
    lock.write_text(f"zzz: 1\n{lock.read_text()}")
    found = validate(shop)
    assert {(each.code, each.at.path) for each in found.diagnostics} - before == {
        ("unknown-field", "exai.lock")
    }
    assert found.sources["exai.lock"] == lock.read_text()


def test_a_pin_keeps_a_service_whatever_is_trained(shop: Path) -> None:
    pipeline = shop / "specs/pipeline.yaml"
    edit(pipeline, "  serviceAccount: trainer\n", "  run: {on: [spec]}\n")
    edit(pipeline, "promote: manual", "promote: auto")
    git(shop, "commit", "-qam", "auto")
    edit(pipeline, "test: 0.2", "test: 0.3")
    found = compared(shop)
    documents = {str(each.ref): each for each in found.documents}
    assert sorted(documents) == ["Model/flower_model", "Pipeline/training"]
    assert documents["Model/flower_model"].note == (
        "`champion` stays on version 3, pinned in exai.lock"
    )
    assert found.plan is not None
    assert not [each for each in found.plan.changes if isinstance(each.change, MoveAlias)]


def test_no_run_moves_a_service_whose_alias_people_move(shop: Path) -> None:
    (shop / "exai.lock").unlink()
    pipeline = shop / "specs/pipeline.yaml"
    edit(pipeline, "  serviceAccount: trainer\n", "  run: {on: [spec]}\n")
    git(shop, "commit", "-qam", "by hand")
    edit(pipeline, "test: 0.2", "test: 0.3")
    found = compared(shop)
    assert [str(each.ref) for each in found.documents] == [
        "Model/flower_model",
        "Pipeline/training",
    ]


def test_an_error_that_was_there_is_no_break_of_a_change(shop: Path) -> None:
    store = "        online_store: {type: redis, connection_string: {secret: feast, key: redis}}\n"
    edit(shop / "exai.yaml", store, "")
    git(shop, "commit", "-qam", "no store")
    found = plan_against(shop, "prod", "HEAD")
    assert found.exit_code == 1
    assert found.comparison is not None and found.comparison.breaks == ()


def test_another_environments_new_name_breaks_nothing_of_this_one(shop: Path) -> None:
    with (shop / "specs/serving.yaml").open("a") as file:
        file.write(
            "---\napiVersion: exai.dev/v1alpha1\nkind: Overlay\n"
            "metadata: {name: few, owner: data-team}\n"
            "spec: {environment: staging, target: Service/colours, "
            "patch: {spec: {replicas: {min: 2}}}}\n"
        )
    git(shop, "commit", "-qam", "overlay")
    edit(shop / "exai.yaml", "    staging:", "    stage:")
    found = plan_against(shop, "prod", "HEAD")
    assert found.comparison is not None
    [project] = found.comparison.documents
    assert (project.impact, project.note) == (
        Effect.METADATA,
        "`staging` is gone, and `stage` is new, and all of it is made there: what stands in "
        "`staging` isn't deleted by that; what is of `stage` has no effect here",
    )
