"""What people get wrong in a pipeline: the place, the words, and what to write instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exai_compiler.catalog import Catalog
from exai_compiler.checks import check
from exai_compiler.project import link
from exai_runtime.workspace import component_catalog
from exai_specs.allowances import allowances
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

CODE = """
def work() -> int:
    return 1


def text() -> str:
    return "1Gi"


def say(x: str) -> str:
    return x


def take(x: int) -> int:
    return x


def numbers() -> list:
    return [1]
"""
PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {environments: {prod: {target: kubeflow, namespace: ml}}}
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: rows}
spec: {source: {csv: {path: 's3://a/rows.csv'}}, key: [id], schema: {id: int64}}
"""
FIRST = PROJECT.count("\n") + 5
"""The line of the first pipeline's spec, were it a text that starts with a line break."""
OF_THE_PROJECT = ("exai-unpinned", "missing-image", "unused-dataset", "image-by-tag")
PIPELINE = """\
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: {name}}}
spec:
{spec}
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    found = component_catalog()
    return replace(found, files={"code.py": CODE}, modules=frozenset({"code"}))


def said(catalog: Catalog, *pipelines: str, least: str = "warning") -> list[Diagnostic]:
    """What is said of these specs of pipelines, the first called `a`, ...; of nothing else."""
    text = PROJECT + "".join(
        PIPELINE.format(name="abc"[number], spec="\n".join(f"  {line}" for line in lines))
        for number, lines in enumerate(pipeline.strip().splitlines() for pipeline in pipelines)
    )
    found, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(each) for each in found]
    assert all(isinstance(spec, Spec) for spec in specs), specs
    allowed, _ = allowances(text, "exai.yaml")
    project = link((spec for spec in specs if isinstance(spec, Spec)), allowed)
    assert project is not None
    severities = ("error", "warning")[: 1 + (least == "warning")]
    return [
        each
        for each in check(project, catalog)
        if each.severity in severities and each.code not in OF_THE_PROJECT
    ]


@pytest.mark.parametrize(
    ("reference", "code", "hint"),
    [
        ("parameter.mem", "unknown-reference", 'did you mean "parameters"?'),
        ("mem", "unknown-reference", "write ${{ parameters.mem }}"),
        ("parameters.mem.x", "bad-expression", "write ${{ parameters.mem }}"),
        ("parameters", "bad-expression", "write ${{ parameters.NAME }}"),
        ("workflow.parameters.mem", "unknown-reference", "write ${{ parameters.mem }}"),
        ("make", "unknown-reference", "write ${{ steps.make.OUTPUT }}"),
        ("make.Output", "unknown-reference", "write ${{ steps.make.Output }}"),
        ("make.outputs.Output", "unknown-reference", "write ${{ steps.make.Output }}"),
        ("steps.make", "bad-expression", "write ${{ steps.make.OUTPUT }}"),
        ("steps.make.outputs.Output", "bad-expression", "write ${{ steps.make.Output }}"),
        ("item", "unknown-reference", "an item is what `forEach` goes over"),
        ("secrets.token", "unknown-reference", "use a step's `env`"),
        ("inputs.mem", "unknown-reference", "of a container step"),
        ("parameters.mem == 'x'", "expression-not-allowed", "write ${{ parameters.NAME }}"),
        ("parameters.mem or", "bad-expression", ""),
    ],
)
@pytest.mark.parametrize("field", ["with: {{x: '{}'}}", "resources: {{memory: '{}'}}"])
def test_a_reference_that_means_nothing_says_what_to_write(
    catalog: Catalog, field: str, reference: str, code: str, hint: str
) -> None:
    written = field.format("${{ " + reference.replace("'", "''") + " }}")
    function = "say" if "with" in field else "text"
    pipeline = f"""
run: {{on: []}}
parameters: {{mem: {{type: string, default: 1Gi}}}}
steps:
  make: {{python: 'code.py:text'}}
  size: {{python: 'code.py:say', with: {{x: '${{{{ parameters.mem }}}}'}}}}
  a: {{python: 'code.py:{function}', {written}}}
