"""The program of a Python or notebook step, apart from the archive that goes with it.

In: a command as the SDK writes it. Out: the command without the archive's bytes, which hold times
and owners of the machine that packed it, and the files by name.
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import tarfile

_ARCHIVE = re.compile(r"(?<=__KFP_EMBEDDED_ARCHIVE_B64 = ')[^']*(?=')")


def unpacked(command: list[str]) -> tuple[list[str], dict[str, str]]:
    """Fails where there is no archive, or more than one."""
    (packed,) = _ARCHIVE.findall(command[-1])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(base64.b64decode(packed)))) as tar:
        members = {each.name: tar.extractfile(each) for each in tar.getmembers()}
        texts = {
            name.removeprefix("./"): file.read().decode()
            for name, file in members.items()
            if file is not None
        }
    return [*command[:-1], _ARCHIVE.sub("", command[-1])], texts
