"""Answers about data, each asked for once.

In: questions, with the content that they are about where that is a file. Out: answers. Within a
command a question has one answer: a table that others write to while an apply goes on must not make
its second round want another run. What a file answers is kept in a disposable cache, by content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_runtime.local.paths import Paths
from exai_runtime.local.questions import Answer, Failure, Question, ask
from exai_runtime.whole_file import write_whole
from exai_specs.frozen import Json, digest
from exai_specs.kinds.environment import Environment

SECONDS = 300.0  # for all that a plan asks
_KEPT = 1000  # answers in the cache


class Answers:
    """`cache` is the file that remembers what files answered."""

    def __init__(self, paths: Paths, environment: Environment, cache: Path) -> None:
        self._paths = paths
        self._environment = environment
        self._cache = cache
        self._given: dict[str, Answer | Failure] = {}

    def of(self, questions: Mapping[str, tuple[Question, str]]) -> Mapping[str, Answer | Failure]:
        """The answers, by the same names; the text beside a question is the digest of the file that
        it is about, empty for a server.
        """
        if not questions:
            return MappingProxyType({})
        keys = {name: _key(*asked) for name, asked in questions.items()}
        new = {name: one for name, one in questions.items() if keys[name] not in self._given}
        kept = self._load() if any(content for _, content in new.values()) else {}
        for name, (_, content) in list(new.items()):
            if content and keys[name] in kept:
                self._given[keys[name]] = Answer(kept[keys[name]])
                del new[name]
        fresh = ask(self._paths, self._environment, tuple(one for one, _ in new.values()), SECONDS)
        for name, (question, content) in new.items():
            answer = fresh[question.id]
            self._given[keys[name]] = answer
            if content and isinstance(answer, Answer):
                kept[keys[name]] = answer.value
        if any(content for _, content in new.values()):
            self._save(kept)
        return MappingProxyType({name: self._given[key] for name, key in keys.items()})

    def _load(self) -> dict[str, Any]:
        try:
            value = json.loads(self._cache.read_bytes())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _save(self, kept: dict[str, Any]) -> None:
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            newest = dict(list(kept.items())[-_KEPT:])
            write_whole(self._cache, json.dumps(newest))
        except OSError:
            return


def _key(question: Question, content: str) -> str:
    asked: Mapping[str, Json] = {
        "what": question.what,
        "dataset": question.dataset,
        "connection": question.connection,
        "more": question.more,
        "content": content,
    }
    return digest(asked)