"""
    found = said(catalog, pipeline)
    assert len(found) == 1, found
    (found,) = found
    assert found.code == code
    assert hint in found.hint


def test_an_item_of_another_name_is_told(catalog: Catalog) -> None:
    (found,) = said(
        catalog,
        "run: {on: []}\nsteps:\n  a: {forEach: {in: [b], as: m}, python: 'code.py:say', "
        "with: {x: '${{ item }}'}}",
    )
    assert (found.code, found.hint) == ("unknown-reference", "the item is ${{ m }}")


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("rate.q", "`NAME: ${{ rate.q }}`, and write ${{ inputs.NAME }}"),
        ("item", "give `${{ rate }}` under `with`"),
        ("data", "write ${{ inputs.data.path }}"),
        ("data.uri", "write ${{ inputs.data.uri }}"),
        ("x", "write ${{ inputs.x }}"),
        ("out", "write ${{ outputs.out }}"),
        ("input.x", "write ${{ inputs.x }}"),
        ("mem", "`mem: ${{ parameters.mem }}`, and write ${{ inputs.mem }}"),
        ("load.data", "`data: ${{ steps.load.data }}`, and write ${{ inputs.data }}"),
        ("artifacts.a", "`NAME: ${{ artifacts.a }}`, and write ${{ inputs.NAME }}"),
        ("nothing", "write ${{ inputs.NAME }}, ${{ outputs.NAME }} or ${{ run.NAME }}"),
    ],
)
def test_an_argument_says_how_it_gets_at_what_is_meant(
    catalog: Catalog, reference: str, hint: str
) -> None:
    (found,) = said(
        catalog,
        f"""
run: {{on: []}}
parameters: {{mem: {{type: string, default: 1Gi}}}}
steps:
  load: {{uses: load-dataset, with: {{dataset: rows}}}}
  say: {{python: 'code.py:say', with: {{x: '${{{{ parameters.mem }}}}'}}}}
  box:
    image: 'a/bcd:1.23'
    forEach: {{in: [{{q: 1}}], as: rate}}
    with: {{x: 1, data: '${{{{ steps.load.data }}}}'}}
    args: ['${{{{ inputs.x }}}}', '${{{{ inputs.data.path }}}}', '${{{{ outputs.out }}}}',
           '${{{{ {reference} }}}}']
    outputs: {{out: string}}
""",
    )
    assert hint in found.hint


def test_a_file_that_no_argument_names_is_named_by_its_path(catalog: Catalog) -> None:
    (found,) = said(
        catalog,
        """
run: {on: []}
steps:
  load: {uses: load-dataset, with: {dataset: rows}}
  box: {image: 'a/bcd:1.23', with: {data: '${{ steps.load.data }}'}}
""",
    )
    assert (found.code, found.severity) == ("unused-input", "warning")
    assert "${{ inputs.data.path }}" in found.hint


ROWS = "{list: {struct: {a: integer, b: integer}}}"
SIZED = """
run: {on: []}
parameters: {mem: string}
steps:
  a: {python: 'code.py:work', resources: {memory: '${{ parameters.mem }}'}}
"""
SIZES = """
run: {on: []}
parameters: {sizes: {list: string}}
steps:
  a:
    forEach: {in: '${{ parameters.sizes }}', as: m}
    python: 'code.py:work'
    resources: {memory: '${{ m }}'}
"""
READS_B = f"""
run: {{on: []}}
parameters: {{rows: {ROWS}}}
steps:
  a:
    forEach: {{in: '${{{{ parameters.rows }}}}', as: m}}
    python: 'code.py:take'
    with: {{x: '${{{{ m.b }}}}'}}
"""
CHOICE = """
run: {on: []}
parameters: {k: {type: string, enum: [one, two]}}
steps:
  a: {python: 'code.py:say', with: {x: '${{ parameters.k }}'}}
"""
SPLITS = """
run: {on: []}
parameters: {part: {type: double, default: 0.5}}
steps:
  load: {uses: load-dataset, with: {dataset: rows}}
  split: {uses: split-data, with: {data: '${{ steps.load.data }}', test: '${{ parameters.part }}'}}
  check: {image: 'a/bcd:1.23', with: {d: '${{ steps.split.train }}', e: '${{ steps.split.test }}'},
          args: ['${{ inputs.d.path }}', '${{ inputs.e.path }}']}
"""
COUNTS = """
run: {on: []}
parameters: {numbers: {list: integer}}
steps:
  a:
    forEach: {in: '${{ parameters.numbers }}', as: n}
    python: 'code.py:take'
    with: {x: '${{ n }}'}
