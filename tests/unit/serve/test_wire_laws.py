"""Whatever a body holds: rows of the signature's columns, or `Rejected`; never anything else."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exai_components.model_file import ModelColumn, ModelFile
from exai_components.serve.values import Rejected
from exai_components.serve.wire import Columns
from exai_components.serve.wire_v1 import read_v1
from exai_components.serve.wire_v2 import read_v2

COLUMNS = Columns(
    ModelFile(
        task="regression",
        target="y",
        columns=(
            ModelColumn("a", "float32", nullable=False),
            ModelColumn("b", "int64"),
            ModelColumn("c", "string", ("x", "y")),
            ModelColumn("d", "bool"),
        ),
        files={},
    )
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["a", "b", "x", 1.0, 2, 10**400]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "instances"]), inner)
    ),
    max_leaves=12,
)
TENSORS = st.lists(
    st.builds(
        SimpleNamespace,
        name=st.sampled_from(["a", "b", "c", "d", "e"]) | st.text(),
        datatype=st.sampled_from(["FP32", "FP64", "INT64", "BYTES", "BOOL", "FP16", ""]),
        shape=st.lists(st.integers(-1, 4), max_size=3) | VALUES,
        data=VALUES,
    ),
    max_size=6,
)


def _is_answered(read: Any, body: Any) -> None:
    try:
        rows = read(COLUMNS, body)
    except Rejected as refused:
        assert refused.message
        assert refused.body()["code"] == refused.code
    else:
        assert rows
        assert all(tuple(row) == COLUMNS.names for row in rows)


@given(VALUES | st.builds(lambda rows: {"instances": rows}, VALUES))
def test_v1(body: Any) -> None:
    _is_answered(read_v1, body)


@given(TENSORS)
def test_v2(body: Any) -> None:
    _is_answered(read_v2, body)
