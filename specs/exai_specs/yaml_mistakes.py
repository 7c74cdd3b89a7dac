"""What people do that YAML can't read: tabs, spaces that are none, `name:iris`, a bracket too many.

In: the text, and where libyaml had to stop with which words. Out: the diagnostic at the mistake
itself, or None where it is none of these. Never: looking at text that YAML can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.look_alikes import called_character, is_look_alike, unread_look_alike
from exai_specs.regexes import regex
from exai_specs.values import replace
from exai_specs.yaml_text import lines_of

_CONFLICT = regex(r"(<{7}|={7}|>{7}|\|{7})(?= |$)")
_NO_TEXT = "text can't start with this character"
_TEMPLATE = "this is the tag of a template"
BEGINS_NO_TEXT = frozenset({_NO_TEXT, _TEMPLATE})
"""What is said of a character that no text begins with."""
CONFLICT = "a merge conflict isn't resolved"
_SIDES = "keep one of its sides, and remove the lines of `<`, `=` and `>`"
_INDENT = regex(r"[ \t]*(?:-[ \t]+)*")
_UNSPACED = regex(r" *(?:- +)*[A-Za-z_][\w.-]*(:)(?=[^\s/:])(?!.*: )")
_DASHES = regex(r"-{2}|-{4,}|[—–]+")
_COMMENT = regex(r"\s#")
_KEY = regex(r"((?: |- )*)[A-Za-z_][\w.-]*")
_VALUED = regex(r"((?: |- )*)[A-Za-z_][\w.-]*: +[^\s#|>&]")


def conflicts(text: str, start: int, path: str) -> tuple[Diagnostic, ...] | None:
    """The merge conflicts of a text that begin behind `start`, each once; None where nothing behind
    it is of one. The side of one may hold a `---`."""
    first, told = text.count("\n", 0, start) + 1, False
    found: list[Diagnostic] = []
    is_open = False
    for number, line in enumerate(lines_of(text), 1):
        if (mark := _CONFLICT.match(line)) is None:
            continue
        told = told or number >= first
        if number >= first and (mark[0][0] == "<" or not is_open):
            found.append(_syntax(CONFLICT, _SIDES, Span(path, number)))
        is_open = mark[0][0] != ">"
    return tuple(found) if told else None


def mistake(problem: str, context: str, lines: Sequence[str], at: Span) -> Diagnostic | None:
    """`at` is where reading had to stop, `problem` and `context` are libyaml's words."""
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    if "<document start>" in problem and (end := _end_above(lines, at.line)):
        message = "`...` ends a document, and no `---` begins the next one"
        return _syntax(message, "write `---` instead", Span(at.path, end))
    found = _tab(problem, line, at) or unread_look_alike(lines, at)
    found = found or _unspaced(problem, lines, at) or _indented(problem, lines, at)
    return found or _at_the_place(problem, context, line, at)


def unspaced(at: Span, rest: str = " ") -> Diagnostic:
    """A colon that no space follows but the `rest`, at its place."""
    if is_look_alike(rest[0]):
        message, hint = called_character(rest[0])
        return Diagnostic("not-text", message, replace(at, column=at.column + 1), hint=hint)
    hint = "write `name: value`, with a space"
    return _syntax("a space is missing after this colon", hint, at)


def uncoloned(at: Span) -> Diagnostic:
    """A bracket that no colon is before, at its place."""
    return _syntax("no colon is before this bracket", "write `name: {...}`", at)


def cut_by_comment(lines: Sequence[str], opened: Span, at: Span) -> Diagnostic | None:
    """A `#` that cut what a bracket opened: where reading stopped only below it."""
    for number in range(opened.line, min(at.line, len(lines) + 1)):
        found = _COMMENT.search(lines[number - 1], opened.column if number == opened.line else 0)
        closes = found is not None and re.search(r"[}\]]", lines[number - 1][found.end() :])
        if found is not None and closes:
            message = "a comment begins here, before what is open is closed"
            hint = "quote text that contains ` #`"
            return _syntax(message, hint, Span(at.path, number, found.end()))
    return None


def _tab(problem: str, line: str, at: Span) -> Diagnostic | None:
    lead = _INDENT.match(line)
    start = lead[0].find("\t") if lead else -1
    if start < 0 and "\t" not in line[at.column - 1 : at.column] and "tab char" not in problem:
        return None
    if start < 0:
        start = line.find("\t")
    if start < 0:
        return None
    return tab_at(line, Span(at.path, at.line, start + 1))


