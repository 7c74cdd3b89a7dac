"""What each code means that a model server can give, in its log and on its control socket.

In: nothing. Out: `SERVER_CODES`. As with `codes_of_steps`: a test walks the servers' source.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

_ANEW = "Apply again. If it stays, see the server's log."
_LIVE = "Apply, so that the registry of features has what the service asks for."

SERVER_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-default": Code(
            "A default of a feature is no value of its type.",
            "Mend `features.defaults` of the Service.",
        ),
        "bad-features": Code(
            "A server isn't told which features to look up in the way it expects.",
            "It reads EXAI_FEATURES, which exai sets. " + _ANEW,
        ),
        "cannot-bind": Code(
            "A server can't listen where it should.",
            "The message has the system's reason. Choose another port, or let its folder be "
            "written to.",
        ),
        "control-in-use": Code(
            "Another server, or a file, is where a server's control socket should be.",
            "Stop that server, or remove the file.",
        ),
        "control-path-too-long": Code(
            "A control socket's path is too long for the system.",
            "Set TMPDIR to a folder with a shorter path.",
        ),
        "draining": Code("A server that is about to end takes no orders.", _ANEW),
        "feature-type-changed": Code(
            "A feature has another type than the model was trained with.",
            "Train the model again on the features as they are now.",
        ),
        "features-differ": Code(
            "A service has other features than its model takes.",
            "Let the service take the features that the model was trained on, or train again.",
        ),
        "malformed": Code("A control socket was sent something else than a request.", _ANEW),
        "missing-feature": Code("A view lacks a feature that a model takes.", _LIVE),
        "missing-view": Code("A view that a model takes features of isn't there.", _LIVE),
        "not-found": Code("A control socket was asked for what it doesn't have.", _ANEW),
        "not-trained-on-features": Code(
            "A service looks features up for a model that knows of none.",
            "Train it with load-features, or take `features` out of the Service.",
        ),
        "null-value": Code(
            "A model would be given missing values, and takes none.",
            "`onMissing: error` or `default` keeps them from it; or train on rows that lack them.",
        ),
        "port-in-use": Code(
            "Another program listens on a service's port.",
            "End that program, or choose another `local.port`.",
        ),
        "predecessor-stuck": Code("The server before a new one doesn't hand its port over.", _ANEW),
        "serving": Code("A server was told to take a port over while it serves one.", _ANEW),
        "unknown-feature-service": Code("A feature service isn't there.", _LIVE),
    }
)
