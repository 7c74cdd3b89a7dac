"""Every code that the source can give stands in a table, and has an example that fails with it.
What only a running system can show of components is told in their own words.

The source is walked, not run: calls of `Diagnostic`, of `Problem`, of `Failure` and of
`StepFailure` with a code, and of functions that take one and hand it on.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from exai_runtime.explain_results import Explained
from exai_runtime.explaining import EXPECTED, TABLES, codes, explain, parsed
from exai_specs.diagnostics import has_errors

ROOT = Path(__file__).parents[2]
PACKAGES = (
    *("specs/exai_specs", "compiler/exai_compiler", "runtime/exai_runtime"),
    "components/exai_components",
)
INVALID = ROOT / "tests/invalid"
# What takes a code, and which of its arguments that is.
MAKERS = {"Diagnostic": 0, "Engine": 2, "Failure": 0, "Problem": 0, "StepFailure": 0}
WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

# The module of a function, its name, and which of its arguments is a code.
Wrapper = tuple[str, str, int]


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


class Given(ast.NodeVisitor):
    """The codes of one module. `told` maps a code (with `*` for what is filled in) to a place."""

    def __init__(self, path: Path, tree: ast.Module, wrappers: set[Wrapper]) -> None:
        self.path, self.wrappers = path, wrappers
        self.module = ".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__")
        self._imports = {
            alias.asname or alias.name: node.module or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self.told: dict[str, str] = {}
        self.unclear: list[str] = []
        self.found: set[Wrapper] = set()
        self._functions: list[ast.FunctionDef] = []
        self._constants = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self.visit(tree)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        home = self._home(name)
        known = [at for where, n, at in self.wrappers if (where, n) == (home, name)]
        for at in [MAKERS[name]] if name in MAKERS else known:
            code = next((word.value for word in node.keywords if word.arg == "code"), None)
            if code is None and len(node.args) > at:
                code = node.args[at]
            if code is not None and not isinstance(code, ast.Starred):
                self._code(code, node)
        self.generic_visit(node)

    def _code(self, code: ast.expr, call: ast.Call) -> None:
        where = f"{self.path}:{call.lineno}"
        match code:
            case ast.Constant(value=str(word)):
                self.told[word] = where
            case ast.IfExp(body=one, orelse=other):
                self._code(one, call)
                self._code(other, call)
            case ast.JoinedStr(values=parts):
                texts = [p.value if isinstance(p, ast.Constant) else "*" for p in parts]
                self.told["".join(map(str, texts))] = where
            case ast.Name(id=name) if self._parameter(name) is not None:
                function = self._functions[-1]
                at = self._parameter(name)
                assert at is not None
                self.found.add((self._home(function.name), function.name, at))
            case ast.Name(id=name) if name in self._constants:
                self._code(self._constants[name], call)
            case ast.Attribute(attr="code") | ast.Subscript():
                pass  # of a diagnostic that was made elsewhere, or of what another process says
            case ast.Call(func=ast.Name(id="str"), args=[ast.Subscript()]):
                pass  # the outcome file of an earlier attempt
            case ast.Starred():
                pass
            case _:
                self.unclear.append(f"{where}: {ast.unparse(code)}")

    def _home(self, name: str) -> str:
        """The module that defines a function: where it is imported from, else this one."""
        return self._imports.get(name, self.module)

    def _parameter(self, name: str) -> int | None:
        if not self._functions:
            return None
        arguments = [a.arg for a in self._functions[-1].args.args if a.arg not in ("self", "cls")]
        return arguments.index(name) if name in arguments else None


@cache
def given() -> tuple[dict[str, str], list[str]]:
    """Every code with a place that gives it, and the calls whose code can't be told."""
    modules = list(sources())
    wrappers: set[Wrapper] = {("exai_components.outcome", "Outcome", 0)}
    while True:
        looked = [Given(path, tree, wrappers) for path, tree in modules]
        more = set().union(*(each.found for each in looked)) | wrappers
        if more == wrappers:
            break
        wrappers = more
    told = {code: at for each in looked for code, at in each.told.items() if code}
    return told, [line for each in looked for line in each.unclear]