"""


@pytest.mark.parametrize(
    ("inner", "call", "code", "wrong"),
    [
        (SIZED, "forEach: {in: [1Gi, banana], as: m}, with: {mem: '${{ m }}'}", "amount", "banana"),
        (
            SIZED,
            "forEach: {in: [{m: 1Gi}, {m: pear}], as: m}, with: {mem: '${{ m.m }}'}",
            "bad-amount",
            "pear",
        ),
        (SIZED, "with: {mem: '${{ parameters.mem }}'}", "bad-amount", "plum"),
        (SIZES, "with: {sizes: [1Gi, banana]}", "bad-amount", "banana"),
        (
            SIZES,
            "forEach: {in: [[1Gi], [pear]], as: m}, with: {sizes: '${{ m }}'}",
            "bad-amount",
            "pear",
        ),
        (READS_B, "with: {rows: [{a: 1, b: 2}, {a: 3}]}", "unknown-reference", "{a: 3}"),
        (READS_B, "with: {rows: '${{ parameters.rows }}'}", "unknown-reference", "{a: 4}"),
        (
            READS_B,
            "forEach: {in: [[{a: 1, b: 2}], [{a: 5}]], as: m}, with: {rows: '${{ m }}'}",
            "unknown-reference",
            "{a: 5}",
        ),
        (CHOICE, "with: {k: three}", "wrong-input-type", "three"),
        (
            CHOICE,
            "forEach: {in: [one, four], as: m}, with: {k: '${{ m }}'}",
            "wrong-input-type",
            "four",
        ),
        (SPLITS, "with: {part: 20}", "invalid-input", "20"),
        (SPLITS, "forEach: {in: [0.5, 30.0], as: m}, with: {part: '${{ m }}'}", "invalid", "30.0"),
        (COUNTS, "with: {numbers: '${{ parameters.any }}'}", "wrong-input-type", "grape"),
    ],
)
def test_a_called_pipeline_is_judged_by_all_that_its_callers_give(
    catalog: Catalog, inner: str, call: str, code: str, wrong: str
) -> None:
    declared = {
        "mem": "mem: {type: string, default: plum}",
        "rows": f"rows: {{type: {ROWS}, default: [{{a: 4}}]}}",
        "any": "any: {type: list, default: [1, grape]}",
    }
    used = [text for name, text in declared.items() if f"parameters.{name}" in call]
    outer = f"""
run: {{on: []}}
parameters: {{{", ".join(used)}}}
steps:
  call: {{pipeline: b, {call}}}
"""
    (found,) = said(catalog, outer, inner)
    assert code in found.code
    line = next(n for n, text in enumerate(outer.splitlines()) if wrong in text)
    column = outer.splitlines()[line].index(wrong) + 1
    assert (found.at.line, found.at.column) == (line + FIRST, column + 2)
    assert found.hint
    assert found.related, "the other end is cited"


def test_what_is_right_is_let_be(catalog: Catalog) -> None:
    outer = """
run: {on: []}
parameters: {any: {type: list, default: [1]}}
steps:
  make: {python: 'code.py:numbers'}
  one: {pipeline: b, forEach: {in: [1Gi, 500Mi], as: m}, with: {mem: '${{ m }}'}}
  two: {pipeline: c, with: {rows: [{a: 1, b: 2}, {b: 2}]}}
  three:
    forEach: {in: '${{ steps.make.Output }}', as: n}
    python: 'code.py:take'
    with: {x: '${{ n }}'}
  four:
    forEach: {in: '${{ parameters.any }}', as: n}
    python: 'code.py:take'
    with: {x: '${{ n }}'}
"""
    assert said(catalog, outer, SIZED, READS_B) == []


def test_an_item_of_the_loop_s_own_list_lacks_what_is_read(catalog: Catalog) -> None:
    (found,) = said(
        catalog,
        """
run: {on: []}
steps:
  a: {python: 'code.py:take', forEach: {in: [{a: 1, b: 2}, {a: 1}], as: m}, with: {x: '${{ m.b }}'}}
