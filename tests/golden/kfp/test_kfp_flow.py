"""Control flow: what we write does what the kfp SDK's pipeline of the same graph does.

Names of groups and channels differ, so what is compared is where everything comes from and when it
runs (`flow_meaning`); a reference that leads nowhere fails there: KFP's loader doesn't notice one.
"""

# The SDK reads a pipeline's parameters, types and defaults from its signature: so no postponed
# annotations and lists as defaults.
# ruff: noqa: ARG001, B006
# mypy: disable-error-code="untyped-decorator, type-arg, no-untyped-def, valid-type"

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Optional, cast

import pytest
import yaml
from flow_meaning import meaning
from google.protobuf import json_format
from kfp import components as kfp_components
from kfp import dsl, kubernetes
from kfp.dsl import Dataset, Input, PipelineTaskFinalStatus

from exai_compiler.build import Rendered
from exai_specs.frozen import thaw

HERE = Path(__file__).parent


def component(step: str, uses: str) -> Any:
    """The component `echo` under the name of a step."""
    content = yaml.safe_load((HERE / "components" / f"{uses}.yaml").read_text())
    return kfp_components.load_component_from_text(yaml.safe_dump({**content, "name": step}))


def function(name: str, code: Callable[..., Any]) -> Any:
    """A Python step under the name of ours."""
    code.__name__ = name
    return dsl.component(code, base_image="python:3.11", install_kfp_package=False)


@dsl.pipeline(name="every-condition")
def conditions(
    flag: bool = True,
    depth: int = 5,
    who: str = "you",
    exai_run_key: str = "",
    exai_data_versions: dict = {},
):
    first = component("first", "echo")()
    with dsl.If(first.outputs["number"] >= 0.5):
        component("enough-do", "echo")(text=f"{first.outputs['text']} for {who}")
    with dsl.If(first.outputs["count"] != depth):
        one = component("one", "echo")(table=first.outputs["table"])
        with dsl.If(flag == True):  # noqa: E712 - the SDK's operator
            component("three", "echo")(text=one.outputs["text"], count=depth)
    inside = component("inside", "echo")(text=who)
    component("after-together", "echo")(table=inside.outputs["table"], text=inside.outputs["text"])
    with dsl.If(first.outputs["number"] > 3.0):
        large = component("large", "echo")(count=depth)
    with dsl.Elif(first.outputs["text"] == "small"):
        small = component("small", "echo")(text=who)
    with dsl.Else():
        none = component("none", "echo")(table=first.outputs["table"])
    ways = (large, small, none)
    text = dsl.OneOf(*(way.outputs["text"] for way in ways))
    component("chosen", "echo")(table=dsl.OneOf(*(way.outputs["table"] for way in ways)), text=text)


def _listed() -> list[str]:
    return ["p", "q"]


def _best(
    tables: Input[list[Dataset]], numbers: list[float], counts: list, texts: list[str]
) -> str:
    return ""


@dsl.pipeline(name="every-loop")
def loops(
    rates: list[dict] = [{"lr": 0.5, "tag": "a"}, {"lr": 0.25, "tag": "b"}],
    names: list[str] = ["x", "y"],
    who: str = "you",
    cpu: str = "500m",
    exai_run_key: str = "",
    exai_data_versions: dict = {},
):
    first = component("first", "echo")()
    listed = function("listed", _listed)()
    with dsl.ParallelFor(rates, parallelism=2) as rate:
        train = component("train", "echo")(
            number=rate.lr,
            text=f"run {rate.tag} for {who}",
            table=first.outputs["table"],
            options=rate,
        )
        with dsl.ParallelFor([1, 2]) as item:
            deep = component("deep", "echo")(count=item, text=train.outputs["text"], number=rate.lr)
    with dsl.ParallelFor(names) as name:
        each = component("each-do", "echo")(text=f"{name} and {first.outputs['text']}")
    with dsl.ParallelFor(rates) as rate:
        component("fields-do", "echo")(
            number=rate.lr, text=f"run {rate.tag}", table=first.outputs["table"]
        )
    with dsl.If(first.outputs["count"] == 1), dsl.ParallelFor(rates) as rate:
        component("maybe-do", "echo")(number=rate.lr)
    with dsl.ParallelFor([{"text": "a", "memory": "1Gi"}, {"text": "b", "memory": "4Gi"}]) as size:
        sized = component("sized-do", "echo")(text=size.text)
        sized.set_cpu_request(cpu).set_cpu_limit(cpu)
        sized.set_memory_request(size.memory).set_memory_limit(size.memory)
        # Without this the SDK hands nothing into the loop, and its tasks name what isn't there.
        sized.register_pipeline_channels([cpu, size.memory])
    with dsl.If(first.outputs["count"] == 1), dsl.ParallelFor(listed.output, parallelism=1) as word:
        component("some-do", "echo")(text=word)
    function("best", _best)(
        tables=dsl.Collected(deep.outputs["table"]),
        numbers=dsl.Collected(train.outputs["number"]),
        counts=dsl.Collected(deep.outputs["count"]),
        texts=dsl.Collected(each.outputs["text"]),
    )
    component("later", "echo")().after(train, deep, each)


