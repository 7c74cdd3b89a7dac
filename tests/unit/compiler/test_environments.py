"""The project as it is in each environment: places of patched values, problems told once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks.not_local import of_a_run
from exai_compiler.environments import environments
from exai_compiler.everywhere import check_everywhere
from exai_compiler.facts import Facts, Lock
from exai_compiler.graph import Step, graph
from exai_compiler.graphs import graphs_of
from exai_compiler.parity import parity as notes
from exai_compiler.project import Project, link
from exai_compiler.render import objects_of
from exai_compiler.resolve import resolve
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.kinds import PipelineSpec
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec:
  exai: ">=0.1"
  environments:
    local: {target: local}
    staging: &cluster
      target: kubeflow
      data: {root: s3://acme/data}
      models: {store: s3://acme/models}
      tracking: {uri: https://mlflow.example.com}
      images: {train: "a/b@sha256:DIGEST", serve: "a/b@sha256:DIGEST"}
      namespace: ml
      serving: {mode: Standard}
    prod: *cluster
POLICIES
""".replace("DIGEST", "0" * 64)
DATASET = """\
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers, owner: me}
spec:
  source: {csv: {path: flowers.csv}}
  schema:
    size: float64
    kind: string
"""
PIPELINE = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: training}
spec:
  steps:
    load:
      uses: load-dataset
      with: {dataset: flowers}
    train:
      uses: train-h2o
      with:
        data: ${{ steps.load.data }}
        algorithm: glm
        target: kind
        features: [size]
    evaluate:
      uses: evaluate-model
      with: {model: "${{ steps.train.model }}", data: "${{ steps.load.data }}"}
    register:
      uses: register-model
      with:
        model: ${{ steps.train.model }}
        metrics: ${{ steps.evaluate.metrics }}
        as: kinds
---
apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: kinds}
spec: {task: classification}
"""
OVERLAY = """\
apiVersion: exai.dev/v1alpha1
kind: Overlay
metadata: {{name: {name}}}
spec:
  environment: {environment}
  target: {target}
  patch:
    {patch}