""",
    )
    assert found.message == "this item has no `b`, which the loop reads as `m.b`"
    assert found.at.column == 62


SIZE = "python: 'code.py:work', resources: {memory: '${{ %s }}'}"
NOT_NONE = "if: \"${{ %s != 'none' }}\""


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (f"a: {{{NOT_NONE % 'parameters.mem'}, {SIZE % 'parameters.mem'}}}", False),
        (f"a: {{{NOT_NONE % 'parameters.b'}, {SIZE % 'parameters.mem'}}}", True),
        (
            f"g: {{{NOT_NONE % 'parameters.mem'}, steps: {{a: {{{SIZE % 'parameters.mem'}}}}}}}",
            False,
        ),
        (
            "g: {forEach: {in: [none, 1Gi], as: m}, "
            f"steps: {{a: {{{NOT_NONE % 'm'}, {SIZE % 'm'}}}}}}}",
            False,
        ),
        (f"a: {{forEach: {{in: [none, 1Gi], as: m}}, {SIZE % 'm'}}}", True),
        (
            "g: {forEach: {in: [{s: none}, {s: 1Gi}], as: o}, "
            f"steps: {{a: {{{NOT_NONE % 'o.s'}, {SIZE % 'o.s'}}}}}}}",
            False,
        ),
        (
            "g: {forEach: {in: [{k: none}, {k: b, s: 1Gi}], as: o}, "
            f"steps: {{a: {{{NOT_NONE % 'o.k'}, {SIZE % 'o.s'}}}}}}}",
            False,
        ),
        (
            "g: {forEach: {in: [{k: b}, {k: b, s: 1Gi}], as: o}, steps: {"
            f"a: {{{NOT_NONE % 'o.k'}, {SIZE % 'o.s'}}}, b: {{{SIZE % 'o.s'}}}}}}}",
            True,
        ),
        (
            "g: {forEach: {in: [{k: b}, {k: b, s: 1Gi}], as: o}, "
            f"steps: {{a: {{{NOT_NONE % 'o.s'}, python: 'code.py:work'}}}}}}",
            True,
        ),
        (
            f"g: {{choose: [{{{NOT_NONE % 'parameters.mem'}, "
            f"steps: {{a: {{{SIZE % 'parameters.mem'}}}}}}}]}}",
            False,
        ),
        (
            f"g: {{choose: [{{{NOT_NONE % 'parameters.mem'}, steps: {{}}}}, "
            f"{{steps: {{a: {{{SIZE % 'parameters.mem'}}}}}}}]}}",
            False,
        ),
        (
            f"g: {{choose: [{{{NOT_NONE % 'parameters.b'}, "
            f"steps: {{a: {{{SIZE % 'parameters.mem'}}}}}}}, "
            f"{{{NOT_NONE % 'parameters.mem'}, steps: {{}}}}]}}",
            True,
        ),
        (
            f"a: {{{NOT_NONE % 'parameters.mem'}, "
            "pipeline: b, with: {mem: '${{ parameters.mem }}'}}",
            False,
        ),
        ("a: {pipeline: b, with: {mem: '${{ parameters.mem }}'}}", True),
    ],
)
def test_what_a_condition_lets_through_is_asked_of_nobody(
    catalog: Catalog, steps: str, told: bool
) -> None:
    outer = f"""
run: {{on: []}}
parameters: {{mem: {{type: string, default: none}}, b: {{type: string, default: b}}}}
steps:
  {steps}
  use: {{python: 'code.py:say', with: {{x: '${{{{ parameters.b }}}}'}}}}
  also: {{python: 'code.py:say', with: {{x: '${{{{ parameters.mem }}}}'}}}}
"""
    found = said(catalog, outer.replace("steps: {}", "steps: {e: {python: 'code.py:work'}}"), SIZED)
    assert [each.code for each in found if each.code in ("bad-amount", "unknown-reference")] == (
        (["unknown-reference"] if "k: b" in steps else ["bad-amount"]) if told else []
    )
    assert {each.code for each in found} <= {"bad-amount", "unknown-reference"}


@pytest.mark.parametrize(("part", "told"), [("m > 0", False), ("parameters.other > 0", True)])
def test_a_bound_holds_for_what_gets_there(catalog: Catalog, part: str, told: bool) -> None:
    found = said(
        catalog,
        f"""
run: {{on: []}}
parameters: {{other: {{type: double, default: 0.5}}}}
steps:
  load: {{uses: load-dataset, with: {{dataset: rows}}}}
  g:
    forEach: {{in: [0, 0.2], as: m}}
    steps:
      split:
        if: ${{{{ {part} }}}}
        uses: split-data
        with: {{data: '${{{{ steps.load.data }}}}', test: '${{{{ m }}}}'}}
  last: {{if: '${{{{ parameters.other > 0 }}}}', python: 'code.py:work'}}
