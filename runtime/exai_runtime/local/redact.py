"""One redactor for all that is written or shown. In: secret values. Out: bytes without them.

It knows a value as it is and in the forms that programs print: JSON- and Python-escaped,
URL-quoted, base64 (also in the middle of something longer), and each line of a value that has
several.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = b"***"
_SHORT = 4  # a value below this length goes only where it stands alone: `1` would eat every number
_LINE = 1 << 16  # a line longer than this is passed on in pieces


class Redactor:
    """Replaces every known form of every secret by `***`."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if value.strip() for form in _forms(value)}
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._longest = len(ordered[0]) if ordered else 0
        self._pattern = re.compile(b"|".join(map(_bounded, ordered))) if ordered else None

    def __call__(self, data: bytes) -> bytes:
        return self._pattern.sub(MASK, data) if self._pattern else data

    def text(self, text: str) -> str:
        return self(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def plain(self, value: Any) -> Any:
        """JSON with every text in it redacted; numbers stay numbers."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.plain(item) for item in value]
        return value

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Line by line, as they become complete; nothing slips through between two chunks."""
        held = b""
        for chunk in chunks:
            held += chunk
            if (end := held.rfind(b"\n") + 1) > 0:
                yield self(held[:end])
                held = held[end:]
            elif len(held) > _LINE:
                clean = self(held)
                keep = min(self._longest, len(clean))
                yield clean[: len(clean) - keep]
                held = clean[len(clean) - keep :]
        if held:
            yield self(held)


def _bounded(form: bytes) -> bytes:
    escaped = re.escape(form)
    return b"(?<![A-Za-z0-9])" + escaped + b"(?![A-Za-z0-9])" if len(form) < _SHORT else escaped


def _forms(value: str) -> Iterator[bytes]:
    lines = [line.strip() for line in value.splitlines()]
    for part in {
        value,
        value.strip(),
        *(line for line in lines if len(lines) > 1 and len(line) >= _SHORT),
    }:
        yield part.encode()
        yield json.dumps(part)[1:-1].encode()
        yield json.dumps(part, ensure_ascii=False)[1:-1].encode()
        yield repr(part)[1:-1].encode()
        for quoted in (quote(part), quote(part, safe=""), quote_plus(part)):
            yield quoted.encode()
            yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted).encode()
        yield from _base64(part.encode())


def _base64(value: bytes) -> Iterator[bytes]:
    """The characters that depend on the value alone, for each of the three places that it can start
    at.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(value)
        yield encode(value).rstrip(b"=")
        for offset in range(3):
            first = -(-offset * 8 // 6)
            last = (offset + len(value)) * 8 // 6
            if last - first >= 8:
                yield encode(b"\0" * offset + value)[first:last]
