"""`exai plan`: what an apply would do. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exai_runtime.cli.options import Options, chosen, comparing
from exai_runtime.cli.run import in_project

if TYPE_CHECKING:
    from exai_runtime.results import Result
    from exai_runtime.views.view import View

_EPILOG = """\b
Examples:
  exai plan
  exai plan -e staging --detailed-exitcode
  exai plan --output json > plan.json
  exai plan --against origin/main --output markdown
"""
CHANGES = 2


@click.command("plan", epilog=_EPILOG)
@click.option(
    "--against",
    metavar="REVISION",
    help="Compare with another revision of the Git repository; looks at no target.",
)
@click.option(
    "--against-build",
    "build",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Compare with what `exai render --save-build` wrote, maybe with another exai.",
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 0 when there is nothing to do, 2 when there are changes to be made (or, with "
    "--against, when only a registry tells whether there are), 1 on errors.",
)
@comparing
def command(against: str | None, build: Path | None, detailed_exitcode: bool) -> int:
    """Show what an apply would do, and why. Changes nothing."""

    def work(root: Path, options: Options, view: View) -> Result:
        del view
        if against is not None:
            from exai_runtime.comparing import plan_against

            return plan_against(root, options.environment, against)
        if build is not None:
            from exai_runtime.comparing import plan_against_build

            return plan_against_build(root, options.environment, build)
        from exai_runtime import session

        return session.plan(root, options.environment)

    if against is not None and build is not None:
        raise click.UsageError("--against and --against-build are two questions: ask one")
    if (
        against is None
        and build is None
        and chosen(click.get_current_context()).output == "markdown"
    ):
        raise click.UsageError("--output markdown needs --against: it is for pull requests")
    return in_project("plan", work, detailed if detailed_exitcode else None)


def detailed(result: Result) -> int:
    """The result's own code, or 2 when an apply has something to do, as far as one can tell: what
    waits for a person or a run that nothing starts is nothing to do where the registry was asked,
    and may be something where it wasn't."""
    from exai_runtime.results import Planning
    from exai_runtime.revision_results import Against

    plan, is_open = None, False
    if isinstance(result, Planning):
        plan = result.plan
    elif isinstance(result, Against) and result.comparison is not None:
        plan, is_open = result.comparison.plan, result.comparison.is_open
    if is_open or (plan is not None and plan.changes):
        return result.exit_code or CHANGES
    return result.exit_code