"""


def overlay(patch: str, environment: str = "prod", target: str = "Pipeline/training") -> str:
    name = f"{target.rpartition('/')[2]}-{environment}"
    text = patch.replace("\n", "\n    ")
    return OVERLAY.format(name=name, environment=environment, target=target, patch=text)


def project_of(files: dict[str, str], policies: str = "") -> Project:
    specs: list[Spec] = []
    allowed: list[Allowance] = []
    whole = {
        "exai.yaml": PROJECT.replace("POLICIES", policies),
        "flowers.yaml": DATASET,
        "training.yaml": PIPELINE,
        **files,
    }
    for path, text in whole.items():
        allowed += allowances(text, path)[0]
        documents, problems = read(text, path)
        assert problems == ()
        for found in map(parse, documents):
            assert isinstance(found, Spec), found
            specs.append(found)
    project = link(specs, allowed)
    assert project is not None
    return project


@pytest.fixture(scope="module")
def components() -> Catalog:
    folder = ROOT / "components/exai_components"
    return catalog({str(p): p.read_text() for p in sorted(folder.glob("*/component.yaml"))})


def told(project: Project, components: Catalog) -> tuple[Diagnostic, ...]:
    there = environments(project)
    return there.problems or check_everywhere(project, there.projects, components)


def shown(problems: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{each.at} {each.code}" for each in problems]


def related(problem: Diagnostic) -> list[str]:
    return [f"{at} {words}" for words, at in problem.related]


def test_a_sound_project_stays_one(components: Catalog) -> None:
    project = project_of({})
    assert told(project, components) == ()
    assert environments(project).projects == {}
    patched = project_of({"o.yaml": overlay("spec: {experiment: big}")})
    assert told(patched, components) == ()
    there = environments(patched)
    assert list(there.projects) == ["prod"]
    prod = there.projects["prod"]
    assert prod.specs.keys() == project.specs.keys()
    # What isn't patched is the very same: parsed once.
    assert [ref.kind for ref, spec in prod.specs.items() if spec is not patched.specs[ref]] == [
        "Pipeline"
    ]


def test_a_check_finds_what_a_patch_says_in_the_overlay(components: Catalog) -> None:
    text = overlay("spec:\n  steps: {train: {with: {features: [size, siez]}}}")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["o.yaml:9:47 unknown-column"]
    assert related(problem) == [
        "flowers.yaml:6:3 its columns are declared here",
        "training.yaml:15:19 patched onto Pipeline/training",
        "exai.yaml:16:5 environment `prod`",
    ]


def test_what_a_patch_takes_away_is_not_to_be_added(components: Catalog) -> None:
    column = overlay("spec: {schema: {size: null}}", target="Dataset/flowers")
    (problem,) = told(project_of({"o.yaml": column}), components)
    assert (problem.code, "take `size: null` out" in problem.hint) == ("unknown-column", True)
    service = DATASET.partition("kind:")[0] + (
        "kind: Service\nmetadata: {name: s}\nspec: {model: kinds@champion}\n"
    )
    model = PIPELINE.rpartition("---\n")[2].replace(
        "classification}", "classification, aliases: {champion: {promote: auto}}}"
    )
    files = {
        "training.yaml": PIPELINE.rpartition("---\n")[0],
        "model.yaml": model,
        "service.yaml": service,
    }
    alias = overlay("spec: {aliases: {champion: null}}", target="Model/kinds")
    (problem,) = [
        each
        for each in told(project_of({**files, "o.yaml": alias}), components)
        if each.code == "unknown-alias"
    ]
    assert "take `champion: null` out" in problem.hint


def test_a_patch_of_a_step_that_there_is_not_names_the_one_meant(components: Catalog) -> None:
    text = overlay("spec:\n  steps:\n    trian:\n      with: {target: kind}")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["o.yaml:10:9 exactly-one-of"]
    assert "there is none of this name to be patched" in problem.message
    assert problem.hint.startswith('did you mean "train"? or, for a new one, add one of')
    new = overlay("spec:\n  steps:\n    publish:\n      with: {target: kind}")
    (problem,) = told(project_of({"o.yaml": new}), components)
    assert problem.hint.startswith("add one of")


def test_what_a_patch_breaks_elsewhere_is_found_there(components: Catalog) -> None:
    text = overlay("spec: {schema: {size: null, width: float64}}", target="Dataset/flowers")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["training.yaml:15:20 unknown-column"]
    assert related(problem) == [
        "flowers.yaml:6:3 its columns are declared here",
        "o.yaml:8:21 removed by Overlay/flowers-prod",
        "exai.yaml:16:5 environment `prod`",
    ]


def test_a_problem_names_the_line_that_it_comes_from(components: Catalog) -> None:
    # The first overlay has nothing to do with any of them.
    files = {
        "o1.yaml": overlay("metadata: {labels: {a: b}, owner: null}", target="Dataset/flowers"),
        "o2.yaml": overlay("spec: {steps: {load: null}}"),
    }
    problems = told(project_of(files), components)
    assert {each.at.path for each in problems} == {"training.yaml"}
    assert len(problems) > 1
    for each in problems:
        assert "o2.yaml:8:20 removed by Overlay/training-prod" in related(each)


def test_what_replaces_a_value_is_named_too(components: Catalog) -> None:
    text = overlay("spec: {steps: {register: {with: {as: other}}}}")
    model = "apiVersion: exai.dev/v1alpha1\nkind: Model\nmetadata: {name: other}\nspec: "
    files = {
        "o.yaml": text,
        "other.yaml": f"{model}{{task: other, source: {{registry: {{name: o}}}}}}\n",
    }
    problems = told(project_of(files), components)
    (problem,) = (each for each in problems if each.at.path == "training.yaml")
    assert problem.code == "model-without-producer"
    assert "o.yaml:8:38 changed by Overlay/training-prod" in related(problem)


def test_what_is_replaced_together_is_named_too(components: Catalog) -> None:
    steps = "  steps:\n"
    parameters = "  parameters: {size: {type: integer, default: 3}}\n"
    reading = PIPELINE.replace(steps, parameters + steps).replace(
        "algorithm: glm\n", "algorithm: glm\n        seed: ${{ parameters.size }}\n"
    )
    patch = "{spec: {parameters: {size: {type: string, default: three}}}}"
    project = project_of({"training.yaml": reading, "o.yaml": overlay(patch)})
    (problem,) = told(project, components)
    assert (problem.code, problem.at.path) == ("wrong-input-type", "training.yaml")
    assert "o.yaml:8:33 changed by Overlay/training-prod" in related(problem)


def test_a_form_that_is_gone_is_named_where_it_is_removed(components: Catalog) -> None:
    text = overlay("spec: {source: {csv: null}}", target="Dataset/flowers")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["o.yaml:8:21 exactly-one-of"]
    assert related(problem)[0] == "flowers.yaml:5:12 patched onto Dataset/flowers"


def test_what_the_environment_lacks_is_no_overlays_fault(components: Catalog) -> None:
    changed = overlay("metadata: {owner: null}", target="Dataset/flowers")
    project = project_of({"o.yaml": changed})
    where = PROJECT.replace("      data: {root: s3://acme/data}\n", "").replace("POLICIES", "")
    (document,) = read(where, "exai.yaml")[0]
    root = parse(document)
    assert isinstance(root, Spec)
    specs = {**project.specs, root.ref: root}
    bare = replace(project, root=root, specs=specs, all=tuple(specs.values()))
    problems = [each for each in told(bare, components) if each.severity != "note"]
    assert {each.code for each in problems} == {"data-not-reachable"}
    assert not any("removed by" in each for problem in problems for each in related(problem))


SHADOWED = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: a}
spec:
  model: {uri: s3://acme/a, format: sklearn}
  replicas: {min: 2, max: 2}
  patches: {InferenceService: {spec: {predictor: {minReplicas: 3}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: b}
spec:
  model: {uri: s3://acme/b, format: sklearn}
  batcher: {timeout: 1500ms}
"""