""",
    )
    errors = [each.code for each in found if each.severity == "error"]
    assert errors == (["invalid-input"] if told else [])


def test_a_called_pipeline_of_too_many_steps_is_told_at_the_call(catalog: Catalog) -> None:
    steps = "\n".join(f"  s{number}: {{python: 'code.py:work'}}" for number in range(2001))
    found = said(
        catalog,
        "run: {on: []}\nsteps:\n  a: {pipeline: b}",
        f"run: {{on: []}}\nsteps:\n{steps}",
    )
    assert [(each.code, each.message) for each in found] == [
        ("too-many-steps", "`b` alone has 2001 steps")
    ]


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        (
            "a: {import: {uri: '${{ steps.make.Output }}', type: Model}}",
            "expression-not-allowed",
            "is made beside this import",
        ),
        (
            "a: {forEach: {in: [{u: x}], as: m}, import: {uri: '${{ m.u }}', type: Model}}",
            "expression-not-allowed",
            "`m.u` is a field",
        ),
        (
            "a: {import: {uri: 's3://${{ parameters.mem }}', type: Model}}",
            "bad-expression",
            "puts no address together",
        ),
        (
            "a: {import: {uri: x, type: Model, metadata: {a: ['${{ parameters.mem }}']}}}",
            "expression-not-allowed",
            "fills nothing into the metadata",
        ),
        ("a: {import: {uri: '${{ parameters.mem }}', type: Model}}", "", ""),
        ("a: {forEach: {in: [x], as: m}, import: {uri: '${{ m }}', type: Model}}", "", ""),
        (
            "a: {if: \"${{ parameters.mem == 'x' }}\", "
            "import: {uri: '${{ steps.make.Output }}', type: Model}}",
            "",
            "",
        ),
        (
            "a: {steps: {file: {import: {uri: '${{ steps.make.Output }}', type: Model}}}, "
            "outputs: {artifact: '${{ steps.file.artifact }}'}}",
            "",
            "",
        ),
    ],
)
def test_what_kubeflow_pipelines_can_read_of_an_import(
    catalog: Catalog, step: str, code: str, says: str
) -> None:
    found = said(
        catalog,
        f"""
run: {{on: []}}
parameters: {{mem: {{type: string, default: 1Gi}}}}
steps:
  make: {{python: 'code.py:text'}}
  say: {{python: 'code.py:say', with: {{x: '${{{{ parameters.mem }}}}'}}}}
  {step}
""",
    )
    assert [each.code for each in found] == [code] * bool(code)
    assert all(says in each.message and each.hint for each in found)


def test_a_name_that_stands_twice_makes_no_cycle(catalog: Catalog) -> None:
    (found,) = said(
        catalog,
        """
run: {on: []}
steps:
  a: {python: 'code.py:work'}
  g: {steps: {a: {python: 'code.py:take', with: {x: '${{ steps.a.Output }}'}}}}
""",
    )
    assert found.code == "duplicate-step"


BOX = """
run: {on: []}
steps:
  box: {image: 'a/bcd:1.23', %s outputs: {rows: integer, model: Model}}
"""


@pytest.mark.parametrize(
    ("fields", "unwritten"),
    [
        ("", ["rows", "model"]),
        ("command: [run, '${{ outputs.rows }}'],", ["model"]),
        ("args: [{ifPresent: x, then: ['${{ outputs.model.uri }}']}], with: {x: 1},", ["rows"]),
        ("args: ['${{ outputs.rows }}', '${{ outputs.model.path }}'],", []),
        ("args: ['{{$}}'],", []),
        ("args: [--out, /tmp/kfp_outputs/output_metadata.json],", []),
    ],
)
def test_an_output_is_written_where_the_command_says(
    catalog: Catalog, fields: str, unwritten: list[str]
) -> None:
    found = said(catalog, BOX % fields)
    assert [each.code for each in found] == ["unwritten-output"] * len(unwritten)
    for each, name in zip(found, unwritten, strict=True):
        assert f"where `{name}` is" in each.message
        assert each.severity == "warning"


HALVES = """
run: {on: []}
parameters: {lr: {type: string, default: a}}
steps:
  make: {python: 'code.py:text'}
  use: {python: 'code.py:say', with: {x: '${{ parameters.lr }}'}}
  %s
