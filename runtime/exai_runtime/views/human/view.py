"""The view for people: results on stdout, everything else on stderr."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from exai_compiler.changes import Plan
from exai_runtime.data_results import Preview
from exai_runtime.events import Event
from exai_runtime.explain_results import Explained, Explanations
from exai_runtime.feature_results import FeatureList, FeatureValues, Materializing, Pushed
from exai_runtime.lineage_results import Drawn, Traced
from exai_runtime.results import (
    Applied,
    Checkup,
    Created,
    Planning,
    Prediction,
    Refused,
    RenderedFiles,
    Result,
    Sources,
    StatusReport,
    Validated,
)
from exai_runtime.revision_results import Against
from exai_runtime.run_results import Asked, History, Log, RunList, RunsCompared, RunShown
from exai_runtime.views.human import (
    against,
    applied,
    created,
    diagnostics,
    explained,
    features,
    lineage,
    machine,
    plan,
    prediction,
    preview,
    runs,
    status,
    validated,
)
from exai_runtime.views.human.paint import Paint, printable
from exai_runtime.views.human.progress import Lively, Plain, Progressing, Silent
from exai_runtime.views.human.words import duration
from exai_specs.diagnostics import Diagnostic


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class HumanView:
    """`colour` and `live` are for terminals; `quiet` leaves the result and the errors."""

    command: str
    colour: bool = False
    live: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    colour_err: bool = False
    _progress: Progressing | None = None

    def show(self, result: Result, exit_code: int) -> None:
        """Diagnostics go to stderr, except where they are what was asked for (`validate`)."""
        del exit_code
        self.close()
        paint = Paint(self.colour)
        if isinstance(result, Validated):
            self._write(self.out, validated.lines(result, paint), self.colour)
            return
        self._diagnose(result.diagnostics, result.sources)
        if isinstance(result, RenderedFiles):
            missing = machine.left_out(result.left_out, Paint(self.colour_err))
            self._write(self.err, missing, self.colour_err)
        self._write(self.out, self._body(result, paint), self.colour)
        if isinstance(result, Prediction) and result.answers and not self.quiet:
            took = f"{duration(result.seconds)}, {result.protocol}, {result.url}"
            self._write(self.err, [Paint(self.colour_err).dim(took)], self.colour_err)

    def _body(self, result: Result, paint: Paint) -> Iterable[str]:  # noqa: PLR0912 - one a result
        """What stdout gets."""
        match result:
            case Validated():
                return validated.lines(result, paint)
            case Refused():
                return ()
            case Explained() | Explanations():
                return explained.lines(result, paint)
            case Created():
                return created.lines(result, paint) if result.exit_code == 0 else ()
            case Planning():
                return () if result.plan is None else plan.lines(result.plan, paint)
            case Against():
                return against.lines(result, paint)
            case Applied():
                return applied.lines(result, self.command, paint)
            case StatusReport():
                return status.lines(result, _now(), paint)
            case Prediction():
                return prediction.lines(result, paint)
            case FeatureValues() | Pushed() | Materializing() | FeatureList():
                return features.lines(result, _now(), paint)
            case Asked() | RunList() | RunShown() | RunsCompared() | Log() | History():
                return runs.lines(result, _now(), paint)
            case RenderedFiles():
                return machine.rendered(result, paint)
            case Checkup():
                return machine.checkup(result, paint)
            case Preview():
                return preview.lines(result, self._columns(), paint)
            case Traced():
                return lineage.lines(result, paint)
            case Drawn():
                return lineage.drawn(result)

    def listen(self, event: Event) -> None:
        if self._progress is None:
            self._progress = self._make_progress()
        self._progress.take(event)

    def say(self, line: str) -> None:
        self._write(self.out, [line], False)

    def propose(self, plan_: Plan) -> None:
        self.close()
        if not self.quiet:
            self._write(self.err, plan.first_lines(plan_, Paint(self.colour_err)), self.colour_err)

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
        return shutil.get_terminal_size().columns if self.out.isatty() else 120

    def _make_progress(self) -> Progressing:
        if self.quiet:
            return Silent()
        return Lively(self.err, self.colour_err) if self.live else Plain(self.err)

    def _diagnose(self, found: tuple[Diagnostic, ...], sources: Sources) -> None:
        paint = Paint(self.colour_err)
        if self.quiet:
            found = tuple(each for each in found if each.severity == "error")
        self._write(self.err, diagnostics.blocks(found, sources, paint), self.colour_err)
        if total := diagnostics.total(found):
            self._write(self.err, [total], self.colour_err)

    def _write(self, stream: TextIO, lines: Iterable[str], colour: bool) -> None:
        for line in lines:
            stream.write(f"{printable(line, colour)}\n")
        stream.flush()
