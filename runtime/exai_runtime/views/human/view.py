"""The view for people: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from exai_runtime.validated import Validated
from exai_runtime.views.human import diagnostics, validated
from exai_runtime.views.human.paint import Paint, printable
from exai_specs.diagnostics import Diagnostic

if TYPE_CHECKING:
    from exai_compiler.changes import Plan
    from exai_runtime.events import Event
    from exai_runtime.results import Result
    from exai_runtime.views.human.progress import Progressing


@dataclass(slots=True)
class HumanView:
    """`colour` and `live` are for terminals; `quiet` leaves the result and the errors; `prefix` is
    the way to the project's folder."""

    command: str
    colour: bool = False
    live: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    colour_err: bool = False
    prefix: str = ""
    _progress: Progressing | None = None

    def show(self, result: Result, exit_code: int) -> None:
        """Diagnostics go to stderr, except where they are what was asked for (`validate`)."""
        del exit_code
        self.close()
        paint = Paint(self.colour, self.prefix)
        if isinstance(result, Validated):
            self._write(self.out, validated.lines(result, paint), self.colour)
            return
        # The other results come with what they are made of, which a validation needn't wait for.
        from exai_runtime.views.human.result import after, before, lines

        self._diagnose(result)
        paint_err = Paint(self.colour_err, self.prefix)
        self._write(self.err, before(result, paint_err), self.colour_err)
        shown = lines(result, self.command, self._columns(), paint)
        self._write(self.out, shown, self.colour)
        if not self.quiet:
            self._write(self.err, after(result, paint_err), self.colour_err)

    def listen(self, event: Event) -> None:
        if self._progress is None:
            self._progress = self._make_progress()
        self._progress.take(event)

    def say(self, line: str) -> None:
        self._write(self.out, [line], False)

    def propose(self, plan_: Plan) -> None:
        from exai_runtime.views.human import plan

        self.close()
        if not self.quiet:
            self._write(
                self.err,
                plan.first_lines(plan_, Paint(self.colour_err, self.prefix)),
                self.colour_err,
            )

    def ask(self, question: str) -> bool | None:
        """Only a terminal can answer: both ends must be one."""
        self.close()
        if not (sys.stdin.isatty() and self.err.isatty()):
            return None
        self.err.write(f"{printable(question)} [y/N] ")
        self.err.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def close(self) -> None:
        if self._progress is not None:
            self._progress.pause()

    def _columns(self) -> int:
        if not self.out.isatty():
            return 120
        import shutil

        return shutil.get_terminal_size().columns

    def _make_progress(self) -> Progressing:
        from exai_runtime.views.human.progress import Lively, Plain, Silent

        if self.quiet:
            return Silent()
        return Lively(self.err, self.colour_err) if self.live else Plain(self.err)

    def _diagnose(self, result: Result) -> None:
        """All of them; of a comparison, what was there before is counted."""
        from exai_runtime.revision_results import Against

        paint = Paint(self.colour_err, self.prefix)
        found: tuple[Diagnostic, ...] = result.diagnostics
        known = ""
        if isinstance(result, Against):
            found, known = result.told, diagnostics.known(len(result.known), result.revision)
        if self.quiet:
            found, known = tuple(each for each in found if each.severity == "error"), ""
        self._write(self.err, diagnostics.blocks(found, result.sources, paint), self.colour_err)
        for line in (diagnostics.total(found), known):
            self._write(self.err, [line] if line else [], self.colour_err)

    def _write(self, stream: TextIO, lines: Iterable[str], colour: bool) -> None:
        for line in lines:
            stream.write(f"{printable(line, colour)}\n")
        stream.flush()
