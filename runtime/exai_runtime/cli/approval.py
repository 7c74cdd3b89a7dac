"""Who agrees to a plan: `--yes`, a person on the terminal, or nobody. Out: whether to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from exai_compiler.changes import Delete, Plan, Replace
from exai_runtime.results import Applied
from exai_runtime.views.human.words import count
from exai_runtime.views.view import View
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.effects import Effect

Question = Callable[[Plan], str]


@dataclass(slots=True)
class Approval:
    """`question` says what to ask about a plan; with empty text nobody is asked."""

    view: View
    yes: bool
    question: Question
    refusal: Diagnostic | None = None

    def __call__(self, plan: Plan) -> bool:
        self.view.propose(plan)
        question = "" if self.yes else self.question(plan)
        if not question:
            return True
        answer = self.view.ask(question)
        if answer is None:
            self.refusal = Diagnostic(
                "needs-approval",
                f"nobody is there to answer: {question}",
                Span(""),
                hint="look at `exai plan`, then run the same command with --yes",
            )
        return bool(answer)

    def explain(self, applied: Applied) -> Applied:
        """The result with the reason for which nothing was done. Declining is exit code 1."""
        if applied.approved:
            return applied
        more = () if self.refusal is None else (self.refusal,)
        return replace(applied, diagnostics=(*applied.diagnostics, *more), exit_code=1)


def before_deletions(plan: Plan) -> str:
    """What an apply asks: only about what somebody could miss; old versions go by themselves."""
    going = sum(
        isinstance(planned.change, Delete | Replace) and planned.impact > Effect.METADATA
        for planned in plan.changes
    )
    if not going:
        return ""
    return f"{count(going, 'object')} of environment {plan.environment} will be deleted. Go on?"


def before_destroying(purge: bool) -> Question:
    """What a destroy asks where there is anything to destroy."""

    def question(plan: Plan) -> str:
        if purge and not plan.changes:
            what = f"All models of environment {plan.environment}, its runs and its registry"
            return f"{what} will be deleted. Go on?"
        what = f"{count(len(plan.changes), 'object')} of environment {plan.environment}"
        if purge:
            what += ", all its models, its runs and its registry"
        return f"{what} will be deleted. Go on?"

    return question
