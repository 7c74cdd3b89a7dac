"""Pods against the Pod Security Standards' profile "restricted" (DESIGN section 8).

In: an object that holds pods, anywhere. Out: what breaks the profile, by path, with the word by
which an environment may allow it. A container without a word of its own is its runtime's to say.
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.maybe import Tree
from exai_specs.values import frozen

Path = tuple[str | int, ...]

# What `security.allow` of an environment may name -> what it means.
ALLOWANCES: Mapping[str, str] = MappingProxyType(
    {
        "capabilities": "capabilities beside NET_BIND_SERVICE",
        "host-namespaces": "the node's own network, processes or IPC",
        "host-path": "folders of the node",
        "host-ports": "ports of the node",
        "privilege-escalation": "more rights than its parent process",
        "privileged": "all rights of the node",
        "root": "running as root",
        "unconfined": "running without seccomp, or with an unmasked /proc",
    }
)


@frozen
class Breach:
    """`allowance` is one of `ALLOWANCES`."""

    path: Path
    allowance: str


def breaches(tree: Tree, path: Path = ()) -> Iterator[Breach]:
    """Every breach below a part of an object."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            here = (*path, name)
            if (word := _word(name, value)) is not None:
                yield Breach(here, word)
            elif name == "securityContext" and isinstance(value, Mapping):
                yield from _security(value, here)
            else:
                yield from breaches(value, here)
    elif isinstance(tree, tuple):
        for index, item in enumerate(tree):
            yield from breaches(item, (*path, index))


def _word(name: str, value: Tree) -> str | None:
    if name in ("hostNetwork", "hostPID", "hostIPC") and value is True:
        return "host-namespaces"
    if name == "hostPath" and isinstance(value, Mapping):
        return "host-path"
    if name == "hostPort" and value not in (None, 0):
        return "host-ports"
    return None


def _security(block: Mapping[str, Tree], path: Path) -> Iterator[Breach]:
    if block.get("privileged") is True:
        yield Breach((*path, "privileged"), "privileged")
    if block.get("allowPrivilegeEscalation") is True:
        yield Breach((*path, "allowPrivilegeEscalation"), "privilege-escalation")
    if block.get("runAsNonRoot") is False:
        yield Breach((*path, "runAsNonRoot"), "root")
    if block.get("runAsUser") == 0 and block.get("runAsUser") is not False:
        yield Breach((*path, "runAsUser"), "root")
    if block.get("procMount") not in (None, "Default"):
        yield Breach((*path, "procMount"), "unconfined")
    profile = block.get("seccompProfile")
    if isinstance(profile, Mapping) and profile.get("type") == "Unconfined":
        yield Breach((*path, "seccompProfile", "type"), "unconfined")
    capabilities = block.get("capabilities")
    added = capabilities.get("add") if isinstance(capabilities, Mapping) else ()
    for index, name in enumerate(added if isinstance(added, tuple) else ()):
        if name != "NET_BIND_SERVICE":
            yield Breach((*path, "capabilities", "add", index), "capabilities")
