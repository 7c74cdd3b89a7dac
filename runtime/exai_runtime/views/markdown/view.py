"""The view for comments on pull requests: Markdown on stdout, the rest as for people on stderr."""

from __future__ import annotations

from dataclasses import dataclass

from exai_runtime.results import Result
from exai_runtime.revision_results import Against
from exai_runtime.views.human.view import HumanView


@dataclass(slots=True)
class MarkdownView(HumanView):
    """What has no form of its own in Markdown is a block of text."""

    def show(self, result: Result, exit_code: int) -> None:
        if not isinstance(result, Against):
            HumanView.show(self, result, exit_code)
            return
        from exai_runtime.views.markdown.against import lines

        self.close()
        self._diagnose(result)
        self._write(self.out, lines(result), False)
