"""What libyaml says, in words that help: where, what, and what to write instead.

In: a YAML error and the text. Out: one diagnostic. Never: the parser's own wording without a hint.
"""

from __future__ import annotations

from yaml import MarkedYAMLError, YAMLError
from yaml.nodes import ScalarNode

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex
from exai_specs.values import replace
from exai_specs.yaml_aliases import unanchored
from exai_specs.yaml_mistakes import cut_by_comment, mistake
from exai_specs.yaml_text import MAX_DEPTH, line_at, lines_of, position
from exai_specs.yaml_unclosed import Opened, never_closed, open_at

_COMMENT = regex(r"[ \t]*#")
_IN_QUOTES = regex(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")

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
        "unexpected document indicator",
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
        "did not find expected node content",
        "no value can start here",
        "close the bracket that is opened before it, or quote the text",
    ),
    (
        "did not find expected key",
        "this line doesn't fit the ones above it",
        "check the indentation",
    ),
    (
        "found unexpected ':'",
        "a text in brackets can't end with a colon",
        "remove the colon, or quote the text",
    ),
    (
        "did not find expected <document start>",
        "this line doesn't fit the ones above it",
        "check the indentation; a line `---` begins the next document",
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
)

# What libyaml was in the middle of -> what begins at the place that it gives for that.
_BEGUN = {
    "while parsing a block mapping": "the mapping begins here",
    "while parsing a block collection": "the list begins here",
    "while parsing a flow mapping": "it is opened here",
    "while parsing a flow sequence": "it is opened here",
    "while scanning a simple key": "the key begins here",
}


def explain(error: YAMLError, text: str, path: str) -> Diagnostic:
    """The diagnostic of a syntax error: `tab`, `quote-expression` or `yaml-syntax`."""
    mark = isinstance(error, MarkedYAMLError) and (error.problem_mark or error.context_mark)
    if not isinstance(error, MarkedYAMLError) or not mark:
        return _syntax("the file isn't YAML", "check it from the top", Span(path))
    problem = error.problem or ""
    at = Span(path, mark.line + 1, mark.column + 1)
    line = line_at(text, at.line)
    expression = _expression_before(line, mark.column, problem)
    if expression >= 0:
        return _quote(Span(path, at.line, expression + 1))
    lines = lines_of(text)
    stopped = at
    if "could not find expected ':'" in problem and error.context_mark:
        stopped = Span(path, error.context_mark.line + 1, error.context_mark.column + 1)
    if (known := mistake(problem, error.context or "", lines, stopped)) is not None:
        # A quote that isn't closed is ended by the next one, maybe many lines below.
        quote = open_at(text, known.at)
        if quote is None or quote.ended is None:
            return known
        unclosed_ = never_closed(text, lines, quote, known.at)
        return unclosed_ or replace(known, related=quote.related)
    ends = ("unexpected end of stream", "unexpected document indicator")
    unclosed = any(words in problem for words in ends) or "could not find expected ':'" in problem
    if unclosed and error.context_mark:
        at = Span(path, error.context_mark.line + 1, error.context_mark.column + 1)
    open_ = open_at(text, at)
    if open_ is not None and (found := _in_brackets(text, lines, problem, open_, at)) is not None:
        return found
    if "found undefined alias" in problem and (missing := unanchored(lines, at)) is not None:
        return missing
    related = open_.related if open_ is not None else _before(lines[: at.line - 1], at, problem)
    related = related or _begun(error, path, at)
    for words, message, hint in _PLAIN_WORDS:
        if words in problem:
            return _syntax(message, hint, at, related)
    hint = "check quotes, commas and indentation around it"
    return _syntax("this isn't valid YAML", hint, at, related)


def _in_brackets(
    text: str, lines: list[str], problem: str, open_: Opened, at: Span
) -> Diagnostic | None:
    """What is wrong where something is open: a comment cut it, a comma is missing, or it isn't
    closed at all."""
    if "did not find expected ','" in problem:
        if (cut := cut_by_comment(lines, open_.at, at)) is not None:
            return cut
        if open_.at.line == at.line and lines[at.line - 1][at.column - 1 : at.column] == ":":
            message = "a comma is missing before this key, or a text with a colon isn't quoted"
            hint = 'separate fields with commas; quote text that contains ": "'
            return _syntax(message, hint, at, open_.related)
    elif open_.ended is None and "did not find expected node content" not in problem:
        return None
    return never_closed(text, lines, open_, at)


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


def _before(above: list[str], at: Span, problem: str) -> tuple[tuple[str, Span], ...]:
    """The line above that a place doesn't fit: the one that it is indented below, or a key without
    a colon, which the next line seems to go on with."""
    if "did not find expected key" in problem:
        said = "it is indented as if it belonged to this"
    elif "mapping values are not allowed" in problem:
        said = "this line has no colon"
    else:
        return ()
    for number in range(len(above), 0, -1):
        line = above[number - 1]
        depth = len(line) - len(line.lstrip(" "))
        if not line.strip() or _COMMENT.match(line):
            continue
        if ":" not in line if "colon" in said else depth < at.column - 1:
            return ((said, Span(at.path, number, depth + 1)),)
        if "colon" in said and number < len(above) - 1:
            break
    return ()


def _begun(error: MarkedYAMLError, path: str, at: Span) -> tuple[tuple[str, Span], ...]:
    """Where the list or mapping starts that the parser was in the middle of: the mistake is often
    there, and not where reading had to stop."""
    mark = error.context_mark
    if mark is None or (mark.line + 1, mark.column + 1) == (at.line, at.column):
        return ()
    return (
        (
            _BEGUN.get(error.context or "", "it begins here"),
            Span(path, mark.line + 1, mark.column + 1),
        ),
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


def _syntax(
    message: str, hint: str, at: Span, related: tuple[tuple[str, Span], ...] = ()
) -> Diagnostic:
    return Diagnostic("yaml-syntax", message, at, hint=hint, related=related)
