"""Constructs in one another: what we write does what the kfp SDK's pipeline of the same graph does,
names only what is there, and is what KFP's loader takes."""

# The SDK reads a pipeline's parameters, types and defaults from its signature: so no postponed
# annotations and lists as defaults.
# ruff: noqa: ARG001, B006, E501, UP045
# mypy: disable-error-code="untyped-decorator, type-arg, no-untyped-def, valid-type"

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Optional, cast

import pytest
import yaml
from dangling import dangling
from flow_meaning import meaning
from google.protobuf import json_format
from kfp import components, dsl, kubernetes
from kfp.dsl import Dataset, PipelineTaskFinalStatus, importer_component

from exai_compiler.build import Rendered
from exai_specs.frozen import thaw

ECHO = yaml.safe_load((Path(__file__).parent / "components" / "echo.yaml").read_text())
HEAD = """
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {}
"""
SHARED = """
  parameters:
    who: {type: string, default: you}
    depth: {type: integer, default: 5}
    flag: {type: boolean, default: true}
    words: {type: {list: string}, default: [a, b]}
    rows: {type: {list: {list: string}}, default: [[a], [b]]}
    sizes: {type: {list: {struct: {text: string, count: integer}}}, default: [{text: a, count: 1}]}
    note: {type: string, optional: true}
"""
INNER = """
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: inner}
spec:
  parameters: {text: string, count: {type: integer, default: 4}, note: {type: string, optional: true}}
  steps:
    first:
      uses: echo
      with: {text: "${{ parameters.text }}", maybe: "${{ parameters.note }}"}
      retry: {max: 2, backoff: 5s}
      env: {A: {secret: "${{ parameters.text }}", key: k}}
    way:
      choose:
        - if: ${{ parameters.count > 3 }}
          steps: {large: {uses: echo, with: {text: "${{ steps.first.text }} large"}, timeout: 10m}}
          outputs: {said: "${{ steps.large.text }}", table: "${{ steps.large.table }}"}
        - steps: {small: {uses: echo, cache: {key: own}}}
          outputs: {said: "${{ steps.small.text }}", table: "${{ steps.small.table }}"}
    each:
      forEach: {in: [x, y], parallelism: 1}
      uses: echo
      with: {text: "${{ item }}", maybe: "${{ steps.way.said }}", table: "${{ steps.way.table }}"}
  outputs:
    said: ${{ steps.way.said }}
    table: ${{ steps.way.table }}
    all: ${{ steps.each.text }}
"""


def echo(step: str, **inputs: Any) -> Any:
    """The component `echo` under the name of a step."""
    made = components.load_component_from_text(yaml.safe_dump({**ECHO, "name": step}))
    return made(**inputs)


def plain(step: str) -> Any:
    """A container of no inputs under the name of a step."""

    def body():
        return dsl.ContainerSpec(image="alpine:3.20")

    body.__name__ = step
    return dsl.container_component(body)()


class Inner(NamedTuple):
    said: str
    table: Dataset
    all: list


def called(name: str) -> Any:
    """The pipeline `inner` under the name of a step."""

    def body(text: str, count: int = 4, note: Optional[str] = None) -> Inner:
        first = echo("first", text=text, maybe=note).set_retry(2, "5s")
        kubernetes.use_secret_as_env(first, text, {"k": "A"})
        with dsl.If(count > 3):
            large = echo("large", text=f"{first.outputs['text']} large")
            kubernetes.set_timeout(large, 600)
        with dsl.Else():
            small = echo("small").set_caching_options(True, cache_key="own")
        said = dsl.OneOf(large.outputs["text"], small.outputs["text"])
        table = dsl.OneOf(large.outputs["table"], small.outputs["table"])
        with dsl.ParallelFor(["x", "y"], parallelism=1) as item:
            each = echo("each-do", text=item, maybe=said, table=table)
        return Inner(said, table, dsl.Collected(each.outputs["text"]))

    body.__name__ = name
    return dsl.pipeline(body)


