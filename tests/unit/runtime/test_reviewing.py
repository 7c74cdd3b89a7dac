"""What a reviewer is told of a change: only what it reaches, and one class for it everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from git_repository import git

from exai_compiler.changes import subject, verb
from exai_compiler.revisions import Comparison
from exai_runtime.comparing import plan_against
from exai_specs.effects import Effect

HEAD = "apiVersion: exai.dev/v1alpha1\n"
DATASET = f"""
{HEAD}kind: Dataset
metadata: {{name: flowers, owner: ml}}
spec:
  source: {{csv: {{path: data/flowers.csv}}}}
  key: [flower_id]
  schema: {{flower_id: int64, width: float64, kind: string}}
  quality: {{expectations: [{{expect_table_row_count_to_be_between: {{min_value: 10}}}}]}}
"""
LOADING = f"""
{HEAD}kind: Pipeline
metadata: {{name: loading, owner: ml}}
spec: {{steps: {{load: {{uses: load-dataset, with: {{dataset: flowers}}}}}}}}
"""
JUDGING = f"""
{HEAD}kind: Pipeline
metadata: {{name: judging, owner: ml}}
spec:
  steps:
    load: {{uses: load-dataset, with: {{dataset: flowers}}}}
    judge:
      uses: validate-dataset
      with: {{dataset: flowers, data: "${{{{ steps.load.data }}}}"}}
"""


def project(root: Path, *documents: str, environments: str = "{local: {target: local}}") -> Path:
    """These documents beside a Project, committed."""
    (root / "specs").mkdir()
    (root / "exai.yaml").write_text(
        f"{HEAD}kind: Project\nmetadata: {{name: shop}}\nspec: {{environments: {environments}}}\n"
    )
    (root / "specs/all.yaml").write_text("---".join(documents))
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "specs")


def edit(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def compared(root: Path, environment: str = "local") -> Comparison:
    found = plan_against(root, environment, "HEAD")
    assert found.comparison is not None, found.diagnostics
    assert found.comparison.plan is not None, found.diagnostics
    return found.comparison


def rows(found: Comparison) -> dict[str, tuple[str, Effect]]:
    return {str(each.ref): (each.verb, each.impact) for each in found.documents}


def actions(found: Comparison) -> Iterator[tuple[str, str, Effect]]:
    assert found.plan is not None
    for each in found.plan.changes:
        yield verb(each.change), subject(each.change), each.impact


def test_an_expectation_reruns_the_pipelines_that_hold_rows_against_it(tmp_path: Path) -> None:
    root = project(tmp_path, DATASET, LOADING, JUDGING)
    edit(root / "specs/all.yaml", ("min_value: 10", "min_value: 20"))
    found = compared(root)
    assert rows(found) == {
        "Dataset/flowers": ("changed", Effect.RETRAIN),
        "Pipeline/judging": ("affected", Effect.RETRAIN),
    }
    assert [what for how, what, _ in actions(found) if how == "run"] == ["Pipeline/judging"]
