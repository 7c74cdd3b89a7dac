"""Completion of documents, runs and parameters. Out: items; at worst none."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from exai_runtime.cli.options import chosen

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def named(*kinds: str) -> Complete:
    """The names of the documents of these kinds."""

    def items(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        del parameter
        from exai_runtime.cli.names import documents

        return _beginning(documents(chosen(context).directory, kinds), incomplete)

    return items


def identities(*kinds: str) -> Complete:
    """`Kind/name` of the documents of these kinds."""

    def items(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        del parameter
        from exai_runtime.cli.names import documents

        directory = chosen(context).directory
        found = (f"{kind}/{name}" for kind in kinds for name in documents(directory, (kind,)))
        return _beginning(found, incomplete)

    return items


def nodes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Documents; after `#` the steps of one, after `:` the columns of a document or a step."""
    del parameter
    from exai_runtime.cli.names import lineage_nodes

    return _beginning(lineage_nodes(chosen(context).directory, incomplete), incomplete)


def runs(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Keys of runs, each with its pipeline and state."""
    del parameter
    from exai_runtime.cli.names import run_keys

    options = chosen(context)
    found = run_keys(options.directory, options.environment)
    return [CompletionItem(key, help=said) for key, said in found if key.startswith(incomplete)]


def codes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Codes of diagnostics, each with its meaning."""
    del context, parameter
    from exai_runtime.explaining import codes as known

    return [
        CompletionItem(code, help=told.meaning)
        for code, told in sorted(known().items())
        if code.startswith(incomplete)
    ]


def parameters(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """`name=` of the parameters of the pipeline that was named before."""
    del parameter
    from exai_runtime.cli.names import parameters as of

    # Where an option still lacks its value, click leaves what came before it unparsed.
    words = [word for word in context.args if not word.startswith("-")]
    pipeline = str(context.params.get("pipeline") or next(iter(words), ""))
    return _beginning((f"{name}=" for name in of(chosen(context).directory, pipeline)), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
