"""Which state a service is in, seen together with its features."""

from __future__ import annotations

from pathlib import Path

from exai_compiler.changes import ObjectId
from exai_compiler.project import Project, link
from exai_runtime.feature_results import Freshness
from exai_runtime.reporting import answering
from exai_runtime.target import Health, HealthState
from exai_specs.documents import read
from exai_specs.identity import Ref
from exai_specs.parse import Spec, parse

TEXT = (Path(__file__).parents[2] / "language_section_5.yaml").read_text()


def project() -> Project:
    specs = [parse(each) for each in read(TEXT, "exai.yaml")[0]]
    found = link(spec for spec in specs if isinstance(spec, Spec))
    assert found is not None
    return found


def states(state: HealthState, *missing: str) -> list[tuple[str, str]]:
    (name,) = [ref.name for ref in project().specs if ref.kind == "Service"]
    row = Health(ObjectId("x", "InferenceService", name), Ref("Service", name), state, "was")
    rows = [Freshness(Ref("FeatureView", view), "missing") for view in missing]
    rows.append(Freshness(Ref("FeatureView", "petals"), "fresh")) if not missing else None
    return [(each.state, each.detail) for each in answering(project(), [row], rows)]


def test_a_service_whose_features_are_gone_is_not_ready() -> None:
    assert states("ready", "petals") == [
        ("failed", "it answers without petals, which isn't online: apply")
    ]


def test_otherwise_it_is_what_its_process_says() -> None:
    assert states("ready") == [("ready", "was")]
    assert states("ready", "of-another-service") == [("ready", "was")]
    assert states("stopped", "petals") == [("stopped", "was")]
    assert list(answering(None, [], [])) == []
