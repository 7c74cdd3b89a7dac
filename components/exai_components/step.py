"""The entry of every built-in step: `python3 -m exai_components.step kfp.dsl.executor_main NAME
--executor_input JSON`.

In: KFP's executor input. Out: exit code 0 with KFP's executor output; or 1 with one line on
stderr and `exai-outcome.json`, which says whether a retry can help.
Never imports a heavy library itself: KFP's executor comes after an earlier final failure was
looked for, and a component imports what it needs.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from exai_components.outcome import (
    OUTCOME_FILE,
    Outcome,
    StepFailure,
    did_you_mean,
    read_outcome,
    write_outcome,
)
from exai_components.secrets_in_env import redact, take_own_secrets, task_name, withdraw

# Nothing phones home, and KFP imports only what a running step needs.
QUIET = {
    "_KFP_RUNTIME": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "FEAST_USAGE": "False",
    "GX_ANALYTICS_ENABLED": "false",
}
EXECUTOR_MAIN = "kfp.dsl.executor_main"
# The components with the effect `reads-source`: only they have a use for connections' passwords.
READ_SOURCES = ("load-dataset", "load-features")


def main(arguments: list[str]) -> int:
    """Run the component that the arguments name; the exit code."""
    os.environ.update(QUIET)
    if arguments and arguments[0] == EXECUTOR_MAIN:
        arguments = arguments[1:]
    if len(arguments) != 3 or arguments[1] != "--executor_input":
        print(
            "exai: a step takes NAME --executor_input JSON. "
            f"Components are {', '.join(component_names())}",
            file=sys.stderr,
        )
        return 2
    try:
        executor_input = json.loads(arguments[2])
        folder = Path(executor_input["outputs"]["outputFile"]).parent
    except (ValueError, KeyError, TypeError):
        print("exai: the executor input is not KFP's JSON", file=sys.stderr)
        return 2
    secrets = take_own_secrets(task_name(executor_input, os.environ), os.environ)
    # Steps load pickles and transforms, whose code has no use for any.
    withdraw(keep=arguments[0] in READ_SOURCES)
    earlier = read_outcome(folder)
    if earlier is not None and earlier.final:
        print(earlier.line(), file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _end)
    return _run(arguments[0], executor_input, folder, secrets)


def component_names() -> tuple[str, ...]:
    """The built-in components: each folder that holds a component.yaml."""
    found = Path(__file__).parent.glob("*/component.yaml")
    return tuple(sorted(path.parent.name.replace("_", "-") for path in found))


def component_function(name: str) -> Callable[..., Any]:
    """The function that a component's name stands for; a final failure when there is none."""
    if name not in component_names():
        raise StepFailure(
            "unknown-component",
            f'There is no component "{name}"',
            did_you_mean(name, component_names()),
        )
    snake = name.replace("-", "_")
    module = importlib.import_module(f"exai_components.{snake}.component")
    function: Callable[..., Any] = getattr(module, snake)
    return function


def execute(function: Callable[..., Any], executor_input: dict[str, Any]) -> None:
    """Let KFP's executor bind inputs and artifacts, call the function, write the output.

    A name that Python can't give a parameter (a keyword, or an output that is called like an
    input) binds to the parameter with an underscore behind it: `as` to `as_`.
    """
    from kfp.dsl.executor import Executor

    class Underscores(Executor):  # type: ignore[misc]
        def get_input_parameter_value(self, parameter_name: str) -> Any:
            return super().get_input_parameter_value(parameter_name.removesuffix("_"))

        def get_output_artifact(self, name: str) -> Any:
            return super().get_output_artifact(name.removesuffix("_"))

    Underscores(executor_input=executor_input, function_to_execute=function).execute()


def _run(name: str, executor_input: dict[str, Any], folder: Path, secrets: tuple[str, ...]) -> int:
    try:
        execute(component_function(name), executor_input)
    except StepFailure as failure:
        return _failed(folder, _redacted(failure.outcome, secrets))
    except Exception as error:  # a bug, or a library's: its traceback is all there is to go by
        print(redact(traceback.format_exc(), secrets), file=sys.stderr, end="")
        last = traceback.format_exception_only(error)[-1].strip().splitlines() or [repr(error)]
        outcome = Outcome("unexpected", last[-1], "See the step's log", final=False)
        return _failed(folder, _redacted(outcome, secrets))
    (folder / OUTCOME_FILE).unlink(missing_ok=True)
    return 0


def _failed(folder: Path, outcome: Outcome) -> int:
    write_outcome(folder, outcome)
    print(outcome.line(), file=sys.stderr, flush=True)
    return 1


def _redacted(outcome: Outcome, secrets: tuple[str, ...]) -> Outcome:
    if not secrets:
        return outcome
    return Outcome(
        outcome.code,
        redact(outcome.message, secrets),
        redact(outcome.hint, secrets),
        outcome.rows,
        outcome.final,
    )


def _end(signal_number: int, _frame: object) -> NoReturn:
    # As an exception, so that what a step started is ended on the way out.
    raise SystemExit(128 + signal_number)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is written and every child has ended: taking the modules apart would take time.
    os._exit(code)