def tab_at(line: str, at: Span) -> Diagnostic:
    """A tab at its place, where none can stand."""
    if line[: at.column - 1].strip():
        hint = "write a space instead; most editors can do so for a whole file"
        return Diagnostic("tab", "a tab where only spaces can stand", at, hint=hint)
    return Diagnostic("tab", "a tab in the indentation", at, hint="indent with spaces")


def cannot_begin(line: str, at: Span) -> Diagnostic:
    """A character at its place that no text begins with."""
    if line[at.column - 2 : at.column] == "{%":
        hint = "specs are plain YAML: no template is filled in; an Overlay changes values"
        return _syntax(_TEMPLATE, hint, at)
    return _syntax(_NO_TEXT, "quote the text", at)


def _unspaced(problem: str, lines: Sequence[str], at: Span) -> Diagnostic | None:
    """A colon without its space, or a line of dashes, made the key or the next line unreadable."""
    if "mapping values are not allowed" in problem:
        numbers = list(_filled_above(lines, at.line))[:1]
    elif "could not find expected ':'" in problem:
        numbers = [at.line]
    else:
        return None
    for number in numbers:
        found = _UNSPACED.match(lines[number - 1])
        if found:
            return unspaced(Span(at.path, number, found.start(1) + 1))
        if _DASHES.fullmatch(lines[number - 1].strip()):
            hint = "write `---`: three of them separate documents"
            message = "a line of dashes that separates nothing"
            return _syntax(message, hint, Span(at.path, number))
    return None


def _indented(problem: str, lines: Sequence[str], at: Span) -> Diagnostic | None:
    """A key that is indented below one that has its value already: the place is the key's."""
    key = _KEY.fullmatch(lines[at.line - 1][: at.column - 1]) if at.line <= len(lines) else None
    if key is None or "mapping values are not allowed" not in problem:
        return None
    above = next(_filled_above(lines, at.line), 0)
    valued = _VALUED.match(lines[above - 1]) if above else None
    if valued is None or len(valued[1]) >= len(key[1]):
        return None
    place = Span(at.path, above, len(valued[1]) + 1)
    return Diagnostic(
        "yaml-syntax",
        "this line is indented below a field that has its value already",
        Span(at.path, at.line, len(key[1]) + 1),
        hint="check the indentation of both lines",
        related=(("the field above it", place),),
    )


def _end_above(lines: Sequence[str], number: int) -> int:
    """The line of the `...` that a line follows; 0 where it doesn't."""
    above = next(_filled_above(lines, number), 0)
    return above if above and lines[above - 1].split(" #")[0].rstrip() == "..." else 0


def _filled_above(lines: Sequence[str], number: int) -> Iterator[int]:
    for above in range(number - 1, 0, -1):
        text = lines[above - 1].strip()
        if text and not text.startswith("#"):
            yield above


def _at_the_place(problem: str, context: str, line: str, at: Span) -> Diagnostic | None:
    """What the character says at which reading stopped."""
    before, here = line[: at.column - 1], line[at.column - 1 : at.column]
    if "block scalar" in context:
        start = max(before.rfind(">"), before.rfind("|"))
        if start >= 0:
            whole = line[start:].strip()
            hint = f'quote text that starts with one, such as "{whole}"'
            hint = hint if whole.strip(" <>=.,0123456789") == "" else ""
            message = f"`{line[start]}` begins a text that stands on the lines below"
            fix = hint or "quote text that starts with one, or put it on the next line"
            return _syntax(message, fix, Span(at.path, at.line, start + 1))
    if "mapping keys are not allowed" in problem:
        return _syntax("`?` begins a key in YAML", "quote text that starts with one", at)
    if "cannot start any token" in problem:
        return cannot_begin(line, at)
    stopped = "did not find expected key" in problem or "<document start>" in problem
    if not stopped or not before.strip(" -"):
        return None
    last = before.rstrip()[-1:]
    if here in ("}", "]"):
        other = "{" if here == "}" else "["
        hint = f"remove it, or open it before with `{other}`"
        return _syntax("this bracket closes nothing", hint, at)
    if last in ("'", '"'):
        hint = "write '' for a quote inside of single quotes, \\\" inside of double ones"
        return _syntax("text goes on after the quote that ends it", hint, at)
    if last in ("}", "]"):
        hint = "quote the whole text"
        if before.rstrip().endswith("}}"):
            hint += "; an expression begins with a dollar sign: ${{ ... }}"
        return _syntax("text goes on after the bracket that ends the value", hint, at)
    return None


def _syntax(message: str, hint: str, at: Span) -> Diagnostic:
    return Diagnostic("yaml-syntax", message, at, hint=hint)
