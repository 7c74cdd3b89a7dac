"""A dataset inlined is the constant of its fields, whoever asks for which of them first."""

from __future__ import annotations

import pytest

from exai_compiler.constants import constant
from exai_compiler.inlined import OTHERS, READER, fields_of, inlined
from exai_compiler.project import link
from exai_specs.documents import read
from exai_specs.frozen import canonical
from exai_specs.kinds import DatasetSpec
from exai_specs.parse import parse_all

HEAD = "apiVersion: exai.dev/v1alpha1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"
PROJECT = HEAD.format("Project", "p", "{}")
PLAIN = "{source: {csv: {path: a.csv}}, key: [a], schema: {a: int64, b: {type: string, enum: [x]}}}"
RICH = (
    "{source: {parquet: {path: a}}, created: at, timestamp: at, schema: {at: timestamp, "
    "b: {type: float64, enum: [1.0, 2.5]}, c: {list: string}}, "
    "quality: {expectations: [{expect_column_to_exist: {column: b, x: null, n: 2.0}}]}}"
)


@pytest.mark.parametrize("spec", [PLAIN, RICH])
@pytest.mark.parametrize("asked", [(READER, OTHERS), (OTHERS, READER)])
def test_inlined_fields_are_the_constant_of_them(
    spec: str, asked: tuple[tuple[str, ...], ...]
) -> None:
    documents, problems = read(f"{PROJECT}---\n{HEAD.format('Dataset', 'd', spec)}", "a.yaml")
    specs, more = parse_all(documents)
    project = link(specs)
    assert project is not None and not problems and not more
    dataset = project.body(DatasetSpec, "d")
    assert dataset is not None
    for wanted in asked:
        found, law = inlined(project, "d", wanted), constant(fields_of("d", dataset, wanted))
        assert found == law and canonical(found) == canonical(law)
