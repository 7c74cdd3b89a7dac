"""What each code means that the words of a command line, or what they ask for, can give.

In: nothing. Out: `COMMAND_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

COMMAND_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "ambiguous-run": Code(
            "The beginning of a run's key fits several runs.",
            "A run is named by as much of its key as tells it apart. Write more of it.",
        ),
        "bad-entity": Code(
            "What follows --entity is no KEY=VALUE.",
            "Write the join key and its value, `--entity flower_id=7`; repeat it for more keys.",
        ),
        "bad-parameter": Code(
            "What follows -p is no NAME=VALUE, or stands there twice.",
            "Write each parameter once, `-p ntrees=50`; lists and structs as JSON has them.",
        ),
        "bad-pin": Code(
            "What follows `exai lock` is no MODEL@ALIAS, or stands there twice.",
            "Write `iris_model@champion` to pin where the registry's alias stands, or "
            "`iris_model@champion=3` for a version; after --images an image with its tag, as the "
            "specs name it.",
        ),
        "bad-row": Code(
            "The rows for a prediction aren't rows.",
            "A row is given as `--row column=value`, repeated, or as a JSON object (a list of "
            "them for several rows) with --data.",
        ),
        "bad-time": Code(
            "What follows --time is no time.",
            "Write date, time and zone as RFC 3339 has them, `2026-11-26T09:00:00Z`.",
        ),
        "broken-revision": Code(
            "The revision to compare with doesn't compile, or has no project in this folder.",
            "What is sound of it is compared with, so that a change that mends it can be reviewed. "
            "Documents that are wrong there, and those that can't do without them, are planned as "
            "new, though a target may have them: compare with an older revision, too. Where the "
            "working tree has errors, too, nothing is planned, and the documents are compared.",
            "warning",
        ),
        "broken-specs": Code(
            "The specs have errors, and a command that only asks goes on without them.",
            "`status`, `predict` and `features get` and `list` tell what was applied; whether the "
            "specs ask for that, what waits and what isn't honoured can't be known. `exai "
            "validate` shows the errors; `plan`, `apply` and `render` wait until they are mended.",
            "warning",
        ),
        "error-elsewhere": Code(
            "Another environment than the command's has errors.",
            "A command needs its own environment alone to be sound. `exai validate` shows the "
            "errors of all of them; what is done in the others is stopped by theirs.",
            "warning",
        ),
        "file-exists": Code(
            "`exai init` would overwrite a file.",
            "It writes all of a template or nothing. Choose an empty folder, or move the file.",
        ),
        "files-only": Code(
            "Some of what was rendered is files, not Kubernetes objects.",
            "KFP packages and a Feast repository aren't part of a stream for kubectl. Render into "
            "a folder with -o to get them.",
            "note",
        ),
        "foreign-file": Code(
            "A file would be overwritten that exai didn't write, or that was changed since.",
            "Rendering replaces its own files only, and follows no links. Move the file away, or "
            "render into another folder.",
        ),
        "foreign-folder": Code(
            "The folder to render into holds other things.",
            "exai keeps a list of what it wrote, so that it can remove what nothing renders any "
            "more. Name an empty or a new folder.",
        ),
        "image-not-found": Code(
            "A registry has no such image, or not for everybody.",
            "`exai lock --images` asks without credentials, and registries don't tell a private "
            "image from none. Push it, or name it by digest: `docker buildx imagetools inspect` "
            "shows it.",
        ),
        "image-registry-unreachable": Code(
            "The registry of an image doesn't answer, or not as registries do.",
            "`exai lock --images` asks it over https what a tag stands for. Try again where it can "
            "be reached, or name the image by digest.",
        ),
        "interrupted": Code(
            "Somebody pressed Ctrl-C.",
            "Whatever was begun is in the journal: the same command, run again, goes on.",
        ),
        "many-edges": Code(
            "A Mermaid drawing with more edges than its viewers draw.",
            "Mermaid gives up above `maxEdges`, which is 500 unless it is set, and GitHub and "
            "GitLab leave it there. A document's name limits the drawing to what is above and "
            "below it; a page (`--format html`) and Graphviz have no such limit.",
            "note",
        ),
        "missing-entity-key": Code(
            "A join key of the view isn't given.",
            "A view over several entities needs a value of each of their keys.",
        ),
        "missing-parameter": Code(
            "A pipeline's parameter has neither a default nor a value.",
            "Give it with -p NAME=VALUE, or give it a default in the spec.",
        ),
        "needs-approval": Code(
            "A question, and nobody at a terminal to answer it.",
            "Deleting and replacing wants a person's yes. In a script look at the plan first, "
            "then run the same command with --yes.",
        ),
        "other-environment": Code(
            "The folder to render into was rendered for another environment.",
            "Files that the other one needs would be replaced and removed. Give each environment a "
            "folder of its own, `-o rendered/prod`; one that nobody needs any more, remove first.",
        ),
        "no-log": Code(
            "There is no log of that.",
            "Runs and servers write logs: `exai logs Pipeline/NAME` shows the newest run's, "
            "`exai logs Service/NAME` a server's.",
        ),
        "no-project": Code(
            "There is no project here.",
            "A project is a folder with an exai.yaml that holds a document of kind Project. It is "
            "looked for from the working directory upwards; -C names another folder.",
        ),
        "no-version": Code(
            "The registry has no such version, and no such alias.",
            "A pin is of a version that is registered: its place and digest come from there. The "
            "hint has the newest ones.",
        ),
        "no-schedule": Code(
            "--watch has nothing to wait for.",
            "No view says when to bring it online: set `materialize.every`, or leave --watch out.",
        ),
        "not-applied": Code(
            "The environment doesn't have these features yet.",
            "Features are looked up, pushed and materialized where an apply has made them. Run "
            "`exai apply` first.",
        ),
        "not-json": Code(
            "Text that should be JSON isn't.",
            "The place is the one at which reading had to stop. NaN and infinity aren't JSON.",
        ),
        "not-materialized": Code(
            "A view that has nothing to bring online.",
            "It isn't `online`, or its features are made when they are asked for.",
        ),
        "not-pushable": Code(
            "A view that rows can't be pushed to.",
            "Pushing needs a push source: set `push: NAME` at the view, then apply. Transformed "
            "features follow from the views they are made of: push there.",
        ),
        "not-running": Code(
            "The service isn't running.",
            "`exai apply` starts it; `exai status` says what it waits for.",
        ),
        "nothing-rendered": Code(
            "Nothing of that name is rendered in this environment.",
            "Name a document or an object as `exai render` lists it, `Service/iris`.",
        ),
        "nothing-to-lock": Code(
            "An environment without anything to pin, or without a registry to ask.",
            "Locally the registry beside the project says what an alias means. Environments on a "
            "cluster name theirs under `tracking`.",
        ),
        "one-run": Code(
            "A comparison of a run with itself.",
            "The keys begin the same run. Name two of `exai runs list`.",
        ),
        "other-version": Code(
            "The project is for other versions of exai.",
            "`spec.exai` of the Project says for which. Another one may read its specs otherwise, "
            "or render other objects: install one that fits, or look at the plan and change the "
            "range.",
        ),
        "output-among-specs": Code(
            "The output would be among the specs, or over a file that the project consists of.",
            "The next command would read it as a spec, or miss what was there. Name another place.",
        ),
        "prediction-refused": Code(
            "The service refused the request.",
            "The message is the server's: which column is missing, unknown or of another type.",
        ),
        "registry-unreachable": Code(
            "The registry that an environment names can't be read.",
            "It is asked where `tracking.uri` says, over http or https alone, with MLflow's own "
            "variables for credentials. "
            "`exai.lock` may be written by hand, too: the guide has its form.",
        ),
        "time-of-commit": Code(
            "The events of a graph bear the time of the last commit.",
            "OpenLineage wants a time with every event, and a graph of specs has none of its own; "
            "today's would make other bytes each time. Outside a repository it is the year 1970's "
            "first second. `--time` gives another.",
            "note",
        ),
        "unknown-code": Code(
            "There is no such diagnostic code.",
            "`exai explain` without one lists all of them.",
        ),
        "unknown-dataset": Code(
            "No Dataset has this name.",
            "The hint has the closest name, or those that there are.",
        ),
        "unknown-entity": Code(
            "The online store has nothing of this entity.",
            "Its key was never materialized or pushed, or is written otherwise there.",
        ),
        "unknown-entity-key": Code(
            "The view has no such join key.",
            "Rows are looked up by the keys of the view's entities; the hint names them.",
        ),
        "unknown-environment": Code(
            "The Project declares no such environment.",
            "Environments stand under `environments` of the Project; `local` always exists.",
        ),
        "unknown-model": Code(
            "No Model has this name, and nothing is registered under it.",
            "The hint has the closest name, or those that there are.",
        ),
        "unknown-node": Code(
            "Nothing of the lineage has this name.",
            "A node is a document, `Dataset/iris`, a step, `Pipeline/iris-training#train`, or a "
            "column of either, `Dataset/iris:species`; a group or a choice stands for its steps. "
            "An overlay or an environment says how nodes are: `exai lineage Service/iris -e prod`. "
            "The hint has the closest.",
        ),
        "unknown-parameter": Code(
            "The pipeline has no such parameter.",
            "Parameters are declared under `parameters` of the Pipeline; the hint names them.",
        ),
        "unknown-pipeline": Code(
            "No Pipeline has this name.",
            "The hint has the closest name, or those that there are.",
        ),
        "unknown-revision": Code(
            "There is no such revision in the Git repository.",
            "`--against` takes what `git rev-parse` takes: a branch, a tag, a commit. A shallow "
            "clone has a part of the history only; nothing is fetched on its own.",
        ),
        "unknown-run": Code(
            "No run's key begins so.",
            "`exai runs list` has the keys of all runs of the environment.",
        ),
        "unknown-service": Code(
            "No Service has this name.",
            "The hint has the closest name, or those that there are.",
        ),
        "unknown-view": Code(
            "There is no such view, or feature service.",
            "The hint has the closest name, or those that were applied.",
        ),
        "unreadable-revision": Code(
            "The revision to compare with can't be read.",
            "It is read as objects of the project's own Git repository. A submodule's specs are "
            "another repository's; a partial clone may lack files; git itself may be missing or "
            "refuse the folder.",
        ),
        "unusable-build": Code(
            "The file to compare with is no saved build of this environment.",
            "`exai render --save-build FILE` writes one, of one environment; `exai plan "
            "--against-build FILE` says what specs or exai itself have changed since.",
        ),
        "warning-elsewhere": Code(
            "Other environments than the command's have warnings.",
            "What is done in one environment is looked at by those who work on it. `exai validate` "
            "shows the warnings of all of them.",
            "note",
        ),
        "wrong-parameter": Code(
            "A value that the pipeline's parameter doesn't take.",
            "It has another type than the parameter, isn't among its `enum`, or can't be kept "
            "exactly. Text is given as it is, all else as JSON has it.",
        ),
    }
)
