"""git as the tests call it: as somebody, whatever the machine's own configuration says.

In: a folder and git's words. Out: what it wrote. Raises where git fails.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

PERSON = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *PERSON, "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
