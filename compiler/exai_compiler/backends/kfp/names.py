"""Names of Secrets, ConfigMaps and claims in a platform spec, and other values that a run may give.

In: text as written. Out: the fields of KFP's KubernetesExecutorConfig. Like the SDK, both the
deprecated name and the parameter that replaced it are written, so that backends before and after
the change read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exai_specs.frozen import Json
from exai_specs.kinds.connections import SecretName
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen


@frozen
class Names:
    """`given` is what gives a text at run time, as KFP's InputParameterSpec; None if nothing does.

    An environment may call a Secret by another name.
    """

    environment: Environment
    given: Callable[[str], Json | None]

    def secret(self, name: str) -> Mapping[str, Json]:
        """The fields that name a Secret."""
        source = self.environment.secrets.get(name)
        return self.named(source.name if isinstance(source, SecretName) else name, "secretName")

    def named(self, name: str, field: str) -> Mapping[str, Json]:
        """The fields that hold a name: text, or what gives it."""
        if (source := self.given(name)) is not None:
            return {f"{field}Parameter": source}
        return {field: name, f"{field}Parameter": {"runtimeValue": {"constant": name}}}
