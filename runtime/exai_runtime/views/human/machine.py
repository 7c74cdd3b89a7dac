"""Rendered files and a check-up of the machine as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from exai_compiler.expected import Expected
from exai_runtime.results import Checkup, Finding, LeftOut, RenderedFiles
from exai_runtime.views.human.paint import Paint, pad
from exai_runtime.views.human.words import count


def rendered(found: RenderedFiles, paint: Paint) -> Iterator[str]:
    """The list of files; without a folder the YAML itself, nothing else beside it."""
    if found.directory is None:
        # PyYAML is a tenth of what the other commands import.
        from exai_runtime.manifest_yaml import stream

        yield from stream(found.objects).split("\n")[:-1] if found.objects else ()
        return
    for file in found.files:
        mark = paint.green("+") if file.state == "written" else paint.dim("=")
        yield f"  {mark} {file.path}"
    yield from (f"  {paint.red('-')} {path}" for path in found.removed)
    written = sum(file.state == "written" for file in found.files)
    rest = count(len(found.files) - written, "file") + " unchanged"
    gone = f", {len(found.removed)} removed" if found.removed else ""
    title = paint.green(paint.bold("Rendered."))
    yield f"{title} {count(written, 'file')} written to {found.directory}, {rest}{gone}."


def left_out(found: tuple[LeftOut, ...], paint: Paint) -> Iterator[str]:
    """What isn't among them, and why; for stderr. What helps several is said once, below them."""
    for hint, several in groupby(found, lambda one: one.hint):
        for one in several:
            yield f"{paint.yellow('left out')} {one.id}: waits for {one.waits.waits_for}: " + (
                one.waits.reason
            )
        if hint:
            yield f"  {paint.cyan('= help:')} {hint}"


def expected(found: tuple[Expected, ...], paint: Paint) -> Iterator[str]:
    """What a cluster has to have before, a line a kind; for stderr."""
    if found:
        yield paint.bold("What the cluster has to have before:")
    for kind, group in groupby(found, lambda one: one.kind):
        names = dict.fromkeys(
            f"{one.name} ({', '.join(one.keys)})" if one.keys else one.name for one in group
        )
        yield f"  {kind}: {', '.join(names)}"


def checkup(found: Checkup, paint: Paint) -> Iterator[str]:
    """A line a finding, with what to do under it, then one that counts."""
    widest = max((len(one.check) for one in found.findings), default=0)
    for one in found.findings:
        yield f"{_mark(one, paint)} {pad(one.check, widest)}  {one.detail}"
        if one.hint and one.state != "ok":
            yield f"  {' ' * widest}  {paint.cyan('= help:')} {one.hint}"
    problems = sum(one.state == "problem" for one in found.findings)
    warnings = sum(one.state == "warning" for one in found.findings)
    yield ""
    if not problems and not warnings:
        yield f"{paint.green(paint.bold('All is well.'))} {count(len(found.findings), 'check')}."
        return
    said = [count(problems, "problem")] if problems else []
    said += [count(warnings, "warning")] if warnings else []
    title = ", ".join(said)
    yield (paint.red if problems else paint.yellow)(paint.bold(title))


def _mark(one: Finding, paint: Paint) -> str:
    match one.state:
        case "ok":
            return paint.green("+")
        case "warning":
            return paint.yellow("!")
        case "problem":
            return paint.red("x")
