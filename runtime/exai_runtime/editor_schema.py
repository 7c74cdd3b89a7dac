"""The schema that specs of a project point at: `exai.schema.json` beside exai.yaml.

In: a project's folder. Out: one file, made of what this exai knows. Never: the network.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

FILE = "exai.schema.json"


def text() -> str:
    """The schema of any document, whole in one file."""
    from exai_specs.schema import bundle

    return json.dumps(bundle(), separators=(",", ":")) + "\n"


def write(folder: Path) -> Path:
    """Write it into a project's folder, by rename. Raises OSError."""
    from exai_runtime.whole_file import write_whole

    return write_whole(folder / FILE, text())


def comment(path: str) -> str:
    """The first line of a spec file that points at it; `path` from the project's folder."""
    above = "../" * (len(PurePosixPath(path).parts) - 1)
    return f"# yaml-language-server: $schema={above}{FILE}\n"
