"""The entry of one trial of a search: `python3 -m exai_components.trial`.

In: the environment. `EXAI_TRIAL` is JSON: `component` or `function`, what it is given (`inputs`,
where `{"$trial": NAME}` is a parameter and `{"$mapping": {...}}` what only looks like one, and
`datasets`, which are loaded as load-dataset does it),
`parameters` with the values that Katib wrote there, `outputs`, the `metric` that counts;
`EXAI_TRIAL_PROGRAM` is a function's text. Out: exit code 0, with every number that it made as
`name=value` on standard output, where Katib's StdOut collector reads it; or 1 with one line on
standard error. Never keeps anything that the trial wrote: its folder goes with it.
"""

import ast
import json
import linecache
import math
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from exai_components.outcome import Outcome, StepFailure
from exai_components.secrets_in_env import redact, take_own_secrets, withdraw
from exai_components.step import QUIET, component_function, execute

TOLD, PROGRAM = "EXAI_TRIAL", "EXAI_TRIAL_PROGRAM"
TRIAL, TEXT, MAPPING = "$trial", "$text", "$mapping"
SINGLE = "Output"  # what KFP calls the value that a function returns


def main() -> int:
    """Run the trial that the environment tells of; the exit code."""
    os.environ.update(QUIET)
    told = _told(os.environ.pop(TOLD, ""))
    program = os.environ.pop(PROGRAM, "")
    if told is None:
        print(f"exai: a trial finds what to do in {TOLD}, as JSON", file=sys.stderr)
        return 2
    secrets = take_own_secrets("trial", os.environ)
    try:
        with tempfile.TemporaryDirectory(prefix="exai-trial-") as folder:
            found = run(told, program, Path(folder))
    except StepFailure as failure:
        print(redact(failure.outcome.line(), secrets), file=sys.stderr, flush=True)
        return 1
    except Exception as error:  # the user's own code, or a library
        print(redact(traceback.format_exc(), secrets), file=sys.stderr, end="")
        last = traceback.format_exception_only(error)[-1].strip().splitlines() or [repr(error)]
        line = Outcome("unexpected", last[-1], "See the trial's log", final=False).line()
        print(redact(line, secrets), file=sys.stderr, flush=True)
        return 1
    # A line of its own, whatever the trial printed last without ending it.
    print()
    for name, value in found.items():
        print(f"{name}={value!r}", flush=True)
    return 0


def run(told: Mapping[str, Any], program: str, folder: Path) -> dict[str, float]:
    """The numbers that the trial makes, by name. A final failure without the one that counts."""
    values = {name: typed(each) for name, each in told["parameters"].items()}
    datasets = {
        name: _loaded(each, folder / "in" / name) for name, each in told["datasets"].items()
    }
    # Only the loading has a use for a connection's password.
    withdraw(keep=False)
    given = {
        "inputs": {
            "parameterValues": {n: filled(v, values) for n, v in told["inputs"].items()},
            "artifacts": {n: _artifact(n, "Dataset", p) for n, p in datasets.items()},
        },
        "outputs": {
            "outputFile": str(folder / "executor_output.json"),
            "artifacts": {
                name: _artifact(name, kind, folder / "out" / name)
                for name, kind in told["outputs"].items()
                if kind[:1].isupper()
            },
            "parameters": {
                name: {"outputFile": str(folder / "out" / name)}
                for name, kind in told["outputs"].items()
                if not kind[:1].isupper()
            },
        },
    }
    execute(_function(told, program), given)
    found = dict(_numbers(told, folder))
    if told["metric"] not in found:
        others = f"it made {', '.join(sorted(found))}" if found else "it made no number at all"
        raise StepFailure(
            "metric-missing",
            f'The trial says no "{told["metric"]}": {others}',
            "Return it, log it to an Output[Metrics], or cross-validate with folds or nfolds",
        )
    return found


def typed(parameter: Mapping[str, str]) -> int | float | str:
    """A parameter's value, which Katib writes as text, of the parameter's own type."""
    value = parameter["value"]
    match parameter["type"]:
        case "integer":
            return int(float(value))
        case "double":
            return float(value)
    return value


def filled(value: Any, parameters: Mapping[str, int | float | str]) -> Any:
    """A value with its parameters in it."""
    if isinstance(value, list):
        return [filled(item, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {TRIAL}:
        return parameters[value[TRIAL]]
    if value.keys() == {TEXT}:
        return "".join(str(filled(part, parameters)) for part in value[TEXT])
    items = value[MAPPING] if value.keys() == {MAPPING} else value
    return {key: filled(item, parameters) for key, item in items.items()}


def _told(text: str) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _loaded(dataset: Mapping[str, Any], path: Path) -> Path:
    from exai_components.light_imports import without
    from exai_components.load_dataset.declared import read_declared
    from exai_components.load_dataset.table import load_table
    from exai_components.parquet_file import write_table

    path.parent.mkdir(parents=True, exist_ok=True)
    with without(absent=("pandas",)):
        write_table(load_table(read_declared(dataset)), str(path))
    return path


def _artifact(name: str, kind: str, path: Path) -> dict[str, Any]:
    kind_of = {"schemaTitle": f"system.{kind}", "schemaVersion": "0.0.1"}
    return {"artifacts": [{"name": name, "type": kind_of, "uri": str(path), "metadata": {}}]}


def _function(told: Mapping[str, Any], program: str) -> Callable[..., Any]:
    if told["component"]:
        return component_function(told["component"])
    file, line = told["file"], told["line"]
    tree = ast.parse(program)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            # Tracebacks show the user's own file and lines.
            lines = program.splitlines(keepends=True)[node.lineno - 1 :]
            linecache.cache[file] = (len(program), None, ["\n"] * (line - 1) + lines, file)
            ast.increment_lineno(node, line - node.lineno)
    module: dict[str, Any] = {"__name__": "trial"}
    exec(compile(tree, file, "exec"), module)  # noqa: S102 - the trial is this very text
    function: Callable[..., Any] = module[told["function"]]
    return function


def _numbers(told: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, float]]:
    """What is returned, what is logged as metrics, and the means of a cross-validation."""
    from exai_components.model_file import MODEL_FILE, read_model_file

    said = json.loads((folder / "executor_output.json").read_text("utf-8"))
    returned = said.get("parameterValues") or {}
    for name, value in returned.items():
        alone = name == SINGLE and told["outputs"].get(SINGLE) in ("integer", "double")
        yield from _number(told["metric"] if alone else name, value)
    for name, kind in told["outputs"].items():
        made = (said.get("artifacts") or {}).get(name, {}).get("artifacts") or [{}]
        if kind == "Metrics":
            for metric, value in (made[0].get("metadata") or {}).items():
                yield from _number(metric, value)
        elif kind == "Model" and (folder / "out" / name / MODEL_FILE).is_file():
            for metric, fold in read_model_file(folder / "out" / name).cross_validation.items():
                yield from _number(metric, fold.mean)


def _number(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        yield name, value


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is written and every child has ended: taking the modules apart would take time.
    os._exit(code)