CALLED = {name: called(name) for name in ("call", "again", "f")}


def importing(step: str, **options: Any) -> Any:
    """An importer under the name of a step: the SDK calls them all importer, importer-2, ..."""
    made = importer_component.ImporterComponent

    class Named(made):  # type: ignore[misc]
        def __init__(self, component_spec: Any) -> None:
            super().__init__(replace(component_spec, name=step))

    importer_component.ImporterComponent = Named
    try:
        return dsl.importer(**options)
    finally:
        importer_component.ImporterComponent = made


CASES: dict[str, tuple[str, Any]] = {}


def case(steps: str) -> Callable[[Callable[..., None]], None]:
    """The steps of a pipeline in our words; the function says them in the SDK's."""

    def add(body: Callable[..., None]) -> None:
        names = body.__code__.co_varnames[: body.__code__.co_argcount]

        @dsl.pipeline(name="made")
        def made(
            who: str = "you",
            depth: int = 5,
            flag: bool = True,
            words: list[str] = ["a", "b"],
            rows: list[list] = [["a"], ["b"]],
            sizes: list[dict] = [{"text": "a", "count": 1}],
            note: Optional[str] = None,
            exai_run_key: str = "",
            exai_data_versions: dict = {},
        ):
            given = locals()
            body(**{name: given[name] for name in names})

        CASES[body.__name__] = (steps, made)

    return add


@case("""
  steps:
    first: {uses: echo}
    maybe:
      if: ${{ steps.first.count > 1 }}
      steps:
        loop:
          forEach: {in: "${{ parameters.sizes }}", as: size, parallelism: 2}
          steps:
            one:
              uses: echo
              with: {text: "${{ size.text }} of ${{ parameters.who }}, ${{ steps.first.text }}", count: "${{ size.count }}"}
            deep: {if: "${{ size.text == 'b' }}", uses: echo, with: {text: "${{ steps.one.text }}"}}
            other: {if: "${{ size.text != parameters.who }}", uses: echo, after: [one]}
""")
def a_loop_in_a_condition(who, sizes):
    first = echo("first")
    with dsl.If(first.outputs["count"] > 1), dsl.ParallelFor(sizes, parallelism=2) as size:
        text = f"{size.text} of {who}, {first.outputs['text']}"
        one = echo("one", text=text, count=size.count)
        with dsl.If(size.text == "b"):
            echo("deep-do", text=one.outputs["text"])
        with dsl.If(size.text != who):
            echo("other-do").after(one)


@case("""
  steps:
    loop:
      forEach: {in: [1, 2], as: n}
      steps:
        way:
          choose:
            - if: ${{ n > 1 }}
              steps: {big: {uses: echo, with: {count: "${{ n }}"}}}
              outputs: {said: "${{ steps.big.text }}", table: "${{ steps.big.table }}"}
            - if: ${{ parameters.who == 'me' }}
              steps:
                mine: {uses: echo, with: {text: "${{ parameters.who }} ${{ n }}"}}
                again: {uses: echo, with: {table: "${{ steps.mine.table }}"}}
              outputs: {said: "${{ steps.again.text }}", table: "${{ steps.mine.table }}"}
            - steps: {small: {uses: echo}}
              outputs: {said: "${{ steps.small.text }}", table: "${{ steps.small.table }}"}
        use: {uses: echo, with: {text: "${{ steps.way.said }}", table: "${{ steps.way.table }}"}}
      outputs: {said: "${{ steps.use.text }}"}
    best: {uses: echo, with: {items: "${{ steps.loop.said }}"}}
""")
def a_choice_in_a_loop(who):
    with dsl.ParallelFor([1, 2]) as n:
        with dsl.If(n > 1):
            big = echo("big", count=n)
        with dsl.Elif(who == "me"):
            mine = echo("mine", text=f"{who} {n}")
            again = echo("again", table=mine.outputs["table"])
        with dsl.Else():
            small = echo("small")
        said = dsl.OneOf(big.outputs["text"], again.outputs["text"], small.outputs["text"])
        table = dsl.OneOf(big.outputs["table"], mine.outputs["table"], small.outputs["table"])
        use = echo("use", text=said, table=table)
    echo("best", items=dsl.Collected(use.outputs["text"]))


