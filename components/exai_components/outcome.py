"""What a step tells about its own failure: one line for people, one file for the run.

In: a `StepFailure`. Out: `exai-outcome.json` beside KFP's executor output.
Never imports anything outside the standard library: a retry of a final failure must cost nothing.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_components.half_written import half_written

OUTCOME_FILE = "exai-outcome.json"


class StepFailure(Exception):
    """A failure that the step understands; `final` says that a retry can't help."""

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        *,
        rows: Iterable[Mapping[str, Any]] = (),
        final: bool = True,
    ) -> None:
        super().__init__(message)
        self.outcome = Outcome(code, message, hint, tuple(dict(row) for row in rows), final)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The content of the outcome file; `rows` are the keys of the rows at fault, at most ten.

    Of a user's own code, `trace` is its traceback and `place` the line (`specs/train.py:30`) that
    failed.
    """

    code: str
    message: str
    hint: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()
    final: bool = True
    trace: tuple[str, ...] = ()
    place: str = ""

    def line(self) -> str:
        """`exai: <what>. <what next> [<code>]`: one line, whatever the message holds."""
        parts = (" ".join(part.split()).rstrip(".") for part in (self.message, self.hint))
        return "exai: " + ". ".join(part for part in parts if part) + f" [{self.code}]"


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """By rename, so that nobody reads half of it."""
    value = {
        "final": outcome.final,
        "code": outcome.code,
        "message": outcome.message,
        "hint": outcome.hint,
        "rows": [dict(row) for row in outcome.rows],
        **({"trace": list(outcome.trace)} if outcome.trace else {}),
        **({"place": outcome.place} if outcome.place else {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) + "\n"
    with half_written(folder) as new:  # its own: two may write at once
        new.write_text(text, encoding="utf-8")
        new.replace(folder / OUTCOME_FILE)


def write_notes(folder: Path, notes: Iterable[str]) -> None:
    """What a step that succeeds has to say, for whoever follows the run; nothing makes no file."""
    if lines := list(notes):
        text = json.dumps({"notes": lines}, ensure_ascii=False)
        (folder / "exai-notes.json").write_text(text, encoding="utf-8")


def read_outcome(folder: Path) -> Outcome | None:
    """What an earlier attempt said; None when it said nothing that can be read."""
    try:
        value = json.loads((folder / OUTCOME_FILE).read_text(encoding="utf-8"))
        return Outcome(
            code=str(value["code"]),
            message=str(value["message"]),
            hint=str(value["hint"]),
            rows=tuple(value["rows"]),
            final=value["final"] is True,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`Did you mean "b"?`, or the list of what there is, or nothing."""
    names = sorted({str(name) for name in known})
    if close := close_match(wrong, names):
        return f'Did you mean "{close}"?'
    if not names:
        return ""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"There is {', '.join(names[:10])}{more}"


def close_match(wrong: str, known: Iterable[str]) -> str:
    """The name that was perhaps meant; empty when none is near."""
    folded = {name.casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""