def test_an_overlay_is_not_behind_what_an_error_hid_that_it_mends(components: Catalog) -> None:
    """Rendered objects are judged where nothing else is wrong: without the overlay nobody told."""
    mended = overlay("spec: {batcher: null}", target="Service/b")
    project = project_of({"services.yaml": SHADOWED, "o.yaml": mended})
    found = {each.code: related(each) for each in told(project, components)}
    assert "patch-shadows-field" in found
    assert not any("removed by" in each for each in found["patch-shadows-field"])


def test_a_problem_of_several_environments_is_told_once(components: Catalog) -> None:
    # Patches of two files are at two places; what they break is at one.
    some = {
        f"{name}.yaml": overlay("spec: {schema: {size: null}}", name, "Dataset/flowers")
        for name in ("prod", "staging")
    }
    (problem,) = told(project_of(some), components)
    assert shown((problem,)) == ["training.yaml:15:20 unknown-column"]
    assert related(problem)[-4:] == [
        "prod.yaml:8:21 removed by Overlay/flowers-prod",
        "staging.yaml:8:21 removed by Overlay/flowers-staging",
        "exai.yaml:16:5 environment `prod`",
        "exai.yaml:8:5 environment `staging`",
    ]


def test_a_problem_of_the_base_is_told_once_and_as_it_is(components: Catalog) -> None:
    wrong = PIPELINE.replace("[size]", "[siez]")
    alone = told(project_of({"training.yaml": wrong}), components)
    assert shown(alone) == ["training.yaml:15:20 unknown-column"]
    files = {"training.yaml": wrong, "o.yaml": overlay("spec: {experiment: big}")}
    assert told(project_of(files), components) == alone


def test_what_does_not_parse_is_in_the_overlay(components: Catalog) -> None:
    text = overlay("spec:\n  steps:\n    train: {retry: {max: many}, timeuot: 1h}")
    problems = told(project_of({"o.yaml": text}), components)
    assert shown(problems) == ["o.yaml:10:30 wrong-type", "o.yaml:10:37 unknown-field"]
    assert all("environment `prod`" in related(each)[-1] for each in problems)