@case("""
  steps:
    outer:
      forEach: {in: "${{ parameters.rows }}", as: row}
      steps:
        cells:
          forEach: {in: "${{ row }}", as: cell, parallelism: 3}
          steps:
            one: {uses: echo, with: {text: "${{ cell }}", items: "${{ row }}"}}
            flat: {uses: echo, forEach: {in: "${{ parameters.words }}", as: word}, with: {text: "${{ word }}", maybe: "${{ cell }}", table: "${{ steps.one.table }}"}}
          outputs: {said: "${{ steps.one.text }}", all: "${{ steps.flat.text }}"}
        after: {uses: echo, with: {items: "${{ steps.cells.said }}"}}
      outputs: {said: "${{ steps.cells.said }}", all: "${{ steps.cells.all }}"}
    best: {uses: echo, with: {items: "${{ steps.outer.said }}"}}
    rest: {uses: echo, with: {items: "${{ steps.outer.all }}"}, after: [best]}
""")
def loops_in_loops(rows, words):
    with dsl.ParallelFor(rows) as row:
        with dsl.ParallelFor(row, parallelism=3) as cell:
            one = echo("one", text=cell, items=row)
            with dsl.ParallelFor(words) as word:
                flat = echo("flat-do", text=word, maybe=cell, table=one.outputs["table"])
        echo("after", items=dsl.Collected(one.outputs["text"]))
    best = echo("best", items=dsl.Collected(one.outputs["text"]))
    echo("rest", items=dsl.Collected(flat.outputs["text"])).after(best)


@case("""
  steps:
    call: {pipeline: inner, with: {text: "${{ parameters.who }}", count: "${{ parameters.depth }}", note: "${{ parameters.note }}"}}
    loop:
      forEach: {in: "${{ steps.call.all }}", as: word}
      steps:
        again: {pipeline: inner, with: {text: "${{ word }}", note: "${{ parameters.who }}"}}
        use: {uses: echo, with: {text: "${{ steps.again.said }}", items: "${{ steps.again.all }}"}}
      outputs: {said: "${{ steps.again.said }}", lists: "${{ steps.again.all }}"}
    end: {uses: echo, with: {items: "${{ steps.loop.said }}", table: "${{ steps.call.table }}"}}
    lists: {uses: echo, with: {items: "${{ steps.loop.lists }}"}, after: [call]}
""")
def calls_in_loops(who, depth, note):
    call = CALLED["call"](text=who, count=depth, note=note)
    with dsl.ParallelFor(call.outputs["all"]) as word:
        again = CALLED["again"](text=word, note=who)
        echo("use", text=again.outputs["said"], items=again.outputs["all"])
    echo("end", items=dsl.Collected(again.outputs["said"]), table=call.outputs["table"])
    echo("lists", items=dsl.Collected(again.outputs["all"])).after(call)


