"""What things may be called (LANGUAGE section 1.1), and a name that would do instead.

In: a name as written. Out: what is wrong with it, and a valid suggestion. Never: changing a name
by itself.
"""

from __future__ import annotations

import functools
import posixpath
import re
import unicodedata
from typing import Any

from exai_specs.values import frozen

MESSAGE = "errorMessage"
"""What yaml-language-server shows instead of its own words; other validators pass it over."""

_ENDS = r"[^A-Za-z0-9]+$"
_compiled = functools.cache(re.compile)  # of the rules below; `re` asks more before it answers


@frozen
class NameRule:
    """`pattern` without anchors, at most `longest` characters, nothing that `forbidden` finds.

    `example` is suggested where nothing close to a wrong name is valid. `what` it is, for people,
    where it is no name; `mark` is what such texts begin with in some places and not in others.
    """

    pattern: str
    words: str
    longest: int = 63
    forbidden: str = ""
    forbidden_words: str = ""
    lower: bool = False
    joiner: str = "_"
    example: str = "name"
    what: str = "name"
    mark: str = ""

    @property
    def schema(self) -> dict[str, Any]:
        """What a JSON Schema says of it."""
        anchored = f"^({self.pattern})$" if "|" in self.pattern else f"^{self.pattern}$"
        without = {"not": {"pattern": self.forbidden}} if self.forbidden else {}
        said = {MESSAGE: f"a {self.what} here has {self.words}"}
        return {"pattern": anchored, "maxLength": self.longest, **without, **said}

    def wrong(self, name: str) -> str | None:
        """What is wrong with the name, or None."""
        if not _compiled(self.pattern).fullmatch(name):
            return f"a {self.what} here has {self.words}"
        if len(name) > self.longest:
            return f"a name here has at most {self.longest} characters, this one {len(name)}"
        if self.forbidden and _compiled(self.forbidden).search(name):
            return self.forbidden_words
        return None

    def marking(self, name: str) -> str:
        """What to do where only the mark is wrong; empty where it isn't so."""
        bare = name.removeprefix(self.mark)
        if bare != name and self.wrong(bare) is None:
            return f"leave `{self.mark}` out"
        marked = bool(self.mark) and self.wrong(self.mark + name) is None
        return f"write `{self.mark}` before it" if marked else ""

    def suggest(self, name: str) -> str:
        """A valid name close to this one."""
        if self.pattern.startswith("/"):
            path = posixpath.normpath(f"/{name.lstrip('/')}")
            return path if self.wrong(path) is None else self.example
        text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        if self.lower:
            text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", self.joiner, text).lower()
        allowed = r"[^A-Za-z0-9_-]+" if self.pattern == MODEL.pattern else r"[^A-Za-z0-9]+"
        text = re.sub(allowed, self.joiner, text)
        text = re.sub(r"^[^A-Za-z]+", "", text)
        text = re.sub(_ENDS, "", text[: self.longest])
        if self.wrong(text) is None:
            return text
        while text.startswith("exai_"):
            text = text.removeprefix("exai_")
        if self.wrong(text) and re.fullmatch(self.pattern, text):
            text = f"{text}{self.joiner}1"
        return text if self.wrong(text) is None else self.example


_K = r"[a-z]([a-z0-9-]*[a-z0-9])?"
_K_WORDS = (
    "lower-case letters, digits and `-`, starts with a letter and ends with a letter or digit"
)
LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
SUBDOMAIN_WORDS = "lower-case letters, digits, `-` and `.`, which stand between letters or digits"
_F = r"[A-Za-z_][A-Za-z0-9_]*"
_F_WORDS = "letters, digits and `_`, and starts with a letter or `_`"

KUBERNETES = NameRule(_K, _K_WORDS, lower=True, joiner="-")
"""K: what Kubernetes, KServe and KFP take unchanged."""

PIPELINE = NameRule(_K, _K_WORDS, 50, lower=True, joiner="-")
RUNTIME = NameRule(
    _K,
    _K_WORDS,
    forbidden="^custom$",
    forbidden_words="`runtime: custom` of a Service means its own image",
    lower=True,
    joiner="-",
)
SERVICE = NameRule(_K, _K_WORDS, 51, lower=True, joiner="-")
NOTEBOOK = NameRule(_K, _K_WORDS, 52, lower=True, joiner="-")
"""Its StatefulSet labels its pods with the name and a hash: 63 characters together."""
TUNING = NameRule(_K, _K_WORDS, 27, lower=True, joiner="-")
"""Katib takes 40: with `-` and the 12 digits of a hash."""

