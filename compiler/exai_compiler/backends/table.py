"""All backends. In: their packages. Out: what renders each kind, by backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exai_compiler.backends import feast, katib, kfp, kserve, kubeflow, kubernetes
from exai_compiler.build import Rendered
from exai_compiler.resolved import Resolved
from exai_specs.parse import Spec

Renderer = Callable[[Resolved, Spec], tuple[Rendered, ...]]

BACKENDS: Mapping[str, Mapping[str, Renderer]] = {
    feast.NAME: feast.RENDERERS,
    katib.NAME: katib.RENDERERS,
    kfp.NAME: kfp.RENDERERS,
    kserve.NAME: kserve.RENDERERS,
    kubeflow.NAME: kubeflow.RENDERERS,
    kubernetes.NAME: kubernetes.RENDERERS,
}