@case("""
  steps:
    first: {uses: echo}
    loop:
      forEach: {in: "${{ parameters.sizes }}", as: size}
      steps:
        made: {uses: echo}
        one:
          uses: echo
          env: {A: {secret: "${{ size.text }}", key: k}, B: {configMap: "${{ parameters.who }}", key: k}, C: {secret: "${{ steps.made.text }}", key: c}, D: plain}
          volumes: {/s: {secret: "${{ steps.first.text }}"}, /p: {pvc: "${{ size.text }}", subPath: x}, /c: {configMap: "${{ steps.made.text }}", optional: true}}
          timeout: 1h
          retry: {max: 3, backoff: 10s, factor: 3, maxBackoff: 1m}
          podLabels: {team: ml}
          podAnnotations: {example.com/note: text}
          displayName: One of them
          imagePullSecrets: [{name: pull}]
          imagePullPolicy: Always
          securityContext: {runAsUser: 1000, runAsGroup: 0, runAsNonRoot: true}
          nodeSelector: {zone: a}
          tolerations: [{key: gpu, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]
""")
def pods_in_a_loop(who, sizes):
    first = echo("first")
    with dsl.ParallelFor(sizes) as size:
        made = echo("made")
        one = echo("one").set_retry(3, "10s", 3, "1m").set_display_name("One of them")
        one.set_env_variable("D", "plain")
        kubernetes.use_secret_as_env(one, size.text, {"k": "A"})
        kubernetes.use_secret_as_env(one, made.outputs["text"], {"c": "C"})
        kubernetes.use_config_map_as_env(one, who, {"k": "B"})
        kubernetes.use_secret_as_volume(one, first.outputs["text"], "/s")
        kubernetes.use_config_map_as_volume(one, made.outputs["text"], "/c", optional=True)
        kubernetes.mount_pvc(one, size.text, "/p", "x")
        kubernetes.set_timeout(one, 3600)
        kubernetes.add_pod_label(one, "team", "ml")
        kubernetes.add_pod_annotation(one, "example.com/note", "text")
        kubernetes.set_image_pull_secrets(one, ["pull"])
        kubernetes.set_image_pull_policy(one, "Always")
        kubernetes.set_security_context(one, 1000, 0, True)
        kubernetes.add_node_selector(one, "zone", "a")
        # Without this the SDK hands nothing into the loop, and its pods name what isn't there.
        one.register_pipeline_channels([size.text, who, first.outputs["text"]])
        kubernetes.add_toleration(one, "gpu", "Exists", None, "NoExecute", 5)


@case("""
  steps:
    first: {uses: echo}
    loop:
      forEach: {in: "${{ parameters.words }}", as: word}
      steps:
        file: {import: {uri: "${{ word }}", type: Dataset, metadata: {of: "at ${{ word }} of ${{ parameters.who }}", from: "${{ steps.first.text }}"}, reimport: true}}
        use: {uses: echo, with: {table: "${{ steps.file.artifact }}"}}
        some: {if: "${{ word == 'a' }}", import: {uri: "s3:data", type: Dataset}}
      outputs: {tables: "${{ steps.file.artifact }}"}
    made: {import: {uri: "${{ parameters.who }}", type: Model, toWorkspace: true}, after: [loop]}
""")
def imports_in_a_loop(who, words):
    first = echo("first")
    with dsl.ParallelFor(words) as word:
        metadata = {"of": f"at {word} of {who}", "from": first.outputs["text"]}
        file = importing(
            "file",
            artifact_uri=word,
            artifact_class=dsl.Dataset,
            metadata=metadata,
            reimport=True,
        )
        use = echo("use", table=file.output)
        with dsl.If(word == "a"):
            some = importing("some-do", artifact_uri="s3:data", artifact_class=dsl.Dataset)
    made = importing("made", artifact_uri=who, artifact_class=dsl.Model, download_to_workspace=True)
    made.after(file, use, some)


