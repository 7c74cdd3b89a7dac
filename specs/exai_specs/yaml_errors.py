"""What libyaml says, in words that help: where, what, and what to write instead.

In: a YAML error and the text. Out: one diagnostic. Never: the parser's own wording without a hint.
"""

from __future__ import annotations

import re

from yaml import MarkedYAMLError, YAMLError
from yaml.nodes import ScalarNode

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.yaml_text import MAX_DEPTH, line_at, position

_COMMENT = re.compile(r"[ \t]*#")
_IN_QUOTES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")

# libyaml's words -> ours. The first that occurs in the problem (or in the context, for an unclosed
# quote) counts.
_PLAIN_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon stands where no key can be",
        'check the indentation; quote text that contains ": "',
    ),
    (
        "did not find expected alphabetic or numeric character",
        "`*` starts an alias in YAML, and `&` an anchor",
        'quote text that starts with one, such as "*/5 * * * *"',
    ),
    (
        "found undefined alias",
        "this alias has no anchor before it",
        "quote text that starts with `*`",
    ),
    (
        "unexpected end of stream",
        "a quote is opened here and never closed",
        "close the quote",
    ),
    (
        "did not find expected ',' or '}'",
        "the mapping opened with `{` isn't closed, or lacks a comma",
        "separate its fields with commas and close it with `}`; quote text with special characters",
    ),
    (
        "did not find expected ',' or ']'",
        "the list opened with `[` isn't closed, or lacks a comma",
        "separate its items with commas and close it with `]`; quote text with special characters",
    ),
    (
        "could not find expected ':'",
        "a key without a colon",
        "write `key: value`, or indent text that goes on",
    ),
    (
        "block sequence entries are not allowed",
        "a list item stands where none can be",
        "put `- ` on a line of its own",
    ),
    (
        "did not find expected key",
        "this line doesn't fit the ones above it",
        "check the indentation",
    ),
    (
        "did not find expected '-' indicator",
        "this line isn't an item of the list above it",
        "check the indentation",
    ),
    (
        "invalid Unicode character escape",
        "the text has an escape that is no character",
        "write the character itself",
    ),
    (
        "unknown escape character",
        "the text has an escape that YAML doesn't know",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "cannot start any token",
        "text can't start with this character",
        "quote the text",
    ),
)


def explain(error: YAMLError, text: str, path: str) -> Diagnostic:
    """The diagnostic of a syntax error: `tab`, `quote-expression` or `yaml-syntax`."""
    mark = isinstance(error, MarkedYAMLError) and (error.problem_mark or error.context_mark)
    if not isinstance(error, MarkedYAMLError) or not mark:
        return _syntax("the file isn't YAML", "check it from the top", Span(path))
    problem = error.problem or ""
    at = Span(path, mark.line + 1, mark.column + 1)
    line = line_at(text, at.line)
    if "cannot start any token" in problem and line[mark.column : mark.column + 1] == "\t":
        return Diagnostic("tab", "a tab in the indentation", at, hint="indent with spaces")
    expression = _expression_before(line, mark.column, problem)
    if expression >= 0:
        return _quote(Span(path, at.line, expression + 1))
    unclosed = "end of stream" in problem or "could not find expected ':'" in problem
    if unclosed and error.context_mark:
        at = Span(path, error.context_mark.line + 1, error.context_mark.column + 1)
    for words, message, hint in _PLAIN_WORDS:
        if words in problem:
            return _syntax(message, hint, at)
    return _syntax("this isn't valid YAML", "check quotes, commas and indentation around it", at)


def cut_expression(node: ScalarNode, text: str, path: str) -> Diagnostic | None:
    """`quote-expression` at an unquoted `${{ ... # ...`, which YAML cuts at the comment."""
    value: str = node.value
    opened = value.rfind("${{")
    if value.find("}}", opened) >= 0:
        return None
    start, end = node.start_mark, node.end_mark
    if not _COMMENT.match(text, end.index):
        return None
    line, column = position(
        text[start.index : end.index], text.rfind("${{", start.index, end.index) - start.index
    )
    column += start.column if line == 1 else 0
    return _quote(Span(path, start.line + line, column))


def too_deep(at: Span) -> Diagnostic:
    """Nesting beyond the bound."""
    return Diagnostic(
        "too-deep",
        f"values are nested more than {MAX_DEPTH} deep",
        at,
        hint="no spec needs that; flatten the value",
    )


def _expression_before(line: str, column: int, problem: str) -> int:
    """Where the unquoted `${{` starts that made the parser fail at `column` of `line`, or -1."""
    if problem.startswith("did not find expected ','") and line[column - 1 : column + 2] == "${{":
        return column - 1
    if problem.startswith("mapping values are not allowed"):
        bare = _IN_QUOTES.sub(lambda quoted: " " * len(quoted[0]), line)
        return bare.rfind("${{", 0, column)
    return -1


def _quote(at: Span) -> Diagnostic:
    return Diagnostic(
        "quote-expression",
        "YAML can't read this expression without quotes",
        at,
        hint='write "${{ ... }}", or single quotes around it if it has double ones',
    )


def _syntax(message: str, hint: str, at: Span) -> Diagnostic:
    return Diagnostic("yaml-syntax", message, at, hint=hint)
