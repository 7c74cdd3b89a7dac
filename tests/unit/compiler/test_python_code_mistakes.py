"""Functions that KFP would embed and that would then fail, or mean something else: refused at their
places; and those that it takes, taken.
"""

# The functions below are read by KFP's executor from their annotations: none postponed.
# ruff: noqa: UP006, UP035, UP045, E501
# mypy: disable-error-code="valid-type, unused-ignore, assignment"

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kfp.dsl import Dataset, Input, InputPath, Model, Output, OutputPath
from kfp.dsl.executor import Executor

from exai_compiler.backends.kfp.components import component_spec
from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.parity import parity
from exai_compiler.project import Project, link
from exai_compiler.python_code import Function, Problem, python_component, read_function
from exai_compiler.python_code.names import KFP
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.frozen import canonical
from exai_specs.kinds.step import Step
from exai_specs.parse import Spec, parse


def problems(text: str) -> list[tuple[str, int, int]]:
    found = read_function(text, "keep")
    listed = (found,) if isinstance(found, Problem) else found.problems
    return [(problem.code, problem.line, problem.column) for problem in listed]


@pytest.mark.parametrize(
    ("signature", "column"),
    [
        ('a: int = "a"', 19),
        ('a: bool = "no"', 20),
        ("a: int = True", 19),
        ("a: float = 1e999", 21),
        ("a: int = 123456789012345678901234567890", 19),
        ('a: dict = {1: 2, "a": 3}', 20),
        ("a: list = [None]", 20),
        ("a: list = (1, 2)", 20),
        ("a: list = {1}", 20),
        ("a: bytes = b'x'", 13),
        ("a: int, /", 10),
        ("*a: int", 11),
        ("**a: int", 12),
        ("a: None | int", 13),
        ("a: 'Input[Dataset]'", 13),
        ("a: typing.List[int]", 13),
        ("a: pd.Dataset", 13),
        ("a: Input[pd.Dataset]", 13),
        ("a: InputPath(int)", 13),
        ("a: Output[List[Dataset]]", 13),
        ("a: Input[List[pd.Dataset]]", 13),
        ("a: Dict[str, Model]", 13),
        ("a: List[pd.DataFrame]", 13),
        ("a: EmbeddedInput[int]", 13),
        ("exai_run_key: str", 10),
        ("ä: str", 10),
        ("ä: str, b: pd", 10),
    ],
)
def test_a_signature_that_would_fail_is_refused_at_its_place(signature: str, column: int) -> None:
    found = problems(f"def keep({signature}): ...")
    assert found[0] == ("unreadable-annotation", 1, column)


def test_columns_are_characters() -> None:
    assert problems("def keep(ä: str, b: pd): ...")[1] == ("unreadable-annotation", 1, 21)


@pytest.mark.parametrize(
    "returns",
    ["Outputs", "Output[Model]", "Tuple[int, str]", "NamedTuple('x', [('a-b', int)])", "-1"],
)
def test_what_a_step_cant_give_is_refused(returns: str) -> None:
    assert [code for code, _, _ in problems(f"def keep() -> {returns}: ...")] == [
        "unreadable-annotation"
    ]


def taken(
    data: Input[Dataset],
    model: Output[Model],
    table: InputPath("Dataset"),
    page: OutputPath("Markdown"),
    line: OutputPath(str),
    number: "int",
    words: "List[str]",
    more: int | None = None,
    most: Optional[Input[Model]] = None,
    anything: List[Any] = [1],  # noqa: B006 - KFP has it so
    named: Dict[str, int] = {"a": 1},  # noqa: B006
    plain: Dataset = None,  # type: ignore[assignment]
) -> NamedTuple("Outputs", [("total", float)]):  # type: ignore[valid-type]
    """Take one of each."""
    assert data.path.endswith("data") and table.endswith("table") and page.endswith("page")
    assert model.path.endswith("model") and line.endswith("line")
    assert (most, plain) == (None, None)
    return (float(number + (more or 0) + len(words) + len(anything) + len(named)),)


