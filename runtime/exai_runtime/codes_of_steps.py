"""What each code means that a process of exai's components can give: a step of a run, the process
that looks at data, the one that holds the feature store.

In: nothing. Out: `STEP_CODES`. Components import nothing of exai, so their codes are told here; a
test walks their source. What needs no server and no training has an example in
`tests/invalid/steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

_BUG = "The compiler has said something to a step that it can't read. Report it, with the specs."
_SCHEMA = "Mend the data, or declare in the Dataset what the data is."

STEP_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "bad-definitions": Code(
            "The feature repository can't be imported.",
            "Files of transforms, and those under `features.files`, are imported to apply it. See "
            "that what they import is installed.",
        ),
        "bad-reference": Code("A champion is named in a way that isn't one.", _BUG),
        "broken-connection": Code(
            "What a step is told of a connection isn't JSON.",
            "Steps read EXAI_CONNECTION_NAME. exai sets it; on a cluster it comes from "
            "`exai-runtime`. Apply again, or mend it there.",
        ),
        "broken-feature-store": Code(
            "What a step is told of the offline store isn't JSON.",
            "Steps read EXAI_FEATURE_STORE, as they do their connections.",
        ),
        "broken-model": Code(
            "The files of a model aren't whole.",
            "What a training step wrote isn't what stands in its signature. Run it again.",
        ),
        "broken-store": Code(
            "What an earlier attempt of a run has stored of its model isn't whole.",
            "The store's files are never overwritten. If no version points to the folder that the "
            "hint names, remove it, and run again.",
        ),
        "busy-database": Code(
            "Another program has a SQLite database locked.",
            "End that program, or wait until it is done.",
        ),
        "champion-unreadable": Code(
            "The champion can't be loaded, so nothing can be compared with it.",
            "Its files are gone from the store, or changed since. Put them back, or move the alias "
            "to another version.",
        ),
        "checksum-mismatch": Code(
            "What was downloaded isn't what the spec expects.",
            "`sha256` of an HTTP source is the checksum of the file. If the file was meant to "
            "change, write the new one there.",
        ),
        "connection-failed": Code(
            "A database doesn't answer, or refuses the user.",
            "The message has host and port, and the server's reason. See that it is up, and that "
            "the secret holds the right password.",
        ),
        "connection-lost": Code(
            "A database went away in the middle.",
            "Nothing of what was read is kept. See that the server is up, then run the same again.",
        ),
        "data-root-unsupported": Code(
            "Data lies in a place that can't be read from here.",
            "`data.root` of an environment is a folder for what reads files, or on a cluster an "
            "s3:// or gs:// URI.",
        ),
        "data-version-failed": Code(
            "A query for the version of data gives none.",
            "`version: {query: ...}` has to give one row with one value, which changes when the "
            "data does.",
        ),
        "database-error": Code(
            "A database refuses a statement.",
            "The message is the database's own. Mend the query, or let the user read.",
        ),
        "deleted-experiment": Code(
            "The experiment of a run was deleted in MLflow.",
            "Restore it there, or give the pipeline another `experiment`.",
        ),
        "different-columns": Code(
            "Two Parquet files of one folder have different columns.",
            "A folder is one table: every file of it has the same columns.",
        ),
        "download-failed": Code(
            "A file can't be fetched.",
            "The message has the server's answer. See the address, and whether a proxy is needed.",
        ),
        "duplicate-column": Code(
            "A feature has the name of a column that the rows have already.",
            "Leave one of them out, or rename it where it is declared.",
        ),
        "duplicate-timestamp": Code(
            "Two rows of one entity have the same time.",
            "Which of them holds can't be known. Keep one, or give the Dataset a `created` column: "
            "then the one that was written last holds.",
        ),
        "empty-column": Code(
            "A column has no value at all.",
            "A model can learn nothing from it. Take it out of the features, or mend the data.",
        ),
        "empty-table": Code("There is no row.", "Give at least one: nothing would follow of none."),
        "expectation-failed": Code(
            "The data isn't as its Dataset expects.",
            "Under `quality` stands what must hold. `onFailure: warn` goes on all the same.",
        ),
        "expectation-not-evaluated": Code(
            "An expectation can't be judged on this data.",
            "Great Expectations raised an error of its own, which the message has.",
        ),
        "failed-transform": Code(
            "The function behind an on-demand view failed.",
            "It gets missing values, too, and returns a row for each that it gets, with every "
            "feature of its schema in its type.",
        ),
        "feature-store-failed": Code(
            "A store that features are kept in answered with an error.",
            "The message says which store, and what it said. What was begun is made good by the "
            "same command, run again.",
        ),
        "feature-store-refused": Code(
            "A store that features are kept in refuses the password.",
            "See that the secret of the store holds the right one.",
        ),
        "feature-store-slow": Code(
            "A store took too long to answer a request.",
            "A service answers in time, or not at all. See how the store is doing.",
        ),
        "folder-in-folder": Code(
            "A folder of Parquet files has a folder in it.",
            "Partitioned folders aren't read. Name the folder that holds the files.",
        ),
        "fraction-out-of-range": Code(
            "A part of the rows is no fraction between 0 and 1.",
            "`test: 0.2` keeps a fifth of the rows for the test.",
        ),
        "future-timestamp": Code(
            "A row that is pushed is of a time that hasn't come.",
            "It would hide whatever comes before that time. Push it when it is true; five minutes "
            "are allowed for clocks that differ.",
        ),
        "h2o-did-not-start": Code(
            "H2O's process ended before it answered.",
            "Most often it is memory: `resources.memory` of the step decides on its heap.",
        ),
        "h2o-failed": Code("H2O failed while it trained.", "The step's log has its own words."),
        "ill-made-expectation": Code(
            "An expectation has arguments that it doesn't take.",
            "They are those of Great Expectations; the message has what it says of them.",
        ),
        "ill-typed-parameter": Code(
            "A parameter of an estimator has another type.",
            "The message has the type that it takes.",
        ),
        "ill-typed-value": Code("A value that its column's type can't hold.", _SCHEMA),
        "include-and-exclude": Code(
            "AutoML is told both what to try and what not to.",
            "Keep one of `include_algos` and `exclude_algos`.",
        ),
        "missing-connection": Code(
            "A step reads a connection that its environment lacks.",
            "Add it under `connections` of the environment.",
        ),
        "metric-missing": Code(
            "A trial of a search didn't say the metric that counts.",
            "A function returns it or logs it to an Output[Metrics]; exai's own trainers measure "
            "it over `folds` or `nfolds`. A number that isn't finite is none.",
        ),
        "missing-package": Code(
            "A driver isn't installed where steps run.",
            "Locally `exai[local]` has it; on a cluster the image of `images.train` must.",
        ),
        "missing-variable": Code(
            "feature_store.yaml names a variable that isn't set.",
            "exai sets them from the environment's secrets; who uses the folder by hand sets them.",
        ),
        "model-store-unsupported": Code(
            "Models can't be written to this kind of store from here.",
            "`models.store` of a local environment is a folder, of one on a cluster an s3:// or "
            "gs:// URI.",
        ),
        "no-features": Code("A model is given no column.", "Name at least one under `features`."),
        "no-free-port": Code(
            "The machine has no free ports.", "H2O takes two in a row. End what holds so many."
        ),
        "no-java": Code(
            "H2O finds no Java.", "It comes with `exai[train]`; the machine's own isn't used."
        ),
        "no-leader": Code(
            "AutoML has built no model within its limits.",
            "Raise `max_runtime_secs` or `max_models`, bring more rows, or let it try more.",
        ),
        "no-limit": Code(
            "AutoML has no limit.", "Set `max_runtime_secs` (seconds) or `max_models`."
        ),
        "no-bucket": Code(
            "An object store has no such bucket.",
            "exai makes none. Make it, or name another under `data.root` or `models.store`.",
        ),
        "no-model-store": Code(
            "A step isn't told where models are kept.",
            "Steps read EXAI_MODEL_STORE; on a cluster it comes from `exai-runtime`.",
        ),
        "no-registry": Code(
            "A step isn't told where MLflow is.",
            "Steps read MLFLOW_TRACKING_URI; on a cluster it comes from `exai-runtime`.",
        ),
        "no-room": Code(
            "There is no folder that a download could go to.",
            "Set XDG_CACHE_HOME to one that can be written to.",
        ),
        "no-rows-in-query": Code(
            "A query gives no rows: it isn't a SELECT.",
            "Sources are read, never written. Write a query that reads.",
        ),
        "no-signature": Code(
            "A model of one's own comes without its signature.",
            "A model that a step hands on needs columns, target and task: declare `signature` at "
            "the Model.",
        ),
        "not-a-dataset": Code(
            "An input is no Parquet file.",
            "Between steps a Dataset is one Parquet file: write one in your own step.",
        ),
        "not-a-model": Code(
            "An input is no model that exai can register.",
            "Hand on what a training step wrote, or one pickle of a scikit-learn estimator.",
        ),
        "not-metrics": Code(
            "An input has no metrics.", "Hand on what evaluate-model, or a step of yours, wrote."
        ),
        "one-class": Code(
            "All rows have the same target.", "There is nothing to tell apart. Bring other rows."
        ),
        "own-code-failed": Code(
            "A Python step of the user's failed.",
            "The message is the exception; its traceback begins at the step's own first line.",
        ),
        "path-leaves-data-root": Code(
            "A path leads out of the folder that data lies in.",
            "Paths of Datasets stay below `data.root`, locally the project's folder.",
        ),
        "path-leaves-repository": Code("A path leads out of the feature repository.", _BUG),
        "pushed-conflict": Code(
            "A pushed row, and the data, say different things of one entity and time.",
            "Training would see one and services the other. A correction has a later timestamp, or "
            "is made where the data comes from.",
        ),
        "registry-failed": Code(
            "MLflow failed, or doesn't answer.", "See that it is up; the step's log has more."
        ),
        "seed-out-of-range": Code(
            "A seed isn't a whole number that fits.", "Take one between 0 and 4294967295."
        ),
        "target-among-features": Code(
            "A model is given what it should predict.", "Take the target out of the features."
        ),
        "too-few-rows": Code(
            "There are too few rows for what is asked.",
            "Bring more, or ask for less: fewer folds, a smaller leaf, a smaller test.",
        ),
        "too-many-levels": Code(
            "A column of text has too many different values.",
            "Each would be a column of its own. Leave it out, or bring it into groups.",
        ),
        "training-refused": Code(
            "The algorithm refuses its parameters, or the data.",
            "The message has its reason.",
        ),
        "store-denied": Code(
            "An object store refuses a step's account, or there are no credentials.",
            "Credentials are where the store's own clients look for them: the step's "
            "`serviceAccount`, or variables in its `env`. That account has to read `data.root`, "
            "and to read and write `models.store`.",
        ),
        "store-region": Code(
            "A bucket is in another region than the one that is asked.",
            "Name it as AWS_REGION in the step's `env`, or leave AWS_ENDPOINT_URL out: AWS says "
            "of each bucket where it is.",
        ),
        "store-unreachable": Code(
            "An object store doesn't answer.",
            "Its name isn't known there, nothing listens, or it is too busy. The step is tried "
            "again as its `retries` say.",
        ),
        "unexpected": Code(
            "A step or a process failed in a way that nobody foresaw.",
            "Its log, which the hint names, has the traceback. Often it is a bug: report it.",
        ),
        "unfit-estimator": Code(
            "An estimator that isn't for the model's task.",
            "Classifiers predict classes, regressors numbers.",
        ),
        "unfit-family": Code(
            "A family of linear models that isn't for the model's task.",
            "Leave `family` out, or take one that the message names.",
        ),
        "unfit-feature": Code(
            "A column that a model can't learn from.", "Features are numbers, booleans and text."
        ),
        "unfit-folds": Code(
            "Rows can't be divided into so many folds.", "Ask for fewer, or bring more rows."
        ),
        "unfit-model": Code(
            "A model and what it is evaluated on don't fit.",
            "The data needs the model's columns and its target.",
        ),
        "unfit-signature": Code(
            "A model of one's own and its signature don't fit.",
            "Columns and task of `signature` are those that the estimator was fitted with.",
        ),
        "unfit-target": Code(
            "A column that can't be predicted.", "Numbers for regression; classes otherwise."
        ),
        "unknown-algorithm": Code(
            "There is no such algorithm.", "The hint has the closest name, or those there are."
        ),
        "unknown-estimator": Code(
            "scikit-learn has no such estimator, or exai doesn't offer it.",
            "The hint has the closest name, or those there are.",
        ),
        "unknown-metric": Code(
            "AutoML can't sort by this.", "The hint has the closest name, or those there are."
        ),
        "unknown-source": Code("The definitions of features import an unknown dataset.", _BUG),
        "unreadable-rows": Code(
            "H2O read fewer rows than there are.",
            "A text with a line break can't be a category: mend the data.",
        ),
        "unsafe-name": Code(
            "A name that neither a folder nor the registry can take.",
            "Give the model another name.",
        ),
        "unservable-algorithm": Code(
            "A model that can't be served from its file.",
            "Take the algorithm out of `include_algos`.",
        ),
        "unsupported-address": Code(
            "An address that isn't HTTP or HTTPS.", "Name the file by http:// or https://."
        ),
        "unsupported-connection": Code(
            "A kind of database that steps can't read.", "SQLite and PostgreSQL are read."
        ),
        "unsupported-source": Code(
            "A kind of source that a step can't read.",
            "The message names those that are read; an offline store in PostgreSQL joins its own "
            "tables only.",
        ),
        "unsupported-task": Code(
            "A task that this training step doesn't know.", "It trains classifiers and regressors."
        ),
        "unsupported-type": Code(
            "Feast has a type for which the language has none.",
            "It comes from a file of yours under `features.files`: take another type there.",
        ),
    }
)
