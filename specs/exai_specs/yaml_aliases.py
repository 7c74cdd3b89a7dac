"""An alias whose anchor isn't there, in a document that has anchors.

In: the lines, and where the alias stands. Out: the diagnostic with the anchor that is missing and
the one that was probably meant; None where the `*` may begin a text, or a credential.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span
from exai_specs.nearest import nearest
from exai_specs.regexes import regex
from exai_specs.withheld_lines import line_shown

_ALIAS = regex(r"\*([\w.-]{1,60})(?![\w.-])")
_ANCHOR = regex(r"(?<![^\s\[{,])&([\w.-]{1,60})(?![\w.-])")
_ENOUGH = 3  # letters that a word was cut after


def unanchored(lines: Sequence[str], at: Span) -> Diagnostic | None:
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    alias = _ALIAS.match(line, at.column - 1)
    anchors = dict(islice(_anchors(lines[: at.line], at.path), MAX_PROBLEMS))
    if alias is None or not anchors or line_shown(lines, at.line - 1) != line:
        return None
    name = alias[1]
    cut = (each for each in anchors if len(each) >= _ENOUGH and name.startswith(each))
    close = next(cut, None) or nearest(name, anchors)
    meant = f"did you mean `*{close}`? " if close else ""
    return Diagnostic(
        "yaml-syntax",
        f"there is no anchor `&{name}` before this alias",
        at,
        hint=f"{meant}write `&{name}` before the value; or quote text that starts with `*`",
        related=(("an anchor that is nearly called so", anchors[close]),) if close else (),
    )


def _anchors(lines: Sequence[str], path: str) -> Iterator[tuple[str, Span]]:
    for number, line in enumerate(lines, 1):
        for found in _ANCHOR.finditer(line):
            yield found[1], Span(path, number, found.start() + 1)
