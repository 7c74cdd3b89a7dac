"""A file with a byte order mark is read all the same: its problem hides no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.workspace import load
from exai_specs.documents import read
from exai_specs.yaml_text import unmarked

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {exai: ">=0.1"}
"""
DATASET = """\
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: größen}
spec: {source: {csv: {path: rows.csv}}, schema: {a: int63}}
"""
PIPELINE = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: one}
spec:
  steps:
    load: {uses: load-dataset, with: {dataset: NAME}}
    seen: {uses: load-datase, with: {dataset: rows}}
"""
MARKED = {
    "utf-8": ("utf-8", "byte-order-mark"),
    "utf-16-le": ("utf-16-le", "not-utf8"),
    "utf-16-be": ("utf-16-be", "not-utf8"),
    "utf-32-le": ("utf-32-le", "not-utf8"),
    "utf-32-be": ("utf-32-be", "not-utf8"),
}


def told(root: Path) -> list[tuple[str, str]]:
    found = check_project(load(root)).diagnostics
    return [(each.code, str(each.at)) for each in found if each.severity == "error"]


@pytest.mark.parametrize("name", MARKED)
def test_what_is_wrong_in_a_marked_file_is_told_at_its_place(tmp_path: Path, name: str) -> None:
    encoding, code = MARKED[name]
    (tmp_path / "specs").mkdir()
    (tmp_path / "exai.yaml").write_text(PROJECT)
    (tmp_path / "specs/a.yaml").write_bytes(f"\ufeff{DATASET}".encode(encoding))
    (tmp_path / "specs/b.yaml").write_text(PIPELINE.replace("NAME", "nothing"))
    assert told(tmp_path) == [
        (code, "specs/a.yaml:1:1"),
        ("invalid-name", "specs/a.yaml:3:18"),
        ("invalid-value", "specs/a.yaml:4:53"),
        ("unknown-reference", "specs/b.yaml:6:48"),
        ("unknown-component", "specs/b.yaml:7:18"),
    ]


@pytest.mark.parametrize("name", MARKED)
def test_a_marked_file_that_is_right_hides_nothing(tmp_path: Path, name: str) -> None:
    encoding, code = MARKED[name]
    text = PROJECT + "---\n" + DATASET.replace("größen", "rows").replace("int63", "int64")
    (tmp_path / "specs").mkdir()
    (tmp_path / "exai.yaml").write_bytes(f"\ufeff{text}".encode(encoding))
    (tmp_path / "specs/b.yaml").write_text(PIPELINE.replace("NAME", "rowz"))
    assert told(tmp_path) == [
        (code, "exai.yaml:1:1"),
        ("unknown-reference", "specs/b.yaml:6:48"),
        ("unknown-component", "specs/b.yaml:7:18"),
    ]
    assert load(tmp_path).sources["exai.yaml"] == text


@pytest.mark.parametrize(
    "data",
    [
        b"a: 1\n",
        b"\xff\xfea",  # half a character
        b"\xef\xbb\xbfgr\xf6\xdfe: 1\n",
        b"\xef\xbb\xbf" * 2 + b"a: 1\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe" + b"a\x00" * (1 << 20),
    ],
)
def test_nothing_is_guessed(data: bytes) -> None:
    assert unmarked(data) is None
    documents, problems = read(data, "a.yaml")
    assert len(problems) == (data != b"a: 1\n")
    assert bool(documents) is (data == b"a: 1\n")