def test_what_is_taken_is_what_kfps_executor_binds(tmp_path: Path) -> None:
    found = read_function(inspect.getsource(taken), "taken")
    assert isinstance(found, Function) and found.problems == ()
    artifacts = {
        name: {
            "artifacts": [
                {
                    "name": name,
                    "uri": str(tmp_path / name),
                    "metadata": {},
                    "type": {"schemaTitle": f"system.{port.type}"},
                }
            ]
        }
        for side in (found.inputs, found.outputs)
        for name, port in side.items()
        if port.is_artifact and not port.optional
    }
    values = {"number": 1, "words": ["a"], "more": 2, "anything": [1], "named": {"a": 1}}
    executor_input = {
        "inputs": {
            "artifacts": {name: artifacts[name] for name in artifacts if name in found.inputs},
            "parameterValues": values,
        },
        "outputs": {
            "artifacts": {name: artifacts[name] for name in artifacts if name in found.outputs},
            "parameters": {
                name: {"outputFile": str(tmp_path / name)}
                for name, port in found.outputs.items()
                if not port.is_artifact
            },
            "outputFile": str(tmp_path / "executor_output.json"),
        },
    }
    assert set(values) == {n for n, port in found.inputs.items() if not port.is_artifact}
    Executor(executor_input, taken).execute()
    assert '"total": 6.0' in (tmp_path / "executor_output.json").read_text()


def test_names_that_kfp_brings_are_those_that_it_brings_to_a_running_step() -> None:
    code = "import kfp.dsl; print(' '.join(kfp.dsl.__all__))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "_KFP_RUNTIME": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(KFP) == {"kfp", "dsl", *done.stdout.split()}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("import os\ndef keep():\n    return os.getcwd()\n", (3, 12)),
        ("LIMIT = 1\ndef keep():\n    é = LIMIT\n", (3, 9)),
        ("def keep():\n    def inner(x: Frame): ...\n", (2, 18)),
        ("import functools\n@functools.cache\ndef keep(): ...\n", (2, 2)),
        ("def other(): ...\ndef keep():\n    return [other() for _ in range(3)]\n", (3, 13)),
    ],
)
def test_a_function_that_needs_its_surroundings(text: str, place: tuple[int, int]) -> None:
    assert problems(text) == [("not-self-contained", *place)]


@pytest.mark.parametrize(
    "text",
    [
        "def keep():\n    global TOTAL\n    TOTAL = 1\n    return TOTAL\n",
        "@dsl.component(base_image='x')\ndef keep(): ...\n",
        "def keep():\n    return [keep, dsl.PIPELINE_ROOT_PLACEHOLDER, Model, Any, __file__]\n",
        "def keep():\n    class A:\n        b = 1\n        c = b\n    return A()\n",
        "def keep():\n    import os.path as there, sys\n    return there, sys\n",
        "def keep():\n    try: pass\n    except OSError as e: print(e)\n    return [x for x in ()]\n",
        "def keep():\n    return (y := 1) + y\n",
    ],
)
def test_a_function_that_brings_all_it_needs(text: str) -> None:
    assert problems(text) == []


