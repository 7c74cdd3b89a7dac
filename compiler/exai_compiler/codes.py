"""What each code of the checks means: one line for lists, and the longer story.

In: nothing. Out: `CODES`. A code is stable, since tools filter by it; each has a failing project in
`tests/invalid/checks`. The codes of reading and parsing are in `exai_specs.codes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.codes_of_code import CODE_CODES
from exai_compiler.codes_of_environments import ENVIRONMENT_CODES
from exai_compiler.codes_of_features import FEATURE_CODES
from exai_compiler.codes_of_flow import FLOW_CODES
from exai_compiler.codes_of_patches import PATCH_CODES
from exai_compiler.codes_of_serving import SERVING_CODES
from exai_compiler.codes_of_steps import STEP_CODES
from exai_compiler.codes_of_tuning import TUNING_CODES
from exai_compiler.codes_of_use import USE_CODES
from exai_specs.codes import Code

CODES: Mapping[str, Code] = MappingProxyType(
    {
        **CODE_CODES,
        **FEATURE_CODES,
        **PATCH_CODES,
        **STEP_CODES,
        **SERVING_CODES,
        **TUNING_CODES,
        **FLOW_CODES,
        **USE_CODES,
        **ENVIRONMENT_CODES,
        "autoscale-mode": Code(
            "This way of scaling doesn't exist in the environment's serving mode.",
            "Standard mode scales by cpu or memory and never to zero; Knative scales "
            "by concurrency, rps, cpu or memory, and always scales. Environments say their mode "
            "under `serving.mode`; locally it is Knative unless set.",
        ),
        "bad-expression": Code(
            "The text inside `${{ }}` is no expression.",
            "A value takes `${{ parameters.NAME }}`, `${{ steps.STEP.OUTPUT }}` or `${{ run.NAME "
            "}}`. There are no functions, no arithmetic and no double quotes.",
        ),
        "connection-clash": Code(
            "Two connections of an environment that steps couldn't tell apart.",
            "Steps read a connection from EXAI_CONNECTION_NAME and its password from "
            "EXAI_CONNECTION_NAME_PASSWORD, in capitals and with `_` for `-`. So `pg-two` beside "
            "`pg_two` or `PG-two` is refused, and `pg-password` beside `pg`.",
        ),
        "connection-missing": Code(
            "An environment doesn't have the connection that a Dataset names.",
            "A Dataset names a connection, and each environment says what it is: "
            "`environments.NAME.connections`.",
        ),
        "data-not-reachable": Code(
            "Files that the environment's steps can't see.",
            "On a cluster there is no project folder. Set `data.root` of the environment to a "
            "place that holds the project's data, an s3:// or gs:// URI or the absolute path of a "
            "volume that all pods mount, or write a full URI: steps read s3:// and gs://, a file "
            "by its key behind the bucket's name.",
        ),
        "data-not-watched": Code(
            "Data on a server, whose changes exai doesn't see.",
            "Files are hashed, and a changed one starts a run. Of a table on a server nobody "
            "knows when its rows change, unless `version` says how: a query, a snapshot of the "
            "rows, or a text that a person changes.",
            "note",
        ),
        "duplicate-feature": Code(
            "A column stands twice among the features.",
            "The second adds nothing, and the model's signature would name the column twice.",
        ),
        "duplicate-name": Code(
            "Two documents have the same kind and name.",
            "`Kind/name` is the identity of a document everywhere. Names of Datasets are compared "
            "without case.",
        ),
        "expression-not-allowed": Code(
            "An expression stands where none can.",
            "Expressions are for the inputs of steps, for `if`, `forEach.in` and outputs. "
            "Elsewhere write the value; `$${{` stands for a literal `${{`. `status` is for "
            "`finally` alone.",
        ),
        "filled-input": Code(
            "An input that exai fills in by itself.",
            "The task, the target, the champion and the experiment follow from other documents: "
            "there is one truth.",
        ),
        "gate-without-metric": Code(
            "A gate on a metric that nobody makes.",
            "A gate holds a version against a metric of the evaluation whose metrics are "
            "registered with it. Which metrics there are depends on the task; auc is for two "
            "classes.",
        ),
        "image-by-tag": Code(
            "An image is named by a tag, which can move.",
            "Name it by digest (`repo@sha256:...`), so that the same specs run the same code.",
            "note",
        ),
        "inexact-unit": Code(
            "A value that the target's unit can't say exactly.",
            "KServe takes whole seconds for `timeout` and whole numbers for the target of "
            "autoscaling; exai never rounds.",
        ),
        "invalid-policy": Code(
            "A policy of a rule that there isn't, or an exemption of no document.",
            "`policies` of the Project says how much warnings and notes count: `error`, `warning` "
            "or `off`, or `{level: error, except: [Kind/name]}`. An error stays one.",
        ),
        "invalid-input": Code(
            "A value that the component doesn't take, though it is of the right type.",
            "A component says what it takes in the annotation `exai.dev/limits`: the texts of an "
            "`enum`, numbers `above` and `below`. What scikit-learn and H2O take as an algorithm's "
            "`parameters` is known as well.",
        ),
        "key-in-features": Code(
            "A column of the key stands among the features.",
            "A key tells rows apart; a model that sees it may learn the rows by heart.",
            "warning",
        ),
        "kfp-placeholder": Code(
            "A literal that Kubeflow Pipelines would expand.",
            "The engine replaces `{{$...}}` in constants by values of the run.",
        ),
        "local-parity": Code(
            "A field that the local target doesn't honour.",
            "The rendered objects have it; one machine has no cluster to apply it. The message "
            "says what happens instead.",
            "note",
        ),
        "missing-default": Code(
            "A parameter without a default, in a pipeline that applies may run.",
            "Give it a default, make it `optional`, or set `run: {on: []}` so that only people "
            "start the pipeline.",
        ),
        "missing-image": Code(
            "An environment on Kubeflow doesn't say which image its steps or servers run.",
            "Set `images.train` and `images.serve`, by digest. exai never builds one.",
        ),
        "missing-input": Code(
            "A step doesn't give an input that its component needs.",
            "Inputs without a default have to stand under `with`; and so does an optional one that "
            "the component's arguments hold outside of a condition.",
        ),
        "model-without-producer": Code(
            "No step registers versions of a Model.",
            "A Model that is trained here has a `register-model` step whose `as` names it.",
        ),
        "not-local": Code(
            "Something that a local environment can't give.",
            "One machine has no ConfigMaps, runs no containers, and its steps write models to "
            "folders only. What a local environment merely ignores is a note, `local-parity`. "
            "A Service that only a cluster can serve is stopped elsewhere: by an Overlay of the "
            "local environment with `patch: {spec: {stopped: true}}`. A Pipeline that only a "
            "cluster can run is started by nobody there with `patch: {spec: {run: {on: []}}}`.",
        ),
        "owner-required": Code(
            "A document says nobody to ask about it.",
            "The policy `owner-required` of the Project wants `metadata.owner` in every document; "
            "`except` names those that need none.",
            "warning",
        ),
        "port-clash": Code(
            "Two Services, or two containers of a pod, ask for the same port.",
            "Locally each service listens on a port of 127.0.0.1 of its own. Without local.port "
            "a free one is found, and kept. On a cluster the containers of a pod share its ports, "
            "and the model's server has 8080 unless it is told another.",
        ),
        "reference-in-struct": Code(
            "A reference inside a list or struct that would arrive as text.",
            "Kubeflow Pipelines turns references inside lists and structs into strings. Only "
            "where a component declares the type of that place is a number, boolean, list or "
            "struct converted back; a text stays what it is.",
        ),
        "registered-twice": Code(
            "Two steps of one pipeline register versions of one Model.",
            "A version is found again by the key of its run, so that a repeated run makes "
            "nothing twice: the second step would get the version of the first.",
        ),
        "reserved-env": Code(
            "An environment variable that exai sets itself, or that KServe refuses.",
            "Names that start with `EXAI_`, and MLFLOW_TRACKING_URI, tell steps and servers where "
            "they are. KServe's webhook takes no service with PYTHONPATH since 0.18, nor "
            "STORAGE_URI in a transformer that runs in the model's pods.",
        ),
        "reserved-name": Code(
            "A name that exai needs for itself.",
            "The state of an environment is kept in .exai/NAME, and .exai/secrets holds secrets.",
        ),
        "runtime-placeholder": Code(
            "A literal that KServe would expand.",
            "KServe replaces `{{...}}` in a server's container by fields of the InferenceService. "
            "In a Runtime that is meant, and takes fields of the service's metadata: `{{.Name}}`.",
        ),
        "service-name": Code(
            "A Service's name that Kubernetes or KServe can't take.",
            "KServe makes objects called `<name>-predictor` and a host `<name>-<namespace>` of at "
            "most 63 characters; in Standard mode a host `<name>-predictor-<namespace>`, too, "
            "which is a warning: a cluster may have a `domainTemplate` of its own.",
        ),
        "several-champions": Code(
            "Gates that compare with more than one alias.",
            "An evaluation scores one champion on the same data as the new version, so all "
            "gates of a Model name the same alias.",
        ),
        "registered-elsewhere": Code(
            "A Model that says where it comes from, and a step that registers versions of it.",
            "With `source` a Model is just files, or others register its versions; one that a "
            "pipeline here makes has no `source`.",
        ),
        "several-producers": Code(
            "More than one step registers versions of a Model.",
            "That is allowed (a champion's and a challenger's pipeline); each version says which "
            "run made it.",
            "note",
        ),
        "several-projects": Code(
            "A second Project document.",
            "A repository folder has one Project: it names the environments that all others live "
            "in.",
        ),
        "signature-missing": Code(
            "A model that your own code trains, without a signature.",
            "For exai's own train steps the signature follows from the step. What your code "
            "takes and gives only you can say: `spec.signature` of the Model.",
        ),
        "step-cycle": Code(
            "Steps that wait for each other.",
            "References and `after` make the order of steps; along a cycle none could start.",
        ),
        "target-in-features": Code(
            "The target stands among the features.",
            "The model would be given the answer: perfect in training, useless in service.",
        ),
        "task-mismatch": Code(
            "A target whose type can't be of the Model's task, or an estimator of another one.",
            "Classes are text, booleans, integers or an enum; amounts are numbers. An estimator of "
            "scikit-learn is for one of both.",
        ),
        "unknown-alias": Code(
            "An alias that the Model doesn't declare.",
            "Aliases are declared by the Model: `aliases: {champion: {promote: auto}}`.",
        ),
        "unknown-column": Code(
            "A column that the data at that place doesn't have.",
            "Columns are declared in the schema of the Dataset and followed through the steps.",
        ),
        "unknown-component": Code(
            "`uses` names no component.",
            "exai's own are load-dataset, validate-dataset, load-features, split-data, train-h2o, "
            "train-sklearn, evaluate-model and register-model.",
        ),
        "unknown-expectation": Code(
            "An expectation, or an argument of one, that Great Expectations doesn't have.",
            "Expectations are those of the Great Expectations that exai pins, under their names "
            "there. `meta` and `id` can't be given: exai finds the result of each by them.",
        ),
        "unknown-input": Code(
            "An input that the component doesn't have.",
            "The keys of `with` are the inputs of the component.",
        ),
        "unknown-reference": Code(
            "A name that nothing has.",
            "A reference takes the bare name of a document, or `steps.STEP.OUTPUT` and "
            "`parameters.NAME` in a pipeline.",
        ),
        "unreadable-annotation": Code(
            "An annotation that is no type of an input or output.",
            "A function's annotations are its interface: str, int, float, bool, list, dict, "
            "Optional of one, `Input[T]`, `Input[List[T]]`, `Output[T]`, InputPath, OutputPath, "
            "PipelineTaskFinalStatus, `-> T` or a NamedTuple. Defaults are plain values.",
        ),
        "unsupported-version": Code(
            "A way of telling versions of data that the Dataset's source doesn't have.",
            "`content` is for files and SQLite, `query` for databases. Of a table on a server a "
            "query, a `snapshot` of the rows, or a person says when it is new.",
        ),
        "untyped-input": Code(
            "A list or struct of any content where a certain content is asked for.",
            "Declare the type of the parameter in full, such as `{list: string}`.",
            "note",
        ),
        "unusable-allow": Code(
            "A comment allows what can't be allowed.",
            "Only warnings and notes can be silenced, by the code that is printed with them. An "
            "error has to be mended.",
        ),
        "unusable-expectation": Code(
            "An expectation that lacks an argument, has a wrong one, or that no data can meet.",
            "Each expectation of Great Expectations needs some of its arguments, such as `column` "
            "or `value_set`, and takes certain kinds of values for each; and what is at least "
            "`min_value` and at most `max_value` has to exist.",
        ),
        "unusable-feature": Code(
            "A feature or a target of a type that no model here can have.",
            "Models learn from text, numbers and booleans, which is what a request to a model "
            "server can hold. Make another column of it where the data is made.",
        ),
        "unused-allow": Code(
            "A comment allows a problem that isn't there.",
            "What it once allowed is mended, or stands elsewhere. Left there, it would hide the "
            "next one.",
            "warning",
        ),
        "unused-dataset": Code(
            "A Dataset that neither a pipeline nor a feature view reads.",
            "Its data is looked at in every plan, and nothing comes of it.",
            "warning",
        ),
        "unused-parameter": Code(
            "A parameter that no step reads.",
            "It would change the run key without changing the run.",
            "warning",
        ),
        "wrong-input-type": Code(
            "An input of another type than the component asks for.",
            "Assignable are: the same type, an integer as double, any artifact as Artifact.",
        ),
    }
)
