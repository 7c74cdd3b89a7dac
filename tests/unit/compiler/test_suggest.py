"""Which document was probably meant."""

from __future__ import annotations

import pytest

from exai_compiler.checks.suggest import nearest_document

KNOWN = ("Model/iris", "Service/boosted", "Service/tips")


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("Service/fresh", None),
        ("Service/bosted", "Service/boosted"),
        ("Service/iris", "Model/iris"),
    ],
)
def test_a_shared_kind_is_no_likeness(target: str, meant: str | None) -> None:
    assert nearest_document(target, KNOWN) == meant
