"""A search as files: what is searched, how far it is, what came of it. Shared by the apply and the
search's own process.

In: the folder of one search. Out: its events, in the order in which they happened, and its result,
which is written by rename as the last act.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from exai_runtime.local.run_requests import read_json, write_json
from exai_specs.values import frozen

State = Literal["succeeded", "failed", "stopped"]


@frozen
class SearchPaths:
    """The files of one search."""

    folder: Path

    @property
    def lock(self) -> Path:
        return self.folder / "search.lock"

    @property
    def body(self) -> Path:
        return self.folder / "experiment.json"

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def result(self) -> Path:
        return self.folder / "result.json"

    @property
    def log(self) -> Path:
        return self.folder / "search.log"


@frozen
class Asked:
    """A trial was given these parameters, as the texts that Katib would write."""

    trial: int
    parameters: Mapping[str, str]


@frozen
class Ended:
    """A trial is over. `values` are those that it reported of the metric; `stopped`: early."""

    trial: int
    state: State
    values: tuple[float, ...] = ()
    detail: str = ""


@frozen
class Again:
    """A search that had failed was begun again: failures before this don't count."""


Event = Asked | Ended | Again


@frozen
class SearchResult:
    """`best` is the number of the best trial, with its `value` and `parameters`; `trials` are all
    that are over, `failed` those of them that failed.
    """

    state: Literal["succeeded", "failed"]
    detail: str
    metric: str
    trials: int
    failed: int
    finished: float
    best: int | None = None
    value: float | None = None
    parameters: Mapping[str, str] | None = None


def append(paths: SearchPaths, event: Event) -> None:
    """One line, whole or not at all for who reads whole lines."""
    kind = {Asked: "asked", Ended: "ended", Again: "again"}[type(event)]
    line = json.dumps({"event": kind, **asdict(event)}, ensure_ascii=False)
    with paths.events.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def events(paths: SearchPaths) -> Iterator[Event]:
    """All of them. A line that a kill cut short is none, and what was cut off isn't missed: the
    trial that it spoke of is run again."""
    try:
        lines = paths.events.read_bytes().split(b"\n")[:-1]
    except OSError:
        return
    for line in lines:
        try:
            told = json.loads(line)
            match told.pop("event"):
                case "asked":
                    yield Asked(**told)
                case "ended":
                    yield Ended(**{**told, "values": tuple(told["values"])})
                case "again":
                    yield Again()
        except (ValueError, TypeError, KeyError):
            continue


def mend(paths: SearchPaths) -> None:
    """End the last line, if a kill has cut it short."""
    if paths.events.is_file() and not paths.events.read_bytes().endswith(b"\n"):
        with paths.events.open("ab") as stream:
            stream.write(b"\n")


def begin_again(paths: SearchPaths) -> None:
    """Before a process of the search starts: what an earlier one came to is no result of this one.
    After a failure, trials that failed before don't count against it.
    """
    mend(paths)
    earlier = read_result(paths)
    if earlier is not None and earlier.state == "failed":
        append(paths, Again())
    paths.result.unlink(missing_ok=True)


def write_result(paths: SearchPaths, result: SearchResult) -> None:
    write_json(paths.result, asdict(result))


def read_result(paths: SearchPaths) -> SearchResult | None:
    found: Any = read_json(paths.result)
    try:
        return None if found is None else SearchResult(**found)
    except TypeError:
        return None  # of another version of exai: as good as absent


def shown(parameters: Mapping[str, str]) -> str:
    """Parameters for people."""
    return ", ".join(f"{name}={value}" for name, value in parameters.items())
