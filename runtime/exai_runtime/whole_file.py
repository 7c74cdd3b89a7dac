"""A file that is there whole or not at all.

In: a place and a text. Out: the file, by rename. Never: through a link that lies beside it, which
anybody who wrote the folder may have put there.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(place: Path, text: str) -> Path:
    """Raises OSError, and leaves nothing then."""
    fresh = place.with_name(f".exai-{os.urandom(8).hex()}.new")
    try:
        with fresh.open("x", encoding="utf-8") as stream:  # follows no link, and takes no file
            stream.write(text)
        return fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)  # it is there no longer, unless something came between
