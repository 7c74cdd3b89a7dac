"""Valid projects of every kind, what every stage says of a project, and every form of a report.

The examples, the goldens' specs and the guide. In: texts by path. Out: diagnostics; what may not be
of them is asserted here.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.environments import environments
from exai_compiler.everywhere import check_everywhere
from exai_compiler.facts import Facts, Lock
from exai_compiler.lineage import lineage
from exai_compiler.project import link, local
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_runtime.explaining import codes
from exai_runtime.views.github.view import command
from exai_runtime.views.human.diagnostics import blocks
from exai_runtime.views.human.paint import PLAIN, printable
from exai_runtime.views.sarif.log import log
from exai_specs.diagnostics import Diagnostic, has_errors, in_order
from exai_specs.documents import read
from exai_specs.kinds import ProjectSpec
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
BLOCK = re.compile(r"^```(yaml|python)\n(.*?)^```$", re.M | re.S)

Texts = dict[str, str]


# Where what no machine of its own can do is rendered, too.
IMAGE = f"example.com/exai@sha256:{'0' * 64}"
CLUSTER = (
    "{exai: '>=0.1', environments: {prod: {target: kubeflow, namespace: ml, "
    "data: {root: s3://b/d}, models: {store: s3://b/m}, tracking: {uri: https://m.example.com}, "
    f"images: {{train: {IMAGE}, serve: {IMAGE}}}}}}}}}"
)


@cache
def projects() -> dict[str, Texts]:
    """Valid projects by name, as texts by path. Goldens of one renderer alone aren't whole."""
    return {name: texts for name, texts in candidates().items() if not has_errors(told(texts))}


def candidates() -> dict[str, Texts]:
    found: dict[str, Texts] = {
        "section-0": {"exai.yaml": (TESTS / "language_section_0.yaml").read_text()},
        "section-5": {"exai.yaml": (TESTS / "language_section_5.yaml").read_text()},
    }
    for folder in sorted((ROOT / "examples").iterdir()):
        if (folder / "exai.yaml").is_file():
            found[folder.name] = files_of(folder)
    for file in sorted(TESTS.glob("golden/kfp/*/project.yaml")):
        code = {
            str(p.relative_to(file.parents[1])): p.read_text() for p in file.parent.glob("*.py")
        }
        text = file.read_text().replace("spec: {}\n", f"spec: {CLUSTER}\n", 1)
        found[f"kfp/{file.parent.name}"] = {"exai.yaml": text, **code}
    for folder in sorted(TESTS.glob("golden/*/*/specs")):
        texts = files_of(folder.parent)
        kept = {p: t for p, t in texts.items() if p.startswith("specs/") or p.endswith(".py")}
        found["/".join(folder.parts[-3:-1])] = kept
    for page in sorted((ROOT / "examples/guide").glob("*.md")):
        if blocks := BLOCK.findall(page.read_text()):
            yaml = [text.removeprefix("---\n") for kind, text in blocks if kind == "yaml"]
            texts = {"exai.yaml": "---\n".join(yaml)}
            for text in [text for kind, text in blocks if kind == "python"]:
                texts[text.partition("\n")[0].removeprefix("# file: ")] = text
            found[f"guide/{page.stem}"] = texts
    return found


def files_of(folder: Path) -> Texts:
    files = [*folder.rglob("*.yaml"), *folder.rglob("*.py")]
    return {file.relative_to(folder).as_posix(): file.read_text() for file in sorted(files)}


@cache
def components() -> Catalog:
    """exai's own, and the one of the goldens of pipelines."""
    folder = ROOT / "components/exai_components"
    files = [*sorted(folder.glob("*/component.yaml")), TESTS / "golden/kfp/components/echo.yaml"]
    return catalog({str(file): file.read_text() for file in files})


def told(texts: Texts) -> tuple[Diagnostic, ...]:
    """What every stage has to say of these files; renders each environment of a sound project."""
    specs: list[Spec] = []
    problems: list[Diagnostic] = []
    for path in (path for path in texts if path.endswith(".yaml")):
        documents, found = read(texts[path].encode(errors="surrogatepass"), path)
        problems += found
        for document in documents:
            spec = parse(document)
            if isinstance(spec, Spec):
                specs.append(spec)
            else:
                problems += spec
    project = link(specs)
    if project is None or has_errors(problems):
        return in_order(problems)
    python = {path: text for path, text in texts.items() if path.endswith(".py")}
    modules = frozenset(Path(path).stem for path in python)
    known = replace(components(), files=python, modules=modules)
    there = environments(project)
    problems += there.problems
    if not has_errors(problems):
        problems += check_everywhere(project, there.projects, known)
    if not has_errors(problems):
        root = project.root.body
        assert isinstance(root, ProjectSpec)
        for name, environment in (root.environments or {"local": local()}).items():
            mine = there.projects.get(name, project)
            resolved = resolve(mine, name, environment, known, Lock(), Facts())
            lineage(mine, resolved.graphs)
            render(resolved)
    return in_order(problems)


@cache
def as_it_was(project: str) -> tuple[Texts, tuple[Diagnostic, ...]]:
    texts = projects()[project]
    return texts, told(texts)


def judged(texts: Texts, of: object) -> list[Diagnostic]:
    """The errors of a changed project. Nothing raises, every diagnostic has a code of ours, a place
    in a file and a hint, and every form of a report can be made of it; `of` says what was changed.
    """
    try:
        found = told(texts)
    except Exception as error:
        raise AssertionError(f"{of}") from error
    for each in found:
        assert each.code in codes(), of
        assert each.at.path in texts and each.at.line >= 1 and each.at.column >= 1, of
        assert each.hint or each.severity == "note", (str(of), each)
    shown = [printable(line) for line in blocks(found, texts, PLAIN)]
    assert all(len(line) < 2000 and "\n" not in line for line in shown), of
    written = json.dumps(log(found, codes(), "1", "", 1, True), ensure_ascii=False)
    written.encode("utf-8", "backslashreplace")
    assert all("\n" not in command(each, "") for each in found), of
    return [each for each in found if each.severity == "error"]
