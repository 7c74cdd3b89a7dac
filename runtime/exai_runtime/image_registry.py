"""Which digest a tag of an image stands for now, as its registry says: asked without credentials.

In: a reference by tag. Out: `sha256:...`. Speaks OCI's distribution protocol
(github.com/opencontainers/distribution-spec, spec.md, "Pulling manifests") with the tokens that a
registry gives to everybody (distribution.github.io/distribution/spec/auth/token). Over https; over
http on this machine's own loopback alone. Never: an image, a credential, a token in a message.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import ssl
import urllib.request
from collections.abc import Mapping
from email.message import Message
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import sleep
from typing import IO, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit

from exai_specs.regexes import regex
from exai_specs.values import frozen

ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = regex(r"sha256:[0-9a-f]{64}")
_CHALLENGE = regex(r'(?<![a-zA-Z_])([a-zA-Z_]+)="([^"]*)"')
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SECONDS = 4.0  # that a registry may be silent
_PAUSE = 0.5  # seconds, before the second try
_LARGEST = 4 << 20  # bytes of a manifest, as the specification bounds them, or of a token
_LONGEST_CHALLENGE = 4 << 10
_REDIRECTS = 5


class NoImage(Exception):
    """The registry has no such image, or none for everybody: it doesn't tell which."""


class NoRegistry(Exception):
    """The registry doesn't answer, or not as registries do."""


@frozen
class Image:
    """`registry` is a host, with its port if one was named."""

    registry: str
    repository: str
    tag: str

    @property
    def place(self) -> str:
        scheme = "http" if _host(self.registry) in _LOOPBACK else "https"
        return f"{scheme}://{self.registry}/v2/{self.repository}/manifests/{self.tag}"


def image_of(reference: str) -> Image:
    """As docker reads it (github.com/distribution/reference, normalize.go): what has no host is
    Docker Hub's, and without a folder there it is of `library`; without a tag it is `latest`."""
    first, slash, rest = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, name = first, rest
    else:
        registry, name = "docker.io", reference
    folder, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    repository = f"{folder}{slash}{last}"
    if registry in ("docker.io", "index.docker.io"):
        registry = "registry-1.docker.io"
        repository = repository if "/" in repository else f"library/{repository}"
    return Image(registry, repository, tag or "latest")


def digest_of_tag(reference: str) -> str:
    """Raises NoImage, NoRegistry. What doesn't answer at all is tried once more."""
    image = image_of(reference)
    try:
        return _answered(image)
    except _Unanswered:
        sleep(_PAUSE)
    try:
        return _answered(image)
    except _Unanswered as error:
        raise NoRegistry(f"{error}, tried twice") from None


class _Unanswered(NoRegistry):
    """Another try may be luckier."""


def _answered(image: Image) -> str:
    try:
        return _digest(image)
    except HTTPError as error:
        error.close()
        if error.code in (401, 403, 404):
            raise NoImage(_REFUSALS[error.code]) from None
        raise NoRegistry(_refusal(error.code)) from None
    except URLError as error:
        certain = isinstance(error.reason, (str, ssl.SSLCertVerificationError))
        raise (NoRegistry if certain else _Unanswered)(_reason(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _Unanswered(_reason(error)) from None
    except ValueError as error:
        raise NoRegistry(_reason(error)) from None


_REFUSALS = {
    401: "its registry gives it to nobody without a login",
    403: "its registry refuses it",
    404: "its registry has none of that name and tag",
}


def _refusal(status: int) -> str:
    if status == 429:
        return "it has had too many questions for now (HTTP status 429)"
    return f"it answers with HTTP status {status}"


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return f"it doesn't answer within {_SECONDS:g} seconds"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate isn't trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:200] or "it breaks off"


def _digest(image: Image) -> str:
    headers = {"Accept": ACCEPT}
    try:
        found = _asked(image, "HEAD", image.place, headers)
    except HTTPError as error:
        error.close()
        if error.code == 401:
            headers |= _allowed(image, error.headers)
        elif error.code != 405:
            raise
        found = _asked(image, "GET" if error.code == 405 else "HEAD", image.place, headers)
    told = found.headers.get("Docker-Content-Digest", "")
    if not told:  # the header is no registry's duty
        body = _asked(image, "GET", image.place, headers).body
        told = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if not _DIGEST.fullmatch(told):
        raise ValueError("the digest that it tells is none of SHA-256")
    return told


@frozen
class _Answer:
    headers: Message
    body: bytes


def _allowed(image: Image, told: Message) -> Mapping[str, str]:
    """What a registry wants to be shown by everybody: a token from where it says."""
    challenges = [str(each) for each in told.get_all("WWW-Authenticate", ())]
    challenge = next((each for each in challenges if each.lower().startswith("bearer ")), "")
    if len(challenge) > _LONGEST_CHALLENGE:
        raise ValueError("what it asks to be shown is too long")
    parts = dict(_CHALLENGE.findall(challenge))
    realm = parts.pop("realm", "")
    if not realm:
        raise NoImage(_REFUSALS[401])
    query = urlencode({key: parts[key] for key in ("service", "scope") if key in parts})
    address = f"{realm}{'&' if '?' in realm else '?'}{query}"
    try:
        given = json.loads(_asked(image, "GET", address, {}).body)
    except RecursionError:
        given = None
    token = (given.get("token") or given.get("access_token")) if isinstance(given, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ValueError("the token that it gives is none")
    return {"Authorization": f"Bearer {token}"}


def _asked(image: Image, method: str, address: str, headers: Mapping[str, str]) -> _Answer:
    for _ in range(1 + _REDIRECTS):
        check_led(image, address)
        request = urllib.request.Request(address, None, dict(headers), method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=_SECONDS) as answer:
                body = answer.read(_LARGEST + 1) if method == "GET" else b""
                if len(body) > _LARGEST:
                    raise ValueError(f"it sends more than {_LARGEST >> 20} MiB")
                return _Answer(answer.headers, body)
        except _Elsewhere as found:
            if _origin(found.address) != _origin(address):
                # What a token is for is one host: it goes to none that this one leads to.
                headers = {key: text for key, text in headers.items() if key != "Authorization"}
            address = found.address
    raise ValueError(f"it leads on more than {_REDIRECTS} times")


class _Elsewhere(Exception):
    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    """urllib itself would read what comes with a redirect first, however much it is."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> NoReturn:
        del req, code, msg, headers
        fp.close()
        raise _Elsewhere(newurl)


_OPENER = urllib.request.build_opener(_Unfollowed)


def check_led(image: Image, address: str) -> None:
    """Raises ValueError where a registry may not lead: from elsewhere to this machine, say."""
    parts, own = urlsplit(address), _host(image.registry)
    if parts.scheme != "https" and not (
        parts.scheme == "http" and parts.hostname in _LOOPBACK and own in _LOOPBACK
    ):
        raise ValueError("it leads to an address that isn't https")
    if _is_inward(parts.hostname) and not _is_inward(own):
        raise ValueError("it leads to an address of this machine's own")


def _is_inward(host: str | None) -> bool:
    """Whether only this machine, or its own link, has that address; a name isn't looked up."""
    name = (host or "").rstrip(".").partition("%")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    literal = _literal(name)
    return literal is not None and (
        literal.is_loopback or literal.is_link_local or literal.is_unspecified
    )


def _literal(name: str) -> IPv4Address | IPv6Address | None:
    """The address that this writes, in the short forms, too, that a resolver takes (`127.1`)."""
    try:
        found = ip_address(name)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name))
        except (OSError, ValueError):
            return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def _host(registry: str) -> str | None:
    return urlsplit(f"//{registry}").hostname