def test_the_line_that_is_missing_is_told() -> None:
    text = "from a.b import c as d\nimport x.y\ndef keep():\n    return d, x\n"
    found = read_function(text, "keep")
    assert isinstance(found, Function)
    assert [problem.hint for problem in found.problems] == [
        "put `from a.b import c as d` into the function's body",
        "put `import x.y` into the function's body",
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_the_text_is_the_functions_whatever_ends_lines(ends: str) -> None:
    body = ["def keep(a: int):", "    return a", "    # its own", "", "# not its own"]
    text = "\n".join(["x = 1\x0c", 'y = "\u2028\x85"', *body, ""]).replace("\n", ends)
    found = read_function(text, "keep")
    assert isinstance(found, Function)
    assert found.source == "def keep(a: int):\n    return a\n    # its own\n"
    assert found.line == 3


def test_reading_says_nothing_on_standard_error(
    capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    assert problems('def keep():\n    return "\\d" is "\\q"\n') == []
    assert list(recwarn) == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "text",
    [
        "def keep(a: " + ".".join("a" * 700) + "): ...",
        "def keep(a: " + ".".join("a" * 50_000) + "): ...",
        "def keep(a: int = " + "-" * 5000 + "1): ...",
        "def keep(a: " + "List[" * 150 + "int" + "]" * 150 + "): ...",
        "def keep(a: list = " + "[" * 150 + "]" * 150 + "): ...",
        "def keep():\n" + "".join(f"{' ' * n}if 1:\n" for n in range(1, 99)) + " " * 99 + "pass",
        "def keep():\n    return " + "+".join("1" * 20_000),
        "def keep():\n    return 0\0",
    ],
)
def test_hostile_text_gives_a_value(text: str) -> None:
    found = read_function(text, "keep")
    if isinstance(found, Function) and not found.problems:
        rendered(text)


def rendered(text: str) -> None:
    step = Step(python="steps.py:keep")
    component = python_component("exai.yaml", step, Catalog({}, {"steps.py": text}))
    assert component is not None
    canonical(component_spec("step", component).tree)


_NAMES = st.sampled_from(["int", "str", "list", "dict", "Dataset", "pd", "None"])
_TYPES = st.recursive(
    _NAMES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["List", "Optional", "Input", "Output", "x.y"]), inner).map(
            lambda pair: f"{pair[0]}[{pair[1]}]"
        ),
        inner.map(lambda one: f"{one} | None"),
        inner.map(lambda one: f"OutputPath({one})"),
    ),
    max_leaves=4,
)
_DEFAULTS = st.sampled_from(
    ["", " = None", " = 1", " = -1.5", " = 'a'", " = [1, {'a': [True]}]", " = {'a': None}", " = f"]
)


@given(st.lists(st.tuples(_TYPES, _DEFAULTS), max_size=4), _TYPES)
def test_whatever_is_accepted_can_be_rendered(
    arguments: list[tuple[str, str]], returned: str
) -> None:
    listed = ", ".join(f"a{n}: {kind}{given}" for n, (kind, given) in enumerate(arguments))
    text = f"def keep(*, {listed}) -> {returned}: ...".replace("*, )", ")")
    found = read_function(text, "keep")
    if isinstance(found, Function) and not found.problems:
        rendered(text)


SPECS = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: line}
spec:
  parameters: {n: {type: integer, default: 1}, t: {type: string, default: a}}
  steps:
    own:
      python: WRITTEN
      with: WITH