SQL = NameRule(
    r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?",
    "letters, digits and `_`, starts with a letter and ends with a letter or digit",
    forbidden="__",
    forbidden_words="a name here can't have two `_` in a row",
)
"""S: what Feast, SQL and Python take unchanged."""

MODEL = NameRule(
    r"[A-Za-z][A-Za-z0-9_-]*",
    "letters, digits, `_` and `-`, and starts with a letter",
    longest=250,
)
"""M: a registered model. LANGUAGE sets no length; file systems take 255 bytes."""

FIELD = NameRule(_F, _F_WORDS, longest=250)
"""Columns, features, parameters, inputs, outputs, metrics."""

PARAMETER = NameRule(
    _F,
    _F_WORDS,
    longest=250,
    forbidden="^exai_",
    forbidden_words="names that start with `exai_` are exai's own",
)

STEP = NameRule(
    _K,
    _K_WORDS,
    forbidden="--|^finally$",
    forbidden_words="a step can't be called `finally`, nor have two `-` in a row",
    lower=True,
    joiner="-",
)

ITEM = NameRule(
    r"[A-Za-z_][A-Za-z0-9_-]*",
    "letters, digits, `_` and `-`, and starts with a letter or `_`",
    longest=250,
    forbidden=(
        "^(and|or|not|true|false|null|in|parameters|artifacts|steps|inputs|outputs|run|status|trial)$"
    ),
    forbidden_words="that word has a meaning of its own in expressions",
)
"""What an item of a loop is called: a name of the grammar of expressions."""

CLAIM = NameRule(
    _K,
    _K_WORDS,
    longest=40,
    forbidden="--",
    forbidden_words="a claim can't have two `-` in a row",
    lower=True,
    joiner="-",
)
"""Claims of a pipeline: two tasks are called after each."""

ALIAS = NameRule(
    r"[a-z][a-z0-9_-]*",
    "lower-case letters, digits, `_` and `-`, and starts with a letter",
    longest=250,
    forbidden=r"^(latest|v[0-9]+)$",
    forbidden_words="MLflow keeps `latest` and `v1`, `v2`, ... to itself",
    lower=True,
)

_QUALIFIED = (
    rf"({SUBDOMAIN}/)?"
    r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_QUALIFIED_WORDS = (
    "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, and before "
    "that perhaps a domain and `/`"
)

ANNOTATION_KEY = NameRule(
    _QUALIFIED,
    _QUALIFIED_WORDS,
    longest=317,
    forbidden="^exai\\.dev/",
    forbidden_words="what starts with `exai.dev/` is exai's own",
    joiner="-",
    example="example.com/team",
)
"""Kubernetes' qualified names (k8s.io/apimachinery, pkg/util/validation, IsQualifiedName)."""

LABEL_KEY = NameRule(
    _QUALIFIED,
    _QUALIFIED_WORDS,
    longest=317,
    forbidden="^(exai\\.dev/|app\\.kubernetes\\.io/managed-by$)",
    forbidden_words="exai sets that label itself: it tells what exai owns",
    joiner="-",
    example="example.com/team",
)

NODE_LABEL = NameRule(
    _QUALIFIED, _QUALIFIED_WORDS, longest=317, joiner="-", example="example.com/pool"
)

LABEL_VALUE = NameRule(
    # An expression is told with more than a pattern: `expression-not-allowed`.
    r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?|[^\x00]*\$\{\{[^\x00]*",
    "letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
    joiner="-",
    example="data-team",
)


@frozen
class ModelName:
    """A model with one of: an alias, a version, neither. `str()` is as written."""

    name: str
    alias: str | None = None
    version: int | None = None

    def __str__(self) -> str:
        if self.alias is None and self.version is None:
            return self.name
        return f"{self.name}@{self.version if self.alias is None else self.alias}"


def parse_version(text: str) -> int | None:
    """A version of a model: `3`. None where it is none; registries count no further than these."""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,17}", text) else None


def parse_model_name(text: str) -> ModelName:
    """`iris`, `iris@champion`, `iris@3` (LANGUAGE 1.2). Raises ValueError, with words for users."""
    name, at, rest = text.partition("@")
    wrong = MODEL.wrong(name)
    if wrong:
        raise ValueError(wrong)
    if not at:
        return ModelName(name)
    if (version := parse_version(rest)) is not None:
        return ModelName(name, version=version)
    wrong = ALIAS.wrong(rest)
    if wrong:
        raise ValueError(f"after `@` stands an alias or a version number: {wrong}")
    return ModelName(name, alias=rest)
