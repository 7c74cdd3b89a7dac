"""The entry point. In: the process's arguments. Out: an exit code, whatever happens."""

from __future__ import annotations

from exai_runtime.cli.interrupts import INTERRUPTED, EndsIt

with EndsIt():
    import contextlib
    import errno
    import gc
    import os
    import sys
    from collections.abc import Sequence
    from typing import NoReturn

    import click

    from exai_runtime.cli.lazy import LazyGroup
    from exai_runtime.cli.options import everywhere
    from exai_runtime.cli.version import VERSION
    from exai_runtime.ending import end

PROGRAM = "exai"
BROKEN_PIPE = 141  # as a shell says it of whom SIGPIPE ends: 128 and its number
_FULL = (errno.ENOSPC, errno.EDQUOT)
BUG = 70  # EX_SOFTWARE of sysexits.h

_EPILOG = """\b
Examples:
  exai init my-project && cd my-project
  exai plan
  exai apply
  exai predict iris --row petal_length=1.4 --row petal_width=0.2 ...

\b
Exit codes:
  0    done; for a plan: there is one
  1    something in specs, data or the target is wrong, or a model missed its gates
  2    the command line is wrong; `plan --detailed-exitcode`: there are changes to be made
  70   a bug in exai
  130  interrupted
  141  whoever read the output left
"""


@click.group(
    PROGRAM,
    cls=LazyGroup,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, "-V", "--version", prog_name=PROGRAM, message="%(prog)s %(version)s")
@everywhere
def cli() -> None:
    """From YAML in Git to a running ML platform: datasets, pipelines, models, services.

    Options may stand before a command or after it. stdout gets the result, stderr all the rest.
    """


def main() -> NoReturn:
    """Run the command line of this process, and end it."""
    try:
        # Imports and a parse make many objects and hardly any garbage: a start-up doesn't search.
        gc.set_threshold(200_000)
        # pydantic asks every installed package for plug-ins; exai has none, and no time.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        end(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command line."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a character gets an escape, not a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        _write_nowhere()
        return BROKEN_PIPE
    except SystemExit:
        # click ends with it where whoever read our output has left, and where it completes words.
        if type(sys.stdout).__name__ != "_PacifyFlushWrapper":
            raise
        _write_nowhere()
        return BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            with contextlib.suppress(OSError):
                print(f"error[no-access] {error.strerror}: the output", file=sys.stderr)
                print("   = help: make room on the disk, then run it again", file=sys.stderr)
            _write_nowhere()
            return 1
        # Not even for the views, or for a library that is to be loaded (as glibc says it).
        if isinstance(error, MemoryError) or "failed to map segment" in str(error):
            print("error[no-memory] the memory of this process is used up", file=sys.stderr)
            print("   = help: raise its limit (ulimit -v), or its container's", file=sys.stderr)
            return 1
        # The last resort, when not even the views could be loaded.
        if "--debug" in arguments:
            import traceback

            traceback.print_exception(error)
        print(f"error[bug] this is a bug in exai: {type(error).__name__}: {error}", file=sys.stderr)
        print("   = help: run it with --debug to see the traceback, and report it", file=sys.stderr)
        return BUG
    return code if isinstance(code, int) else 0


def _open_streams() -> None:
    """A stream that whoever started us has closed leads nowhere: else the next file that is opened
    would get its number, and our output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _write_nowhere() -> None:
    """What is still to be written; Python would complain again while it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())


if __name__ == "__main__":
    main()
