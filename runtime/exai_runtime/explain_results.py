"""What `exai explain` comes to, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping

from exai_specs.diagnostics import Diagnostic, Severity
from exai_specs.frozen import empty
from exai_specs.values import field, frozen


@frozen
class Explanation:
    """What a table says of a code. `stage` is `parse`, `checks`, `commands` or `steps`; `severity`
    the one that it has before a project's policies."""

    code: str
    stage: str
    severity: Severity
    meaning: str
    explanation: str


@frozen
class Failing:
    """An example: the text of each file by path, the command, and what it says of this code.

    There are no files where a command line alone, or the state of a machine, is at fault.
    """

    files: Mapping[str, str]
    command: str
    diagnostics: tuple[Diagnostic, ...]


@frozen
class Explained:
    """`example` is None where it would take a server, or a training."""

    explanation: Explanation
    example: Failing | None
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=empty)
    exit_code: int = 0


@frozen
class Explanations:
    """All codes, by stage and code."""

    codes: tuple[Explanation, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=empty)
    exit_code: int = 0


ExplainResult = Explained | Explanations
