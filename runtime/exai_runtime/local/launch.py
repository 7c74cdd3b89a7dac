"""What every child starts with: `python -m exai_runtime.local.launch MODULE [ARGUMENT ...]`.

In: standard output and error that lead to a log file, and `EXAI_REDACT`, the names of the variables
that hold secrets. It puts a redactor between all that this process and its children write and that
file, then becomes MODULE. Without secrets the output goes straight to the file. Secrets themselves
are only ever in the environment, never in arguments.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import traceback
from collections.abc import Iterator

_DRAIN = 2.0  # seconds for what is still in the pipe when a grandchild keeps it open


def main() -> None:
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    secrets = secret_values()
    if not secrets:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return
    pump = _redirect(secrets)
    code: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as request:
        code = request.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:  # the interpreter's own report would come after the redirection has ended
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # What is written from here on has no redactor any more, so it goes nowhere.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    pump.join(_DRAIN)
    raise SystemExit(code)


def secret_values() -> list[str]:
    """The values that this process was given and must not write anywhere."""
    names = os.environ.get("EXAI_REDACT", "").split(",")
    return [os.environ[name] for name in names if name in os.environ]


def _redirect(secrets: list[str]) -> threading.Thread:
    """Make descriptors 1 and 2 a pipe whose other end a thread cleans and writes to the log."""
    from exai_runtime.local.redact import Redactor

    log = os.dup(1)
    source, sink = os.pipe()
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)
    redactor = Redactor(secrets)

    def drain() -> None:
        for piece in redactor.stream(_chunks(source)):
            os.write(log, piece)

    pump = threading.Thread(target=drain, name="exai-redactor", daemon=True)
    pump.start()
    return pump


def _chunks(source: int) -> Iterator[bytes]:
    while chunk := os.read(source, 1 << 16):
        yield chunk


if __name__ == "__main__":
    main()
