"""How documents name users' Python: files, and functions in them.

In: a document's path, what stands in it. Out: paths from exai.yaml's folder, names. Never: reading
Python, which `python_code` does: most projects have none of their own.
"""

from __future__ import annotations

import posixpath
from keyword import iskeyword

OWN_IMAGE = "exai/python-train"

PYTHON = ("spec", "transform", "python")
"""Where a FeatureView names its function."""


def function_of(document: str, written: str) -> tuple[str, str]:
    """Path from exai.yaml's folder and name of `file.py:function`, which is relative to the
    document's own file.
    """
    file, _, name = written.rpartition(":")
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), file)), name


def names_a_function(written: str) -> bool:
    """Whether this has the form `file.py:function`."""
    file, _, name = written.rpartition(":")
    return file.endswith(".py") and ":" not in file and name.isidentifier() and not iskeyword(name)


def python_file(document: str, written: str) -> str | None:
    """The path of the file that is named, with or without a function; None where none is. What
    leads out of the project is told as that, Python or not."""
    if names_a_function(written):
        return function_of(document, written)[0]
    bare = written.removesuffix(":")
    if bare.endswith(".py") and ":" not in bare:
        return embedded_path(document, bare)
    path = embedded_path(document, bare.rpartition(":")[0] or bare)
    return path if path.startswith(("../", "/")) else None


def embedded_path(document: str, written: str) -> str:
    """The path of what `embed` names, from exai.yaml's folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), written))
