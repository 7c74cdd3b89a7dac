"""A mistake that several environments share is told once, with the names of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.checks.told_once import joined
from exai_runtime.compiling import check_project
from exai_runtime.last_check import Kept, kept_of
from exai_runtime.validating import validate
from exai_runtime.views.json.values import diagnostic
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, in_order

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments:
    dev: &shared
      target: kubeflow
      namespace: n
      images: {serve: "models/server:1"}
      secrets: {token: {env: TOKEN}}
      models: {store: /models}
    prod: *shared
    staging: {target: kubeflow, namespace: n, images: {serve: "models/server@sha256:DIGEST"}}
    qa: {target: kubeflow, namespace: n, images: {serve: "models/server@sha256:DIGEST"}}
    here: {target: local}
    there: {target: local}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: files}
spec: {task: classification, source: {uri: "s3://m/files", format: xgboost}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec:
  model: files
  securityContext: {runAsUser: 0}
  sidecars: {side: {image: "side:1"}}
  slo: {latency: {p99: 100ms}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: nightly}
spec:
  schedules: {night: {cron: "0 2 * * *", timezone: Europe/Berlin}}
  steps: {say: {image: "say:1", command: [echo]}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: rows}
spec: {source: {csv: {path: rows.csv}}, schema: {a: int64}}
""".replace("DIGEST", "a" * 64)
OVERLAY = """\
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: NAME}
spec: {environment: NAME, target: Model/files, patch: {metadata: {labels: {a: b}}}}
"""


def found_in(root: Path, text: str, environment: str | None = None) -> tuple[Diagnostic, ...]:
    (root / "exai.yaml").write_text(text)
    return check_project(load(root), environment).diagnostics


@pytest.mark.parametrize("overlaid", [(), ("qa",), ("prod", "there"), ("dev", "qa", "there")])
def test_what_environments_share_is_told_once(tmp_path: Path, overlaid: tuple[str, ...]) -> None:
    text = PROJECT + "".join(OVERLAY.replace("NAME", name) for name in overlaid)
    found = found_in(tmp_path, text)
    told = {(each.code, each.message): each.environments for each in found}
    clusters, local = ("dev", "prod", "qa", "staging"), ("here", "there")
    all_four = "environments `dev`, `prod`, `qa` and `staging`"
    expected = {
        ("restricted-pod", f"running as root isn't allowed in {all_four}"): clusters,
        (
            "timezone-mismatch",
            f"schedules of {all_four} run in UTC, not in Europe/Berlin",
        ): clusters,
        ("slo-unmeasurable", "an environment watches nothing"): clusters,
        ("image-by-tag", "`side:1` can change under its name"): clusters,
        (
            "not-local",
            "environments `here` and `there` can't serve this: its server reads no xgboost",
        ): local,
        (
            "not-local",
            "step `say` is a container, and none runs in environments `here` and `there`",
        ): local,
        (
            "data-not-reachable",
            "steps in `dev`, `prod`, `qa` and `staging` can't see `rows.csv`: there is no data "
            "root there",
        ): clusters,
        # What an anchor gives to two of them stands at one place.
        ("unpinned-image", "`models/server:1` can change under its name"): ("dev", "prod"),
        (
            "secret-source",
            "`token` would come from variables of one machine, not from the cluster of `dev` and "
            "`prod`",
        ): ("dev", "prod"),
        (
            "data-not-reachable",
            "steps and servers in `dev` and `prod` share no folder, so models can't be kept in one",
        ): ("dev", "prod"),
    }
    assert {about: told.get(about) for about in expected} == expected
    places = [(each.code, each.at) for each in found if each.code != "incomplete-environment"]
    assert len(places) == len({*places})


def test_each_of_them_is_named_with_its_place(tmp_path: Path) -> None:
    text = PROJECT + OVERLAY.replace("NAME", "qa")
    root = next(each for each in found_in(tmp_path, text) if each.code == "restricted-pod")
    words = [words for words, _ in root.related]
    names = ("dev", "prod", "qa", "staging")
    assert sorted(words) == [f"environment `{name}`" for name in names]
    lines = {text.splitlines()[at.line - 1].split(":")[0].strip() for _, at in root.related}
    assert lines == {*names}


@pytest.mark.parametrize("overlaid", [(), ("qa",), ("staging",)])
def test_a_command_in_one_of_them_is_told_of_that_one_alone(
    tmp_path: Path, overlaid: tuple[str, ...]
) -> None:
    text = PROJECT + "".join(OVERLAY.replace("NAME", name) for name in overlaid)
    found = found_in(tmp_path, text, "staging")
    errors = [each for each in found if each.severity == "error"]
    assert {each.environments for each in errors} == {("staging",)}
    assert not any("prod" in each.message for each in errors)
    warnings = [each for each in found if each.severity == "warning" and each.environments]
    assert all("staging" in each.environments for each in warnings)


def test_what_an_overlay_mends_is_of_the_others(tmp_path: Path) -> None:
    env = "  model: files\n  env: {DB_PASSWORD: hunter2abc}\n"
    text = PROJECT.replace("  model: files\n", env)
    overlay = OVERLAY.replace("NAME", "here").replace("Model/files", "Service/web")
    text += overlay.replace("{metadata: {labels: {a: b}}}", "{spec: {env: {DB_PASSWORD: null}}}")

    def environments(asked: str | None) -> list[tuple[str, ...]]:
        found = found_in(tmp_path, text, asked)
        return [each.environments for each in found if each.code == "credential-in-env"]

    others = ("dev", "local", "prod", "qa", "staging", "there")
    assert environments(None) == [others]
    assert environments("qa") == [others]
    assert environments("here") == []


def test_a_wrong_value_behind_an_anchor_is_one_error(tmp_path: Path) -> None:
    found = found_in(tmp_path, PROJECT.replace("      namespace: n\n", "      namespaces: n\n", 1))
    assert [each.message for each in found if each.code == "unknown-field"] == [
        "there is no field namespaces in spec.environments.dev"
    ]


def test_a_document_is_not_taken_for_an_environment_of_its_name() -> None:
    at = Span("exai.yaml", 3)
    of = [
        Diagnostic("c", "rows of `dev` end in `dev`", at, environments=("dev",)),
        Diagnostic("c", "rows of `dev` end in `prod`", at, environments=("prod",)),
    ]
    assert joined(of) == of


def test_those_that_say_the_same_are_one_of_both() -> None:
    one, other, of_all = (
        Diagnostic("c", "m", Span("a"), environments=names) for names in (("b",), ("a",), ())
    )
    assert [each.environments for each in in_order([one, other])] == [("a", "b")]
    assert [each.environments for each in in_order([one, of_all, other])] == [()]


def test_they_are_kept_and_shown(tmp_path: Path) -> None:
    one = Diagnostic("c", "m", Span("a"), environments=("dev", "prod"))
    kept = Kept("p", (), {}, {}, (one,), {}, (), True)
    assert kept_of(kept.plain()) == kept
    assert diagnostic(one)["environments"] == ["dev", "prod"]
    (tmp_path / "exai.yaml").write_text(PROJECT)
    assert validate(tmp_path).diagnostics == validate(tmp_path).diagnostics