@case("""
  steps:
    first: {uses: echo}
    group:
      steps:
        one: {uses: echo}
        two: {image: "alpine:3.20", after: [one], ignoreUpstreamFailure: true}
      outputs: {}
    loop:
      forEach: {in: [a, b]}
      after: [group]
      steps:
        three: {uses: echo, with: {text: "${{ item }}"}}
        four: {image: "alpine:3.20", after: [three], ignoreUpstreamFailure: true}
    way:
      after: [first, loop]
      choose:
        - if: ${{ parameters.flag }}
          steps: {yes-it: {uses: echo}}
        - steps: {no-it: {uses: echo}}
    end: {uses: echo, after: [way, loop, group]}
""")
def orders(flag):
    first = echo("first")
    one = echo("one")
    two = plain("two").after(one).ignore_upstream_failure()
    with dsl.ParallelFor(["a", "b"]) as item:
        three = echo("three", text=item).after(one, two)
        four = plain("four").ignore_upstream_failure().after(three, one, two)
    with dsl.If(flag == True):  # noqa: E712 - the SDK's operator
        yes = echo("yes-it").after(first, three, four)
    with dsl.Else():
        no = echo("no-it").after(first, three, four)
    echo("end").after(yes, no, three, four, one, two)


@case("""
  steps:
    a: {uses: echo}
    one:
      forEach: {in: "${{ parameters.words }}", as: word}
      steps:
        b: {uses: echo, with: {text: "${{ word }}"}}
        two:
          if: ${{ steps.b.count >= parameters.depth }}
          steps:
            c: {uses: echo, with: {table: "${{ steps.b.table }}"}}
            three:
              forEach: {in: "${{ parameters.sizes }}", as: size}
              steps:
                d: {uses: echo, with: {table: "${{ steps.c.table }}", text: "${{ word }} ${{ size.text }} ${{ steps.a.text }}", count: "${{ size.count }}"}}
                four:
                  choose:
                    - if: ${{ size.text != word }}
                      steps:
                        e: {uses: echo, with: {text: "${{ word }}", table: "${{ steps.a.table }}"}}
                    - if: ${{ steps.d.number < 0.5 }}
                      steps:
                        f: {pipeline: inner, with: {text: "${{ word }}", count: "${{ size.count }}"}}
                        g: {uses: echo, with: {text: "${{ steps.f.said }} ${{ steps.c.text }}", table: "${{ steps.f.table }}"}}
""")
def all_levels(depth, words, sizes):
    a = echo("a")
    with dsl.ParallelFor(words) as word:
        b = echo("b", text=word)
        with dsl.If(b.outputs["count"] >= depth):
            c = echo("c", table=b.outputs["table"])
            with dsl.ParallelFor(sizes) as size:
                text = f"{word} {size.text} {a.outputs['text']}"
                d = echo("d", table=c.outputs["table"], text=text, count=size.count)
                with dsl.If(size.text != word):
                    echo("e", text=word, table=a.outputs["table"])
                with dsl.Elif(d.outputs["number"] < 0.5):
                    f = CALLED["f"](text=word, count=size.count)
                    said = f"{f.outputs['said']} {c.outputs['text']}"
                    echo("g", text=said, table=f.outputs["table"])


@case("""
  steps:
    some: {if: "${{ parameters.flag == false }}", uses: echo}
    loop:
      forEach: {in: [{image: a, cpu: '1'}, {image: b, cpu: '2'}], as: of}
      steps:
        sized: {uses: echo, resources: {cpu: "${{ of.cpu }}", memory: 1Gi, nvidia.com/gpu: 2}}
    count: {uses: echo, with: {text: "n=${{ parameters.depth }} ${{ parameters.flag }}"}}
""")
def amounts_in_a_loop(flag, depth):
    with dsl.If(flag == False):  # noqa: E712 - the SDK's operator
        echo("some-do")
    listed: Any = [{"image": "a", "cpu": "1"}, {"image": "b", "cpu": "2"}]
    with dsl.ParallelFor(listed) as of:
        sized = echo("sized").set_cpu_request(of.cpu).set_cpu_limit(of.cpu)
        sized.set_memory_request("1Gi").set_memory_limit("1Gi")
        sized.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(2)
        sized.set_env_variable("EXAI_MEMORY", str(1024**3))
        sized.register_pipeline_channels([of.cpu])
    echo("count", text=f"n={depth} {flag}")


def _tell(status: PipelineTaskFinalStatus, who: str) -> str:
    return ""


