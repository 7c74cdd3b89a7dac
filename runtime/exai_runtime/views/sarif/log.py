"""Diagnostics as one SARIF log.

In: diagnostics, what their tables say, where the project lies in its repository. Out: plain values.
Never: a line of a file, which may hold what nobody may print.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from exai_runtime.folder import ROOT_FILE
from exai_specs.codes import Code
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex
from exai_specs.values import replace

Plain = dict[str, Any]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"
# What consumers take the place of a checkout for; they put it in front of the paths.
BASE = "%SRCROOT%"
HOME = "https://exai.dev"
# A link in a message is `[text](id of a related place)`; ours have none (section 3.11.6).
_LINK = regex(r"\[(?=[^\[\]]*\]\()")


def log(
    diagnostics: Sequence[Diagnostic],
    codes: Mapping[str, Code],
    exai: str,
    prefix: str,
    exit_code: int,
    finished: bool,
) -> Plain:
    """`prefix` is the project's folder below the root of the checkout, `finished` whether the
    specs were looked at to their end.

    What has a place is a result. What has none says why the tool couldn't work: a notification. An
    error is a result all the same, at the project's file: viewers show results alone, and GitHub
    takes none without a location (docs.github.com, "SARIF support for code scanning"). A bug of
    exai's is nobody's result.
    """
    notes = [found for found in diagnostics if not found.at.path]
    diagnostics = [_placed(found) for found in diagnostics]
    used = sorted({found.code for found in diagnostics})
    index = {code: number for number, code in enumerate(used)}
    placed = [found for found in diagnostics if found.at.path]
    paths = {at.path for found in placed for at in (found.at, *(at for _, at in found.related))}
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "exai",
                        "version": exai,
                        "semanticVersion": exai,
                        "informationUri": HOME,
                        "rules": [_rule(code, codes.get(code)) for code in used],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": finished,
                        "exitCode": exit_code,
                        "toolExecutionNotifications": [
                            _notification(found, index[found.code]) for found in notes
                        ],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "artifacts": [
                    {"location": _location(path, prefix), "encoding": "utf-8"}
                    for path in sorted(paths)
                ],
                "results": [_result(found, index[found.code], prefix, seen) for found in placed],
            }
        ],
    }


def _placed(found: Diagnostic) -> Diagnostic:
    if found.at.path or found.severity != "error" or found.code == "bug":
        return found
    return replace(found, at=Span(ROOT_FILE))


def _rule(code: str, told: Code | None) -> Plain:
    """What `exai explain` says, as far as a rule has room for it."""
    if told is None:
        return {"id": code}
    help_ = f"{told.meaning} {told.explanation}"
    return {
        "id": code,
        "shortDescription": {"text": _plainly(told.meaning)},
        "fullDescription": {"text": _plainly(told.explanation)},
        "help": {
            "text": _plainly(f"{help_} An example: exai explain {code}"),
            "markdown": f"{help_}\n\nAn example: `exai explain {code}`",
        },
        "defaultConfiguration": {"level": told.severity},
    }


def _result(found: Diagnostic, rule: int, prefix: str, seen: Counter[str]) -> Plain:
    result: Plain = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity,
        "message": {"text": _message(found)},
        "locations": [{"physicalLocation": _place(found.at, prefix)}],
        "partialFingerprints": {"exai/v1": _fingerprint(found, seen)},
    }
    if found.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(at, prefix), "message": {"text": words}}
            for number, (words, at) in enumerate(found.related, 1)
        ]
    return result


def _notification(found: Diagnostic, rule: int) -> Plain:
    return {
        "level": found.severity,
        "message": {"text": _message(found)},
        "associatedRule": {"id": found.code, "index": rule},
    }


def _message(found: Diagnostic) -> str:
    text = f"{found.message}\n{found.hint}" if found.hint else found.message
    return _plainly(text)


def _plainly(text: str) -> str:
    return _LINK.sub(r"\\[", text)


def _place(at: Span, prefix: str) -> Plain:
    return {
        "artifactLocation": _location(at.path, prefix),
        "region": {"startLine": at.line, "startColumn": at.column},
    }


def _location(path: str, prefix: str) -> Plain:
    # The very bytes of the name, whether or not they are UTF-8.
    return {"uri": quote(f"{prefix}{path}", errors="surrogateescape"), "uriBaseId": BASE}


def _fingerprint(found: Diagnostic, seen: Counter[str]) -> str:
    """The same while a problem stays and lines around it move; the second of two equal ones is
    another. It is over words that are printed anyway."""
    text = "\0".join((found.code, found.at.path, found.message))
    seen[text] += 1
    return hashlib.sha256(f"{text}\0{seen[text]}".encode(errors="surrogateescape")).hexdigest()
