"""A group that imports a command only when it is called: `--help` must cost next to nothing."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """A command: its name, the module that holds it as `command`, and its line in the help."""

    name: str
    module: str
    summary: str


class Section(NamedTuple):
    title: str
    entries: tuple[Entry, ...]


SECTIONS: tuple[Section, ...] = (
    Section(
        "Begin",
        (
            Entry("init", "exai_runtime.cli.init", "Make a new project."),
            Entry("validate", "exai_runtime.cli.validate", "Check all specs, as a compiler would."),
            Entry("explain", "exai_runtime.cli.explain", "Say what a diagnostic's code means."),
            Entry("schema", "exai_runtime.cli.schema", "Print what editors check specs by."),
            Entry("lineage", "exai_runtime.cli.lineage", "Show what comes from what, and where."),
            Entry("graph", "exai_runtime.cli.graph", "Draw the lineage, or write it for others."),
        ),
    ),
    Section(
        "Change",
        (
            Entry("plan", "exai_runtime.cli.plan", "Show what an apply would do, and why."),
            Entry("apply", "exai_runtime.cli.apply", "Make the environment what the specs say."),
            Entry("run", "exai_runtime.cli.run_pipeline", "Run a pipeline now."),
            Entry("lock", "exai_runtime.cli.lock", "Pin which version an alias means."),
            Entry("destroy", "exai_runtime.cli.destroy", "Remove what exai made."),
        ),
    ),
    Section(
        "Look and use",
        (
            Entry("status", "exai_runtime.cli.status", "Show services, models and what waits."),
            Entry("predict", "exai_runtime.cli.predict", "Ask a service for predictions."),
            Entry("runs", "exai_runtime.cli.runs", "List runs, show one, compare several."),
            Entry("history", "exai_runtime.cli.history", "Show a model's versions and aliases."),
            Entry("logs", "exai_runtime.cli.logs", "Show what a run or a service wrote."),
            Entry("data", "exai_runtime.cli.data", "Look at the data of a Dataset."),
            Entry("features", "exai_runtime.cli.features", "Look features up, push, bring online."),
        ),
    ),
    Section(
        "Beyond",
        (
            Entry("render", "exai_runtime.cli.render", "Write what kubectl, kfp and feast take."),
            Entry("doctor", "exai_runtime.cli.doctor", "Check this machine, and say what to do."),
        ),
    ),
    Section(
        "Shell",
        (Entry("completion", "exai_runtime.cli.completion", "Print a completion script."),),
    ),
)

COMMANDS: dict[str, Entry] = {e.name: e for section in SECTIONS for e in section.entries}


class LazyGroup(click.Group):
    """Knows its commands from the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = import_module(entry.module).command
        assert isinstance(command, click.Command)  # noqa: S101 - the table is ours
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"There is no command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        longest = max(map(len, COMMANDS))
        for section in SECTIONS:
            rows = [(entry.name.ljust(longest), entry.summary) for entry in section.entries]
            with formatter.section(section.title):
                formatter.write_dl(rows)
