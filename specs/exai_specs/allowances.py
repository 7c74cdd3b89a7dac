"""Comments that silence a warning or a note in place: `# exai: allow unused-dataset -- kept for the
audit`, on its line or on one above it.

In: the text of one file. Out: what may be silent where, and comments that give no reason. Never:
which codes there are; reading texts without the words.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from functools import lru_cache

from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic, Span, more_problems
from exai_specs.nearest import nearest
from exai_specs.regexes import regex
from exai_specs.values import frozen
from exai_specs.yaml_text import lines_of, may_be_deep

_WORDS = regex(r"#[ \t]*(?i:exai)[ \t]*[:\-]?[ \t]*([A-Za-z]+)(?![A-Za-z./])(.*)")
_RIGHT = regex(r"#[ \t]*exai:[ \t]*allow\b")
# What other tools call it.
_ALSO = frozenset({"ignore", "disable", "noqa", "nolint", "permit", "silence", "suppress", "skip"})
# Without the colon a sentence about exai begins the same, so what follows has to be one: codes, and
# a reason; or, after a word that commands, codes alone.
_COLON = regex(r"#[ \t]*(?i:exai)[ \t]*:")
_CODES = r"[ \t:]+[a-z0-9]+(?:-[a-z0-9]+)+(?:,[ \t]*[a-z0-9]+(?:-[a-z0-9]+)+)*"
_CODES_AND_REASON = regex(rf"{_CODES}[ \t]+--.*")
_CODES_ALONE = regex(_CODES)
# Codes as people list them: with or without commas. A code of one word is none without a comma.
_CODE = r"[a-z0-9]+(?:-[a-z0-9]+)+(?![\w-])"
_LIST = regex(rf"[ \t:]+{_CODE}(?:(?:[ \t]*[,;][ \t]*|[ \t]+){_CODE})*[ \t]*[,;]?")
_FORM = regex(r"[ \t]+([a-z0-9-]+(?:,[ \t]*[a-z0-9-]+)*)[ \t]+--[ \t]*(\S.*)")


@frozen
class Allowance:
    """`code` may be silent on the line `line` of the file; `at` is the comment."""

    code: str
    line: int
    at: Span
    reason: str


def allowances(text: str, path: str) -> tuple[tuple[Allowance, ...], tuple[Diagnostic, ...]]:
    """Every allowance of a file, and the comments that aren't one."""
    if not _WORDS.search(text):
        return (), ()
    lines = lines_of(text)
    below = _below(lines)
    quoted = _in_values(text)
    found: list[Allowance] = []
    problems: list[Diagnostic] = []
    for number, line in enumerate(lines, 1):
        said = _WORDS.search(line)
        if said is None or _hidden(number, said.start(), quoted):
            continue
        if said.start() and line[said.start() - 1] not in " \t":
            continue  # `a#b` is text
        at = Span(path, number, said.start() + 1)
        if not _RIGHT.match(said[0]):
            if _nearly(said[1]) and (_COLON.match(said[0]) or _codes_follow(said[1], said[2])):
                problems.append(_misspelt(at))
            continue
        form = _FORM.fullmatch(said[2].rstrip())
        if form is None:
            problems.append(_unreasoned(at, said[2]))
            continue
        alone = not line[: said.start()].strip()
        means = below[number - 1] if alone else number
        codes = (code.strip() for code in form[1].split(","))
        found += (Allowance(code, means, at, form[2]) for code in codes)
    if len(problems) > MAX_IN_FILE:
        problems[MAX_IN_FILE:] = [more_problems(problems[MAX_IN_FILE].at, MAX_IN_FILE, "file")]
    return tuple(found), tuple(problems)


@lru_cache(maxsize=256)
def _nearly(word: str) -> bool:
    """Whether this word was meant as `allow`."""
    given = word.lower()
    return given in _ALSO or nearest(given, ("allow",), 0.79) is not None


def _codes_follow(word: str, rest: str) -> bool:
    if _CODES_AND_REASON.fullmatch(rest.rstrip()):
        return True
    commands = word.lower() == "allow" or word.lower() in _ALSO
    return commands and _CODES_ALONE.fullmatch(rest.rstrip()) is not None


def _misspelt(at: Span) -> Diagnostic:
    return Diagnostic(
        "allow-without-reason",
        "this comment allows nothing: it isn't written as one that does",
        at,
        hint="write `# exai: allow CODE -- the reason`",
    )


def _unreasoned(at: Span, rest: str) -> Diagnostic:
    """No reason; or codes and words that aren't told apart as they should be, which are repeated
    in the right form."""
    from exai_specs.withheld import shown

    hint = "write `# exai: allow CODE -- the reason`"
    if (found := _LIST.match(rest)) is not None:
        codes = regex(r"[\s,;]+").split(found[0].strip(" \t,;"))
        reason = rest[found.end() :].strip().lstrip(":-").strip()
        if not reason or shown(reason) != reason:  # what may be a credential isn't repeated
            reason = "the reason"
        hint = f"write `# exai: allow {', '.join(codes)} -- {reason[:80]}`"
        if len(codes) > 1:
            hint += ": commas between codes, ` -- ` before the reason"
    return Diagnostic(
        "allow-without-reason",
        "this comment doesn't say what it allows, and why",
        at,
        hint=hint,
    )


def _below(lines: list[str]) -> list[int]:
    """For each line the number of the first one below it that holds more than a comment; its own
    where there is none."""
    found = list(range(1, len(lines) + 1))
    next_ = 0
    for number in range(len(lines), 0, -1):
        found[number - 1] = next_ or number
        text = lines[number - 1].strip()
        if text and not text.startswith("#"):
            next_ = number
    return found


Region = tuple[int, int, int, int]


def _in_values(text: str) -> tuple[Region, ...]:
    """Where texts in quotes and blocks stand, from line and column to line and column: a `#` there
    is no comment. What can't be read has none; it is no spec either."""
    import yaml

    regions: list[Region] = []
    if may_be_deep(text):
        return ()
    with contextlib.suppress(yaml.YAMLError):
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent) and event.style:
                start, end = event.start_mark, event.end_mark
                if start and end:
                    regions.append((start.line + 1, start.column, end.line + 1, end.column))
    return tuple(regions)


def _hidden(line: int, column: int, regions: tuple[Region, ...]) -> bool:
    at = bisect_right(regions, (line, column), key=lambda region: region[:2])
    return at > 0 and (line, column) < regions[at - 1][2:]
