"""What each code of the checks of services, graphs and runtimes means: one line for lists, and the
longer story.

In: nothing. Out: `SERVING_CODES`, a part of `codes.CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

SERVING_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "answer-mismatch": Code(
            "A step of a Sequence gets the answer before it, and its model takes other columns.",
            "With `data: $response` a step gets what the one before it answers: one value a row, "
            "the prediction. A model that takes more than one column, or one of another type, "
            "can't work with that. Columns follow from the train step, or from the `signature` of "
            "a Model or of an inline `model`.",
        ),
        "adapter-name": Code(
            "An adapter that is called like the model that it adapts.",
            "A request to a language model says by name which of them it means, so KServe refuses "
            "two of one name. Without `model.name` the model has the document's name.",
        ),
        "canary-phase": Code(
            "A canary in Knative mode goes by what is rolled out.",
            "Knative splits requests between the newest revision and the one that is rolled "
            "out: that has to be `model`. Where the cluster is looked at and another model, or "
            "none, is rolled out, `model` is applied alone first, and the canary waits.",
            "note",
        ),
        "canary-unreached": Code(
            "A canary in Standard mode behind a transformer of its own pods.",
            "The transformer asks the model by the name of the stable one's Kubernetes Service, "
            "and the share of a canary is that of a route before it: what it transforms never "
            "reaches the canary. The same holds for `features`, which are looked up by one.",
            "warning",
        ),
        "fixed-image": Code(
            "A tag for an image that is named by digest.",
            "KServe puts `runtimeVersion` in the place of an image's tag. An image by digest, such "
            "as those of exai's own servers, stays as it is.",
            "warning",
        ),
        "format-unsupported": Code(
            "No runtime serves the format of a model.",
            "exai decides which serving runtime serves a model, by its format and version: the "
            "project's own Runtimes, exai's, or those that KServe ships.",
        ),
        "graph-cycle": Code(
            "Nodes of a graph that lead to each other.",
            "A request would go round for ever. The message has every edge of the cycle.",
        ),
        "graph-protocol": Code(
            "A graph that asks a service by another protocol than the service's own.",
            "KServe's graphs ask a service by the first protocol that its runtime lists (v1 for "
            "most), whatever `protocol` says; one with a transformer of its own by that "
            "transformer's. A request of the other protocol is refused there.",
            "warning",
        ),
        "graph-step": Code(
            "A step that its node's router can't use.",
            "A Splitter's steps have weights, a Switch's have conditions, a Sequence's may say "
            "which data they get; an Ensemble's are asked all at once.",
        ),
        "graph-weights": Code(
            "Weights of a Splitter that aren't 100 % together.",
            "KServe takes whole percents, and refuses a sum of anything but 100.",
        ),
        "keda-trigger": Code(
            "A trigger of KEDA that KServe would refuse.",
            "The triggers under `autoscale.keda` are KServe's own `autoScaling.metrics`, held "
            "against its schema and the rules of its webhook, which wants a query and a target.",
        ),
        "knative-feature": Code(
            "A field of pods that Knative takes only where a cluster has turned it on.",
            "Knative refuses node selectors, tolerations, affinity, init containers, claims and "
            "other fields of pods unless its ConfigMap `config-features` has the flag of each: "
            "all of these are off as it is shipped. Standard mode makes Deployments, which take "
            "them. Where your cluster has the flag on, a comment with the reason silences this.",
            "warning",
        ),
        "knative-timeout": Code(
            "A request that may last longer than Knative allows.",
            "Its webhook refuses a revision whose `timeout` is beyond the cluster's "
            "max-revision-timeout-seconds, which is 600 unless its ConfigMap config-defaults says "
            "more.",
            "warning",
        ),
        "model-scheme": Code(
            "A place that KServe fetches no language model from.",
            "Its controller of LLMInferenceServices takes hf, s3, pvc and oci; of adapters hf, s3 "
            "and pvc. A ClusterStorageContainer is for InferenceServices.",
        ),
        "model-version": Code(
            "A reference to a model with a version where there is none, or without one.",
            "A registered model has versions, and a reference says which: `NAME@ALIAS` or "
            "`NAME@3`. A model that is just files has none: `NAME`.",
        ),
        "name-clash": Code(
            "Two documents whose objects would be the same.",
            "Services, LLMServices and Graphs share hosts and Kubernetes Services, Notebooks share "
            "those with Services and Graphs, and a Runtime can't be called like one that exai or "
            "KServe has.",
        ),
        "needs-gateway": Code(
            "A canary or a router that needs the Gateway API.",
            "In Standard mode KServe splits the requests of a canary by the Gateway API alone, and "
            "routes those to language models by nothing else: `serving: {gatewayApi: true}` says "
            "that an environment has it.",
        ),
        "notebook-culling": Code(
            "A notebook that isn't to be culled, where Kubeflow culls all or none.",
            "Whether idle notebooks are stopped, and after what time, is a setting of the "
            "cluster's notebook controller (ENABLE_CULLING, CULL_IDLE_TIME); it knows no "
            "exceptions.",
            "note",
        ),
        "platform-field": Code(
            "A field that the platform of an environment doesn't have yet.",
            "`platform` names a release of Kubeflow, and with it one of KServe and one of Kubeflow "
            "Pipelines. What an older API server would drop in silence is told here instead.",
        ),
        "needs-graph": Code(
            "A canary in a KServe that splits no traffic in Standard mode.",
            "`spec.canary` came with KServe 0.20; the environment's `platform` has an older one. A "
            "Graph with a Splitter splits requests between two services.",
        ),
        "protocol-unsupported": Code(
            "No runtime that serves the model speaks the protocol.",
            "Each serving runtime lists its protocols. Without a word of yours it is v2.",
        ),
        "request-mismatch": Code(
            "Models that get the same requests, and take different columns.",
            "A canary and a Splitter's services get a share of the same requests: a request that "
            "suits one has to suit the others. JSON, which V1 speaks, has numbers "
            "of no width; of V2's datatypes servers take a narrower one, but Triton and its like "
            "only their own. Columns follow from the train step, or from the `signature` of a "
            "Model or of an inline `model`.",
        ),
        "rollout-not-walked": Code(
            "Steps of a rollout that nothing walks yet.",
            "The steps are checked, and written into the InferenceService as an annotation, for "
            "a controller that moves shares of the requests. Until one does, a new version gets "
            "every request once it is ready.",
            "note",
        ),
        "same-priority": Code(
            "Two runtimes that take the same format unasked, by the same priority.",
            "KServe's webhook refuses the second: it couldn't choose between them. It compares the "
            "runtimes of a namespace, exai's among them, and those of the cluster with each other.",
        ),
        "serving-mode": Code(
            "A field that the serving mode doesn't have.",
            "KServe's modes differ: what only one of them has is refused in environments that "
            "serve in the other. A service may have a `mode` of its own.",
        ),
        "slo-unmeasurable": Code(
            "A promise that nobody measures.",
            "Response times come from the server, from Knative or from Istio, failures from "
            "exai's own server, Knative or Istio. An environment says what it has under "
            "`monitoring`.",
            "warning",
        ),
        "stopped-service": Code(
            "A Graph asks a Service that is stopped.",
            "No pod of it runs, so what is routed there fails. Start the Service in that "
            "environment, or take the step out.",
            "warning",
        ),
        "storage-uri": Code(
            "A place that KServe's storage initializer doesn't read.",
            "KServe fetches models from s3, gs, pvc, https, hf, oci and others; a cluster may "
            "know more by a ClusterStorageContainer.",
            "warning",
        ),
        "unknown-key": Code(
            "A key that a ConfigMap of this project doesn't have.",
            "An environment variable is taken from a key of a ConfigMap which a Manifest here "
            "makes, and that has other keys: no pod would start. With `optional: true` it would, "
            "without the variable.",
        ),
        "unknown-port": Code(
            "A probe that names a port which its container doesn't have.",
            "A probe's `port` is a number, or a name among the container's own `ports`. With "
            "another name the kubelet finds nothing to ask, and the pod never becomes ready.",
        ),
        "unknown-runtime": Code(
            "A serving runtime that exai doesn't know.",
            "It may be the platform's own; then nothing about formats and protocols can be "
            "checked.",
            "warning",
        ),
        "unmeasured-container": Code(
            "A container without a request in pods that are scaled by what they use.",
            "In Standard mode KServe makes a HorizontalPodAutoscaler, by cpu unless `autoscale` "
            "says otherwise. It compares what the containers of a pod use with what they request, "
            "and changes nothing as long as one of them requests none.",
            "warning",
        ),
        "unused-node": Code(
            "A node of a graph that no request reaches.",
            "Requests enter at `root` and go where its steps lead.",
            "warning",
        ),
    }
)
