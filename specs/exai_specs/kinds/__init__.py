"""The kinds, one module each, and the table of them.

Adding one: a module here, an entry in `KINDS`. No scanning, no registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exai_specs.kinds.connections import Postgresql, SecretDir, SecretEnv, SecretName, Sqlite
from exai_specs.kinds.dataset import (
    ColumnFields,
    DatasetSpec,
    Expectation,
    Fixed,
    Quality,
    Query,
)
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.feature_service import FeatureServiceSpec
from exai_specs.kinds.features import EntitySpec, FeatureViewSpec, Request, Transform
from exai_specs.kinds.flow import AnyStep, Branch, Choose, Group
from exai_specs.kinds.graph import GraphSpec
from exai_specs.kinds.llm_service import LLMServiceSpec
from exai_specs.kinds.loop import ForEach
from exai_specs.kinds.manifest import ManifestSpec
from exai_specs.kinds.materialize import Materialize
from exai_specs.kinds.metadata import Metadata
from exai_specs.kinds.model import Alias, Gate, ModelSpec
from exai_specs.kinds.notebook import NotebookSpec
from exai_specs.kinds.overlay import OverlaySpec
from exai_specs.kinds.parameter import ParameterFields
from exai_specs.kinds.pipeline import Defaults, PipelineSpec
from exai_specs.kinds.project import ProjectSpec
from exai_specs.kinds.runtime import RuntimeSpec
from exai_specs.kinds.scaling import Autoscale, Replicas
from exai_specs.kinds.served_features import ServedFeatures
from exai_specs.kinds.service import ServiceSpec
from exai_specs.kinds.signature import Signature
from exai_specs.kinds.slo import Slo
from exai_specs.kinds.sources import CsvSource, HttpSource, JsonSource, ParquetSource, SqlSource
from exai_specs.kinds.step import Step
from exai_specs.kinds.step_parts import Pip, Retry
from exai_specs.kinds.stores import FeatureStore, OfflineStore, OnlineStore, Registry
from exai_specs.kinds.trial import Trial
from exai_specs.kinds.tuning import TuningSpec
from exai_specs.kinds.workload import ConfigMapRef, Env, FieldRef, Resources, SecretRef
from exai_specs.names import (
    KUBERNETES,
    MODEL,
    NOTEBOOK,
    PIPELINE,
    RUNTIME,
    SERVICE,
    SQL,
    TUNING,
    NameRule,
)
from exai_specs.values import frozen

API_VERSION = "exai.dev/v1alpha1"

Body = (
    ProjectSpec
    | OverlaySpec
    | DatasetSpec
    | EntitySpec
    | FeatureViewSpec
    | FeatureServiceSpec
    | PipelineSpec
    | ModelSpec
    | ServiceSpec
    | GraphSpec
    | RuntimeSpec
    | LLMServiceSpec
    | NotebookSpec
    | TuningSpec
    | ManifestSpec
)


@frozen
class Kind:
    """One kind: its spec's class, the rule of its names, and what it is in one sentence."""

    name: str
    spec: type[Any]
    names: NameRule
    description: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("Project", ProjectSpec, KUBERNETES, "Where specs are, and the environments"),
            Kind("Overlay", OverlaySpec, KUBERNETES, "What differs in one environment"),
            Kind("Dataset", DatasetSpec, SQL, "Rows of named, typed columns"),
            Kind("Entity", EntitySpec, SQL, "What features are about: something with a key"),
            Kind("FeatureView", FeatureViewSpec, SQL, "Features of a dataset or of other features"),
            Kind(
                "FeatureService",
                FeatureServiceSpec,
                SQL,
                "The features that a model and a service share",
            ),
            Kind("Pipeline", PipelineSpec, PIPELINE, "Steps that make something"),
            Kind("Model", ModelSpec, MODEL, "A registered model, its gates and aliases"),
            Kind("Service", ServiceSpec, SERVICE, "A model that answers requests"),
            Kind("Graph", GraphSpec, SERVICE, "Services that answer together"),
            Kind("Runtime", RuntimeSpec, RUNTIME, "A model server that services share"),
            Kind("LLMService", LLMServiceSpec, SERVICE, "A large language model that answers"),
            Kind("Manifest", ManifestSpec, KUBERNETES, "An object that no other kind is for"),
            Kind("Notebook", NotebookSpec, NOTEBOOK, "A running notebook server and its folder"),
            Kind("Tuning", TuningSpec, TUNING, "A search for the best parameters"),
        )
    }
)

__all__ = [
    "API_VERSION",
    "KINDS",
    "Alias",
    "AnyStep",
    "Autoscale",
    "Body",
    "Branch",
    "Choose",
    "ColumnFields",
    "ConfigMapRef",
    "CsvSource",
    "DatasetSpec",
    "Defaults",
    "EntitySpec",
    "Env",
    "Environment",
    "Expectation",
    "FeatureServiceSpec",
    "FeatureStore",
    "FeatureViewSpec",
    "FieldRef",
    "Fixed",
    "ForEach",
    "Gate",
    "GraphSpec",
    "Group",
    "HttpSource",
    "JsonSource",
    "Kind",
    "LLMServiceSpec",
    "ManifestSpec",
    "Materialize",
    "Metadata",
    "ModelSpec",
    "NotebookSpec",
    "OfflineStore",
    "OnlineStore",
    "OverlaySpec",
    "ParameterFields",
    "ParquetSource",
    "Pip",
    "PipelineSpec",
    "Postgresql",
    "ProjectSpec",
    "Quality",
    "Query",
    "Registry",
    "Replicas",
    "Request",
    "Resources",
    "Retry",
    "RuntimeSpec",
    "SecretDir",
    "SecretEnv",
    "SecretName",
    "SecretRef",
    "ServedFeatures",
    "ServiceSpec",
    "Signature",
    "Slo",
    "SqlSource",
    "Sqlite",
    "Step",
    "Transform",
    "Trial",
    "TuningSpec",
]