def test_what_a_null_takes_away_is_missed_at_the_null(components: Catalog) -> None:
    text = overlay("spec: {schema: null}", target="Dataset/flowers")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["o.yaml:8:12 missing-field"]
    assert related(problem)[0] == "flowers.yaml:6:3 patched onto Dataset/flowers"


@pytest.mark.parametrize(
    ("target", "patch", "column", "onto"),
    [
        ("Dataset/flowers", "{schema: {size: null, kind: null}}", 21, "flowers.yaml:7:5"),
        ("Pipeline/training", "{steps: {STEPS}}", 20, "training.yaml:6:5"),
    ],
)
def test_what_nulls_leave_empty_is_told_at_the_first(
    components: Catalog, target: str, patch: str, column: int, onto: str
) -> None:
    base = parse(read(PIPELINE, "p.yaml")[0][0])
    assert isinstance(base, Spec)
    assert isinstance(base.body, PipelineSpec)
    nulls = ", ".join(f"{name}: null" for name in base.body.steps)
    text = overlay(f"spec: {patch.replace('STEPS', nulls)}", target=target)
    problems = told(project_of({"o.yaml": text}), components)
    (problem,) = (each for each in problems if each.code == "invalid-value")
    assert shown((problem,)) == [f"o.yaml:8:{column} invalid-value"]
    assert related(problem)[0] == f"{onto} patched onto {target}"


def test_another_form_needs_the_null_of_the_old_one(components: Catalog) -> None:
    text = overlay("spec:\n  source:\n    parquet: {path: x}", target="Dataset/flowers")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["o.yaml:10:9 exactly-one-of"]
    assert problem.hint == (
        "an overlay keeps what it doesn't remove: write `csv: null` beside `parquet`"
    )
    right = text.replace("parquet:", "csv: null\n        parquet:")
    assert told(project_of({"o.yaml": right}), components) == ()
    step = overlay("spec: {steps: {load: {python: x.py:f}}}")
    (problem,) = told(project_of({"o.yaml": step}), components)
    assert "write `uses: null` beside `python`" in problem.hint


@pytest.mark.parametrize("field", ["python", "uses"])
def test_a_file_is_relative_to_the_file_that_names_it(components: Catalog, field: str) -> None:
    named = "f.py:make" if field == "python" else "./component.yaml"
    body = f"uses: null, with: null, {field}: {named}" if field == "python" else f"uses: {named}"
    text = overlay(
        f"spec: {{steps: {{train: null, register: null, evaluate: null, load: {{{body}}}}}}}"
    )
    project = project_of({"envs/prod/o.yaml": text})
    prod = environments(project).projects["prod"]
    files = {
        "envs/prod/f.py": "def make(a: int = 1) -> int:\n    return a\n",
        "envs/prod/component.yaml": (TEST_COMPONENT),
    }
    found = graph(prod.specs[next(r for r in prod.specs if r.kind == "Pipeline")], components)
    step = found.nodes["load"]
    assert isinstance(step, Step) and step.component is None
    known = replace(components, files=files)
    found = graph(prod.specs[next(r for r in prod.specs if r.kind == "Pipeline")], known)
    step = found.nodes["load"]
    assert isinstance(step, Step) and step.component is not None


TEST_COMPONENT = """\
name: echo
inputs: [{name: dataset, type: String}]
implementation:
  container: {image: alpine, command: [echo, {inputValue: dataset}]}
"""


def test_a_comment_in_the_overlay_allows_what_the_overlay_brings(components: Catalog) -> None:
    text = overlay("spec: {steps: {load: {with: {dataset: flowers}}}}")
    (problem,) = told(project_of({"o.yaml": text}), components)
    assert shown((problem,)) == ["o.yaml:7:3 overlay-without-effect"]
    comment = "  # exai: allow overlay-without-effect -- the data set of prod, whatever comes"
    allowed = text.replace("  patch:", f"{comment}\n  patch:")
    assert told(project_of({"o.yaml": allowed}), components) == ()


