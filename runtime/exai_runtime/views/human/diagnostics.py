"""Diagnostics with excerpts. In: diagnostics in order, and the files' texts. Out: lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from exai_runtime.validated import Sources
from exai_runtime.views.human.paint import Paint, printable, width
from exai_runtime.views.human.words import count, listed
from exai_specs.diagnostics import Diagnostic, Severity, Span
from exai_specs.known_secrets import MARK
from exai_specs.regexes import regex
from exai_specs.withheld_lines import line_shown
from exai_specs.yaml_text import lines_of

_TOKEN = regex(r"""\$\{\{.*?\}\}|"[^"]*"|'[^']*'|[^\s,\[\]{}:#]+(?::[^\s,\[\]{}#]+)*""")
_WIDEST_EXCERPT = 100
_LONGEST_WORD = regex(r"\S{160,}")

# The line that these point at holds what nobody may print, or an address that may hold it.
UNQUOTED = frozenset(
    {"secret-in-spec", "credential-in-env", "credential-in-literal", "registry-unreachable"}
)


def blocks(diagnostics: Sequence[Diagnostic], sources: Sources, paint: Paint) -> Iterator[str]:
    """Every error and warning with its excerpt, an empty line after each; then the notes."""
    loud = [d for d in diagnostics if d.severity != "note"]
    for diagnostic in loud:
        yield from block(diagnostic, sources, paint)
        yield ""
    notes = [d for d in diagnostics if d.severity == "note"]
    for note in notes:
        yield f"{paint.cyan('note')}[{note.code}] {place(note.at, paint)}{_short(note.message)}"
    if notes:
        yield ""


def block(diagnostic: Diagnostic, sources: Sources, paint: Paint) -> Iterator[str]:
    """One diagnostic: what, where, what next, and the other places that have to do with it."""
    colour = paint.red if diagnostic.severity == "error" else paint.yellow
    title = colour(paint.bold(diagnostic.severity))
    first, *more = diagnostic.message.splitlines() or [""]
    yield f"{title}[{diagnostic.code}] {paint.bold(_short(first))}"
    yield from (f"  {_short(line)}" for line in more)
    if diagnostic.at.path:
        yield f"{paint.cyan('  -->')} {paint.at(diagnostic.at)}"
        if diagnostic.code not in UNQUOTED:
            yield from excerpt(diagnostic.at, sources, paint, colour)
    for line in diagnostic.hint.splitlines():
        yield f"{paint.cyan('   = help:')} {_short(line)}"
    for label, span in diagnostic.related:
        yield f"{paint.cyan('  :::')} {paint.at(span)} {label}"
        yield from excerpt(span, sources, paint, paint.cyan)


def excerpt(
    at: Span, sources: Sources, paint: Paint, colour: Callable[[str], str]
) -> Iterator[str]:
    """The line of a place with a caret under what it means; nothing when the text isn't at hand.

    What may be a credential is left out, whatever the diagnostic is about.
    """
    lines = _lines(sources.get(at.path, ""))
    if not 1 <= at.line <= len(lines):
        return
    line = line_shown(lines, at.line - 1, python=at.path.endswith(".py"))
    if line == MARK:  # nothing of it is shown, so there is nothing to point at
        return
    text, column = _window(line, at.column - 1)
    token = _TOKEN.match(text, column)
    marked = token.group() if token else text[column : column + 1]
    before = " " * width(text[:column].expandtabs(4))
    caret = "^" * max(1, width(marked))
    gutter = str(at.line)
    blank = " " * len(gutter)
    bar = paint.cyan("|")
    yield f" {blank} {bar}"
    yield f" {paint.cyan(gutter)} {bar} {printable(text)}"
    yield f" {blank} {bar} {before}{colour(caret)}"


@lru_cache(maxsize=64)
def _lines(text: str) -> list[str]:
    """The lines of a file, once for all of its problems."""
    return lines_of(text) if text else []


def _window(line: str, column: int) -> tuple[str, int]:
    """A line cut around a column, so that an excerpt stays readable."""
    column = min(max(column, 0), len(line))
    if len(line) <= _WIDEST_EXCERPT:
        return line, column
    start = max(0, min(column - _WIDEST_EXCERPT // 2, len(line) - _WIDEST_EXCERPT))
    cut = line[start : start + _WIDEST_EXCERPT]
    head = "..." if start else ""
    tail = "..." if start + _WIDEST_EXCERPT < len(line) else ""
    return head + cut + tail, column - start + len(head)


def _short(line: str) -> str:
    """A line whose longest words, such as a name that can't be meant, are cut in their middle."""
    return _LONGEST_WORD.sub(lambda word: f"{word[0][:100]}...{word[0][-20:]}", line)


def place(span: Span, paint: Paint) -> str:
    """`specs/iris.yaml:14:11: `, or nothing for what has no place in a file."""
    return f"{paint.at(span)}: " if span.path else ""


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors and 1 warning in 2 files`; empty when there is nothing to count."""
    names: tuple[tuple[Severity, str], ...] = (("error", "error"), ("warning", "warning"))
    counts = [
        count(number, noun)
        for severity, noun in names
        if (number := sum(d.severity == severity for d in diagnostics))
    ]
    files = {d.at.path for d in diagnostics if d.severity != "note" and d.at.path}
    where = f" in {count(len(files), 'file')}" if len(files) > 1 else ""
    return listed(counts) + where if counts else ""


def known(number: int, revision: str) -> str:
    """How many warnings the other side of a comparison has, too; empty where there are none."""
    if not number:
        return ""
    them = "it" if number == 1 else "them"
    has = f"{revision} has {them}, too; `exai validate` shows {them}"
    return f"{count(number, 'old warning')}: {has}"


def total(diagnostics: Sequence[Diagnostic]) -> str:
    """The summary, where there is more than one to sum up."""
    loud = [d for d in diagnostics if d.severity != "note"]
    return summary(loud) if len(loud) > 1 else ""