"""


def project_of(text: str) -> Project:
    specs = []
    for document in read(text, "exai.yaml")[0]:
        spec = parse(document)
        assert isinstance(spec, Spec), spec
        specs.append(spec)
    project = link(specs)
    assert project is not None
    return project


def checked(
    text: str, written: str = "steps.py:keep", given: str = "{}", **beside: Any
) -> list[Diagnostic]:
    project = project_of(SPECS.replace("WRITTEN", written).replace("WITH", given))
    components = catalog({}).components
    found = check(project, Catalog(components, {"steps.py": text}, **beside))
    return [problem for problem in found if problem.code != "unused-parameter"]


def test_a_text_that_kfp_would_replace_is_refused_where_it_stands() -> None:
    text = '\ndef keep() -> str:\n    return f"{{1}}" + "{{$.inputs}}"\n'
    (problem,) = checked(text)
    assert (problem.code, str(problem.at)) == ("kfp-placeholder", "steps.py:3:24")


def test_what_python_brings_is_no_file_of_the_project() -> None:
    text = "def keep() -> None:\n    import random, shapes\n    from . import x\n"
    found = checked(text, modules=frozenset({"random", "shapes"}))
    assert [(p.code, str(p.at)) for p in found] == [
        ("local-import", "steps.py:2:5"),
        ("local-import", "steps.py:3:5"),
    ]


@pytest.mark.parametrize(
    "written",
    ["steps.py", "steps.py:", ":keep", "steps.py:os.remove", "steps.txt:keep", "steps.py:); f"],
)
def test_what_names_no_function(written: str) -> None:
    assert [problem.code for problem in checked("", f"'{written}'")] == ["unknown-function"]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("steps.py", "write steps.py:keep"),
        ("steps.py:", "write steps.py:keep"),
        ("keep", "write FILE.py:keep"),
        ("lib/steps:keep", "write lib/steps.py:keep"),
        ("steps:keep", "write steps.py:keep"),
        ("steps.keep", "write steps.py:keep"),
        ("steps.txt:keep", "write steps.py:keep"),
        ("./", "write FILE.py:FUNCTION, a file and a function in it"),
    ],
)
def test_what_names_no_function_is_told_what_would(written: str, hint: str) -> None:
    (problem,) = checked("def keep(a: int = 1) -> int:\n    return a\n", f"'{written}'")
    assert (problem.code, problem.hint) == ("unknown-function", hint)


def test_a_reference_in_a_list_reaches_a_function_as_text() -> None:
    text = "def keep(a: List[int] = [], b: List[str] = []) -> None: ..."
    found = checked(text, given='{a: ["${{ parameters.n }}"], b: ["${{ parameters.t }}"]}')
    assert [(p.code, "n" in p.message) for p in found] == [("reference-in-struct", True)]
    assert checked(text, given="{a: [1], b: [x]}") == []
    assert [p.code for p in checked(text, given="{a: [x]}")] == ["wrong-input-type"]


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ('{a: "${{ parameters.t }}", b: ["${{ parameters.t }}"]}', []),
        ('{a: "${{ run.id }}"}', ["run-in-text"]),
        ('{a: "no-${{ parameters.n }}"}', []),
        ('{a: "${{ parameters.n }}"}', ["reference-in-struct"]),
        ('{a: ["${{ parameters.n }}"]}', ["reference-in-struct"]),
    ],
)
def test_a_text_in_a_struct_is_the_text_that_it_is(given: str, codes: list[str]) -> None:
    found = checked("def keep(cfg: dict) -> None: ...", given=f"{{cfg: {given}}}")
    assert [problem.code for problem in found] == codes


@pytest.mark.parametrize(
    ("given", "code"),
    [("{a: 1}", None), ("{b: 1}", "unknown-input"), ("{}", "missing-input")],
)
def test_a_functions_inputs_are_checked_as_a_components_are(given: str, code: str | None) -> None:
    codes = {problem.code for problem in checked("def keep(a: int) -> None: ...", given=given)}
    assert code in codes if code else codes == set()


def test_an_image_is_noted_where_it_isnt_pulled_and_where_it_can_move() -> None:
    text = SPECS.replace("WRITTEN", "steps.py:keep").replace("WITH", "{}\n      image: python:3.11")
    local = project_of(text)
    assert [(n.code, str(n.at)) for n in parity(local, "local")] == [
        ("local-parity", "exai.yaml:16:7")
    ]
    components = Catalog(catalog({}).components, {"steps.py": "def keep() -> None: ..."})

    def tags(project: Project) -> list[str]:
        return [str(p.at) for p in check(project, components) if p.code == "image-by-tag"]

    assert tags(local) == []
    cluster = "{environments: {prod: {target: kubeflow, namespace: ml}}}"
    assert tags(project_of(text.replace("spec: {}", f"spec: {cluster}"))) == ["exai.yaml:16:14"]
    pinned = text.replace("python:3.11", "python@sha256:" + "a" * 64)
    assert tags(project_of(pinned.replace("spec: {}", f"spec: {cluster}"))) == []


def test_a_merge_conflict_is_called_so() -> None:
    text = (
        "import os\n\n\ndef keep() -> None:\n<<<<<<< HEAD\n    a()\n=======\n    b()\n>>>>>>> x\n"
    )
    found = read_function(text, "keep")
    assert isinstance(found, Problem) and (found.line, found.column) == (5, 1)
    assert found.message == "this isn't Python: a merge conflict isn't resolved"
    found = read_function("title = 1 +\n=======\n", "keep")
    assert isinstance(found, Problem) and "merge" not in found.message


def test_a_function_that_stands_there_twice_with_other_inputs_is_told_so() -> None:
    other = "def keep(a: int) -> int:\n    return a\n"
    keep = "def keep(b: int) -> int:\n    return b\n"
    assert problems(other + keep) == [("unknown-function", 3, 1)]
    assert problems(other + other) == []
    lost = read_function(other.replace("keep", "say") + keep.replace("keep", "say"), "keep")
    assert isinstance(lost, Problem)
    assert lost.hint.startswith("`say` is defined twice there")
