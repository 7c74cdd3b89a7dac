"""`credential-in-literal`: an input, a parameter or an argument of a command that is called like a
credential, with its value in the spec (LANGUAGE 3.4).

Variables are `credential-in-env`'s; what tells itself a secret by its form is `secret-in-spec`.
What only is called so isn't told: the name of a file or of a Secret, a token of a language model,
a word that says that something goes there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import LEAVES, Path, strings, under_with, value_at
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json
from exai_specs.kinds import ManifestSpec, PipelineSpec, TuningSpec
from exai_specs.kinds.patches import patches_of
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.withheld import (
    AUTHORIZATION,
    NAMED,
    arguments,
    is_credential,
    name_of,
    words_apart,
)

# Of a vocabulary or a prompt, or of a page of results.
_OTHER_TOKENS = regex(
    r"(^|_)(bos|eos|pad|unk|mask|cls|sep|stop|start|end|begin|first|last|next|prev|page|special"
    r"|image|audio|continuation|invalidation|max|min|num|per|unknown|padding|separator|split"
    r"|newline|placeholder|initializer|instance|trigger|prefix|suffix|positive|negative)_token$"
)
_SECRET_NAME = regex(r"[a-z][a-z0-9]*([.-][a-z0-9]+)+|[a-z]+")
_PLACEHOLDER = regex(
    r"change[-_ ]?(me|it)|(your|my|some|the|an?|example|sample|dummy|fake|test)([-_ ].*)?"
    r"|your.*|.*(example|placeholder|redacted|dummy|not?[-_](needed|used|required|key)).*"
    r"|empty|unused|ignored|todo|tbd|auto|default|secret|password|passwd|token|key|api[-_]?key"
    r"|yes|no|on|off|\[.*\]|\{.*\}|%.*|\.+|-+|[`<].*",
)
_SCHEME = regex(r"(?i)(?:bearer|basic|token)[ \t]+([^\s\"']{8,})")
_OPTION = regex(r"-{1,2}([A-Za-z][\w-]*)")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.all_steps:
        body = step.spec
        if body.with_:
            yield from _named(spec, under_with(step.path), body.with_)
        if body.command or body.args:
            yield from _words(spec, (*step.path, "command"), body.command)
            yield from _words(spec, (*step.path, "args"), body.args)
    for spec, tuning in subject.project.bodies(TuningSpec):
        trial: Path = ("spec", "trial")
        yield from _named(spec, under_with(trial), tuning.trial.with_)
        yield from _words(spec, (*trial, "command"), tuning.trial.command)
        yield from _words(spec, (*trial, "args"), tuning.trial.args)
    for spec, path, block in subject.containers():
        yield from _words(spec, (*path, "command"), block.command)
        yield from _words(spec, (*path, "args"), block.args)
    for spec, pipeline in subject.project.bodies(PipelineSpec):
        for name, parameter in pipeline.parameters.items():
            if _is_one(name, parameter.default):
                yield _told(spec, ("spec", "parameters", name, "default"), name, _PARAMETER)
        for name, schedule in pipeline.schedules.items():
            at: Path = ("spec", "schedules", name, "parameters")
            yield from _named(spec, at, schedule.parameters, _PARAMETER)
    for spec in subject.project.specs.values():
        if isinstance(spec.body, ManifestSpec):
            yield from _of_objects(spec, ("spec", "manifest"))
        elif patches_of(spec.body):
            yield from _of_objects(spec, ("spec", "patches"))


_VARIABLE = (
    "have the code read a variable: `env: {NAME: {secret: NAME, key: KEY}}`; change it if anybody "
    "has seen it"
)
_PARAMETER = (
    "a run's parameters are no secrets: have the step read a variable, `env: {NAME: {secret: NAME, "
    "key: KEY}}`; change it if anybody has seen it"
)
_ARGUMENT = (
    'write `env: {NAME: {secret: NAME, key: KEY}}`, and "$NAME" in a shell\'s command; change it '
    "if anybody has seen it"
)


def _named(
    spec: Spec, path: Path, given: Mapping[str, Json], hint: str = _VARIABLE
) -> Iterator[Diagnostic]:
    """Inputs by name, and what is in them."""
    for name, value in given.items():
        if isinstance(value, str):
            if _is_one(name, value):
                yield _told(spec, (*path, name), name, hint)
        elif value.__class__ not in LEAVES and (_called(name) or _may_be_named(value)):
            for inner, text in strings(value):
                key = next((part for part in reversed(inner) if isinstance(part, str)), name)
                key = name_of(key, value_at(value, inner[:-1]))
                if _is_one(key, text):
                    yield _told(spec, (*path, name, *inner), key, hint)


def _may_be_named(value: Json) -> bool:
    """Whether anything in a value may be called like a credential. False is certain."""
    items: Iterable[Json] = value if isinstance(value, tuple) else ()
    if isinstance(value, Mapping):
        if any(key == "value" or _called(key) for key in value):
            return True
        items = value.values()
    return any(item.__class__ not in LEAVES and _may_be_named(item) for item in items)


def _words(spec: Spec, path: Path, words: Sequence[object]) -> Iterator[Diagnostic]:
    """Arguments: an option and the next word, or a text that has both."""
    for index, word in enumerate(words):
        if not isinstance(word, str) or not _may_name(word):
            continue
        following = words[index + 1] if index + 1 < len(words) else None
        option = _OPTION.fullmatch(word)
        if option is not None and isinstance(following, str):
            if not following.startswith("-") and _is_one(option[1], following):
                yield _told(spec, (*path, index + 1), option[1], _ARGUMENT)
            continue
        for name, value, _ in arguments(word):
            if _is_one("token" if words_apart(name) == AUTHORIZATION else name, value):
                yield _told(spec, (*path, index), name, _ARGUMENT)
                break


def _may_name(word: str) -> bool:
    return _ANY_NAME.search(word) is not None


_ANY_NAME = regex(r"(?i)passw|secret|token|credential|[_-]?key|authorization")


def _is_one(name: str, value: object) -> bool:
    """Whether a value under a name is a credential that somebody could use."""
    if not isinstance(value, str):
        return False
    called = _called(name)
    if called == AUTHORIZATION:
        given = _SCHEME.match(value)
        return given is not None and _is_one("token", given[1])
    if called is None or not is_credential(called, value):
        return False
    if _OTHER_TOKENS.search(called) or _PLACEHOLDER.fullmatch(value.lower()):
        return False
    return not (called.endswith("secret") and _SECRET_NAME.fullmatch(value))


@lru_cache(maxsize=4096)
def _called(name: str) -> str | None:
    """A credential's name, its words told apart; None for any other."""
    called = words_apart(name)
    return called if called == AUTHORIZATION or NAMED.search(called) else None


def _told(spec: Spec, path: Path, name: str, hint: str) -> Diagnostic:
    return Diagnostic(
        "credential-in-literal",
        f"`{name}` is called like a credential, and its value stands here",
        spec.at(*path),
        "warning",
        hint,
    )


def _of_objects(spec: Spec, path: Path) -> Iterator[Diagnostic]:
    """The commands of containers in an object of Kubernetes."""
    for place, words in _lists(value_at(spec.document.value, path), path):
        yield from _words(spec, place, words)


def _lists(value: Json, path: Path) -> Iterator[tuple[Path, Sequence[Json]]]:
    pairs: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, tuple):
        pairs = enumerate(value)
    elif isinstance(value, Mapping):
        pairs = value.items()
    for key, item in pairs:
        if key in ("command", "args") and isinstance(item, tuple):
            yield (*path, key), item
        else:
            yield from _lists(item, (*path, key))
