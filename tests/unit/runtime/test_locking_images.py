"""`exai lock --images`: what tags of images stand for, as their registries say."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier

import pytest
from oci_registry import TOKEN, Registry, registry

from exai_compiler.changes import Update
from exai_runtime import image_registry, locking_images
from exai_runtime.comparing import plan_against
from exai_runtime.compiling import check_project
from exai_runtime.image_registry import Image, NoImage, NoRegistry, digest_of_tag, image_of
from exai_runtime.lock_results import ImageMove, Locked
from exai_runtime.locking import lock
from exai_runtime.locking_images import lock_images
from exai_runtime.rendering import render
from exai_runtime.results import Refused, RenderedFiles
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic

SHOP = Path(__file__).parents[2] / "golden/kubernetes/shop"
OURS = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
PERSON = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


@pytest.fixture
def images() -> Iterator[Registry]:
    with registry() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, images: Registry) -> Path:
    """Its `prod` names exai's images by tag, at a registry of this process."""
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    text = (folder / "exai.yaml").read_text()
    for name in ("train", "serve"):
        text = text.replace(f"ghcr.io/acme/exai-{name}@{OURS}", train(images, name), 1)
        images.push(f"acme/exai-{name}:1.2", name)
    (folder / "exai.yaml").write_text(text)
    return folder


def train(images: Registry, name: str = "train") -> str:
    return f"{images.host}/acme/exai-{name}:1.2"


def locked(result: Locked | Refused) -> Locked:
    assert isinstance(result, Locked), result
    return result


def codes(shop: Path) -> set[str]:
    return {each.code for each in check_project(load(shop), "prod").diagnostics}


def test_tags_are_pinned_and_rendered_by_digest(shop: Path, images: Registry) -> None:
    told = [d for d in check_project(load(shop), "prod").diagnostics if d.code == "unpinned-image"]
    assert [d.severity for d in told] == ["error", "error"]
    assert all("`exai lock -e prod --images`" in d.hint for d in told)
    assert isinstance(render(shop, "prod", (), None), Refused)

    found = locked(lock_images(shop, "prod", ()))
    names = ("serve", "train")
    digests = {name: images.push(f"acme/exai-{name}:1.2", name) for name in names}
    assert found.images == tuple(
        ImageMove(train(images, name), None, digests[name]) for name in names
    )
    assert "unpinned-image" not in codes(shop)
    result = render(shop, "prod", (), shop.parent / "out")
    assert isinstance(result, RenderedFiles), result
    written = "".join(path.read_text() for path in (shop.parent / "out").rglob("*.yaml"))
    for name in names:
        assert f"{images.host}/acme/exai-{name}@{digests[name]}" in written
    assert ":1.2" not in written
    assert "  staging:\n" in (shop / "exai.lock").read_text(), "other decisions stay"


def test_errors_elsewhere_and_loose_images_stop_no_pins(shop: Path) -> None:
    text = (shop / "exai.yaml").read_text()
    (shop / "exai.yaml").write_text(
        text.replace("environments:\n", "environments:\n    dev: {target: local}\n", 1)
    )
    (shop / "specs/own-run.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: own, owner: a}\n"
        f"spec:\n  steps:\n    one: {{image: x@{OURS}, command: [run]}}\n"
    )
    told = check_project(load(shop), "prod").diagnostics
    assert {d.code for d in told if d.severity == "error"} == {"unpinned-image"}
    assert "error-elsewhere" in {d.code for d in told}
    models = lock(shop, "prod", ["none@champion"])
    assert isinstance(models, Refused)
    assert "unpinned-image" not in {d.code for d in models.diagnostics}, "that is for --images"
    assert len(locked(lock_images(shop, "prod", ())).images) == 2


def test_an_error_that_no_pin_mends_is_told_alone(shop: Path) -> None:
    file = shop / "specs/pipeline.yaml"
    file.write_text(file.read_text().replace("uses: split-data", "uses: split-dta"))
    found = lock_images(shop, "prod", ())
    assert isinstance(found, Refused)
    told = {each.code for each in found.diagnostics if each.severity == "error"}
    assert "unknown-component" in told and "unpinned-image" not in told
    assert "unpinned-image" in codes(shop)


