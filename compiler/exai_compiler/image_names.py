"""What a reference of an image looks like.

Source: github.com/distribution/reference, regexp.go: a domain, a path in small letters, a tag, a
digest; opencontainers/image-spec, descriptor.md: which digests there are, and how long each is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from exai_specs.regexes import regex

# How a URI names an image.
OCI = "oci://"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DIGEST = r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}"
REFERENCE = regex(
    rf"(?:{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
    rf"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@(?:{_DIGEST}))?"
)
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_USUAL = "write REGISTRY/PATH@sha256:DIGEST, or :TAG; the path in small letters"


def wrong_image(image: str) -> tuple[str, str] | None:
    """Why nothing could pull this, and what to write; None for a reference of an image."""
    if REFERENCE.fullmatch(image):
        return None
    name, _, digest = image.partition("@")
    if not digest or not REFERENCE.fullmatch(name):
        return "this names no image that anything could pull", _USUAL
    algorithm, _, digits = digest.partition(":")
    wanted = _DIGITS.get(algorithm)
    if wanted is None:
        known = ", ".join(_DIGITS)
        return f"a digest is of {known}", f"write {name}@sha256: and 64 hexadecimal digits"
    hint = f"write `{algorithm}:` and {wanted} hexadecimal digits, in small letters"
    if re.fullmatch(r"[0-9a-f]*", digits):
        return f"a digest of {algorithm} has {wanted} digits, and this one {len(digits)}", hint
    return f"a digest of {algorithm} has {wanted} hexadecimal digits, and nothing else", hint


def by_digest(image: str, pins: Mapping[str, str]) -> str:
    """`ghcr.io/acme/own:1` as `ghcr.io/acme/own@sha256:...`, where that is pinned."""
    scheme = OCI if image.startswith(OCI) else ""
    name = image.removeprefix(OCI)
    if (digest := pins.get(name)) is None:
        return image
    folder, slash, last = name.rpartition("/")
    return f"{scheme}{folder}{slash}{last.partition(':')[0]}@{digest}"
