"""What each code means that looking at a machine, a target or its data can give.

In: nothing. Out: `CODES`. The codes of reading and checking specs have tables of their own; those
of a command's words are in `codes_of_commands`. Each has a failing example in
`tests/invalid/commands`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_runtime.codes_of_commands import COMMAND_CODES
from exai_specs.codes import Code

CODES: Mapping[str, Code] = MappingProxyType(
    {
        **COMMAND_CODES,
        "apply-running": Code(
            "Another apply of this environment is running.",
            "Two at once would undo each other's work, so the second one stops at once. Wait, or "
            "end the other; whatever it left behind, the next apply takes up.",
        ),
        "bug": Code(
            "exai itself failed.",
            "No input should lead here. Run the same command with --debug, and report the "
            "traceback together with the specs.",
        ),
        "changed-type": Code(
            "Data has a column of another type than its Dataset declares.",
            "The first rows were looked at. Either the data changed, and the schema of the Dataset "
            "follows, or something wrote into the wrong place.",
        ),
        "damaged-registry": Code(
            "The registry of models can't be read or written.",
            "MLflow's database is there and is no whole SQLite database, or the disk refuses it. "
            "Put a copy of it back; without one, `exai destroy --purge` starts afresh.",
        ),
        "damaged-state": Code(
            "What exai knows of an environment can't be read.",
            "The database of the local control plane is damaged. Move it away and apply: runs, "
            "models and servers are found again.",
        ),
        "empty-data": Code(
            "A data file without even a header.",
            "A run would only fail later. Put rows there, or mend the path of the Dataset.",
        ),
        "feature-store-died": Code(
            "The feature store's process ended while it was at work.",
            "Feast runs in a process of its own. Its log, named in the hint, has the reason: often "
            "memory that ran out, or a store that isn't reached.",
        ),
        "feature-store-timeout": Code(
            "The feature store's process didn't answer in time.",
            "It was ended. Often the store behind it doesn't answer: its log, named in the hint, "
            "has the last that it said.",
        ),
        "feature-store-unreachable": Code(
            "A store that features are kept in doesn't answer.",
            "A plan goes by what was brought there last, and can't see whether the store still "
            "has it. An apply that needs it, and a look-up, fail until it answers.",
            "warning",
        ),
        "gate-missed": Code(
            "A new version of a model missed a gate.",
            "It is registered, and no alias moves to it: what served before still serves. Train a "
            "better one, or change the gate; a changed gate judges the recorded metrics again.",
        ),
        "missing-column": Code(
            "Data lacks a column that its Dataset declares.",
            "Columns are found by name. Rename the one in the schema, say its name in the data "
            "with `source`, or mend the data.",
        ),
        "missing-data": Code(
            "Data that a pipeline reads isn't there.",
            "Relative paths start at the folder of exai.yaml, or at `data.root` of the "
            "environment. Make the data, or mend the path.",
        ),
        "missing-extra": Code(
            "Something has to be installed for this.",
            "The base of exai checks, plans and renders. To train and to serve on this machine, "
            "install `exai[local]` into the same environment.",
        ),
        "missing-spec-folder": Code(
            "A folder or file under `specs` of the Project isn't there.",
            "Its documents would silently be missing. Make it, or leave the line out: documents "
            "may stand in exai.yaml, too. It is a warning where there are some.",
        ),
        "missing-table": Code(
            "A database has no such table.",
            "The Dataset names a table or view that isn't in the database of its connection. The "
            "hint has the closest name, or those that are there.",
        ),
        "no-access": Code(
            "The operating system refuses a file or folder.",
            "It is forbidden, full, read-only, or has too long a path. The hint says what helps.",
        ),
        "no-answer": Code(
            "The process that reads data ended without an answer.",
            "Data is looked at in a process of its own, so that a driver's crash ends no plan. "
            "The message has the last line of what it wrote.",
        ),
        "no-memory": Code(
            "The process may have no more memory.",
            "A container or a shell limits it, or the machine has no more. Nothing that was "
            "written is half a file; raise the limit, and run the same command again.",
        ),
        "packages-not-installed": Code(
            "The packages of a Python step can't be installed here.",
            "Locally they are installed into a cached environment of their own. The message is "
            "pip's; the hint says whether the index or the names are at fault.",
        ),
        "plan-outgrown": Code(
            "A later round of an apply would do more than the plan that was shown.",
            "Nothing happens that nobody has seen. What was done stays; look at a new plan, and "
            "apply again.",
        ),
        "registry-locked": Code(
            "Another program has the registry of models locked.",
            "SQLite allows one writer at a time. End that program, or wait until it is done.",
        ),
        "secret-missing": Code(
            "A secret's value isn't where it is looked for.",
            "Specs hold references only. Locally a value is a file `.exai/secrets/NAME/KEY`, "
            "unless `secrets` of the environment says otherwise.",
        ),
        "stale-feature": Code(
            "What the online store has of an entity is past its `ttl`.",
            "Services take such a value as missing. Bring newer data, then materialize.",
            "warning",
        ),
        "state-locked": Code(
            "Another program has exai's state locked.",
            "A program holds the database of the local control plane. End it, or wait.",
        ),
        "target-not-available": Code(
            "An environment whose target can't be reached yet.",
            "This version validates specs for Kubeflow, and applies to `target: local` only.",
        ),
        "took-too-long": Code(
            "A question to a data source got no answer in time.",
            "See that the server is up. A smaller table, or an index on the columns of the query, "
            "helps where it is only slow.",
        ),
        "unread-file": Code(
            "Something lies among the specs that looks like one, and isn't read.",
            "Specs are in files that end in .yaml or .yml, in small letters, and links to folders "
            "aren't followed. Its documents are missing from the project until it is renamed, or "
            "named under `specs` of the Project.",
            "warning",
        ),
        "unreadable-file": Code(
            "A file or folder can't be read.",
            "It isn't there, is no regular file (a pipe or a device), isn't text, isn't yours, or "
            "is too large (1 MiB; a notebook with its outputs 16 MiB), or its name has bytes that "
            "aren't UTF-8 or signs that can't be seen. The message has the reason.",
        ),
        "unreadable-source": Code(
            "The file of a SQLite connection is no SQLite database.",
            "Mend `path` of the connection, or put a database there.",
        ),
        "unsafe-temp-folder": Code(
            "A folder for sockets and scratch files is open to others.",
            "Whoever can write there could answer in exai's name. Remove it, or set TMPDIR to a "
            "folder of your own.",
        ),
        "unusable-path": Code(
            "The project lies in a folder whose name the registry can't take.",
            "MLflow names databases by URL, where `?` and `%` mean something. Rename the folder.",
        ),
    }
)
