"""A command in one environment needs that one to be sound; `validate` needs all."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.elsewhere import apart
from exai_runtime.compiling import check_project
from exai_runtime.session import plan
from exai_runtime.validating import validate
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments:
    local: {target: local}
    dev: {target: local}
    prod: {target: local}
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: files}
spec: {task: classification, source: {uri: "s3://m/files", format: sklearn}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: web}
spec: {model: files, stopped: true}
"""
OVERLAY = """\
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: NAME}
spec: {environment: ENVIRONMENT, target: Service/web, patch: {spec: PATCH}}
"""


def overlay(environment: str, patch: str, name: str = "one") -> str:
    text = OVERLAY.replace("NAME", name).replace("ENVIRONMENT", environment)
    return text.replace("PATCH", patch)


def told(root: Path, text: str, environment: str) -> dict[str, str]:
    """The severity of each code, but for what isn't an error anywhere."""
    (root / "exai.yaml").write_text(PROJECT + text)
    found: tuple[Diagnostic, ...] = check_project(load(root), environment).diagnostics
    counted = [each for each in found if each.severity == "error" or "elsewhere" in each.code]
    return {each.code: each.severity for each in counted}


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ("{model: flies}", "unknown-reference"),  # what a rule finds
        ("{modle: flies}", "unknown-field"),  # what doesn't parse
    ],
)
def test_what_an_overlay_breaks_stops_its_own_environment(
    tmp_path: Path, patch: str, code: str
) -> None:
    text = overlay("prod", patch)
    assert told(tmp_path, text, "prod") == {code: "error"}
    assert told(tmp_path, text, "dev") == {"error-elsewhere": "warning"}
    assert {code} <= {each.code for each in validate(tmp_path).diagnostics}
    assert validate(tmp_path).exit_code == 1
    assert plan(tmp_path, "local").plan is not None
    assert plan(tmp_path, "prod").plan is None


def test_the_warning_says_how_many_and_where(tmp_path: Path) -> None:
    text = overlay("prod", "{model: flies}") + overlay("dev", "{model: x}", "two")
    (tmp_path / "exai.yaml").write_text(PROJECT + text)
    [problem] = [
        each
        for each in check_project(load(tmp_path), "local").diagnostics
        if each.code == "error-elsewhere"
    ]
    assert problem.message.startswith("other environments than `local` have 2 errors, the first: ")
    assert str(problem.at).startswith("exai.yaml:24:")
    assert ("environment `prod`", "exai.yaml:9:5") in [(w, str(at)) for w, at in problem.related]


def test_an_environment_with_overlays_of_its_own_is_judged_as_it_is(tmp_path: Path) -> None:
    sound = overlay("dev", "{replicas: {min: 2, max: 3}}", "two")
    text = overlay("prod", "{model: flies}") + sound
    assert told(tmp_path, text, "dev") == {"error-elsewhere": "warning"}
    both = overlay("dev", "{replicas: {min: 3, max: 4}}", "three")
    assert told(tmp_path, text + both, "dev")["overlay-conflict"] == "error"
    assert told(tmp_path, text + both, "local") == {"error-elsewhere": "warning"}


def test_what_is_wrong_here_is_told_and_the_rest_is_one_warning(tmp_path: Path) -> None:
    text = overlay("prod", "{model: flies}") + overlay("dev", "{model: fiels}", "two")
    (tmp_path / "exai.yaml").write_text(PROJECT + text)
    found = check_project(load(tmp_path), "dev").diagnostics
    told = [(each.severity, each.code) for each in found if each.severity != "note"]
    assert sorted(told) == [("error", "unknown-reference"), ("warning", "error-elsewhere")]
    assert "fiels" in next(each.message for each in found if each.severity == "error")


def test_what_is_wrong_here_and_elsewhere_is_told_as_of_here(tmp_path: Path) -> None:
    both = overlay("prod", "{model: flies}") + overlay("dev", "{model: flies}", "two")
    text = PROJECT.replace("model: files", "model: other") + overlay("prod", "{stopped: false}")
    for project in (PROJECT + both, text):
        (tmp_path / "exai.yaml").write_text(project)
        found = check_project(load(tmp_path), "dev").diagnostics
        assert len([each for each in found if each.severity == "error"]) == 1


def test_a_misspelled_environment_may_have_been_meant(tmp_path: Path) -> None:
    text = overlay("locla", "{replicas: {min: 2, max: 3}}")
    assert told(tmp_path, text, "local") == {"unknown-reference": "error"}


