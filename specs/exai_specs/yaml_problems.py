"""The problems of one document's YAML, as they are met and up to a bound.

In: what is wrong, and the event that it is wrong with. Out: diagnostics. Never: judging.
"""

from __future__ import annotations

from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span, more_problems
from exai_specs.yaml_errors import too_deep
from exai_specs.yaml_events import Event


class Problems:
    """`listed` are the first of them."""

    __slots__ = ("_path", "_unlisted", "listed")

    def __init__(self, path: str) -> None:
        self.listed: list[Diagnostic] = []
        self._path = path
        self._unlisted = False

    def at(self, event: Event) -> Span:
        return Span(self._path, event.start_mark.line + 1, event.start_mark.column + 1)

    def add(self, problem: Diagnostic | None) -> None:
        if problem and len(self.listed) < MAX_PROBLEMS:
            self.listed.append(problem)
        elif problem:
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
        if at_root and key in ("apiVersion", "kind"):
            hint += ", or begin the next document with a line `---`"
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
