"""`python -m exai_components.data REQUEST ANSWERS`: answer every question, one line each.

In: a JSON file `{"seconds", "questions": [{"id", "what", "dataset", ...}]}`, connections and the
data root in the environment. Out: a file of JSON lines `{"id", "answer"}` or `{"id", "failure"}`,
each written as soon as it is known, so that one slow server doesn't cost the others their answers.
Ends when its standard input ends: whoever asked is gone then. Never writes to a source.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from exai_components.outcome import StepFailure
from exai_components.secrets_in_env import redact, take_own_secrets


def main(request: Path, answers: Path) -> None:
    threading.Thread(target=_end_with_the_asker, daemon=True).start()
    secrets = take_own_secrets("", os.environ)
    asked = json.loads(request.read_text(encoding="utf-8"))
    with answers.open("w", encoding="utf-8") as stream:
        for question in asked["questions"]:
            told = _answered(question, asked.get("seconds"))
            if "failure" in told:  # a server's words; an answer is the user's own data
                told = {"failure": [redact(text, secrets) for text in told["failure"]]}
            stream.write(json.dumps({"id": question["id"], **told}, allow_nan=False) + "\n")
            stream.flush()


def _answered(question: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    from exai_components.light_imports import without

    try:
        # Arrow looks for pandas when it sees a list, to know pandas' types: there are none here.
        with without(absent=("pandas",)):
            return {"answer": _answer(question, seconds)}
    except StepFailure as failure:
        outcome = failure.outcome
        return {"failure": [outcome.code, outcome.message, outcome.hint]}
    except ModuleNotFoundError as error:
        return {"failure": ["missing-extra", f"{error.name} isn't installed here", ""]}
    except MemoryError:
        return {"failure": ["out-of-memory", "the data doesn't fit into memory", ""]}


def _answer(question: dict[str, Any], seconds: float | None) -> Any:
    dataset = question["dataset"]
    match question["what"]:
        case "columns":
            from exai_components.data.columns import differing

            return differing(dataset)
        case "query":
            from exai_components.data.versions import query_version

            return query_version(dataset, question["query"], seconds)
        case "snapshot":
            from exai_components.data.versions import snapshot_version

            return snapshot_version(dataset, seconds)
        case "preview":
            from exai_components.data.preview import preview

            return preview(dataset, question["rows"], tuple(question["masked"]), seconds)
    raise ValueError(question["what"])


def _end_with_the_asker() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)