IMAGE = "spec: {steps: {say: {image: 'alpine:3', command: [echo]}}}"


def test_what_an_overlay_brings_is_allowed_at_its_line(components: Catalog) -> None:
    (problem,) = told(project_of({"o.yaml": overlay(IMAGE)}), components)
    assert (problem.at.path, problem.at.line, problem.code) == ("o.yaml", 8, "image-by-tag")
    text = overlay(f"{IMAGE}  # exai: allow image-by-tag -- a test")
    assert told(project_of({"o.yaml": text}), components) == ()
    silenced = "  policies: {image-by-digest: {level: error, except: [Pipeline/training]}}"
    (problem,) = told(project_of({"o.yaml": overlay(IMAGE)}, silenced), components)
    assert problem.severity != "error"


def test_a_comment_that_one_environment_needs_is_not_unused(components: Catalog) -> None:
    more = DATASET.replace("name: flowers", "name: more_flowers").replace(
        "metadata:", "# exai: allow unused-dataset -- prod reads it\nmetadata:"
    )
    text = overlay("spec: {steps: {load: {with: {dataset: more_flowers}}}}")
    assert told(project_of({"more.yaml": more}), components) == ()
    assert told(project_of({"more.yaml": more, "o.yaml": text}), components) == ()


def test_what_one_environment_uses_is_not_unused(components: Catalog) -> None:
    more = DATASET.replace("name: flowers", "name: more_flowers")
    base = {"more.yaml": more}
    assert shown(told(project_of(base), components)) == ["more.yaml:3:18 unused-dataset"]
    text = overlay("spec: {steps: {load: {with: {dataset: more_flowers}}}}")
    assert told(project_of({**base, "o.yaml": text}), components) == ()


def test_graphs_are_made_once_where_no_pipeline_is_patched(components: Catalog) -> None:
    some = {
        "a.yaml": overlay("metadata: {labels: {tier: gold}}", target="Dataset/flowers"),
        "b.yaml": overlay("spec: {experiment: big}", environment="staging"),
    }
    project = project_of(some)
    there = environments(project).projects
    mine = graphs_of(project, components)
    assert graphs_of(there["prod"], components) is mine
    assert graphs_of(there["staging"], components) is not mine
    assert there["prod"].body(PipelineSpec, "training") == project.body(PipelineSpec, "training")


def test_a_service_that_one_machine_cannot_run_is_stopped_there(components: Catalog) -> None:
    boosted = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: boosted}
spec:
  model: {uri: "s3://acme/boosted", format: lightgbm}
  protocol: v1
  timeout: 30s
"""
    refused = told(project_of({"s.yaml": boosted}), components)
    assert shown(refused) == ["s.yaml:5:10 not-local"]
    assert "stopped: true" in refused[0].hint
    patch = overlay("spec: {stopped: true}", "local", "Service/boosted")
    project = project_of({"s.yaml": boosted, "o.yaml": patch})
    assert told(project, components) == ()
    here = environments(project).projects["local"]
    environment = here.environment("local")
    assert environment is not None
    resolved = resolve(here, "local", environment, components, Lock(), Facts())
    assert list(objects_of(resolved, here.specs[Ref("Service", "boosted")])) == []
    assert [note.message for note in notes(here, "local") if "boosted" in note.message] == [
        "Service/boosted: it is `stopped`: no process of it runs, and nothing answers"
    ]


ABROAD = """\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: abroad}
spec:
  defaults: {env: {ZONE: {configMap: settings, key: zone}}}
  claims: {scratch: {size: 1Gi, storageClass: fast}}
  steps:
    score:
      image: "ghcr.io/acme/score@sha256:DIGEST"
      command: [score]
      volumes: {/scratch: {claim: scratch}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: caller}
spec:
  run: {on: [spec]}
  steps: {there: {pipeline: abroad}}
