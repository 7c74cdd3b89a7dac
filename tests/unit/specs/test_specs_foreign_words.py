"""Who writes KServe's own words is told how they are said here, and never where there is no such
field.
"""

from __future__ import annotations

import pytest

from exai_specs.documents import read
from exai_specs.foreign_words import said_here
from exai_specs.parse import Spec, parse


def hints(kind: str, spec: str) -> list[str]:
    text = f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"
    (document,), problems = read(text, "a.yaml")
    found = parse(document)
    assert problems == () and not isinstance(found, Spec)
    return [each.hint for each in found]


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        ("Service", "{predictor: {sklearn: {}}}", "model: {uri, format}"),
        ("Service", "{storageUri: s3://a/b}", "model: {uri: s3://bucket"),
        ("Service", "{model: {storageUri: s3://a/b, format: onnx}}", "write `uri`"),
        ("Service", "{model: {uri: s3://a/b, modelFormat: {name: onnx}}}", "write `format: NAME`"),
        ("Service", "{model: m@1, minReplicas: 1}", "replicas: {min: 1}"),
        ("Service", "{model: 'models:/iris/3'}", ""),
        ("Service", "{model: {uri: 'models:/iris/3', format: onnx}}", "name a Model document"),
        ("Service", "{image: a/b}", "runtime: custom"),
        ("Service", "{model: m@1, replicas: {min: 0}, autoscale: {keda: []}}", ""),
        ("Service", "{model: m@1, autoscale: {metric: cpu, target: 800%}}", "80%"),
        (
            "Graph",
            "{nodes: {root: {routerType: Sequence, steps: [{serviceName: a}]}}}",
            "`service`",
        ),
        ("Runtime", "{image: a, formats: {a: {}}, containers: []}", "sidecars"),
        ("Pipeline", "{steps: {a: {image: a}}, patches: {Pipeline: {}}}", "`kubernetes` of a step"),
        ("Service", "{model: m@1, volumes: {/x: {secret: a, readOnly: true}}}", "never written"),
        ("Pipeline", "{steps: {a: {image: a, initContainers: {}}}}", "a step before"),
        ("Pipeline", "{steps: {a: {image: a, serviceAccount: b}}}", "of the pipeline"),
        ("Pipeline", "{steps: {a: {image: a, probes: {}}}}", "for servers"),
        (
            "Pipeline",
            "{steps: {a: {image: a, volumes: {/x: {secret: b, subPath: c}}}}}",
            "the whole Secret",
        ),
        ("FeatureView", "{dataset: a, features: [b], patches: {}}", "`features.files`"),
        ("Runtime", "{image: a, supportedModelFormats: []}", "formats: {NAME"),
    ],
)
def test_a_hint_in_the_words_of_the_language(kind: str, spec: str, words: str) -> None:
    assert any(words in hint for hint in hints(kind, spec))


def test_no_hint_leads_to_a_field_that_is_not_there() -> None:
    assert said_here("minReplicas", {"cpu", "memory"}) == ""
    assert said_here("storageUri", {"uri"}) == "write `uri`"
    assert said_here("anything", {"uri"}) == ""
