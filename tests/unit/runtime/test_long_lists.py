"""Lists, mappings and chains of any length: `validate` takes as long as they are, not the square of
it, and tells a bounded number of problems. Counted in lines of Python that run, not in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from line_counts import lines_run

from exai_runtime.validating import validate
from exai_specs.diagnostics import MAX_IN_FILE

PROJECT = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {PROJECT}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec:
  source: {csv: {path: flowers.csv}}
  schema: {width: float64, kind: string}
---
apiVersion: exai.dev/v1alpha1
kind: KIND
metadata: {name: big}
spec: {SPEC}
"""
LOCAL = "environments: {local: {target: local}}"
Items = Callable[[int], str]


def joined(item: Callable[[int], str]) -> Items:
    return lambda size: ", ".join(item(number) for number in range(size))


def chain(ring: bool) -> Items:
    def steps(size: int) -> str:
        before = [f", after: [s{(n or size) - 1}]" if n or ring else "" for n in range(size)]
        return ", ".join(
            f"s{n}: {{uses: load-dataset, with: {{dataset: flowers}}{after}}}"
            for n, after in enumerate(before)
        )

    return steps


# A kind, what stands around the items in its spec, the items.
LONG: dict[str, tuple[str, str, Items]] = {
    "one feature again": ("FeatureService", "features: [{}]", joined(lambda _: "a")),
    "features": ("FeatureService", "features: [{}]", joined(lambda n: f"a{n}")),
    "wrong features": ("FeatureService", "features: [{}]", joined(lambda _: "[1]")),
    "entities": (
        "FeatureView",
        "dataset: flowers, features: [width], entities: [{}]",
        joined(lambda n: f"e{n}"),
    ),
    "one entity again": (
        "FeatureView",
        "dataset: flowers, features: [width], entities: [{}]",
        joined(lambda _: "e"),
    ),
    "columns": (
        "Dataset",
        "source: {{csv: {{path: a.csv}}}}, schema: {{{}}}",
        joined(lambda n: f"c{n}: float64"),
    ),
    "columns of no type": (
        "Dataset",
        "source: {{csv: {{path: a.csv}}}}, schema: {{{}}}",
        joined(lambda n: f"c{n}: flaot{n}"),
    ),
    "keys": (
        "Dataset",
        "source: {{csv: {{path: a.csv}}}}, schema: {{a: int64}}, key: [{}]",
        joined(lambda n: f"k{n}"),
    ),
    "expectations": (
        "Dataset",
        "source: {{csv: {{path: a.csv}}}}, schema: {{a: int64}}, quality: {{expectations: [{}]}}",
        joined(lambda n: f"{{expect_column_to_exist: {{column: b{n}}}}}"),
    ),
    "gates": (
        "Model",
        "task: classification, gates: {{{}}}",
        joined(lambda n: f"m{n}: {{min: 1}}"),
    ),
    "parameters": (
        "Pipeline",
        "parameters: {{{}}}, steps: {{a: {{uses: load-dataset, with: {{dataset: flowers}}}}}}",
        joined(lambda n: f"p{n}: {{type: integer, default: 1}}"),
    ),
    "a chain of steps": ("Pipeline", "steps: {{{}}}", chain(ring=False)),
    "a ring of steps": ("Pipeline", "steps: {{{}}}", chain(ring=True)),
    "who registers": (
        "Pipeline",
        "steps: {{{}}}",
        joined(lambda n: f"r{n}: {{uses: register-model, with: {{as: iris}}}}"),
    ),
    "fields of a manifest": (
        "Manifest",
        "manifest: {{apiVersion: v1, kind: ConfigMap, {}}}",
        joined(lambda n: f"dta{n}: a"),
    ),
    "environments": ("Project", LOCAL, joined(lambda n: f"e{n}: {{target: local}}")),
    "folders": ("Project", "specs", joined(lambda n: f"f{n}")),
}


def write(root: Path, kind: str, around: str, items: str) -> Path:
    root.mkdir()
    project, spec = LOCAL, around.format(items) if kind != "Project" else ""
    if around == LOCAL:
        project = f"environments: {{local: {{target: local}}, {items}}}"
    elif around == "specs":
        project = f"{LOCAL}, specs: [{items}]"
    text = PROJECT.replace("{PROJECT}", f"{{{project}}}")
    if kind == "Project":
        text = text[: text.rindex("---")]
    text = text.replace("kind: KIND", f"kind: {kind}").replace("{SPEC}", f"{{{spec}}}")
    (root / "exai.yaml").write_text(text)
    (root / "flowers.csv").write_text("width,kind\n1,a\n")
    return root


@pytest.mark.parametrize("name", LONG)
def test_twice_the_items_take_no_square_of_the_time(name: str, tmp_path: Path) -> None:
    kind, around, items = LONG[name]

    def taken(size: int) -> int:
        root = write(tmp_path / f"{size}", kind, around, items(size))
        return lines_run(lambda: validate(root))

    validate(write(tmp_path / "warm", kind, around, items(20)))  # what is imported isn't counted
    small, middle, large = taken(200), taken(400), taken(800)
    # What a document takes whatever its size is in none of the differences: of a line the second
    # is twice the first, of a square four times.
    assert large - middle < 3 * max(middle - small, 2000), (small, middle, large)


@pytest.mark.parametrize("name", LONG)
def test_the_problems_are_bounded(name: str, tmp_path: Path) -> None:
    kind, around, items = LONG[name]
    found = validate(write(tmp_path / "big", kind, around, items(3 * MAX_IN_FILE))).diagnostics
    by_code: dict[str, int] = {}
    for each in found:
        by_code[each.code] = by_code.get(each.code, 0) + 1
    assert max(by_code.values(), default=0) <= MAX_IN_FILE, by_code
    assert all(len(each.message) < 2000 and len(each.related) <= 10 for each in found)


PATCHED = """---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: sNUMBER}
spec: {model: m}
---
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {name: oNUMBER}
spec: {environment: e, target: Service/sNUMBER, patch: {spec: PATCH}}
"""


@pytest.mark.parametrize("patch", ["{modle: m}", "{resources: {cpu: lots}}", "{model: none}"])
def test_nor_do_twice_the_overlays_with_a_mistake(patch: str, tmp_path: Path) -> None:
    def taken(size: int) -> int:
        root = write(tmp_path / f"{size}", "Project", LOCAL, "e: {target: local}")
        every = "".join(PATCHED.replace("NUMBER", f"{n}") for n in range(size))
        with (root / "exai.yaml").open("a") as file:
            file.write(every.replace("PATCH", patch))
        return lines_run(lambda: validate(root))

    taken(10)  # what is imported isn't counted
    small, middle, large = taken(100), taken(200), taken(400)
    assert large - middle < 3 * (middle - small), (small, middle, large)
