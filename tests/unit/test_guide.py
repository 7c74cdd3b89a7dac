"""The guide: the YAML of a page is a project without a problem, and every kind has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from guide_pages import GUIDE, PAGES, blocks, write

from exai_runtime.session import validate
from exai_specs.kinds import KINDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_are_a_valid_project(page: Path, tmp_path: Path) -> None:
    write(page, tmp_path)
    found = validate(tmp_path)
    # A page shows parts of projects, and what nothing takes in one is taken in the whole.
    assert [str(d) for d in found.diagnostics if not d.code.startswith("unused-")] == []
    assert sum(found.counts.values()) > 1


def test_every_kind_is_on_a_page() -> None:
    shown = {
        kind
        for page in PAGES
        for text in blocks(page, "yaml")
        for kind in re.findall(r"^kind: (\w+)$", text, re.M)
    }
    assert shown == set(KINDS)


def test_the_index_names_every_page() -> None:
    linked = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (GUIDE / "README.md").read_text("utf-8")))
    assert linked == {page.name for page in PAGES}