def test_every_code_that_the_source_gives_is_documented() -> None:
    told, unclear = given()
    assert unclear == [], "write the code where the diagnostic is made"
    known = codes()
    missing = {
        code: at
        for code, at in told.items()
        if not any(re.fullmatch(re.escape(code).replace(r"\*", "[a-z-]+"), one) for one in known)
    }
    assert missing == {}, "add these to a table of codes"
    assert len(told) > 250


def test_every_documented_code_is_given_somewhere() -> None:
    told, _ = given()
    patterns = [re.compile(re.escape(code).replace(r"\*", "[a-z-]+")) for code in told]
    unused = [code for code in codes() if not any(p.fullmatch(code) for p in patterns)]
    assert unused == []


def test_every_code_is_documented_once_and_has_an_example_that_yields_it() -> None:
    assert sum(map(len, TABLES.values())) == len(codes())
    for code, told in codes().items():
        assert WORD.fullmatch(code)
        assert told.meaning.endswith(".") and told.explanation.endswith(".")
        found = explain(code)
        assert isinstance(found, Explained), code
        assert found.example is not None, code
        assert found.example.diagnostics, code
        assert any(d.severity == told.severity for d in found.example.diagnostics), code
        assert any(d.hint for d in found.example.diagnostics) or told.severity == "note", code
        for path in found.example.files:
            assert path not in (EXPECTED, "command")


# What these say is told elsewhere, or by the user's own code: only their hints stand beside them.
OTHERS = ("bad-default", "own-code-failed", "predecessor-stuck", "unexpected")


def test_what_no_test_runs_is_told_in_the_words_of_the_source() -> None:
    modules = [
        (path.read_text("utf-8"), tuple(templates(ast.parse(path.read_text("utf-8")))))
        for path in sorted((ROOT / "components/exai_components").rglob("*.py"))
    ]
    every = [template for _, found in modules for template in found]
    for folder in sorted((INVALID / "steps").iterdir()):
        if {file.name for file in folder.iterdir()} != {EXPECTED, "command"}:
            continue  # `tests/unit/components/test_failing_steps.py` brings it about
        (told,) = parsed((folder / EXPECTED).read_text())
        mine = [each for text, found in modules if f'"{folder.name}"' in text for each in found]
        assert told.code == folder.name and mine, folder
        assert told.code in OTHERS or fits(told.message, mine), (told.code, told.message)
        assert fits(told.hint, every), (told.code, told.hint)


def templates(tree: ast.Module) -> Iterator[re.Pattern[str]]:
    """Every text of a module that has words; what is filled in may be anything."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if len(text) > 9:
                yield re.compile(re.escape(text.rstrip(".")), re.IGNORECASE)
            case ast.JoinedStr(values=parts):
                words = [part.value if isinstance(part, ast.Constant) else "" for part in parts]
                if len("".join(map(str, words))) > 7:
                    yield re.compile(
                        ".*".join(re.escape(str(word)) for word in words), re.IGNORECASE
                    )


def fits(text: str, known: Iterable[re.Pattern[str]]) -> bool:
    return any(each.fullmatch(text) for each in known)


def test_every_severity_in_the_examples_is_the_documented_one() -> None:
    for file in sorted(INVALID.rglob(f"*{EXPECTED}")):
        if file.is_dir():  # of the code `unexpected`
            continue
        for problem in parsed(file.read_text()):
            documented = codes()[problem.code].severity
            assert problem.severity == documented or has_errors((problem,)), (file, problem)


def test_an_installed_wheel_has_the_examples(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    place = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    command = [sys.executable, "-m", "exai_runtime.cli.main", "explain", "unknown-reference"]
    here = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    code = f"import sys; sys.path.insert(0, {str(place)!r}); sys.argv[1:] = {command[3:]!r}; "
    code += "import exai_runtime; assert exai_runtime.__file__.startswith(sys.path[0]); "
    code += "from exai_runtime.cli.main import main; main()"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert there.stdout == here.stdout
    assert "error[unknown-reference]" in there.stdout
