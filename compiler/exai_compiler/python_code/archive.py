"""What a Python step embeds beside its function, as the archive that KFP's own form carries.

In: texts by path. Out: base64 of a tar.gz, the same bytes on every machine: sorted, without times,
owners and compression, which differ between machines and versions of zlib. Never: reads a file.
"""

from __future__ import annotations

import base64
import io
import posixpath
import struct
import zlib
from collections.abc import Iterator, Mapping

from exai_specs.values import frozen

LARGEST = 120 * 1024
"""Bytes of a program with all that it embeds: one argument of a process holds 128 KiB on Linux."""

_BLOCK = 0xFFFF


@frozen
class Embedded:
    """Files by the names that they have inside; `file` is the one file's when `embed` names one, or
    it is the notebook that the step runs."""

    files: tuple[tuple[str, str], ...]
    file: str = ""
    is_notebook: bool = False

    @property
    def modules(self) -> frozenset[str]:
        """What an import finds in it."""
        return frozenset(name.partition("/")[0].removesuffix(".py") for name, _ in self.files)


def embedded(path: str, texts: Mapping[str, str]) -> Embedded | None:
    """What lies at a path, of the texts of a project; None when nothing does."""
    if path in texts:
        name = posixpath.basename(path)
        return Embedded(((name, texts[path]),), name)
    above = "" if path == "." else f"{path}/"
    inside = sorted(
        (name.removeprefix(above), texts[name]) for name in texts if name.startswith(above)
    )
    return Embedded(tuple(inside)) if inside else None


def archive(found: Embedded) -> str:
    """The archive as text."""
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, text in found.files:
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return base64.b64encode(_stored(buffer.getvalue())).decode("ascii")


def _stored(data: bytes) -> bytes:
    """As gzip has it (RFC 1952), in blocks that aren't compressed (RFC 1951, 3.2.4)."""
    tail = struct.pack("<II", zlib.crc32(data), len(data))
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"".join(_blocks(data)) + tail


def _blocks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        last = start + _BLOCK >= len(data)
        yield struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block
