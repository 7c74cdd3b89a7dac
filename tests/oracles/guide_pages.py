"""The guide's pages as projects. In: a page. Out: the files that its blocks are, in a folder."""

from __future__ import annotations

import re
from pathlib import Path

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
