"""`exai.lock`: what it takes, what it refuses and where, and that its text means itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.lock import LockFile, Pinned, Pins, with_pins
from exai_specs.lock_reading import as_read, parse_lock
from exai_specs.lock_text import lock_text
from exai_specs.schema import bundle, schema_of_lock

DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
FRAME = "apiVersion: exai.dev/v1alpha1\nkind: Lock\nenvironments:\n"


def parsed(text: str) -> LockFile | tuple[Diagnostic, ...]:
    documents, problems = read(text, "exai.lock")
    return problems or parse_lock(documents)


def of(pins: str) -> LockFile | tuple[Diagnostic, ...]:
    return parsed(f"{FRAME}  prod:\n    models:\n      {pins}\n")


def test_a_pin_says_which_version_and_where_it_is() -> None:
    found = of(f"a@champion: {{version: 3, uri: s3://m/a/3, digest: {DIGEST}, metrics: {{f1: 1}}}}")
    assert isinstance(found, LockFile)
    pin = found.environments["prod"].models["a@champion"]
    assert (pin.version, pin.uri, pin.digest, pin.format) == (3, "s3://m/a/3", DIGEST, None)
    assert dict(pin.metrics) == {"f1": 1.0}
    assert str(found.at("prod", "models", "a@champion")) == "exai.lock:6:7"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", f"{FRAME}  prod: {{}}\n"])
def test_what_decides_nothing_is_a_lock(text: str) -> None:
    assert isinstance(parsed(text), LockFile)


@pytest.mark.parametrize(
    ("pin", "code", "at"),
    [
        ("a@champion: {version: 3, uri: s3://m, url: s3://m}", "unknown-field", "6:45"),
        ("a@champion: {version: 3}", "missing-field", "6:7"),
        ("a@champion: {version: 0, uri: s3://m}", "invalid-value", "6:29"),
        ("a@champion: {version: '3', uri: s3://m}", "wrong-type", "6:29"),
        ("a@champion: {version: 3, uri: models/a}", "invalid-value", "6:37"),
        ("a@champion: {version: 3, uri: s3://m, digest: abc}", "invalid-value", "6:53"),
        ("a: {champion: {version: 3, uri: s3://m}}", "invalid-value", "6:11"),
        ("a: {champion: 3, canary: 4}", "invalid-value", "6:11"),
        ("a: {version: 3, uri: s3://m}", "invalid-value", "6:7"),
        ("a@No: {version: 3, uri: s3://m}", "invalid-value", "6:7"),
        ("a@b: {version: 3, uri: 's3://u:hunter22x@m/k'}", "secret-in-spec", "6:30"),
        ("a@b: {version: 3, uri: 'https://m/k?sig=hunter22x'}", "secret-in-spec", "6:30"),
    ],
)
def test_what_is_wrong_has_a_place(pin: str, code: str, at: str) -> None:
    found = of(pin)
    assert isinstance(found, tuple)
    assert [(each.code, str(each.at)) for each in found] == [(code, f"exai.lock:{at}")]


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        ("e: {}", "e: {models: {k@a: {version: x, uri: s3://m}}}", "wrong-type 7:31"),
        ("e: {}", "e: {image: {}}", "unknown-field 7:7"),
        ("models:", "modles:", "unknown-field 5:5"),
        ("environments", "enviroments", "unknown-field 3:1"),
    ],
)
def test_a_key_without_a_version_is_told_beside_other_mistakes(
    old: str, new: str, other: str
) -> None:
    pins = "  a:\n    models:\n      k: {version: 1, uri: s3://m}\n  e: {}\n"
    found = parsed((FRAME + pins).replace(old, new))
    assert isinstance(found, tuple)
    said = {f"{each.code} {each.at.line}:{each.at.column}" for each in found}
    assert said == {"invalid-value 6:7", other}


@pytest.mark.parametrize(
    ("pins", "hint"),
    [
        (f"images: {{'a:1': {DIGEST}}}", "write `sha256:` before it"),
        ("images: {'a:1': 'sha256:5d4'}", "for example sha256:"),
        (
            f"models: {{a@b: {{version: 3, uri: s3://m, digest: 'sha256:{DIGEST}'}}}}",
            "leave `sha256:` out",
        ),
    ],
)
def test_a_digest_is_told_with_what_it_begins_with(pins: str, hint: str) -> None:
    found = parsed(f"{FRAME}  prod:\n    {pins}\n")
    assert isinstance(found, tuple)
    (wrong,) = found
    assert "a digest here has" in wrong.message
    assert "a name" not in wrong.message
    assert hint in wrong.hint


def test_an_alias_within_its_model_is_told_as_it_is_to_be_written() -> None:
    found = of("a: {champion: {version: 3}}")
    assert isinstance(found, tuple)
    assert found[0].hint == "write a@champion: {version: ..., uri: ...}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (FRAME + "  prod: {}\n---\n" + FRAME + "  dev: {}\n", "wrong-type"),
        (FRAME + "  prod: {pipelines: {}}\n", "unknown-field"),
        (FRAME + "  prod: {images: {'a:1': '" + DIGEST + "'}}\n", "invalid-value"),
        (FRAME + "  prod: {images: {'a:1': 'sha256:5d4'}}\n", "invalid-value"),
        (FRAME + "  prod: {images: {'a:1': 1}}\n", "wrong-type"),
        (FRAME + "  Prod: {}\n", "invalid-name"),
        (FRAME.replace("Lock", "Look") + "  prod: {}\n", "invalid-value"),
        (FRAME.replace("v1alpha1", "v2") + "  prod: {}\n", "invalid-value"),
        ("- a\n", "wrong-type"),
    ],
)
def test_another_frame_is_refused(text: str, code: str) -> None:
    found = parsed(text)
    assert isinstance(found, tuple)
    assert code in {each.code for each in found}


TEXTS = st.text("abcXYZ019_:#'\"{},%&*!|>?/-", min_size=1, max_size=20)
PINNED = st.builds(
    Pinned,
    version=st.integers(1, 10**9),
    uri=TEXTS.map("s3://m/".__add__),
    digest=st.none() | st.just(DIGEST),
    format=st.sampled_from([None, "h2o-mojo", "sklearn", "no"]),
    run_key=st.none() | st.text("0123456789abcdef", min_size=1),
    metrics=st.dictionaries(st.text("abc:'1é", min_size=1, max_size=4), st.floats(-1e9, 1e9)),
)
KEYS = st.sampled_from(["a@champion", "no@1", "e1@y", "fraud-model@staging", "a@null"])
LOCKS = st.builds(
    LockFile,
    st.dictionaries(
        st.sampled_from(["prod", "no", "y", "eu-1", "null"]),
        st.builds(Pins, models=st.dictionaries(KEYS, PINNED, max_size=3)),
        max_size=3,
    ),
)


@settings(max_examples=60, deadline=None)
@given(LOCKS)
def test_its_text_means_itself(lock: LockFile) -> None:
    text = lock_text(lock)
    assert text.count("{version: ") == sum(len(e.models) for e in lock.environments.values())
    again = parsed(text)
    assert isinstance(again, LockFile), again
    wanted = {name: pins for name, pins in lock.environments.items() if pins.models}
    assert dict(again.environments) == wanted
    assert lock_text(again) == text


def test_images_and_models_keep_each_other() -> None:
    pin = Pinned(version=3, uri="s3://m/a/3", digest=DIGEST)
    images = {"ghcr.io/acme/own:1": f"sha256:{DIGEST}", "python:3.11": f"sha256:{DIGEST}"}
    lock = with_pins(with_pins(None, "prod", models={"a@b": pin}), "prod", images=images)
    found = as_read(lock)
    assert isinstance(found, LockFile)
    assert (found.environments, found.environments["prod"].images) == (lock.environments, images)
    assert str(found.at("prod", "images", "python:3.11")) == "exai.lock:8:7"
    again = with_pins(found, "dev", images=images)
    assert set(again.environments) == {"prod", "dev"}
    back = as_read(with_pins(again, "dev", images={}))
    assert isinstance(back, LockFile)
    assert back.environments == found.environments


LOCKED = f"""{FRAME}  prod:
    images:
      "ghcr.io/acme/own:1": "sha256:{DIGEST}"
    models:
      a@champion: {{version: 3, uri: s3://m/a/3, digest: {DIGEST}, metrics: {{f1: 1}}}}
  dev: {{}}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("version: 3, ", ""),
        ("version: 3", "version: 0"),
        ("version: 3", "version: '3'"),
        ("digest: ", "digset: "),
        (f"digest: {DIGEST}", "digest: abc"),
        ("sha256:", ""),
        ("    images:", "    image:"),
        ("  dev:", "  Dev:"),
        ("kind: Lock", "kind: Locks"),
        ("v1alpha1", "v2"),
        ("f1: 1", "f1: one"),
    ],
)
def test_its_schema_is_of_one_mind_with_what_reads_it(old: str, new: str) -> None:
    assert old in LOCKED
    text = LOCKED.replace(old, new, 1) if old else LOCKED
    (document,) = read(text, "exai.lock")[0]
    valid = isinstance(parsed(text), LockFile)
    assert valid == (not old)
    value = thaw(document.value)
    assert Draft202012Validator(schema_of_lock()).is_valid(value) == valid
    assert Draft202012Validator(bundle()).is_valid(value) == valid


@pytest.mark.parametrize(
    ("pin", "wrong"),
    [
        ("version: 3, uri: s3://m, digest: abc", "digest"),
        ("champion: {version: 3, uri: s3://m}", "an alias"),
    ],
)
@pytest.mark.parametrize("number", [100, 101, 214])
def test_a_list_of_problems_that_is_cut_says_so(number: int, pin: str, wrong: str) -> None:
    key = "m{}" if wrong == "an alias" else "m{}@champion"
    found = of("\n      ".join(f"{key.format(each)}: {{{pin}}}" for each in range(number)))
    assert isinstance(found, tuple)
    more = [each.message for each in found if each.code == "more-problems"]
    assert more == ["only the first 100 problems of this document are listed"] * (number > 100)
    listed = [each for each in found if each.code != "more-problems"]
    assert len(listed) == 100 and all(wrong in each.message for each in listed)
    assert [each.at.line for each in listed] == list(range(6, 106))
