"""A law of comparing: the parts that can differ tell the same as the whole."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exai_runtime import comparing, rechecking
from exai_runtime.comparing import plan_against
from exai_runtime.near_revision import Parts
from exai_runtime.packs import no_cache
from exai_runtime.rechecking import recheck
from exai_runtime.views.json.envelope import envelope

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SETS = 4  # of seven files; two sets know each other
FILES = SETS * 7
PERSON = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")

# What is replaced in a file by what; where it doesn't stand, nothing happens.
CHANGES = (
    ("int64", "float64"),
    ("0.7", "0.8"),
    ("ttl: 30d", "ttl: 7d"),
    ("offer_0@champion", "offer_1@champion"),
    ("offers_1", "offers_0"),
    ("behaviour_0", "behaviour_2"),
    ("replicas: {min: 1", "replicas: {min: 2"),
    ("seed: 42", "seed: 43"),
    ("kind: Entity", "kind: Dataset"),
    ("# Owned by", "# Kept by"),
    ("description: Events", "description: All events"),
    ("protocol: v2", "protocol: v1"),
)


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *PERSON, *words], cwd=folder, check=True, capture_output=True)


def _changed(project: Path, number: int, change: int) -> None:
    files = sorted(project.rglob("specs/**/*.yaml"))
    file = files[number % len(files)]
    if change < len(CHANGES):
        old, new = CHANGES[change]
        file.write_text(file.read_text().replace(old, new))
    elif change == len(CHANGES):
        file.unlink()
    else:
        more = re.sub(r"(name: [a-z]+[_-])\d+", r"\g<1>77", file.read_text(), count=1)
        file.with_name(f"more_{file.name}").write_text(more)


@contextmanager
def of_wholes() -> Iterator[None]:
    """Inside, a comparison reads and compiles both revisions whole."""
    with no_cache(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "parts", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import specs_made

        folder = tmp_path_factory.mktemp("made")
        specs_made.make(folder, FILES)
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "specs")
    return folder


EDITS = st.tuples(st.integers(0, FILES + 2), st.integers(0, len(CHANGES) + 1))


@given(st.lists(EDITS, min_size=1, max_size=2), st.sampled_from(("local", "prod")))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_parts_tell_what_the_wholes_do(
    made: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    edits: list[tuple[int, int]],
    environment: str,
) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(rechecking, "FEW", 0)
    _git(made, "checkout", "-q", "-f", "main")
    _git(made, "clean", "-fdq")
    recheck(made)
    for number, change in edits:
        _changed(made, number, change)
    near = plan_against(made, environment, "main")
    with of_wholes():
        whole = plan_against(made, environment, "main")
    assert envelope("plan", near, near.exit_code) == envelope("plan", whole, whole.exit_code)


@pytest.mark.parametrize("cache", ["", "cache"])
def test_a_part_is_small(
    cache: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / cache) if cache else "")
    monkeypatch.setattr(rechecking, "FEW", 0)
    _git(made, "checkout", "-q", "-f", "main")
    _git(made, "clean", "-fdq")
    found: list[Parts | None] = []
    real = comparing.parts
    monkeypatch.setattr(comparing, "parts", lambda *of: found.append(real(*of)) or found[-1])
    file = next(made.rglob("model_0.yaml"))
    file.write_text(file.read_text().replace("0.7", "0.8"))
    assert plan_against(made, "prod", "main").comparison
    (parts,) = found
    assert parts is not None
    assert len(parts.head.all) == len(parts.base.all) == 15


def test_what_another_pipeline_still_needs_is_not_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ConfigMap of all pipelines goes with the last of them."""
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    project = tmp_path / "project"
    specs = project / "specs"
    specs.mkdir(parents=True)
    head = "apiVersion: exai.dev/v1alpha1\nkind: "
    environments = "{prod: {target: kubeflow, namespace: ml}}"
    (project / "exai.yaml").write_text(
        f"{head}Project\nmetadata: {{name: shop}}\nspec: {{environments: {environments}}}\n"
    )
    for name in ("first", "second"):
        step = f"{{image: 'example.com/{name}@sha256:{'0' * 64}', command: [run]}}"
        (specs / f"{name}.yaml").write_text(
            f"{head}Pipeline\nmetadata: {{name: {name}}}\nspec: {{steps: {{do-{name}: {step}}}}}\n"
        )
    _git(project, "init", "-q", "-b", "main")
    _git(project, "add", "-A")
    _git(project, "commit", "-q", "-m", "specs")
    recheck(project)
    (specs / "second.yaml").unlink()
    near = plan_against(project, "prod", "main")
    with of_wholes():
        whole = plan_against(project, "prod", "main")
    assert near.comparison is not None
    assert near.comparison.plan is not None
    assert len(near.comparison.plan.changes) == 2  # the Pipeline and its version
    assert envelope("plan", near, near.exit_code) == envelope("plan", whole, whole.exit_code)


PROD = f"""
    prod:
      target: kubeflow
      namespace: ml
      serving: {{mode: Knative}}
      tracking: {{uri: https://mlflow.example.com}}
      data: {{root: s3://acme/data}}
      models: {{store: s3://acme/models}}
      images: {{train: "acme/train@sha256:{"0" * 64}", serve: "acme/serve@sha256:{"0" * 64}"}}
      connections:
        warehouse:
          postgresql: {{host: h, database: d, user: u, password: {{secret: s, key: k}}}}
"""


def test_a_runtime_that_another_service_still_needs_is_not_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    project = tmp_path / "project"
    shutil.copytree(BENCHMARKS.parents[1] / "examples/iris", project)
    for file in sorted((project / "specs").iterdir()):
        other = file.read_text().replace("iris", "tulip")
        file.with_name(f"tulip_{file.name}").write_text(other)
    root = project / "exai.yaml"
    root.write_text(root.read_text().rstrip() + PROD)
    _git(project, "init", "-q", "-b", "main")
    _git(project, "add", "-A")
    _git(project, "commit", "-q", "-m", "specs")
    recheck(project)
    (project / "specs/tulip_service.yaml").unlink()
    near = plan_against(project, "prod", "main")
    with of_wholes():
        whole = plan_against(project, "prod", "main")
    assert near.comparison is not None
    assert near.comparison.plan is not None
    assert len(near.comparison.plan.changes) == 1  # the InferenceService
    assert envelope("plan", near, near.exit_code) == envelope("plan", whole, whole.exit_code)


def test_what_git_told_once_is_not_read_again(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash of git's means one content for ever."""
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    _git(made, "checkout", "-q", "-f", "main")
    _git(made, "clean", "-fdq")
    project = tmp_path / "project"
    shutil.copytree(made, project)
    recheck(project)
    file = next(project.rglob("model_0.yaml"))
    file.write_text(file.read_text().replace("0.7", "0.8"))
    first = plan_against(project, "prod", "main")
    assert first.comparison is not None
    other = next(project.rglob("model_1.yaml"))
    words = ["git", "rev-parse", f"main:{other.relative_to(project)}"]
    found = subprocess.run(words, cwd=project, check=True, capture_output=True, text=True)
    name = found.stdout.strip()
    (project / ".git/objects" / name[:2] / name[2:]).unlink()
    again = plan_against(project, "prod", "main")
    assert envelope("plan", again, 0) == envelope("plan", first, 0)
    with of_wholes():
        whole = plan_against(project, "prod", "main")
    assert [each.code for each in whole.diagnostics] == ["unreadable-revision"]