def test_a_pin_moves_only_where_it_is_named(shop: Path, images: Registry) -> None:
    locked(lock_images(shop, "prod", ()))
    before = (shop / "exai.lock").read_text()
    new = images.push("acme/exai-train:1.2", "another")
    again = locked(lock_images(shop, "prod", ()))
    assert again.images == ()
    assert again.kept == (train(images, "serve"), train(images))
    assert (shop / "exai.lock").read_text() == before
    (move,) = locked(lock_images(shop, "prod", [train(images)])).images
    assert (move.image, move.digest) == (train(images), new)
    assert move.before is not None
    assert new in (shop / "exai.lock").read_text()


def test_what_moves_is_told_by_a_comparison(shop: Path, images: Registry) -> None:
    locked(lock_images(shop, "prod", ()))
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "specs")):
        subprocess.run(["git", *PERSON, *words], cwd=shop, capture_output=True, check=True)
    new = images.push("acme/exai-serve:1.2", "another")
    locked(lock_images(shop, "prod", [train(images, "serve")]))
    found = plan_against(shop, "prod", "HEAD")
    assert found.comparison is not None and found.comparison.plan is not None
    (lock, *_) = found.comparison.documents
    assert (str(lock.ref), lock.verb, lock.impact.name) == ("Lock/prod", "changed", "REDEPLOY")
    (field,) = lock.fields
    assert field.path == ("images", train(images, "serve"))
    assert (field.new, field.at.path) == (new, "exai.lock")
    moved = [
        str(planned.change.id)
        for planned in found.comparison.plan.changes
        if isinstance(planned.change, Update)
    ]
    assert any(each.startswith("ServingRuntime/") for each in moved)
    assert all("PipelineVersion" not in each for each in moved)


def test_an_image_of_a_document_is_pinned_and_goes_with_it(shop: Path, images: Registry) -> None:
    digest = images.push("acme/own:3", "own")
    own = f"{images.host}/acme/own:3"
    (shop / "specs/own.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Service\nmetadata: {name: own, owner: a}\n"
        f"spec:\n  runtime: custom\n  image: {own}\n"
    )
    (shop / "specs/own-run.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: own, owner: a}\n"
        f"spec:\n  steps:\n    one: {{image: {own}, command: [run]}}\n"
    )
    assert "image-by-tag" in codes(shop)
    moves = locked(lock_images(shop, "prod", ())).images
    assert ImageMove(own, None, digest) in moves
    notes = [d for d in check_project(load(shop)).diagnostics if d.code == "image-by-tag"]
    assert {d.environments for d in notes} == {("staging",)}, "it still moves there"
    assert all("-e staging" in d.hint for d in notes)
    assert "image-by-tag" not in codes(shop)
    out = shop.parent / "out"
    render(shop, "prod", (), out)
    written = "".join(path.read_text() for path in out.rglob("*own*.yaml"))
    assert written.count(f"{images.host}/acme/own@{digest}") >= 2
    assert own not in written
    (shop / "specs/own.yaml").unlink()
    (shop / "specs/own-run.yaml").unlink()
    assert locked(lock_images(shop, "prod", ())).images == (ImageMove(own, digest, None),)
    assert own not in (shop / "exai.lock").read_text()


@pytest.mark.parametrize(
    ("environment", "names", "code"),
    [
        ("local", (), "nothing-to-lock"),
        ("prud", (), "unknown-environment"),
        ("prod", ("ghcr.io/acme/none:1",), "bad-pin"),
        ("prod", ("flower_model@champion",), "bad-pin"),
        ("prod", ("",), "bad-pin"),
    ],
)
def test_what_cant_be_pinned_is_refused(
    shop: Path, images: Registry, environment: str, names: tuple[str, ...], code: str
) -> None:
    refused = lock_images(shop, environment, names)
    assert isinstance(refused, Refused)
    assert code in {each.code for each in refused.diagnostics}
    assert images.asked == []


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (404, "image-not-found", "none of that name"),
        (403, "image-not-found", "refuses it"),
        (401, "image-not-found", "without a login"),
        (429, "image-registry-unreachable", "too many questions"),
        (503, "image-registry-unreachable", "HTTP status 503"),
        ("odd", "image-registry-unreachable", "none of SHA-256"),
        ("plain", "image-registry-unreachable", "isn't https"),
        ("elsewhere", "image-registry-unreachable", "Connection refused"),
    ],
)
def test_a_registry_that_refuses_leaves_the_file(
    shop: Path, images: Registry, fault: int | str, code: str, said: str
) -> None:
    before = (shop / "exai.lock").read_text()
    images.fault = fault
    refused = lock_images(shop, "prod", [train(images)])
    assert isinstance(refused, Refused)
    (problem,) = refused.diagnostics
    assert (problem.code, problem.at.path) == (code, "exai.yaml")
    assert said in problem.message and problem.hint
    assert (shop / "exai.lock").read_text() == before


