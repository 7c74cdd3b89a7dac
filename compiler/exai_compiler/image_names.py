"""What a reference of an image looks like.

Source: github.com/distribution/reference, regexp.go: a domain, a path in small letters, a tag, a
digest.
"""

from __future__ import annotations

import re

# How a URI names an image.
OCI = "oci://"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
REFERENCE = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9]+:[^\s@]+)?"
)
