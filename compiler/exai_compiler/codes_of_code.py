"""What each code means of Python, notebooks and other files that specs name.

In: nothing. Out: `CODE_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

CODE_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "code-too-large": Code(
            "A step's function, or its notebook's code, is longer than what a step embeds.",
            "The text of the code travels in an argument of the step's process. Put what "
            "it needs into a package that `pip.packages` names, or into an image of your own.",
        ),
        "local-import": Code(
            "A Python step imports a file of the project.",
            "Only the function is embedded, as KFP does it; the file isn't there where the "
            "step runs. Put the code into the function, into a package, or into an image.",
        ),
        "missing-file": Code(
            "A file that a spec names isn't there.",
            "Paths of Python files are relative to the document's own file.",
        ),
        "not-self-contained": Code(
            "A Python step's function uses a name that stands outside of it.",
            "Only the function itself is embedded. Imports and constants go into its body.",
        ),
        "path-leaves-project": Code(
            "A path leads out of the project or the data root.",
            "Data is read below the data root, in every environment; a path in a spec is relative "
            "and stays inside.",
        ),
        "python-syntax": Code(
            "A Python file that a spec names isn't Python.",
            "The place is the one that Python's own parser gives.",
        ),
        "unknown-function": Code(
            "A Python file has no such function.",
            "`file.py:function` names the one function of that name at the top level of the file.",
        ),
        "unpinned-package": Code(
            "A requirement without its exact version.",
            "A step must be the same tomorrow: `name==version`. Options of pip have no place "
            "there.",
        ),
        "unsafe-index": Code(
            "An index or host of pip that isn't a plain one.",
            "They stand in a shell's command on a cluster, and everybody who reads a pipeline "
            "sees them: no users, no passwords, no spaces.",
        ),
    }
)