def test_a_registry_that_refuses_is_asked_once(shop: Path, images: Registry) -> None:
    images.fault = 503
    refused = lock_images(shop, "prod", ())
    assert isinstance(refused, Refused)
    (told,) = refused.diagnostics
    assert told.code == "image-registry-unreachable"
    assert told.message.startswith(f"the registry of `{train(images, 'serve')}` ")
    assert [words for words, _ in told.related] == [f"`{train(images)}`, too"]
    assert {at.path for _, at in told.related} == {"exai.yaml"}
    assert len(images.asked) == 1


def test_what_does_not_answer_is_tried_once_more_and_told(shop: Path, images: Registry) -> None:
    """One registry's silence hides no answer of another."""
    text = (shop / "exai.yaml").read_text()
    gone = "127.0.0.1:1/acme/exai-train:1.2"
    (shop / "exai.yaml").write_text(text.replace(train(images), gone))
    refused = lock_images(shop, "prod", ())
    assert isinstance(refused, Refused)
    (told,) = refused.diagnostics
    line = next(n for n, each in enumerate(text.splitlines(), 1) if train(images) in each)
    assert (told.at.path, told.at.line) == ("exai.yaml", line)
    assert told.message == (
        f"the registry of `{gone}` can't be read: Connection refused, tried twice"
    )
    assert "by digest" in told.hint
    assert len(images.asked) == 1


