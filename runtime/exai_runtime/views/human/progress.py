"""Progress on stderr: plain lines for logs, lines updated in place on a terminal. Thread-safe."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol, TextIO

from exai_runtime.events import Event
from exai_runtime.views.human.board import Board, Line
from exai_runtime.views.human.paint import Paint, printable
from exai_runtime.views.human.words import duration

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_MARKS = {"started": " ", "done": "+", "failed": "x", "note": "*"}


class Progressing(Protocol):
    def take(self, event: Event) -> None: ...

    def pause(self) -> None:
        """Leave the terminal to others, until the next event."""
        ...


class Silent:
    """For `-q`."""

    def take(self, event: Event) -> None:
        del event

    def pause(self) -> None:
        pass


class Plain:
    """A line when something starts and one when it ends, with the time since the beginning."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._board, self._begin = stream, Board(), time.monotonic()
        self._lock = threading.Lock()

    def take(self, event: Event) -> None:
        with self._lock:
            now = time.monotonic() - self._begin
            for line in self._board.take(event, now):
                self._stream.write(f"[{now:6.1f} s] {printable(plain_text(line))}\n")
            self._stream.flush()

    def pause(self) -> None:
        pass


class Lively:
    """Keeps the lines of what has ended, and under them updates those of what is under way."""

    def __init__(self, stream: TextIO, colour: bool) -> None:
        self._stream, self._paint, self._board = stream, Paint(colour), Board()
        self._lock = threading.RLock()
        self._live: Live | None = None

    def take(self, event: Event) -> None:
        with self._lock:
            live = self._live or self._start()
            for line in self._board.take(event, time.monotonic()):
                if line.mark != "started":
                    self._keep(live, line)
            live.refresh()

    def pause(self) -> None:
        with self._lock:
            live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _keep(self, live: Live, line: Line) -> None:
        from rich.text import Text

        live.console.print(
            Text.from_ansi(printable(_kept_text(line, self._paint), self._paint.colour)),
            soft_wrap=True,
        )

    def _start(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        console = Console(
            file=self._stream, force_terminal=True, no_color=not self._paint.colour, highlight=False
        )
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=10,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self._live

    def _render(self) -> RenderableType:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        frames = Spinner("line").frames
        frame = frames[int(now * 8) % len(frames)]
        grid = Table.grid()
        for stretch in tuple(self._board.open.values()):
            text = printable(stretch.text)
            elapsed = f"{now - stretch.since:.1f} s"
            grid.add_row(
                Text(
                    f"{'  ' * stretch.depth}{frame} {text}  {elapsed}",
                    no_wrap=True,
                    overflow="ellipsis",
                )
            )
        return grid


def plain_text(line: Line) -> str:
    """`  load: 150 rows (1.0 s)`."""
    took = "" if line.seconds is None else f" ({duration(line.seconds)})"
    if line.mark == "started":
        return f"{'  ' * line.depth}{line.text} ..."
    word = line.detail or {"done": "done", "failed": "failed", "note": ""}[line.mark]
    failed = "failed: " if line.mark == "failed" and not word.startswith("failed") else ""
    return f"{'  ' * line.depth}{line.text}: {failed}{word}{took}".rstrip(": ")


def _kept_text(line: Line, paint: Paint) -> str:
    mark = _MARKS[line.mark]
    colour = {"done": paint.green, "failed": paint.red}.get(line.mark, paint.dim)
    took = "" if line.seconds is None else paint.dim(f"  {duration(line.seconds)}")
    detail = f"  {line.detail}" if line.detail else ""
    return f"{'  ' * line.depth}{colour(mark)} {line.text}{took}{detail}"
