"""Documents that can't be read hide what depends on them, and nothing else; nothing is said that
isn't so."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exai_runtime.validating import validate

ROOT = Path(__file__).parents[2]
PROJECTS = sorted(
    path.parent
    for folder in ("examples", "tests/golden")
    for path in (ROOT / folder).rglob("exai.yaml")
)

BREAKS: dict[str, Callable[[str], str]] = {
    "a field too many": lambda text: f"{text.rstrip()}\nzzz: 1\n",
    "a field that is missing": lambda text: text.replace("spec:", "spce:", 1),
    "a misspelt kind": lambda text: text.replace("kind: ", "kind: X", 1),
    "a name that can't be": lambda text: text.replace("name: ", "name: '%' # ", 1),
    "no YAML": lambda text: f"{text}\n  - : [\n",
    "cut in the middle": lambda text: text[: len(text) // 2] + "\n  {",
    "cut in a word": lambda text: text[: len(text) * 2 // 3].rstrip(),
    "no kind": lambda text: re.sub(r"(?m)^kind: .*\n", "", text, count=1),
    "a key twice": lambda text: re.sub(r"(?m)^( +)([\w-]+): .*$", r"\g<0>\n\1\2: 1", text, count=1),
    "a tag": lambda text: re.sub(r": ([\w.]+)$", r": !!str \1", text, count=1, flags=re.MULTILINE),
    "an open quote": lambda text: text.replace("spec:", "zzz: 'a\nspec:", 1),
}
LAST = ("cut in a word",)


@pytest.mark.parametrize("how", list(BREAKS))
def test_only_what_is_broken_is_told(how: str, tmp_path: Path) -> None:
    documents = [
        (project, file.relative_to(project), number)
        for project in PROJECTS
        if not validate(project).exit_code
        for file in sorted(project.rglob("*.yaml"))
        if file.name != "component.yaml"
        for number, text in enumerate(file.read_text("utf-8").split("\n---\n"))
        if (how not in LAST or file.read_text("utf-8").endswith(text))
    ]
    chosen = random.Random(20261127).sample(documents, min(80, len(documents)))  # noqa: S311
    assert len(chosen) > 10
    for count, (project, path, number) in enumerate(chosen):
        there = tmp_path / str(count)
        shutil.copytree(project, there, ignore=shutil.ignore_patterns(".exai"))
        parts = (there / path).read_text("utf-8").split("\n---\n")
        first = sum(part.count("\n") + 2 for part in parts[:number])
        parts[number] = BREAKS[how](parts[number])
        (there / path).write_text("\n---\n".join(parts), "utf-8")
        last = first + parts[number].count("\n") + 2
        told = [each for each in validate(there).diagnostics if each.severity == "error"]
        here = [
            each
            for each in told
            if each.at.path == path.as_posix() and first <= each.at.line <= last
        ]
        if how in LAST and not here:
            continue  # what is left is whole
        elsewhere = [each for each in told if each not in here]
        assert elsewhere == [], (project, path, number)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("exai.yaml", "  specs:", "  zzz: 1\n  specs:"),
        ("exai.yaml", "target: local", "target: lokal"),
        ("exai.yaml", "name: iris-platform", "name: 'Iris Platform'"),
        ("exai.yaml", "specs: [specs/]", "spces: [specs/]"),
        ("exai.yaml", "kind: Project", "kind: [Project]"),
        ("exai.yaml", "kind: Project", "knid: Project"),
        ("specs/model.yaml", "kind: Model", "kind: Modle"),
        ("specs/service.yaml", "protocol: v2", "protocol: v2\n  protocol: v2"),
        ("specs/model.yaml", "name: iris_model", "name: iris model"),
        ("specs/model.yaml", "name: iris_model", "nam: iris_model"),
        ("specs/model.yaml", "metadata:", "metdata:"),
        ("specs/model.yaml", "kind: Model", "kind: Projct"),
        ("specs/service.yaml", "kind: Service\nmetadata: {name: iris, owner: data-team}\n", ""),
    ],
)
def test_what_has_no_name_or_may_be_the_project_hides_what_may_name_it_alone(
    file: str, old: str, new: str, tmp_path: Path
) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    edits = {
        "specs/pipeline.yaml": ("uses: load-dataset", "uses: load-datset"),
        "specs/dataset.yaml": ("min_value: 100", "min_valu: 100"),
    }
    for path, (right, wrong) in (*edits.items(), (file, (old, new))):
        text = (there / path).read_text("utf-8")
        assert right in text
        (there / path).write_text(text.replace(right, wrong, 1), "utf-8")
    told = {(e.at.path, e.code) for e in validate(there).diagnostics if e.severity == "error"}
    rest = {(path, code) for path, code in told if path != file}
    assert rest == {
        ("specs/pipeline.yaml", "unknown-component"),
        ("specs/dataset.yaml", "unknown-expectation"),
    }
    assert rest < told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("specs: [specs/]", "specs: [specs/]\n  specs: [specs/]"),
        ("specs: [specs/]", "specs:\n  - specs/\n   - others/"),
        ("specs: [specs/]", ""),
        ("metadata:", "metadata"),
        ("specs: [specs/]", "specs: [specs/, a\0b]"),
        ("specs: [specs/]", "specs: [specs/service.yaml, ./specs/dataset.yaml, exai.yaml]"),
        ("specs: [specs/]", "specs:\n  - specs/  # not aside\n   - others/"),
    ],
)
def test_a_project_that_is_no_yaml_hides_no_file(old: str, new: str, tmp_path: Path) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    (there / "aside").mkdir()
    (there / "aside/no.yaml").write_text("no: spec\n", "utf-8")
    for file, right, wrong in (
        ("exai.yaml", old, new),
        ("exai.yaml", "target: local", "target: [local"),
        ("specs/service.yaml", "replicas", "replcas"),
        ("specs/dataset.yaml", "kind: Dataset", "kind: Datset"),
    ):
        text = (there / file).read_text("utf-8")
        assert right in text
        (there / file).write_text(text.replace(right, wrong, 1), "utf-8")
    told = {(each.at.path, each.code) for each in validate(there).diagnostics}
    assert {each for each in told if each[0] != "exai.yaml"} == {
        ("specs/service.yaml", "unknown-field"),
        ("specs/dataset.yaml", "unknown-kind"),
    }


def test_a_project_without_a_version_whose_specs_are_no_list_is_told_as_that(
    tmp_path: Path,
) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    spec = "spec:\n  specs: {[specs/]: specs}\n  environments:\n    <<: {target: local}\n"
    head = "? apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: iris, owner: a}\n"
    (there / "exai.yaml").write_text(head + spec, "utf-8")
    told = [(each.at.line, each.code) for each in validate(there).diagnostics]
    assert told[:2] == [(1, "key-not-text"), (5, "key-not-text")]
    assert (7, "merge-key") in told


MISTAKES = {
    "pipeline.yaml": ("uses: load-dataset", "uses: load-datset", "unknown-component"),
    "service.yaml": ("iris_model@champion", "iris_modell@champion", "unknown-reference"),
    "dataset.yaml": ("min_value: 100", "min_valu: 100", "unknown-expectation"),
}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("service.yaml", ["pipeline.yaml", "dataset.yaml"]),
        ("pipeline.yaml", ["service.yaml", "dataset.yaml"]),
        ("model.yaml", ["pipeline.yaml", "dataset.yaml", "service.yaml"]),
        ("dataset.yaml", ["pipeline.yaml", "service.yaml"]),
    ],
)
def test_the_others_are_judged_all_the_same(broken: str, told: list[str], tmp_path: Path) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    specs = there / "specs"
    for name, (right, wrong, _) in MISTAKES.items():
        text = (specs / name).read_text("utf-8")
        assert right in text
        (specs / name).write_text(text.replace(right, wrong), "utf-8")
    (specs / broken).write_text((specs / broken).read_text("utf-8") + "\nzzz: 1\n", "utf-8")
    codes = {f"specs/{name}": MISTAKES[name][2] for name in told}
    diagnostics = validate(there).diagnostics
    for each in diagnostics:
        assert each.code != "unknown-reference" or 'did you mean "iris_model"?' in each.hint
    found = {each.at.path: each.code for each in diagnostics}
    assert found.pop(f"specs/{broken}") == "unknown-field"
    assert found == codes


@pytest.mark.parametrize(
    "broken",
    [
        "kind: Dataset\nmetadata: {name: other}\nspec: {source: {csv: {path: data/x.csv}}\n",
        "knid: Dataset\nmetadata: {name: other}\nspec: {}\n",
    ],
)
def test_a_kind_in_what_is_broken_is_no_name(broken: str, tmp_path: Path) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    (there / "specs/other.yaml").write_text(f"apiVersion: exai.dev/v1alpha1\n{broken}", "utf-8")
    file = there / "specs/pipeline.yaml"
    file.write_text(file.read_text("utf-8").replace("test: 0.2", "tset: 0.2"), "utf-8")
    paths = [each.at.path for each in validate(there).diagnostics if each.severity == "error"]
    assert sorted({*paths}) == ["specs/other.yaml", "specs/pipeline.yaml"]


HEAD = "apiVersion: exai.dev/v1alpha1\n"
PROJECT = "kind: Project\nmetadata: {name: shop, owner: a}\nspec: {specs: [specs/]}\n"
DATASET = """kind: Dataset
metadata: {name: NAME, owner: a}
spec:
  source: {parquet: {path: data/NAME.parquet}}
  timestamp: at
  schema: {customer_id: int64, at: timestamp, total: float64}