def test_all_registries_are_asked_at_the_same_time(
    shop: Path, images: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other's question: one after the other, neither would be answered."""
    monkeypatch.setattr(image_registry, "_SECONDS", 60.0)
    monkeypatch.setattr(locking_images, "_LONGEST_WAIT", 60.0)
    with registry() as other:
        text = (shop / "exai.yaml").read_text()
        there = f"{other.host}/acme/exai-train:1.2"
        (shop / "exai.yaml").write_text(text.replace(train(images), there))
        digest = other.push("acme/exai-train:1.2", "train")
        images.meets = other.meets = Barrier(2)
        moves = locked(lock_images(shop, "prod", ())).images
    assert {move.image: move.digest for move in moves}[there] == digest
    assert len(moves) == 2


def test_one_that_never_ends_is_given_up(
    shop: Path, images: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking_images, "_LONGEST_WAIT", 0.2)
    images.fault = "drip"
    refused = lock_images(shop, "prod", [train(images)])
    assert isinstance(refused, Refused)
    assert refused.diagnostics[0].code == "image-registry-unreachable"


def test_a_token_for_everybody_is_fetched_and_shown(images: Registry) -> None:
    digest = images.push("acme/own:3", "own")
    images.private = True
    assert digest_of_tag(f"{images.host}/acme/own:3") == digest
    assert images.asked == [
        "HEAD /v2/acme/own/manifests/3",
        "GET /token?service=registry.test&scope=repository%3Aacme%2Fown%3Apull",
        "HEAD /v2/acme/own/manifests/3",
    ]
    with pytest.raises(NoImage):
        digest_of_tag(f"{images.host}/acme/own:4")
    images.fault = "basic"
    with pytest.raises(NoImage, match="without a login"):
        digest_of_tag(f"{images.host}/acme/own:3")


def test_a_token_stays_with_its_host(images: Registry) -> None:
    with registry() as other:
        digest = other.push("acme/own:3", "own")
        images.private = True
        images.leads_to = f"http://{other.host}/v2/acme/own/manifests/3"
        assert digest_of_tag(f"{images.host}/acme/own:3") == digest
        assert images.shown == [None, None, f"Bearer {TOKEN}"]
        assert other.asked == ["HEAD /v2/acme/own/manifests/3"]
        assert other.shown == [None]


def test_a_host_that_leads_to_itself_is_shown_it_again(images: Registry) -> None:
    images.push("acme/own:3", "own")
    images.private = True
    images.leads_to = "/v2/acme/own/manifests/3"
    with pytest.raises(NoRegistry, match="more than 5 times"):
        digest_of_tag(f"{images.host}/acme/own:3")
    assert images.shown == [None, None, *[f"Bearer {TOKEN}"] * 6]


def test_the_challenge_that_everybody_can_meet_is_taken(images: Registry) -> None:
    digest = images.push("acme/own:3", "own")
    images.private = True
    images.challenges = ('Basic realm="registry"',)
    assert digest_of_tag(f"{images.host}/acme/own:3") == digest


def test_a_challenge_without_an_end_isn_t_read(images: Registry) -> None:
    images.private = True
    images.challenges = ("Bearer " + "a" * 5000,)
    with pytest.raises(NoRegistry, match="too long"):
        digest_of_tag(f"{images.host}/acme/own:3")


@pytest.mark.parametrize("token", [b"[" * 100_000, b"{}", b"no", b'{"token": "a\\u000ab"}'])
def test_a_token_that_is_none_is_told(images: Registry, token: bytes) -> None:
    images.private = True
    images.token = token
    with pytest.raises(NoRegistry):
        digest_of_tag(f"{images.host}/acme/own:3")


def test_what_comes_with_a_redirect_is_not_read(images: Registry) -> None:
    images.private = True
    images.challenges = (f'Bearer realm="http://{images.host}/flood"',)
    with pytest.raises(NoRegistry, match="more than 5 times"):
        digest_of_tag(f"{images.host}/acme/own:3")
    assert images.flooded == 0
    assert {each.rstrip("?") for each in images.asked[1:]} == {"GET /flood"}
    assert len(images.asked) == 7


@pytest.mark.parametrize(
    ("registry", "address", "safe"),
    [
        ("ghcr.io", "https://auth.example.com/token", True),
        ("ghcr.io", "https://10.0.0.5/token", True),
        ("ghcr.io", "http://ghcr.io/token", False),
        ("ghcr.io", "http://127.0.0.1:8080/token", False),
        ("ghcr.io", "http://localhost/token", False),
        ("ghcr.io", "https://127.0.0.1/token", False),
        ("ghcr.io", "https://127.1/token", False),
        ("ghcr.io", "https://2130706433/token", False),
        ("ghcr.io", "https://LOCALHOST./token", False),
        ("ghcr.io", "https://a.localhost/token", False),
        ("ghcr.io", "https://[::1]/token", False),
        ("ghcr.io", "https://[::ffff:127.0.0.1]/token", False),
        ("ghcr.io", "https://[fe80::1%25eth0]/token", False),
        ("ghcr.io", "https://169.254.169.254/token", False),
        ("ghcr.io", "https://0.0.0.0/token", False),
        ("ghcr.io", "file:///etc/passwd", False),
        ("localhost:5000", "http://127.0.0.1:5001/token", True),
        ("localhost:5000", "https://127.0.0.1:5001/token", True),
        ("localhost:5000", "http://10.0.0.5/token", False),
        ("127.0.0.2:5000", "https://127.0.0.2:5000/token", True),
        ("127.0.0.2:5000", "http://127.0.0.1/token", False),
    ],
)
def test_where_a_registry_may_lead(registry: str, address: str, safe: bool) -> None:
    with contextlib.nullcontext() if safe else pytest.raises(ValueError, match="it leads to"):
        image_registry.check_led(Image(registry, "own", "1"), address)


@pytest.mark.parametrize("fault", ["silent", "get"])
def test_a_registry_that_tells_no_digest_has_it_counted(images: Registry, fault: str) -> None:
    digest = images.push("own:latest", "own")
    images.fault = fault
    assert digest_of_tag(f"{images.host}/own") == digest
    assert images.asked[-1] == "GET /v2/own/manifests/latest"


def test_one_that_isn_t_there_is_told() -> None:
    with pytest.raises(NoRegistry, match="Connection refused"):
        digest_of_tag("127.0.0.1:1/own:1")
    with pytest.raises(NoRegistry):
        digest_of_tag("nowhere.invalid/own:1")


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("python:3.11", "https://registry-1.docker.io/v2/library/python/manifests/3.11"),
        ("python", "https://registry-1.docker.io/v2/library/python/manifests/latest"),
        ("acme/own:1", "https://registry-1.docker.io/v2/acme/own/manifests/1"),
        ("docker.io/python:3", "https://registry-1.docker.io/v2/library/python/manifests/3"),
        ("ghcr.io/acme/own:1", "https://ghcr.io/v2/acme/own/manifests/1"),
        ("ghcr.io:443/acme/a/b", "https://ghcr.io:443/v2/acme/a/b/manifests/latest"),
        ("registry:5000/own:1", "https://registry:5000/v2/own/manifests/1"),
        ("localhost/own:1", "http://localhost/v2/own/manifests/1"),
        ("localhost:5000/own", "http://localhost:5000/v2/own/manifests/latest"),
        ("127.0.0.1:5000/own", "http://127.0.0.1:5000/v2/own/manifests/latest"),
        ("127.0.0.1.example.com/own:1", "https://127.0.0.1.example.com/v2/own/manifests/1"),
    ],
)
def test_where_an_image_is_asked_for(reference: str, place: str) -> None:
    assert image_of(reference).place == place