"""
IN_LOOP = "a: {forEach: {in: [{lr: b}], as: rate}, python: 'code.py:say', "


@pytest.mark.parametrize(
    ("step", "code", "severity", "hint"),
    [
        (IN_LOOP + "with: {x: '{{ rate.lr }}'}}", "half-expression", "warning", "rate.lr"),
        (IN_LOOP + "with: {x: '{{ rate }}'}}", "half-expression", "warning", "rate"),
        (IN_LOOP + "with: {x: 'at ${rate.lr}'}}", "half-expression", "warning", "rate.lr"),
        (
            "a: {python: 'code.py:say', with: {x: '${ parameters.lr }'}}",
            "half-expression",
            "warning",
            "parameters.lr",
        ),
        (
            "a: {python: 'code.py:take', with: {x: '{{ steps.make.Output }}'}}",
            "wrong-input-type",
            "error",
            "steps.make.Output",
        ),
        (
            "a: {image: 'a/bcd:1.23', args: ['{{ inputs.x }}'], with: {x: 1}}",
            "half-expression",
            "warning",
            "inputs.x",
        ),
        (
            "a: {image: 'a/bcd:1.23', args: ['echo ${inputs.x}/y'], with: {x: 1}}",
            "half-expression",
            "warning",
            "inputs.x",
        ),
        (
            "a: {python: 'code.py:work', if: '{{ parameters.lr == ''a'' }}'}",
            "bad-expression",
            "error",
            "parameters.lr == 'a'",
        ),
        (
            "a: {python: 'code.py:work', forEach: {in: '${parameters.lr}'}}",
            "not-a-list",
            "error",
            "parameters.lr",
        ),
    ],
)
def test_half_an_expression_is_told_with_the_whole(
    catalog: Catalog, step: str, code: str, severity: str, hint: str
) -> None:
    (found,) = said(catalog, HALVES % step)
    assert (found.code, found.severity, found.hint) == (code, severity, f"write ${{{{ {hint} }}}}")


@pytest.mark.parametrize(
    "text",
    [
        "{{ name }}",
        "{{ parameters.other }}",
        "${HOME}",
        "Say {{ greeting.word }}",
        "${lr}",
        "{parameters}",
        "a {{ b",
        "$${{ parameters.lr }}",
    ],
)
def test_text_that_somebody_may_mean_is_let_be(catalog: Catalog, text: str) -> None:
    assert said(catalog, HALVES % f"a: {{python: 'code.py:say', with: {{x: '{text}'}}}}") == []


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (IN_LOOP + "with: {x: '{{ rate.lr }}'}}", []),
        ("a: {image: 'a/bcd:1.23', command: [render, '{{ run.id }}']}", []),
        ("a: {image: 'a/bcd:1.23', env: {T: '{{ run.id }}'}}", []),
        (IN_LOOP + "with: {x: '{{$.rate.lr}}'}}", ["kfp-placeholder"]),
    ],
)
def test_a_template_for_others_can_be_allowed(catalog: Catalog, step: str, kept: list[str]) -> None:
    told = [each.code for each in said(catalog, HALVES % step)]
    assert told == (kept or ["half-expression"])
    allowed = f"# exai: allow half-expression -- a template that the step fills in\n  {step}"
    left = [each.code for each in said(catalog, HALVES % allowed)]
    assert left == kept


def refused(spec: str) -> list[Diagnostic]:
    """What is said of a pipeline that can't be read, in order."""
    documents, _ = read(PROJECT + PIPELINE.format(name="a", spec=spec), "exai.yaml")
    told = [found for document in documents if isinstance(found := parse(document), tuple)]
    return [each for found in told for each in found]


def test_an_amount_is_written_whole() -> None:
    step = "{python: 'code.py:work', resources: {memory: '{{ parameters.mem }}'}}"
    (problem,) = refused(f"  steps: {{a: {step}}}")
    assert problem.hint == "write ${{ parameters.mem }}"


