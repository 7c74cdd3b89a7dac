"""Text of the specs inside Markdown: it can't become a link, a mention, a tag or a column."""

from __future__ import annotations

import re

_LONGEST = 120


def code(text: str) -> str:
    """A code span, on one line, that also holds in a table."""
    line = " ".join(text.split())
    line = line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
    line = "".join(character for character in line if character.isprintable()).replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def prose(text: str) -> str:
    """exai's own words, which quote names of the specs in backticks: everything else is escaped."""
    parts = re.split("(`[^`]*`)", " ".join(text.split()))
    return "".join(
        code(part[1:-1]) if part.startswith("`") and len(part) > 2 else _escaped(part)
        for part in parts
    )


def _escaped(text: str) -> str:
    seen = "".join(character for character in text if character.isprintable())
    shown = re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", seen)
    return shown.replace("@", "@\u200b")