def test_an_image_of_a_component_file_is_pinned_too(shop: Path, images: Registry) -> None:
    digest = images.push("acme/tool:2", "tool")
    tool = f"{images.host}/acme/tool:2"
    (shop / "specs/tool").mkdir()
    (shop / "specs/tool/component.yaml").write_text(
        f"name: tool\nimplementation: {{container: {{image: '{tool}', command: [run]}}}}\n"
    )
    (shop / "specs/tools.yaml").write_text(
        "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: tools, owner: a}\n"
        "spec:\n  run: {on: []}\n  steps:\n    one: {uses: ./tool/component.yaml}\n"
    )
    told = moving(shop, tool)
    assert {str(note.at) for note in told} == {"specs/tools.yaml:7:17"}
    assert any("-e prod" in note.hint for note in told)
    locked(lock_images(shop, "prod", [train(images), train(images, "serve")]))
    before = version(shop)
    found = locked(lock_images(shop, "prod", [tool]))
    assert [move.digest for move in found.images] == [digest]
    assert ["-e staging" in note.hint for note in moving(shop, tool)] == [True], "it moves there"
    body = version(shop)
    assert f"{images.host}/acme/tool@{digest}" in body
    assert tool in before and tool not in body


OBJECTS = """
apiVersion: exai.dev/v1alpha1
kind: Manifest
metadata: {name: nightly, owner: a}
spec:
  manifest:
    apiVersion: batch/v1
    kind: Job
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - {name: a, image: 'OWN', env: [{name: image, value: 'OWN'}]}
            - {name: b, image: '{{image}}'}
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: patched, owner: a}
spec:
  model: {uri: "s3://acme-ml/m", format: onnx}
  protocol: v2
  patches:
    InferenceService:
      spec:
        predictor:
          model: {image: 'OWN'}
          containers: [{name: beside, image: 'OWN'}]
"""


def test_images_of_containers_in_manifests_and_patches_are_pinned(
    shop: Path, images: Registry
) -> None:
    digest = images.push("acme/own:3", "own")
    own = f"{images.host}/acme/own:3"
    (shop / "specs/objects.yaml").write_text(OBJECTS.replace("OWN", own))
    places = {f"specs/objects.yaml:{at}" for at in ("14:32", "27:26", "28:46")}
    assert {str(note.at) for note in moving(shop, own)} == places
    locked(lock_images(shop, "prod", ()))
    assert ["-e staging" in note.hint for note in moving(shop, own)] == [True] * 3
    out = shop.parent / "out"
    render(shop, "prod", (), out)
    (job,) = out.rglob("job-nightly.yaml")
    (service,) = out.rglob("inferenceservice-patched.yaml")
    pinned = f"image: '{images.host}/acme/own@{digest}'"
    assert job.read_text().count(pinned) == 1 and job.read_text().count(own) == 1
    assert "{{image}}" in job.read_text()
    assert service.read_text().count(pinned) == 2 and own not in service.read_text()
    (shop / "specs/objects.yaml").unlink()
    assert ImageMove(own, digest, None) in locked(lock_images(shop, "prod", ())).images


def moving(shop: Path, image: str) -> list[Diagnostic]:
    told = check_project(load(shop)).diagnostics
    return [d for d in told if d.code == "image-by-tag" and f"`{image}`" in d.message]


def version(shop: Path) -> str:
    result = render(shop, "prod", ("Pipeline/tools",), None)
    assert isinstance(result, RenderedFiles), result
    return str(result.objects)
