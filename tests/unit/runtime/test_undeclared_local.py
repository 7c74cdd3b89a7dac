"""`local` always exists: it is judged as a declared one once it is asked for."""

from __future__ import annotations

import re
from pathlib import Path

from exai_runtime.compiling import check_project
from exai_runtime.mapping import Mapped, mapped
from exai_runtime.rendering import render
from exai_runtime.results import Refused
from exai_runtime.running import run
from exai_runtime.session import apply, plan
from exai_runtime.validating import validate
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, has_errors

GUIDE = Path(__file__).parents[3] / "examples/guide/graph.md"
DECLARED = "  environments:\n    local: {target: local}\n"


def graph_project(root: Path, declared: bool = False) -> Path:
    """The guide's project, which declares an environment on a cluster alone."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    text = "".join(blocks)
    assert "local: " not in text
    root.mkdir()
    root.joinpath("exai.yaml").write_text(
        text.replace("  environments:\n", DECLARED) if declared else text
    )
    return root


def said(problems: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in problems if each.severity == "error"]


def test_a_project_for_a_cluster_alone_stays_valid(tmp_path: Path) -> None:
    root = graph_project(tmp_path / "p")
    assert not has_errors(validate(root).diagnostics)
    assert not has_errors(check_project(load(root), "prod").diagnostics)


def test_what_one_machine_cannot_give_is_told_before_anything_is_made(tmp_path: Path) -> None:
    declared = said(validate(graph_project(tmp_path / "declared", declared=True)).diagnostics)
    assert {code for code, _ in declared} == {"not-local"}
    root = graph_project(tmp_path / "p")
    planned = plan(root, "local")
    assert planned.plan is None
    assert said(planned.diagnostics) == declared
    applied = apply(root, "local", lambda *_: True, lambda _: None)
    assert said(applied.diagnostics) == declared
    rendered = render(root, "local", (), None)
    assert isinstance(rendered, Refused)
    assert said(rendered.diagnostics) == declared
    ran = run(root, "local", "churn", (), False, lambda _: None)
    assert said(ran.diagnostics) == declared
    assert [path.name for path in root.iterdir()] == ["exai.yaml"]


def test_what_is_only_shown_needs_no_machine_that_can_run_it(tmp_path: Path) -> None:
    root = graph_project(tmp_path / "p")
    shown = mapped(root, "local")
    assert isinstance(shown, Mapped)
    assert not has_errors(shown.diagnostics)
