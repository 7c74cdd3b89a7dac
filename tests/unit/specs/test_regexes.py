"""Regular expressions that are compiled when they are first used are those of the library."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from exai_specs.regexes import regex
from exai_specs.yaml_text import _UNPRINTABLE


@pytest.mark.parametrize("flags", [0, re.IGNORECASE | re.MULTILINE])
def test_a_regex_does_what_a_compiled_one_does(flags: int) -> None:
    form, text = r"^([a-z]+)-(\d)$", "a-1\nB-2"
    ours, theirs = regex(form, flags), re.compile(form, flags)
    assert ours.findall(text) == theirs.findall(text)
    assert ours.sub(r"\2", text) == theirs.sub(r"\2", text)
    assert ours.fullmatch("a-1")[1] == "a"  # type: ignore[index]  # it matches
    assert (ours.pattern, ours.groups) == (theirs.pattern, theirs.groups)
    with pytest.raises(AttributeError, match="nothing"):
        _ = ours.nothing  # type: ignore[attr-defined]


def test_what_cannot_stand_in_yaml_is_what_its_specification_leaves_out() -> None:
    allowed = re.compile("[\t\n\r -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
    refused = {ord(mark) for mark in "\u2028\u2029\ufeff"}
    for code in [*range(0x11000), 0x10FFFF]:
        fine = bool(allowed.match(chr(code))) and code not in refused
        assert bool(_UNPRINTABLE.search(chr(code))) is not fine, hex(code)


def test_importing_the_checks_compiles_no_regex_of_exai() -> None:
    code = """
import re, sys
import exai_specs.regexes
made = re.compile
def compile(form, flags=0):
    frame = sys._getframe(1)
    assert not frame.f_globals["__name__"].startswith("exai"), (form, frame.f_code.co_filename)
    return made(form, flags)
re.compile = compile
import exai_compiler.checks, exai_compiler.render, exai_compiler.planning
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