""".replace("DIGEST", "0" * 64)


def test_a_pipeline_that_one_machine_cannot_run_is_started_by_nobody_there(
    components: Catalog,
) -> None:
    refused = told(project_of({"p.yaml": ABROAD}), components)
    assert shown(refused) == [
        "p.yaml:5:26 not-local",
        "p.yaml:6:3 not-local",
        "p.yaml:8:5 not-local",
    ]
    assert ["run: {on: []}" in each.hint for each in refused] == [False, True, True]
    asleep = overlay("spec: {run: {on: []}}", "local", "Pipeline/abroad")
    called = told(project_of({"p.yaml": ABROAD, "o.yaml": asleep}), components)
    assert len(called) == 3  # the pipeline that calls it is started
    both = overlay("spec: {run: {on: []}}", "local", "Pipeline/caller").replace(
        "name: o", "name: q"
    )
    project = project_of({"p.yaml": ABROAD, "o.yaml": asleep, "q.yaml": both})
    assert told(project, components) == ()
    here = environments(project).projects["local"]
    asked = of_a_run(here, graphs_of(here, components), "caller")
    assert sorted(shown(asked)) == [
        "p.yaml:5:26 not-local",
        "p.yaml:6:3 not-local",
        "p.yaml:8:5 not-local",
    ]
    forced = overlay("spec: {run: {on: [], generation: 1}}", "local", "Pipeline/abroad")
    assert (
        len(told(project_of({"p.yaml": ABROAD, "o.yaml": forced, "q.yaml": both}), components)) == 3
    )


@pytest.mark.parametrize(
    ("environment", "target"), [("local", "Service/bosted"), ("locl", "Service/boosted")]
)
def test_what_an_overlay_may_have_been_for_is_judged_once_it_is_known(
    components: Catalog, environment: str, target: str
) -> None:
    boosted = """\
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: boosted}
spec:
  model: {uri: "s3://acme/boosted", format: lightgbm}
  protocol: v1
"""
    patch = overlay("spec: {stopped: true}", environment, target)
    found = told(project_of({"s.yaml": boosted, "o.yaml": patch}), components)
    assert [(each.code, each.at.path) for each in found] == [("unknown-reference", "o.yaml")]


def test_a_policy_is_judged_once_and_knows_the_overlays(components: Catalog) -> None:
    patch = overlay("metadata: {labels: {a: b}}")
    policies = "  policies: {unused-dataset: {level: warning, except: [Overlay/OWN]}}\n"
    own = patch.partition("name: ")[2].partition("}")[0]
    sound = project_of({"o.yaml": patch}, policies.replace("OWN", own))
    assert "invalid-policy" not in {each.code for each in told(sound, components)}
    wrong = project_of({"o.yaml": patch}, policies.replace("OWN", "misspelt"))
    found = told(wrong, components)
    assert [each.code for each in found if each.severity == "error"] == ["invalid-policy"]


@pytest.mark.parametrize("beside", ["", ", replicas: {min: 2, max: 3}"])
def test_what_alone_is_missing_is_told_at_the_null(components: Catalog, beside: str) -> None:
    service = (
        "apiVersion: exai.dev/v1alpha1\nkind: Service\nmetadata: {name: s, owner: me}\n"
        f"spec: {{model: {{uri: 's3://a/b', format: sklearn}}{beside}}}\n"
    )
    text = overlay("spec: {model: null}", target="Service/s")
    (problem,) = [
        each
        for each in told(project_of({"s.yaml": service, "o.yaml": text}), components)
        if each.code == "missing-field"
    ]
    assert shown((problem,)) == ["o.yaml:8:12 missing-field"]
    assert related(problem)[0] == "s.yaml:4:1 patched onto Service/s"


def test_an_anchor_of_an_overlay_is_told_as_any(components: Catalog) -> None:
    service = (
        "apiVersion: exai.dev/v1alpha1\nkind: Service\nmetadata: {name: s, owner: me}\n"
        "spec: {model: {uri: 's3://a/b', format: sklearn}}\n"
    )
    text = overlay("metadata: {owner: &team you}", target="Service/s")
    found = told(project_of({"s.yaml": service, "o.yaml": text}), components)
    assert [each.at.path for each in found if each.code == "unused-anchor"] == ["o.yaml"]
