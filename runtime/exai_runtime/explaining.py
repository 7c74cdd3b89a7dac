"""What a diagnostic's code means, with an example that yields it.

In: a code. Out: what its table says and the example of `tests/invalid`, which a wheel has, too.
Never: running the checks. The tests hold what each example yields; here it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from exai_compiler.codes import CODES as CHECK_CODES
from exai_runtime.codes import CODES as COMMAND_CODES
from exai_runtime.codes_of_servers import SERVER_CODES
from exai_runtime.codes_of_steps import STEP_CODES
from exai_runtime.explain_results import Explained, Explanation, Explanations, Failing
from exai_runtime.results import Refused
from exai_specs.codes import CODES as PARSE_CODES
from exai_specs.codes import Code
from exai_specs.diagnostics import SEVERITIES, Diagnostic, Severity, Span
from exai_specs.nearest import nearest
from exai_specs.regexes import regex
from exai_specs.values import replace

# Which part of exai finds it, and the folder of its example.
TABLES: Mapping[str, Mapping[str, Code]] = MappingProxyType(
    {
        "parse": PARSE_CODES,
        "checks": CHECK_CODES,
        "commands": COMMAND_CODES,
        "steps": {**STEP_CODES, **SERVER_CODES},
    }
)
EXPECTED = "expected"
COMMAND = "command"

_NUMBER = r":(\d+):(\d+)"
_PROBLEM = regex(rf"(?:(.*?){_NUMBER}: )?({'|'.join(SEVERITIES)}): ([a-z0-9-]+): (.*)")
_HINT = regex(r"  hint: (.*)")
_MORE = regex(r"    (.*)")
_RELATED = regex(rf"  (.*?){_NUMBER}: (.*)")
_VALIDATE = "exai validate"


def codes() -> Mapping[str, Code]:
    """Every code with what its table says."""
    return {code: told for table in TABLES.values() for code, told in table.items()}


def listed() -> Explanations:
    """All codes, in the order of the stages that find them."""
    return Explanations(
        tuple(
            Explanation(code, stage, told.severity, told.meaning, told.explanation)
            for stage, table in TABLES.items()
            for code, told in sorted(table.items())
        )
    )


def explain(code: str) -> Explained | Refused:
    """One code with its example. Takes it as it is printed, too: `error[tab]`."""
    wanted = code.strip().lower().rpartition("[")[2].removesuffix("]")
    for found in listed().codes:
        if found.code == wanted:
            return Explained(found, _example(found))
    close = nearest(wanted, codes())
    hint = f"did you mean `{close}`? " if close else ""
    problem = f"there is no code `{code}`"
    hint += "`exai explain` lists all of them"
    return Refused((Diagnostic("unknown-code", problem, Span(""), hint=hint),))


def _example(told: Explanation) -> Failing | None:
    folder = _folder() / told.stage
    if told.stage == "parse":
        name = f"{told.code}.yaml"
        files = {name: _text(folder / name)} if (folder / name).is_file() else {}
        said, command = _text(folder / f"{told.code}.{EXPECTED}"), _VALIDATE
    else:
        folder = folder / told.code
        if told.stage == "steps" and not folder.is_dir():
            return None
        files = dict(_files(folder))
        said = files.pop(EXPECTED)
        command = files.pop(COMMAND, _VALIDATE).strip()
    return Failing(MappingProxyType(files), command, tuple(_of(told.code, parsed(said))))


def _of(code: str, diagnostics: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    return (found for found in diagnostics if found.code == code)


def parsed(said: str) -> tuple[Diagnostic, ...]:
    """The diagnostics that an `expected` file holds. Raises ValueError for what is none."""
    found: list[Diagnostic] = []
    for line in said.splitlines():
        if match := _PROBLEM.fullmatch(line):
            at = Span(match[1], int(match[2]), int(match[3])) if match[1] else Span("")
            found.append(Diagnostic(match[5], match[6], at, _severity(match[4])))
        elif found:
            found[-1] = _continued(found[-1], line)
        else:
            raise ValueError(f"this is no diagnostic: {line}")
    return tuple(found)


def _continued(last: Diagnostic, line: str) -> Diagnostic:
    if match := _HINT.fullmatch(line):
        return replace(last, hint=match[1])
    if match := _MORE.fullmatch(line):
        if last.hint:
            return replace(last, hint=f"{last.hint}\n{match[1]}")
        return replace(last, message=f"{last.message}\n{match[1]}")
    if match := _RELATED.fullmatch(line):
        place = (match[4], Span(match[1], int(match[2]), int(match[3])))
        return replace(last, related=(*last.related, place))
    raise ValueError(f"this goes on with nothing: {line}")


def _severity(word: str) -> Severity:
    return next(severity for severity in SEVERITIES if severity == word)


def _folder() -> Path:
    """Beside this module in a wheel; in the source tree what the tests hold."""
    here = Path(__file__).parent
    installed = here / "examples_of_codes"
    return installed if installed.is_dir() else here.parents[1] / "tests" / "invalid"


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(folder).as_posix(), _text(file)


def _text(file: Path) -> str:
    return file.read_text("utf-8", errors="replace")