@pytest.mark.parametrize("value", ["{depth: 1, rats: 0.1}", "[{depth: 1}, {rats: 1}]"])
def test_a_field_that_a_default_can_t_have_is_named_at_its_place(value: str) -> None:
    struct = "{struct: {depth: integer, rate: double}}"
    type_ = f"{{list: {struct}}}" if value.startswith("[") else struct
    spec = f"  parameters: {{p: {{default: {value}, type: {type_}}}}}"
    (problem,) = refused(f"{spec}\n  steps: {{a: {{python: 'code.py:work'}}}}")
    assert (problem.code, problem.at.column) == ("unknown-field", spec.index("rats") + 1)
    assert "rate" in problem.hint


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        ("python: 'code.py:work', else: true", "an else is the last way of a choice"),
        ("if: x, steps: {b: {python: 'code.py:work'}}, else: {}", "the last way of a choice"),
        ("choose: [{python: 'code.py:work'}]", "steps: {NAME: {python: ...}}"),
        ("choose: [{steps: {b: {python: 'code.py:work'}}}], else: {}", "is the last way"),
        ("python: 'code.py:work', when: x", "write `if: "),
        ("python: 'code.py:work', needs: [x]", "write `after: [STEP]`"),
        ("python: 'code.py:work', loop: [x]", "write `forEach: {in: [...]}`"),
        ("python: 'code.py:work', forEach: [x]", "write `forEach: {in: [...]}`"),
        ("python: 'code.py:work', retry: 3", "write `retry: {max: 3}`"),
        ("python: 'code.py:work', if: true", "write an expression"),
        ("python: 'code.py:work', inputs: {x: 1}", "stand under `with`"),
        ("python: 'code.py:work', learning_rate: 1", "an input stands under `with`"),
        ("python: 'code.py:work', outputs: {x: integer}", "the function says what it makes"),
        ("python: 'code.py:work', resources: {gpu: 1}", "`nvidia.com/gpu: 1`"),
        ("python: 'code.py:work', resources: {requests: {cpu: 1}}", "they are the requests"),
        ("python: 'code.py:work', steps: {b: {python: 'code.py:work'}}", "a group has steps alone"),
        ("{}", "a group of steps has `steps`"),
    ],
)
def test_a_field_of_another_language_is_told_by_its_name_here(step: str, hint: str) -> None:
    written = step if step == "{}" else f"{{{step}}}"
    found = refused(f"  steps: {{a: {written}}}")
    assert any(hint in each.hint for each in found), found
    assert not any("must not be empty" in each.message for each in found)


def test_there_is_one_step_in_finally() -> None:
    steps = "{a: {python: 'code.py:work'}}"
    found = refused(f"  steps: {steps}\n  finally: {{notify: {{python: 'code.py:work'}}}}")
    assert any("one step is last" in each.hint for each in found)


@pytest.mark.parametrize(
    ("type_", "hint"),
    [
        ("str", "write string"),
        ("float", "write double"),
        ("'list[int]'", "write {list: integer}"),
        ("Dataset", "a step makes it"),
    ],
)
def test_types_of_python_are_told_by_their_names_here(type_: str, hint: str) -> None:
    (found,) = refused(f"  parameters: {{p: {type_}}}\n  steps: {{a: {{python: 'code.py:work'}}}}")
    assert hint in found.hint


INNER = "run: {on: []}\nsteps: {deep: {python: 'code.py:work'}}"


