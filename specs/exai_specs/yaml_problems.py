"""The problems of one document's YAML, as they are met and up to a bound.

In: what is wrong, and the event that it is wrong with. Out: diagnostics. Never: judging.
"""

from __future__ import annotations

from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span, more_problems
from exai_specs.values import replace
from exai_specs.yaml_errors import too_deep
from exai_specs.yaml_events import Event

_FRAME = ("apiVersion", "kind", "metadata", "spec")


class Problems:
    """`listed` are the first of them, each once, wherever an alias brings it; `met` counts all."""

    __slots__ = ("_again", "_known", "_path", "_unlisted", "listed", "met")

    def __init__(self, path: str) -> None:
        self.listed: list[Diagnostic] = []
        self.met = 0
        self._known: set[Diagnostic] = set()
        self._again: dict[str, int] = {}  # keys of a document that begins without a `---`
        self._path = path
        self._unlisted = False

    def at(self, event: Event) -> Span:
        return Span(self._path, event.start_mark.line + 1, event.start_mark.column + 1)

    def add(self, problem: Diagnostic | None) -> None:
        if problem is None:
            return
        self.met += 1
        if problem in self._known:
            return
        if len(self.listed) < MAX_PROBLEMS:
            self._known.add(problem)
            self.listed.append(problem)
        else:
            self._unlisted = True

    def tagged(self, event: Event) -> None:
        self.add(
            Diagnostic(
                "tag-not-allowed",
                "YAML tags (`!...`) aren't supported",
                self.at(event),
                hint="remove the tag; quote the value if it is text",
            )
        )

    def deep(self, event: Event) -> None:
        """Once: what is deeper still goes without saying."""
        if not any(each.code == "too-deep" for each in self.listed):
            self.add(too_deep(self.at(event)))

    def twice(self, key: str, event: Event, line: int, column: int, at_root: bool = False) -> None:
        """`line` and `column` are those of the first key."""
        hint = "keep one of them"
        if at_root and key in _FRAME:
            if self._again and key not in self._again:
                begun = self._again[key] = next(iter(self._again.values()))
                self.listed[begun] = replace(
                    self.listed[begun],
                    message="another document begins here, and no line `---` is above it",
                    hint="write a line `---` above this one",
                )
                return
            self._again = {key: len(self.listed)} if key in ("apiVersion", "kind") else {}
            if self._again:
                hint += ", or begin the next document with a line `---`"
            if len(self.listed) >= MAX_PROBLEMS:
                self._again = {}
        self.add(
            Diagnostic(
                "duplicate-key",
                f"the key {key[:60]} stands here twice",
                self.at(event),
                hint=hint,
                related=(("the first one", Span(self._path, line, column)),),
            )
        )

    def end(self) -> None:
        """The document is read; says it where not all is listed."""
        if self._unlisted:
            self.listed.append(more_problems(self.listed[-1].at))
