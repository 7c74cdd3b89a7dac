"""What the facts bring to light forbids a plan, or only the services."""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.build import Build
from exai_compiler.facts import Facts
from exai_runtime.compiling import Compiled
from exai_specs.diagnostics import Diagnostic, Span

BUILD = Build("local", (), (), (), (), (), MappingProxyType({}))
STALE = Diagnostic("features-changed", "the view `petals` means something else", Span("s.yaml"))
GONE = Diagnostic("missing-data", "there is no file", Span("s.yaml"))


def test_a_model_of_other_features_forbids_a_plan_but_not_the_run_that_mends_it() -> None:
    found = Compiled(BUILD, Facts(), (STALE,), (STALE,))
    assert (found.hopeless, found.runnable) == (True, True)


def test_what_is_wrong_besides_forbids_both() -> None:
    found = Compiled(BUILD, Facts(), (GONE, STALE), (STALE,))
    assert (found.hopeless, found.runnable) == (True, False)


def test_data_that_could_not_be_looked_at_forbids_neither() -> None:
    facts = Facts(failures=MappingProxyType({"iris": GONE}))
    found = Compiled(BUILD, facts, (GONE,))
    assert (found.hopeless, found.runnable) == (False, True)