"""
ENTITY = (
    "kind: Entity\nmetadata: {name: customer, owner: a}\nspec: {key: customer_id, type: int64}\n"
)
VIEW = """kind: FeatureView
metadata: {name: totals, owner: a}
spec:
  entities: [ENTITY]
  dataset: DATASET
  features: [total]
"""


def names_that_there_are_not(
    there: Path, readable: list[str], cut: list[str], entity: str, dataset: str
) -> list[str]:
    """What is told of references to an entity and a dataset beside datasets that are cut off."""
    (there / "specs").mkdir(parents=True)
    view = VIEW.replace("ENTITY", entity).replace("DATASET", dataset)
    texts = {name: DATASET.replace("NAME", name) for name in (*readable, *cut)}
    for name in cut:
        texts[name] = texts[name].replace("}}", "}", 1)
    for path, text in {
        "exai.yaml": PROJECT,
        "specs/customer.yaml": ENTITY,
        "specs/view.yaml": view,
        **{f"specs/{name}.yaml": text for name, text in texts.items()},
    }.items():
        (there / path).write_text(HEAD + text, "utf-8")
    told = [each for each in validate(there).diagnostics if each.severity == "error"]
    rest = [each for each in told if each.at.path not in {f"specs/{name}.yaml" for name in cut}]
    assert {each.at.path for each in rest} <= {"specs/view.yaml"}
    assert len(told) == len(cut) + len(rest)
    assert {each.code for each in rest} <= {"unknown-reference"}
    return [f"{each.message}: {each.hint.partition('?')[0]}" for each in rest]


NUMBERED = [f"d{number}" for number in range(180, 198)]


@pytest.mark.parametrize(
    ("readable", "cut", "dataset", "told"),
    [
        (["orders_weekly"], ["orders_daily"], "orders_weekyl", "orders_weekly"),
        (["orders_weekly"], ["orders_daily"], "orders_daly", None),
        (["orders_weekly"], ["orders_daily"], "orders_daily", None),
        (NUMBERED, ["d198"], "zzd184", "d184"),
        (NUMBERED, ["d198"], "d184x", "d184"),
        (NUMBERED, ["d198"], "d198x", None),
        (NUMBERED, ["d198"], "d198", None),
        (["ordersa"], ["ordersz"], "orders", "ordersa"),
        ([], ["orders"], "ordrs", None),
    ],
)
def test_what_is_nearer_to_a_name_that_can_be_read_is_told(
    readable: list[str], cut: list[str], dataset: str, told: str | None, tmp_path: Path
) -> None:
    found = names_that_there_are_not(tmp_path / "p", readable, cut, "customer", dataset)
    meant = f'there is no Dataset `{dataset}`: did you mean "{told}"'
    assert found == ([] if told is None else [meant])


def test_a_name_of_another_kind_than_what_cant_be_read_is_told(tmp_path: Path) -> None:
    cut = ["orders", "customer_stats"]
    assert names_that_there_are_not(tmp_path / "p", [], cut, "custmer", "orders") == [
        'there is no Entity `custmer`: did you mean "customer"'
    ]


def test_a_model_that_may_have_a_source_needs_no_producer(tmp_path: Path) -> None:
    there = tmp_path / "p"
    (there / "specs").mkdir(parents=True)
    (there / "exai.yaml").write_text(HEAD + PROJECT, "utf-8")
    model = """kind: Model
metadata: {name: sales, owner: a}
spec:
  task: classification
  <<: {uri: "gs://acme/churn/7", format: lightgbm, formatVersion: "4"}
  signature: {inputs: {age: float64}, outputs: {churned: bool}}
"""
    (there / "specs/model.yaml").write_text(HEAD + model, "utf-8")
    told = {each.code for each in validate(there).diagnostics if each.severity == "error"}
    assert told == {"merge-key"}