@case("""
  steps:
    start: {uses: echo}
    loop:
      forEach: {in: "${{ parameters.words }}", as: word}
      steps:
        call: {pipeline: inner, with: {text: "${{ word }}"}}
        way:
          choose:
            - if: ${{ word == 'a' }}
              steps: {left: {uses: echo, with: {table: "${{ steps.call.table }}"}}}
            - steps: {right: {uses: echo, after: []}}
      outputs: {said: "${{ steps.call.said }}"}
    all: {uses: echo, with: {items: "${{ steps.loop.said }}"}}
  finally:
    python: last/code.py:tell
    image: python:3.11
    with: {status: "${{ status }}", who: "of ${{ parameters.depth }} and ${{ parameters.who }}"}
    retry: {max: 1}
    cache: true
    env: {A: {secret: "${{ parameters.who }}", key: k}}
    timeout: 1m
""")
def finally_with_all(who, depth, words):
    _tell.__name__ = "finally"
    tell = dsl.component(_tell, base_image="python:3.11")
    last = tell(who=f"of {depth} and {who}").set_retry(1)
    last.set_caching_options(True)
    kubernetes.use_secret_as_env(last, who, {"k": "A"})
    kubernetes.set_timeout(last, 60)
    with dsl.ExitHandler(last):
        echo("start")
        with dsl.ParallelFor(words) as word:
            call = CALLED["call"](text=word)
            with dsl.If(word == "a"):
                echo("left", table=call.outputs["table"])
            with dsl.Else():
                echo("right")
        echo("all", items=dsl.Collected(call.outputs["said"]))


@case("""
  steps:
    start: {uses: echo}
    way:
      choose:
        - if: ${{ parameters.depth < 3 }}
          steps:
            loop:
              forEach: {in: "${{ parameters.words }}", as: word}
              steps: {one: {uses: echo, with: {text: "${{ word }}", table: "${{ steps.start.table }}"}}}
              outputs: {said: "${{ steps.one.text }}"}
            sum: {uses: echo, with: {items: "${{ steps.loop.said }}"}}
          outputs: {said: "${{ steps.sum.text }}", rate: "${{ steps.sum.number }}"}
        - if: ${{ steps.start.number != 1.5 }}
          steps:
            deeper:
              choose:
                - if: ${{ parameters.who == 'me' }}
                  steps: {mine: {uses: echo, with: {text: "${{ steps.start.text }}"}}}
                  outputs: {said: "${{ steps.mine.text }}", rate: "${{ steps.mine.number }}"}
                - steps: {call: {pipeline: inner, with: {text: "${{ parameters.who }}"}}, rated: {uses: echo, with: {text: "${{ steps.call.said }}"}}}
                  outputs: {said: "${{ steps.call.said }}", rate: "${{ steps.rated.number }}"}
            pick: {uses: echo, with: {text: "${{ steps.deeper.said }}", number: "${{ steps.deeper.rate }}"}}
          outputs: {said: "${{ steps.pick.text }}", rate: "${{ steps.pick.number }}"}
        - steps: {none: {uses: echo}}
          outputs: {said: "${{ steps.none.text }}", rate: "${{ steps.none.number }}"}
    use: {uses: echo, with: {text: "${{ steps.way.said }}", number: "${{ steps.way.rate }}"}}
    again: {if: "${{ steps.way.rate > 0.5 }}", uses: echo, with: {text: "${{ steps.way.said }}"}}
""")
def choices_in_a_choice(who, depth, words):
    start = echo("start")
    with dsl.If(depth < 3):
        with dsl.ParallelFor(words) as word:
            one = echo("one", text=word, table=start.outputs["table"])
        sum_ = echo("sum", items=dsl.Collected(one.outputs["text"]))
    with dsl.Elif(start.outputs["number"] != 1.5):
        with dsl.If(who == "me"):
            mine = echo("mine", text=start.outputs["text"])
        with dsl.Else():
            call = CALLED["call"](text=who)
            rated = echo("rated", text=call.outputs["said"])
        said = dsl.OneOf(mine.outputs["text"], call.outputs["said"])
        rate = dsl.OneOf(mine.outputs["number"], rated.outputs["number"])
        pick = echo("pick", text=said, number=rate)
    with dsl.Else():
        none = echo("none")
    said = dsl.OneOf(sum_.outputs["text"], pick.outputs["text"], none.outputs["text"])
    rate = dsl.OneOf(sum_.outputs["number"], pick.outputs["number"], none.outputs["number"])
    echo("use", text=said, number=rate)
    with dsl.If(rate > 0.5):
        echo("again-do", text=said)


