"""What each diagnostic code of reading and parsing means. The compiler has a table of its own.

In: nothing. Out: `CODES`. Never: a code that nothing gives; a test walks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.diagnostics import Severity
from exai_specs.values import frozen


@frozen
class Code:
    """One line, and the longer story: why it is refused and what to do. `severity` is the one that
    it has before a project's policies."""

    meaning: str
    explanation: str
    severity: Severity = "error"


CODES: Mapping[str, Code] = MappingProxyType(
    {
        "alias-budget": Code(
            "Aliases repeat too many values.",
            "YAML's anchors and aliases may share settings within a document, up to 1000 values."
            " Nested aliases grow without bound, so more is refused. Write the values out.",
        ),
        "allow-without-reason": Code(
            "A comment that allows something doesn't say what, or why.",
            "A warning or a note is silenced in place by `# exai: allow CODE -- the reason`, on its"
            " line or on one above it. Whoever reads it next needs the reason. A comment that is"
            " nearly one (`# exai: alow`, `# exai allow`) would be silent, and is told, too.",
        ),
        "byte-order-mark": Code(
            "The file starts with a byte order mark.",
            "Some editors put an invisible mark before the text. Save the file without it. What "
            "else is wrong in the file is told, too.",
        ),
        "duplicate-key": Code(
            "A mapping has the same key twice.",
            "YAML readers disagree on which of them counts, so neither does. Keep one.",
        ),
        "exactly-one-of": Code(
            "A choice between several forms is open, or made twice.",
            "Where a field has several forms, a mapping with exactly one of their keys says which:"
            " `source: {csv: {path: data.csv}}`.",
        ),
        "file-too-large": Code(
            "A file is larger than 1 MiB.",
            "Specs are written by people. Any number of files may hold them, so split this one;"
            " keep data elsewhere.",
        ),
        "invalid-name": Code(
            "A name doesn't follow the rule of its kind.",
            "Names reach Kubernetes, KFP, MLflow, SQL and Python unchanged, so each kind takes"
            " what its targets take. The hint has a name that would do.",
        ),
        "invalid-value": Code(
            "A value has the right type, but can't stand here.",
            "It is out of range, not one of the words that the field takes, or not written the way"
            " its unit is.",
        ),
        "key-not-text": Code(
            "A key isn't text.",
            "YAML reads `1:` and `true:` as a number and a boolean, and allows whole mappings as"
            " keys. Names are text: put the key in quotes.",
        ),
        "merge-key": Code(
            "YAML's merge key `<<` is used.",
            "It isn't part of YAML 1.2, and hides where a value comes from. Write the fields out;"
            " what differs between environments belongs into an overlay.",
        ),
        "missing-field": Code(
            "A required field isn't there.",
            "The place is the key of the mapping that lacks it. Where a `---` stands in the middle"
            " of a document, neither of its halves has all fields: the place is that line.",
        ),
        "more-problems": Code(
            "A document has more problems than are listed.",
            "The first 100 of a document are listed; the others show when those are mended.",
        ),
        "not-text": Code(
            "A character can't stand in a spec.",
            "Control characters come from copying or from binary files. Remove them. So do those"
            " that look like others and mean nothing to YAML: a no-break space, a long dash before"
            " an item, curly quotes around a value, letters that nobody sees. Write the plain one,"
            " or quote text that has it.",
        ),
        "not-utf8": Code(
            "The file isn't UTF-8.",
            "Specs are UTF-8, whatever the machine's default is. Save the file as UTF-8. What else "
            "is wrong in the file is told where a byte order mark says how to read it.",
        ),
        "number-format": Code(
            "A number is written in a way that is easily misread.",
            "Exponents (`1e3`), infinity, not-a-number, numbers beyond 64 bits and a zero in front"
            " (`010`) are refused, since readers of YAML differ on them. Write the number out, or"
            " quote text.",
        ),
        "overlay-identity": Code(
            "An overlay patches the kind, the version or the name of its target.",
            "An overlay changes what a document says in one environment, not which document it is:"
            " others refer to it by that name in all of them. Write a document of its own.",
        ),
        "quote-expression": Code(
            "An expression needs quotes.",
            "YAML ends an unquoted `${{ ... }}` inside `{...}` or `[...]`, at a colon with a space,"
            " and at ` #`. Put the value in quotes, or write the mapping in block style.",
        ),
        "secret-in-spec": Code(
            "A credential stands in a spec.",
            "Specs are in Git, and Git forgets nothing. Refer to it: `{secret: NAME, key: KEY}`."
            " If the value was ever pushed, change it. Messages never repeat it.",
        ),
        "tab": Code(
            "A tab stands where YAML takes only spaces.",
            "YAML's indentation is spaces only, and so is what follows the `-` of an item; most"
            " editors can turn tabs into spaces.",
        ),
        "tag-not-allowed": Code(
            "A YAML tag is used.",
            "Tags (`!!str`, `!include`) make readers construct things. Specs are plain values:"
            " quote text, write numbers plainly.",
        ),
        "too-deep": Code(
            "Values are nested too deeply.",
            "No spec needs more than 64 levels; an alias that contains itself has no end.",
        ),
        "unknown-api-version": Code(
            "The apiVersion isn't known.",
            "This version of exai reads `exai.dev/v1alpha1`.",
        ),
        "unknown-field": Code(
            "There is no such field.",
            "A misspelt field would be ignored silently, so it is an error. The hint lists the"
            " fields that may stand here.",
        ),
        "unknown-kind": Code(
            "There is no such kind.",
            "The hint lists the kinds. Kubernetes objects don't belong among the specs.",
        ),
        "wrong-type": Code(
            "A value has another type than the field.",
            "Values are never converted: `version: 1.10` is the number 1.1, and `yes` is text."
            " Put text that looks like a number in quotes.",
        ),
        "yaml-syntax": Code(
            "The file isn't valid YAML.",
            "The place is where reading had to stop; the mistake may be a line or two above it.",
        ),
    }
)