def test_what_doesnt_parse_in_the_base_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "exai.yaml").write_text(PROJECT.replace("stopped: true", "stoped: true"))
    found = check_project(load(tmp_path), "local").diagnostics
    assert [each.code for each in found if each.severity == "error"] == ["unknown-field"]


@pytest.mark.parametrize("name", ["nowhere", ""])
def test_an_environment_that_there_isnt_is_not_valid(tmp_path: Path, name: str) -> None:
    (tmp_path / "exai.yaml").write_text(PROJECT)
    assert validate(tmp_path, environment="prod").exit_code == 0
    found = validate(tmp_path, environment=name)
    assert "unknown-environment" in {each.code for each in found.diagnostics}
    assert found.exit_code == 1


OTHERS = """\
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: other}
spec: {model: files, stopped: true}
---
apiVersion: exai.dev/v1alpha1
kind: Graph
metadata: {name: both}
spec: {nodes: {root: {routerType: Sequence, steps: [{service: web}, {service: othre}]}}}
"""


def test_an_overlay_that_breaks_a_document_hides_only_what_depends_on_it(tmp_path: Path) -> None:
    text = OTHERS + overlay("prod", "{modle: files}")
    text += overlay("prod", "{model: flies}", "two").replace("Service/web", "Service/other")
    text += overlay("dev", "{model: x}", "three").replace("Service/web", "Service/other")
    first = PROJECT.count("\n")
    lines = {"both": first + 10, "one": first + 15, "two": first + 20, "three": first + 25}
    (tmp_path / "exai.yaml").write_text(PROJECT + text)
    everything = [each for each in validate(tmp_path).diagnostics if each.severity == "error"]
    assert [(each.code, each.at.line) for each in everything] == [
        ("unknown-reference", lines["both"]),
        ("unknown-field", lines["one"]),
        ("unknown-reference", lines["two"]),
        ("unknown-reference", lines["three"]),
    ]
    # In its environment what leads to the broken document waits for it, but for names of others.
    shown = {"local": ["both"], "dev": ["both", "three"], "prod": ["both", "one", "two"]}
    for environment, told_ in shown.items():
        found = check_project(load(tmp_path), environment).diagnostics
        errors = [each.at.line for each in found if each.severity == "error"]
        assert errors == [lines[name] for name in told_], environment


def test_what_depends_on_what_an_overlay_breaks_waits_for_it(tmp_path: Path) -> None:
    """The base's document lacks what the patch would have given."""
    text = overlay("prod", "{task: 7, alias: {champion: 3}}").replace("Service/web", "Model/files")
    text += overlay("prod", "{model: files@champion}", "two")
    (tmp_path / "exai.yaml").write_text(PROJECT + text)
    found = [each for each in validate(tmp_path).diagnostics if each.severity == "error"]
    assert {each.at.line for each in found} == {PROJECT.count("\n") + 5}


PROD = "prod: {target: kubeflow, serving: {mode: Standard}, namespace: ml}"
UNUSED = """\
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: forgotten}
spec: {source: {csv: {path: "s3://b/a.csv"}}, schema: {a: int64}}
"""


def test_warnings_of_others_are_counted(tmp_path: Path) -> None:
    text = PROJECT.replace('  exai: ">=0.1"\n', "").replace("prod: {target: local}", PROD)
    (tmp_path / "exai.yaml").write_text(text + UNUSED)
    codes = {each.code for each in validate(tmp_path).diagnostics}
    assert codes >= {"exai-unpinned", "unused-dataset"}
    local = check_project(load(tmp_path), "local").diagnostics
    assert "exai-unpinned" not in {each.code for each in local}
    assert "unused-dataset" in {each.code for each in local}
    [note] = [each for each in local if each.code == "warning-elsewhere"]
    assert (note.severity, note.message) == (
        "note",
        "a warning is of other environments than `local`",
    )
    prod = {each.code for each in check_project(load(tmp_path), "prod").diagnostics}
    assert "exai-unpinned" in prod and "warning-elsewhere" not in prod


