"""Which field of a pipeline a text stands in. In: a path of its document. Out: the field's name."""

from __future__ import annotations

from exai_compiler.checks.texts import Path


def position(path: Path) -> str:
    """`with`, `if`, `in`, `output`, `import`, `env`, `command` or `args`; "" where no `${{` can
    stand.
    """
    if path[3:4] == ("with",) and path[:2] == ("spec", "steps") and len(path) > 4:
        return "with"  # as nearly all that is asked about
    match below_step(path):
        case ("with", _, *_):
            return "with"
        case ("if",):
            return "if"
        case ("forEach", "in", *_):
            return "in"
        case ("outputs", _):
            return "output"
        case ("import", "uri") | ("import", "metadata", *_):
            return "import"
        case ("env", _):
            return "env"
        case ("command" | "args" as field, _, *_):
            return field
    return ""


def below_step(path: Path) -> Path:
    """A path from the step that it is in, or from `defaults`, or from the pipeline's spec.

    Steps stand below `steps`, of the pipeline, a group or a branch; a step in `finally` by itself.
    """
    rest = path[1:] if path[:1] == ("spec",) else ()
    while rest[:1] == ("steps",) and len(rest) > 2:
        rest = rest[2:]
        if rest[:1] == ("choose",) and len(rest) > 2:
            rest = rest[2:]
    return rest[1:] if rest[:1] in (("finally",), ("defaults",)) else rest
