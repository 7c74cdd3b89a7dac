"""The options that every command takes, before its name or after it. The later one wins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

Output = Literal["human", "json", "sarif", "github", "markdown"]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_KEY = "exai.options"


class Options(NamedTuple):
    """`directory` is None when the project is to be looked for from here upwards."""

    environment: str = "local"
    directory: Path | None = None
    output: Output = "human"
    no_color: bool = False
    debug: bool = False
    quiet: bool = False
    no_cache: bool = False


def common(function: Decorated) -> Decorated:
    """Adds the options; their values are read back with `chosen()`."""
    return _added(function, _output(PLAIN, _PLAIN))


def reporting(function: Decorated) -> Decorated:
    """As `common`, for a command whose result is its diagnostics."""
    return _added(function, _output(REPORTS, f"{_PLAIN} {_REPORTS}"))


def comparing(function: Decorated) -> Decorated:
    """As `common`, for a command whose result may be a comment on a pull request."""
    return _added(function, _output((*PLAIN, "markdown"), f"{_PLAIN} {_COMMENT}"))


def everywhere(function: Decorated) -> Decorated:
    """As `common`, for what stands before a command's name."""
    return _added(
        function, _output(ALL, f"{_PLAIN} For `validate` also: {_REPORTS} For `plan`: {_COMMENT}")
    )


def chosen(context: click.Context) -> Options:
    """What was said on this command line, with defaults for the rest."""
    return Options(**context.meta.get(_KEY, {}))


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    source = context.get_parameter_source(parameter.name or "")
    said = context.meta.setdefault(_KEY, {})
    if source is not ParameterSource.DEFAULT:
        said[parameter.name] = value
    elif parameter.name in said:
        # What stood before the command's name has to be something that the command takes.
        parameter.type(said[parameter.name], parameter, context)
    return value


def complete_environment(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The names of the project's environments."""
    del parameter
    from exai_runtime.cli.names import environments

    return [
        CompletionItem(name)
        for name in environments(chosen(context).directory)
        if name.startswith(incomplete)
    ]


def _option(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    return click.option(*names, expose_value=False, callback=_remember, **settings)


PLAIN: tuple[Output, ...] = ("human", "json")
REPORTS: tuple[Output, ...] = (*PLAIN, "sarif", "github")
ALL: tuple[Output, ...] = (*REPORTS, "markdown")
_PLAIN = "What stdout gets: text for people, or one JSON document."
_COMMENT = "Markdown for a pull request, with --against."
_REPORTS = "SARIF 2.1.0 for code scanning; annotations of a GitHub workflow."


def _output(choices: tuple[Output, ...], said: str) -> Callable[[Any], Any]:
    kind = click.Choice(choices)
    return _option("--output", type=kind, default="human", show_default=True, help=said)


def _added(function: Decorated, output: Callable[[Any], Any]) -> Decorated:
    for option in reversed((*_BEFORE, output, *_AFTER)):
        function = option(function)
    return function


_BEFORE: tuple[Callable[[Any], Any], ...] = (
    _option(
        "-e",
        "--environment",
        metavar="NAME",
        default="local",
        show_default=True,
        shell_complete=complete_environment,
        help="The environment to work on.",
    ),
    _option(
        "-C",
        "--directory",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="The project's folder.  [default: the nearest exai.yaml upwards]",
    ),
)
_AFTER: tuple[Callable[[Any], Any], ...] = (
    _option(
        "--no-color", is_flag=True, help="No colours (nor with NO_COLOR set, nor into a pipe)."
    ),
    _option("-q", "--quiet", is_flag=True, help="No progress: the result and errors only."),
    _option("--no-cache", is_flag=True, help="Read every spec anew, and keep nothing of it."),
    _option("--debug", is_flag=True, help="Show the traceback when exai itself fails."),
)