@pytest.mark.parametrize(
    ("written", "instead", "told_"),
    [
        ("target: Service/web", "target: [a, b]", ["both", "three"]),  # prod alone is unknown
        ("{stopped: false}}}", "{stopped: false}}", ["both", "three"]),
        ("{environment: prod", "{environment: [a, b]", ["both"]),  # it may be of any
        # What was meant is judged.
        ("target: Service/web", "taget: Service/web", ["web", "both", "two", "three"]),
        ("{environment: prod", "{enviroment: prod", ["web", "both", "two", "three"]),
    ],
)
def test_an_overlay_that_cant_be_read_hides_its_environment(
    tmp_path: Path, written: str, instead: str, told_: list[str]
) -> None:
    text = OTHERS + overlay("prod", "{stopped: false}").replace(written, instead)
    assert instead in text
    text += overlay("prod", "{model: flies}", "two").replace("Service/web", "Service/other")
    text += overlay("dev", "{model: x}", "three").replace("Service/web", "Service/other")
    first = PROJECT.count("\n")
    lines = {"web": 19, "both": first + 10, "two": first + 20, "three": first + 25}
    (tmp_path / "exai.yaml").write_text(PROJECT + text)
    found = [each for each in validate(tmp_path).diagnostics if each.severity == "error"]
    elsewhere = [each.at.line for each in found if each.at.line != first + 15]
    assert len(found) == len(elsewhere) + 1
    assert elsewhere == [lines[name] for name in told_]


@pytest.mark.parametrize(
    ("word", "environment"),
    [
        ("dev: {target", "dev"),
        ("target: local}\n    prod", "dev"),
        ("prod: {target", "prod"),
        ("Overlay\n", "prod"),
        ("stopped: false", "prod"),
        ("exai: ", None),
        ("kind: Project", None),
        ("kind: Model", None),
        ("stopped: true", None),
    ],
)
def test_a_place_is_of_the_environment_in_whose_block_or_overlay_it_stands(
    tmp_path: Path, word: str, environment: str | None
) -> None:
    text = PROJECT + overlay("prod", "{stopped: false}")
    (tmp_path / "exai.yaml").write_text(text)
    project = load(tmp_path).project
    assert project is not None
    before = text[: text.index(word)]
    at = Span("exai.yaml", before.count("\n") + 1, len(before) - before.rfind("\n"))
    warning = Diagnostic("a-code", "something", at, "warning")
    for name in ("local", "dev", "prod"):
        mine, _ = apart([warning], project, name)
        assert bool(mine) is (environment in (None, name)), name


@pytest.mark.parametrize(
    ("environments", "apart_"), [((), False), (("prod",), True), (("local", "prod"), False)]
)
def test_an_environment_is_told_by_value_whatever_the_words_name(
    tmp_path: Path, environments: tuple[str, ...], apart_: bool
) -> None:
    (tmp_path / "exai.yaml").write_text(PROJECT)
    project = load(tmp_path).project
    assert project is not None
    words, at = "the rows of `prod` end there", Span("exai.yaml")
    warning = Diagnostic("a-code", words, at, "warning", environments=environments)
    mine, others = apart([warning], project, "local")
    assert (mine, others) == (([], [warning]) if apart_ else ([warning], []))


HALF = """\
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: half}
spec: {task: classification, source: {uri: "s3://m/half", format: sklearn}, kepe: 3}
"""


@pytest.mark.parametrize("patch", ["{model: flies}", "{modle: flies}"])
def test_beside_a_document_that_cant_be_read_they_are_one_warning_too(
    tmp_path: Path, patch: str
) -> None:
    text = overlay("prod", patch) + HALF
    assert told(tmp_path, text, "dev") == {
        "unknown-field": "error",
        "error-elsewhere": "warning",
    }
    assert "error-elsewhere" not in told(tmp_path, text, "prod")
    everywhere = [each for each in validate(tmp_path).diagnostics if each.severity == "error"]
    assert len(everywhere) == 2


@pytest.mark.parametrize("effect", ["{stopped: false}", "{replicas: {min: 2, max: 3}}"])
@pytest.mark.parametrize(
    ("environments", "stops"),
    [
        (("local", "local"), {"local"}),
        (("local", "prod"), {"local", "prod"}),
        (("prod", "dev", "prod"), {"dev", "prod"}),
        (("prod", "nowhere"), {"local", "dev", "prod"}),
    ],
)
def test_two_overlays_of_one_name_stop_the_environments_of_both(
    environments: tuple[str, ...], stops: set[str], effect: str, tmp_path: Path
) -> None:
    text = "".join(overlay(each, effect) for each in environments)
    for environment in ("local", "dev", "prod"):
        found = told(tmp_path, text, environment)
        assert found.get("duplicate-name") == ("error" if environment in stops else None)
        assert "error-elsewhere" in found or environment in stops
        assert (plan(tmp_path, environment).plan is None) is (environment in stops)
    alike = [each for each in validate(tmp_path).diagnostics if each.code == "duplicate-name"]
    assert len(alike) == len(environments) - 1
