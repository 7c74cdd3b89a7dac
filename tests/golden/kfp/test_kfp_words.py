"""Every public word of the kfp SDK is compared with what we write, or it is said why not.

A word that a new version of kfp brings fails here until somebody decides about it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from kfp import dsl, kubernetes

TESTS = Path(__file__).parents[2]
# The files that hold what we write against what the SDK compiles.
ORACLES = (
    *sorted((TESTS / "golden" / "kfp").glob("test_kfp_*.py")),
    *sorted((TESTS / "golden" / "kfp_kubernetes").glob("test_*.py")),
    TESTS / "unit" / "compiler" / "test_embedded_files.py",
)
# A function of the oracles that calls a word under another name.
CALLED: Mapping[str, str] = {
    "importing": "importer",
    "InputPath": "InputPath",
    "OutputPath": "OutputPath",
}

_POD_STARTS_PODS = "for code that starts pods of its own: exai has a Manifest for those"
_NAMED = "the step's own name is the group's"
_READ = "is for the SDK's own code to read"
_OLD = "is an old name of"
NOT_COMPARED: Mapping[str, str] = {
    "Condition": f"{_OLD} If",
    "ConcatPlaceholder": "text around an expression is written as text, which means the same",
    "PipelineTask": "what a step is; its methods are compared",
    "PipelineTask.add_node_selector_constraint": f"{_OLD} set_accelerator_type",
    "PipelineTask.set_gpu_limit": f"{_OLD} set_accelerator_limit",
    "PipelineTask.channel_inputs": _READ,
    "PipelineTask.dependent_tasks": _READ,
    "PipelineTask.inputs": _READ,
    "PipelineTask.name": _READ,
    "TaskConfig": _POD_STARTS_PODS,
    "TaskConfigField": _POD_STARTS_PODS,
    "TaskConfigPassthrough": _POD_STARTS_PODS,
    "component.task_config_passthroughs": _POD_STARTS_PODS,
    "notebook_component.task_config_passthroughs": _POD_STARTS_PODS,
    "component.func": "the function itself",
    "notebook_component.func": "the function itself",
    "container_component.func": "the function itself",
    "pipeline.func": "the function itself",
    "component.target_image": "`kfp component build` makes that image; a container step names one",
    "component.output_component_file": "writes a file and changes nothing",
    "notebook_component.output_component_file": "writes a file and changes nothing",
    "component.additional_funcs": "`embed` brings a file or a folder",
    "component.kfp_package_path": "exai's image has kfp; others install the version of the target",
    "notebook_component.kfp_package_path": "as of a component",
    "pipeline.description": "stands in the Pipeline object, from metadata",
    "pipeline.display_name": "stands in the Pipeline object, from metadata",
    "pipeline.pipeline_root": "where artifacts are kept is the installation's: kfp-launcher has it",
    "If.name": _NAMED,
    "Elif.name": _NAMED,
    "Else.name": _NAMED,
    "ExitHandler.name": _NAMED,
    "ParallelFor.name": _NAMED,
    "run_notebook": "called by the code that is made of a notebook, which is compared as text",
}
# What a decorator takes, which nobody names.
DECORATED = {f"{of}component.func" for of in ("", "notebook_", "container_")} | {"pipeline.func"}
# What isn't called to say something of a step: types, and what code of users calls.
_NOT_CALLED = (
    "Input",
    "Output",
    "EmbeddedInput",
    "get_uri",
    "PipelineTaskFinalStatus",
    "PipelineTask",
    "CreatePVC",
    "DeletePVC",
)


def words() -> Iterator[tuple[str, Any]]:
    """Everything public: of `kfp.dsl`, `kfp.kubernetes`, and what a task can be told."""
    for name, value in sorted(vars(dsl).items()):
        ours = getattr(value, "__module__", "kfp").startswith("kfp") or name in dsl.__all__
        inner = name.startswith("_") or name.endswith("Annotation") or name == "T"
        if ours and not inner and not isinstance(value, ModuleType):
            yield name, value
    yield from ((name, getattr(kubernetes, name)) for name in sorted(kubernetes.__all__))
    for name in dir(dsl.PipelineTask):
        if not name.startswith("_"):
            yield f"PipelineTask.{name}", getattr(dsl.PipelineTask, name)


WORDS = dict(words())


def parameters(name: str, value: Any) -> tuple[str, ...]:
    artifact = isinstance(value, type) and issubclass(value, dsl.Artifact)
    if not callable(value) or artifact or name in _NOT_CALLED:
        return ()
    return tuple(each for each in inspect.signature(value).parameters if each != "self")


def compared() -> set[str]:
    """The words that the oracles use: a name alone, and with a parameter that it is given."""
    calls: dict[str, tuple[str, ...]] = {
        name.rpartition(".")[2]: parameters(name, value) for name, value in WORDS.items()
    }
    found: set[str] = set()
    for file in ORACLES:
        if file == Path(__file__):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                    found.add(name)
                case ast.Dict(keys=keys):  # options of a case
                    found |= {f"*.{k.value}" for k in keys if isinstance(k, ast.Constant)}
            if isinstance(node, ast.Call):
                called = _called(node.func)
                given = [k.arg for k in node.keywords]
                given += [p for p, _ in zip(calls.get(called, ()), node.args, strict=False)]
                found |= {f"{called}.{each}" for each in given} if called else set()
    return found


def _called(function: ast.expr) -> str:
    """The word of the SDK that is called; a bare name is the oracles' own function."""
    match function:
        case ast.Attribute(attr=name):
            return name
        case ast.Name(id=name):
            return CALLED.get(name, "")
    return ""


def missing(public: Mapping[str, Any], used: set[str]) -> Iterator[str]:
    for name, value in public.items():
        short = name.rpartition(".")[2]
        if name in NOT_COMPARED:
            continue
        if short not in used:
            yield name
        for each in parameters(name, value):
            of_options = short in ("component", "notebook_component") and f"*.{each}" in used
            if f"{short}.{each}" not in {*used, *NOT_COMPARED} and not of_options:
                yield f"{name}.{each}"


def test_every_public_word_is_compared_or_decided_about() -> None:
    assert list(missing(WORDS, compared())) == []


def test_what_is_decided_about_is_there_and_isn_t_compared() -> None:
    used = compared()
    for name in NOT_COMPARED:
        word, _, parameter = name.rpartition(".")
        known = name in WORDS or parameter in parameters(word, WORDS[word])
        assert known, f"kfp has no {name} any more"
        assert name not in used - DECORATED, name


def test_a_new_word_is_noticed() -> None:
    public = {**WORDS, "Sometimes": dsl.TaskConfig}
    assert next(missing({"Sometimes": dsl.TaskConfig}, compared())) == "Sometimes"
    assert set(missing(public, compared())) > {"Sometimes"}


def test_a_new_parameter_is_noticed() -> None:
    def set_retry(num_retries: int, jitter: str) -> None: ...

    public = {**WORDS, "PipelineTask.set_retry": set_retry}
    assert list(missing(public, compared())) == ["PipelineTask.set_retry.jitter"]
