"""The guide: the YAML of a page is a project without errors, and every kind has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exai_runtime.session import validate
from exai_specs.kinds import KINDS

GUIDE = Path(__file__).parents[2] / "examples" / "guide"
PAGES = sorted(page for page in GUIDE.glob("*.md") if page.name != "README.md")
BLOCK = re.compile(r"^```(yaml|python|component)\n(.*?)^```$", re.M | re.S)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text("utf-8")) if found == language]


def write(page: Path, folder: Path) -> None:
    (folder / "specs").mkdir()
    parts = [text.removeprefix("---\n") for text in blocks(page, "yaml")]
    (folder / "exai.yaml").write_text("---\n".join(parts), "utf-8")
    for text in (*blocks(page, "python"), *blocks(page, "component")):
        first, _, rest = text.partition("\n")
        name = first.removeprefix("# file: ")
        assert name != first, f"{page.name}: the first line of a file says `# file: NAME`"
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(rest, "utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_are_a_valid_project(page: Path, tmp_path: Path) -> None:
    write(page, tmp_path)
    found = validate(tmp_path)
    assert [str(d) for d in found.diagnostics if d.severity == "error"] == []
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
