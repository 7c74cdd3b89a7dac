"""What the libraries below a compile need by themselves, in CPU seconds: no compile is faster.

    python tests/benchmarks/libraries_alone.py FOLDER

Reads a project's files, lets pydantic check the values of every document and json write what is
rendered, with SHA-256 of it; each after all that it needs has been made, which isn't counted. What
exai does with any of it, as reading plain YAML, isn't counted either. What libyaml would take to tell
its events stands beside them. Asserts nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import yaml

from exai_compiler.facts import Facts, Lock
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_runtime.collector import collector_off
from exai_runtime.compiling import check_project
from exai_runtime.workspace import load
from exai_specs.frozen import thaw
from exai_specs.kinds import Metadata
from exai_specs.reading import read

IMPORTED = "import json, hashlib, re, pydantic_core"


def main(folder: Path) -> None:
    files = sorted(folder.rglob("*.yaml"))
    checked = check_project(load(folder))
    project = checked.usable
    assert project is not None, checked.diagnostics
    environment = project.environment("local")
    assert environment is not None
    resolved = resolve(project, "local", environment, checked.catalog, Lock(), Facts())
    bodies = [_plain(each.body) for each in render(resolved).objects]
    blocks = [
        (of, thaw(spec.document.value.get(key, {})))
        for spec in project.all
        for of, key in ((Metadata, "metadata"), (type(spec.body), "spec"))
    ]
    texts = [file.read_text() for file in files]

    def parsed() -> None:
        for text in texts:
            for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
                pass

    def validated() -> None:
        for of, value in blocks:
            read(of, value)

    def written() -> None:
        for body in bodies:
            hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

    with collector_off():
        total = _said("imports of pydantic's core, json and re", _imported)
        total += _said("files read", lambda: [file.read_bytes() for file in files])
        total += _said("pydantic", validated)
        total += _said("json and SHA-256 of what is rendered", written)
        print(f"{len(files):,} files, the libraries alone: {total:.2f} s")
        _said("beside it: libyaml's events", parsed)


def _plain(value: object) -> object:
    """With a text where a value is known on a target alone."""
    match value:
        case Mapping():
            return {key: _plain(inner) for key, inner in value.items()}
        case tuple():
            return [_plain(inner) for inner in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _imported() -> None:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", IMPORTED], env=env, check=True)


def _said(what: str, does: Callable[[], object]) -> float:
    least = min(_seconds(does) for _ in range(3))
    print(f"{what:40} {least:6.2f} s", flush=True)
    return least


def _seconds(does: Callable[[], object]) -> float:
    before = _cpu()
    does()
    return _cpu() - before


def _cpu() -> float:
    """Of this process and those that it waited for."""
    of = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in of)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