def _tell(status: PipelineTaskFinalStatus, who: str) -> str:
    return ""


def _quiet() -> str:
    return ""


@dsl.pipeline(name="with-finally")
def last(who: str = "you", exai_run_key: str = "", exai_data_versions: dict = {}):
    tell = function("finally", _tell)(who=f"to {who}")
    with dsl.ExitHandler(tell):
        first = component("first", "echo")(text=who)
        with dsl.If(first.outputs["text"] == "you"):
            component("second-do", "echo")(text=first.outputs["text"])
        function("anyway", _quiet)().after(first).ignore_upstream_failure()


def named(name: str, code: Callable[..., Any]) -> Any:
    """A pipeline of the SDK under the name of the step that it is."""
    return dsl.pipeline(name=name)(code)


class Texts(NamedTuple):
    text: str
    count: int
    table: Dataset


class Middle(NamedTuple):
    said: str
    table: Dataset


def _echoes(text: Any, count: Any, note: Any, cached: bool = True) -> Texts:
    first = component("first", "echo")(text=text, count=count, maybe=note)
    first.set_caching_options(cached)
    kubernetes.use_secret_as_env(first, "tokens", {"first": "TOKEN"})
    kubernetes.use_secret_as_env(first, text, {"name": "WHO"})
    kubernetes.set_timeout(first, 3600)
    with dsl.If(first.outputs["count"] > 4):
        second = component("second", "echo")(text=f"{first.outputs['text']} of {count}")
        second.set_caching_options(cached)
    return Texts(first.outputs["text"], first.outputs["count"], first.outputs["table"])


def _inner(text: str, count: int = 4, note: Optional[str] = None) -> Texts:  # noqa: UP045
    return _echoes(text, count, note)


def _uncached(text: str, count: int = 4, note: Optional[str] = None) -> Texts:  # noqa: UP045
    return _echoes(text, count, note, cached=False)


INNER = {name: named(name, _inner) for name in ("once", "again", "maybe-do", "each-do", "left")}
DEEP = named("deep", _uncached)


def _middle(table: Input[Dataset], depth: int, mark: str = "!") -> Middle:
    passed = component("pass", "echo")(table=table, count=depth, text=f"so {mark}")
    passed.set_caching_options(False)
    deep = DEEP(text=passed.outputs["text"], count=depth)
    return Middle(deep.outputs["text"], passed.outputs["table"])


def _farewell(who: str):
    last = component("finally", "echo")(text=who)
    with dsl.ExitHandler(last):
        say = component("say", "echo")(text=f"goodbye {who}")
        component("guarded", "echo")(table=say.outputs["table"])


def _collect(texts: list, tables: Input[list[Dataset]]) -> str:
    return ""


MIDDLE, FAREWELL = named("middle", _middle), named("finally", _farewell)


@dsl.pipeline(name="outer")
def calls(who: str = "you", depth: int = 5, exai_run_key: str = "", exai_data_versions: dict = {}):
    last = FAREWELL(who=who)
    with dsl.ExitHandler(last):
        load = component("load", "echo")()
        middle = MIDDLE(table=load.outputs["table"], depth=depth)
        middle.set_caching_options(False)
        once = INNER["once"](text=middle.outputs["said"])
        INNER["again"](text=once.outputs["text"], count=7).after(middle)
        with dsl.If(once.outputs["count"] > 3):
            INNER["maybe-do"](text=who)
        with dsl.ParallelFor(["a", "b"], parallelism=1) as letter:
            each = INNER["each-do"](text=letter, note=who)
        function("collected", _collect)(
            texts=dsl.Collected(each.outputs["text"]), tables=dsl.Collected(each.outputs["table"])
        )
        with dsl.If(once.outputs["text"] == "left"):
            left = INNER["left"](text="left")
        with dsl.Else():
            right = component("right", "echo")()
        way = dsl.OneOf(left.outputs["text"], right.outputs["text"])
        component("end", "echo")(text=way, table=middle.outputs["table"])


SDK = {"conditions": conditions, "loops": loops, "last": last, "calls": calls}


def ours(case: str, rendered: Callable[..., tuple[Rendered, ...]]) -> dict[str, Any]:
    text = (HERE / case / "project.yaml").read_text()
    bodies: list[Any] = [thaw(item.body) for item in rendered(text)]  # type: ignore[arg-type]
    versions = [body["spec"] for body in bodies if body["kind"] == "PipelineVersion"]
    spec = next(v for v in versions if len(versions) == 1 or v["pipelineName"] == "outer")
    return meaning(spec["pipelineSpec"])


@pytest.mark.parametrize("case", SDK)
def test_the_flow_is_the_sdk_s(case: str, rendered: Callable[..., tuple[Rendered, ...]]) -> None:
    theirs = meaning(json_format.MessageToDict(cast(Any, SDK[case]).pipeline_spec))
    found = ours(case, rendered)
    # The SDK can't loop over what another loop collected, unless a pipeline returns it.
    found.pop("tables-do", None)
    assert found == theirs
