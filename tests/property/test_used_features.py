"""As much of a feature service as some columns need, against working it out without a short cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.feature_parts import parts_of
from exai_compiler.feature_views import used
from exai_compiler.project import link
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

PROJECT = """apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Entity
metadata: {name: id}
spec: {type: int64}
"""
VIEW = """---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {{name: rows_{n}}}
spec:
  source: {{csv: {{path: rows.csv}}}}
  key: [id]
  timestamp: at
  schema: {{id: int64, at: timestamp, a: int64, b: int64, c{n}: int64}}
---
apiVersion: exai.dev/v1alpha1
kind: FeatureView
metadata: {{name: view_{n}}}
spec: {{dataset: rows_{n}, entities: [id], features: [a, b, c{n}]}}
"""
SERVICE = """---
apiVersion: exai.dev/v1alpha1
kind: FeatureService
metadata: {{name: s}}
spec: {{features: [{}]}}
"""
# A view or a feature that there isn't is an error, and told of all the same.
ENTRIES = [f"view_{n}{end}" for n in range(3) for end in ("", ":a", ":c0", ":c1", ":none")]


@given(
    st.lists(st.sampled_from(ENTRIES), min_size=1, unique=True),
    st.sets(st.sampled_from(["a", "b", "c0", "c1", "c2", "none"])),
)
def test_columns_need_what_gives_them(entries: list[str], columns: set[str]) -> None:
    text = PROJECT + "".join(VIEW.format(n=n) for n in range(2))
    text += SERVICE.format(", ".join(f"'{entry}'" for entry in entries))
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [spec for document in documents if isinstance(spec := parse(document), Spec)]
    project = link(specs)
    assert project is not None and len(specs) == len(documents)
    whole, part = used(project, "s"), used(project, "s", sorted(columns))
    assert whole is not None and part is not None
    assert part.features == tuple(each for each in whole.features if each.name in columns)
    views = {each.view for each in part.features}
    assert set(part.parts.views) == views
    assert set(part.parts.datasets) == {f"rows_{view[-1]}" for view in views}
    assert whole.parts == parts_of(project, ("s",))