def image_of(step: str, image: Any) -> Any:
    def body(word: str, text: dsl.OutputPath(str)):
        return dsl.ContainerSpec(image="any", command=["sh"], args=[word, text])

    body.__name__ = step
    return dsl.container_component(body)


@case("""
  steps:
    loop:
      forEach: {in: "${{ parameters.words }}", as: word, parallelism: 1}
      steps:
        one:
          image: ${{ word }}
          command: [sh]
          args: ["${{ inputs.word }}", "${{ outputs.text }}"]
          with: {word: "${{ parameters.who }} ${{ word }}"}
          outputs: {text: string}
          cache: false
        two: {uses: echo, with: {text: "${{ run.id }}", maybe: "${{ run.stepName }}", options: {names: ["${{ word }}", b]}}}
        three: {uses: echo, with: {text: "of ${{ steps.one.text }}, ${{ word }}, ${{ parameters.depth }}"}}
      outputs: {said: "${{ steps.one.text }}"}
    each: {uses: echo, forEach: {in: [never], as: told}, with: {text: "${{ told }}", table: "${{ steps.first.table }}"}, after: [end]}
    first: {uses: echo, displayName: The first}
    end: {uses: echo, with: {items: "${{ steps.loop.said }}"}, retry: {max: 2}}
""")
def images_and_texts_in_a_loop(who, depth, words):
    with dsl.ParallelFor(words, parallelism=1) as word:
        one = image_of("one", word)(word=f"{who} {word}")
        one.set_container_image(word).set_caching_options(False)
        echo(
            "two",
            text=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            maybe=dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
            options={"names": [word, "b"]},
        )
        echo("three", text=f"of {one.outputs['text']}, {word}, {depth}")
    first = echo("first").set_display_name("The first")
    end = echo("end", items=dsl.Collected(one.outputs["text"])).set_retry(2)
    with dsl.ParallelFor(["never"]) as told:
        echo("each-do", text=told, table=first.outputs["table"]).after(end)


@pytest.mark.parametrize("name", CASES)
def test_it_means_what_the_sdk_s_means(
    name: str, rendered: Callable[..., tuple[Rendered, ...]]
) -> None:
    steps, sdk = CASES[name]
    whole = "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: made}\nspec:"
    bodies: list[Any] = [
        thaw(item.body)  # type: ignore[arg-type]
        for item in rendered(f"{HEAD}---\n{whole}{SHARED}{steps}{INNER}")
    ]
    (version,) = (
        body["spec"]
        for body in bodies
        if body["kind"] == "PipelineVersion" and body["spec"]["pipelineName"] == "made"
    )
    spec, platform = version["pipelineSpec"], version.get("platformSpec", {})
    assert list(dangling(spec, platform)) == []
    loaded = components.load_component_from_text(yaml.safe_dump_all([spec, platform]))
    assert loaded.pipeline_spec.pipeline_info.name == "made"
    theirs = json_format.MessageToDict(cast(Any, sdk).pipeline_spec)
    told = json_format.MessageToDict(cast(Any, sdk).platform_spec)
    assert meaning(spec, platform) == meaning(theirs, told)
