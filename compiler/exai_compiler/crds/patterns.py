"""Regular expressions of CRDs, which are Go's, as Python reads them.

In: a pattern. Out: one that means the same. Judges nothing.
"""

from __future__ import annotations

from exai_specs.regexes import regex

_FLAGS = regex(r"\(\?([ims]+)\)")


def python_pattern(pattern: str) -> str:
    """A pattern of a CRD, which is Go's: there flags may stand inside (`^(?i)(abort|warn)?$`), and
    `$` isn't before a line end, which a text of several lines (`|`) has at its own."""
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = f"{pattern[:-1]}\\Z"
    flags = "".join(_FLAGS.findall(pattern))
    return f"(?{flags}){_FLAGS.sub('', pattern)}" if flags else pattern
