"""From a command's function to an exit code. Every error on the way becomes a message."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, assert_never

import click

from exai_runtime.cli.options import Options, chosen

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

Work = Callable[["Options", "View"], "Result"]
ProjectWork = Callable[[Path, "Options", "View"], "Result"]

INTERRUPTED = 130


def here(options: Options) -> Path:
    """Where a command works."""
    try:
        return (options.directory or Path()).absolute()
    except FileNotFoundError:
        message = "the folder that you are in is gone: go to another one, or name one with -C DIR"
        raise click.ClickException(message) from None


def in_project(
    command: str, work: ProjectWork, exit_code: Callable[[Result], int] | None = None
) -> int:
    """Like `run`, with the folder of the project as the work's first argument."""

    def find(options: Options, view: View) -> Result:
        from exai_runtime.folder import find_root

        start = here(options)
        root = find_root(start)
        if root is None or (options.directory is not None and root != start):
            from exai_runtime.cli.problems import no_project

            return no_project(start, root)
        return work(root, options, view)

    return run(command, find, exit_code)


def run(command: str, work: Work, exit_code: Callable[[Result], int] | None = None) -> int:
    """Do the work, show what it came to, and say which code the process ends with."""
    options = chosen(click.get_current_context())
    view = _view(command, options)
    try:
        result = _worked(work, options, view)
        code = result.exit_code if exit_code is None else exit_code(result)
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        view.close()
        raise
    except (KeyboardInterrupt, click.Abort):
        from exai_runtime.cli.problems import interrupted

        result, code = interrupted(command), INTERRUPTED
    except Exception as error:
        from exai_runtime.cli.problems import explained

        result = explained(error)
        code = result.exit_code
        if options.debug:
            import traceback

            view.close()
            traceback.print_exception(error)
    view.close()
    view.show(result, code)
    return code


def _worked(work: Work, options: Options, view: View) -> Result:
    if not options.no_cache:
        return work(options, view)
    from exai_runtime.packs import no_cache

    with no_cache():
        return work(options, view)


def _view(command: str, options: Options) -> View:
    match options.output:
        case "json":
            from exai_runtime.views.json.view import JsonView

            return JsonView(command, quiet=options.quiet)
        case "sarif":
            from exai_runtime.views.sarif.view import SarifView

            return SarifView(_prefix(options))
        case "github":
            from exai_runtime.views.github.view import GithubView

            return GithubView(_prefix(options))
        case "human" | "markdown":
            return _human(command, options)
    assert_never(options.output)


def _prefix(options: Options) -> str:
    from exai_runtime.folder import find_root
    from exai_runtime.views.report import prefix_of

    return prefix_of(find_root(here(options)))


def _human(command: str, options: Options) -> View:
    from exai_runtime.views.human.view import HumanView

    if options.output == "markdown":
        from exai_runtime.views.markdown.view import MarkdownView

        shown: type[HumanView] = MarkdownView
    else:
        shown = HumanView
    return shown(
        command,
        colour=_colour(sys.stdout, options),
        colour_err=_colour(sys.stderr, options),
        live=_is_terminal(sys.stderr),
        quiet=options.quiet,
        prefix=_way(options),
    )


def _way(options: Options) -> str:
    """From where people are to the project's folder, with a slash at its end: places in files are
    then as any compiler prints them. As it was said with -C; upwards otherwise."""
    if options.directory is not None:
        said = options.directory.as_posix()
        return "" if said == "." else f"{said.rstrip('/')}/"
    from exai_runtime.folder import find_root

    start = here(options)
    root = find_root(start)
    return "" if root is None else "../" * len(start.relative_to(root).parts)


def _colour(stream: TextIO, options: Options) -> bool:
    """On a terminal only, never against the wish of NO_COLOR (no-color.org: set, not empty)."""
    return _is_terminal(stream) and not options.no_color and not os.environ.get("NO_COLOR")


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