@pytest.mark.parametrize(
    ("steps", "code", "hint"),
    [
        (
            "a: {pipeline: b}\n"
            "  c: {python: 'code.py:take', with: {x: '${{ steps.deep.Output }}'}}",
            "unknown-reference",
            "`deep` is a step of Pipeline/b: add it to the `outputs` there, and read steps.a.NAME",
        ),
        (
            "a: {pipeline: b}\n  c: {python: 'code.py:take', with: {x: '${{ steps.a.Output }}'}}",
            "unknown-reference",
            "add `outputs` to Pipeline/b",
        ),
        (
            "a: {forEach: {in: [1]}, python: 'code.py:work'}\n"
            "  c: {python: 'code.py:take', with: {x: '${{ steps.a.Output }}'}}",
            "wrong-input-type",
            "one for each item of a loop: go over it",
        ),
        (
            "a: {python: 'code.py:say', with: {x: '${{ status }}'}}",
            "expression-not-allowed",
            "give it to an input of the step in `finally`",
        ),
        (
            "a: {python: 'code.py:numbers'}\n"
            "  c: {forEach: {in: '${{ steps.a.Output }}'}, python: 'code.py:take', "
            "with: {x: '${{ item.lr }}'}}",
            "untyped-loop",
            "give `item` whole, and look into it there",
        ),
        (
            "g: {steps: {a: {python: 'code.py:work'}}, outputs: {o: steps.a.Output}}",
            "bad-output",
            "write ${{ steps.a.Output }}",
        ),
        (
            "a: {python: 'code.py:work'}\n"
            "  c: {python: 'code.py:work', if: '${{ steps.a.Output }} == 1'}",
            "bad-expression",
            "write ${{ steps.a.Output == 1 }}",
        ),
        (
            "c: {python: 'code.py:work', if: 'n > 1 and n < 9'}\nparameters: {n: {type: integer}}",
            "bad-expression",
            "write ${{ parameters.n > 1 and parameters.n < 9 }}",
        ),
        (
            "c: {python: 'code.py:work', if: 'x > 1'}",
            "bad-expression",
            "nothing is called `x` here: write ${{ steps.STEP.OUTPUT > 0.9 }}",
        ),
        (
            "g: {if: '${{ steps.a.Output > 1 }}', steps: {a: {python: 'code.py:work'}}}",
            "out-of-scope",
            "move `a` before this",
        ),
        (
            "g: {steps: {a: {python: 'code.py:work'}}}\n  c: {python: 'code.py:work', after: [a]}",
            "out-of-scope",
            "wait for `g`",
        ),
        (
            "a: {python: 'code.py:take', forEach: {in: ['${{ run.id }}', 2]}, with: {x: 1}}",
            "not-a-list",
            "write a list, or a reference to one",
        ),
    ],
)
def test_what_next_is_said(catalog: Catalog, steps: str, code: str, hint: str) -> None:
    (found,) = said(catalog, f"run: {{on: []}}\nsteps:\n  {steps}", INNER)
    assert found.code == code
    assert hint in found.hint


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("if: '${{ parameters.n > 1 }}', python: 'code.py:work'", "a value"),
        ("forEach: {in: '${{ parameters.l }}'}, python: 'code.py:work'", "a list"),
    ],
)
def test_what_may_be_nothing_decides_nothing(catalog: Catalog, step: str, what: str) -> None:
    name = "n" if what == "a value" else "l"
    types = {"n": "{type: integer, optional: true}", "l": "{type: {list: integer}, optional: true}"}
    (found,) = said(
        catalog,
        f"run: {{on: []}}\nparameters: {{{name}: {types[name]}}}\nsteps: {{a: {{{step}}}}}",
    )
    assert (found.code, found.message) == (
        "optional-parameter",
        f"`{name}` may be nothing, and {what} is needed here",
    )


def test_an_output_that_is_wrong_in_a_called_pipeline_is_told_there_alone(catalog: Catalog) -> None:
    outer = "run: {on: []}\nsteps:\n  a: {pipeline: b}\n"
    outer += "  c: {python: 'code.py:take', with: {x: '${{ steps.a.n }}'}}"
    inner = (
        "run: {on: []}\noutputs: {n: '${{ steps.d.Outpu }}'}\nsteps: {d: {python: 'code.py:work'}}"
    )
    (found,) = said(catalog, outer, inner)
    assert (found.code, found.at.line) == (
        "unknown-reference",
        FIRST + 4 + PIPELINE.count("\n") + 1,
    )


@pytest.mark.parametrize(
    "waits",
    [
        "after: [tell], python: 'code.py:work'",
        "python: 'code.py:say', with: {x: '${{ steps.tell.Output }}'}",
    ],
)
def test_steps_that_wait_for_each_other_are_told_once(catalog: Catalog, waits: str) -> None:
    """That one of them may not run is no error to mend first: the ring is."""
    pipeline = f"""
run: {{on: []}}
steps:
  best: {{{waits}}}
  tell: {{if: "${{{{ steps.best.Output == 'x' }}}}", python: 'code.py:text'}}
"""
    text = pipeline if "with" in waits else pipeline.replace("'x'", "1")
    (found,) = said(catalog, text)
    assert found.code == "step-cycle"
    apart = said(
        catalog,
        text.replace("steps.best.Output", "steps.other.Output")
        + "  other: {python: 'code.py:work'}",
    )
    assert [each.code for each in apart if each.code == "conditional-output"]


@pytest.mark.parametrize(("arguments", "told"), [("", True), (", **more: int", False)])
def test_an_input_is_misspelt_whatever_the_types_of_the_others(
    catalog: Catalog, arguments: str, told: bool
) -> None:
    code = f"def keep(rate: float, note: strr{arguments}) -> int:\n    return 1\n"
    mine = replace(catalog, files={"code.py": code})
    found = said(mine, "steps:\n  a: {python: 'code.py:keep', with: {rte: 0.1, note: x}}")
    inputs = [each for each in found if each.code != "unreadable-annotation"]
    assert [(each.code, each.hint[:19]) for each in inputs] == (
        [("unknown-input", 'did you mean "rate"')] if told else []
    )
    assert len(found) > len(inputs)
