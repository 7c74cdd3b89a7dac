"""The view for code scanning: one SARIF log on stdout."""

from __future__ import annotations

import json
from dataclasses import dataclass

from exai_runtime.cli.version import VERSION
from exai_runtime.explaining import codes
from exai_runtime.results import Refused, Result
from exai_runtime.views.report import Report
from exai_runtime.views.sarif.log import log


@dataclass(slots=True)
class SarifView(Report):
    def show(self, result: Result, exit_code: int) -> None:
        finished = not isinstance(result, Refused)
        found = log(result.diagnostics, codes(), VERSION, self.prefix, exit_code, finished)
        json.dump(found, self.out, indent=2)
        self.out.write("\n")
        self.out.flush()
