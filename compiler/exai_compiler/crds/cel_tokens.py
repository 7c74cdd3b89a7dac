"""The words of CEL (see `cel`).

In: a rule. Out: its tokens, in order; text without its quotes. Judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_compiler.crds.cel_errors import CelError

_TOKENS = re.compile(
    r'\s*(?:(r"""(?:.|\n)*?"""|r?"(?:[^"\\]|\\.)*"|r?\'(?:[^\'\\]|\\.)*\')|(\d+\.\d+|\d+)'
    r"|([A-Za-z_]\w*)|(&&|\|\||==|!=|<=|>=|[-<>!?:()\[\],.+*/%]))"
)


def tokens(rule: str) -> Iterator[tuple[str, str]]:
    """Each with its kind: text, number, word or operator. Raises CelError for anything else."""
    at, end = 0, len(rule.rstrip())
    while at < end:
        found = _TOKENS.match(rule, at)
        if found is None:
            raise CelError(f"{rule}: can't be read from {rule[at : at + 12]!r}")
        at = found.end()
        text, number, word, operator = found.groups()
        if text is not None:
            yield "text", _unquoted(text)
        elif number is not None:
            yield "number", number
        else:
            yield ("word", word) if word is not None else ("operator", operator)


def _unquoted(text: str) -> str:
    raw, text = text.startswith("r"), text.removeprefix("r")
    quotes = 3 if text.startswith('"""') else 1
    inner = text[quotes:-quotes]
    return inner if raw else re.sub(r"\\(.)", r"\1", inner)
