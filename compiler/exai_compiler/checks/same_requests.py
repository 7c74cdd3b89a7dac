"""`request-mismatch`: models that get shares of the same requests, and take different columns: a
service's and its canary's, and those of a Splitter's services (LANGUAGE section 8).

Only models whose columns are known are compared: by a signature, or by the step that trains them. A
request has to suit both, which isn't to say that their types are the same: JSON, V1's, has no
widths; of V2's datatypes servers take a narrower one (exai's own: `serve/wire_v2.py`; mlflow's
schema enforcement), but for those of tensors, Triton's first, which want their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.served import files_of
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.component_columns import TRAINS
from exai_compiler.makers import Maker
from exai_compiler.signatures import Told, told
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import GraphSpec, ModelSpec, ServiceSpec
from exai_specs.kinds.model_files import InlineModel
from exai_specs.parse import Spec
from exai_specs.types import Type
from exai_specs.values import frozen

# Of what a server takes as one of its columns, beside that type itself: what it widens.
_NARROWER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"float64": ("float32", "int32"), "int64": ("int32",)}
)
_WHOLE, _BROKEN = ("int32", "int64"), ("float32", "float64")
# Formats whose servers want V2's very datatype.
_TENSORS = ("onnx", "openvino", "pytorch", "tensorflow", "tensorrt", "triton")


@frozen
class Takes:
    """`columns` with their types, None where one isn't known; `at` says so. `format`: that of files
    in place, else nothing."""

    columns: Mapping[str, Type | None]
    at: Span
    format: str = ""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, service in subject.project.bodies(ServiceSpec):
        if service.canary is None or service.model is None:
            continue
        first = _takes(subject, spec, service, ("spec", "model"), service.model)
        path: Path = ("spec", "canary", "model")
        other = _takes(subject, spec, service, path, service.canary.model)
        if first is not None and other is not None:
            # Who asks it asks as before: what suits the model has to suit the canary.
            forms = _forms(first, other, service.protocol == "v1", either=False)
            names = ("the canary", "the service's model")
            yield from _compared(first, other, spec.at(*path), names, forms)
    for spec, body in subject.project.bodies(GraphSpec):
        for name, node in body.nodes.items():
            if node.router_type != "Splitter":
                continue
            before: tuple[str, Takes] | None = None
            for index, step in enumerate(node.steps):
                found = service_takes(subject, step.service or "")
                if found is None:
                    continue
                if before is None:
                    before = (step.service or "", found)
                    continue
                at = spec.at("spec", "nodes", name, "steps", index, "service")
                named = (step.service or "", before[0])
                bodies = [subject.project.body(ServiceSpec, each) for each in named]
                in_json = all(body is None or body.protocol == "v1" for body in bodies)
                forms = _forms(before[1], found, in_json, either=True)
                names = (f"`{named[0]}`", f"`{named[1]}`")
                yield from _compared(before[1], found, at, names, forms)


@frozen
class Forms:
    """How a request says its values: in JSON; else by datatypes, which a server may widen. Whether
    it may be made for `either` of both models, or is made for the first."""

    in_json: bool
    widened: bool
    either: bool

    def suit(self, first: Type, other: Type) -> bool:
        """Whether there is a value that is one for both."""
        one, two = str(first), str(other)
        pairs = ((one, two), (two, one)) if self.either else ((one, two),)
        return one == two or any(self._is_taken(sent, as_) for sent, as_ in pairs)

    def _is_taken(self, sent: str, as_: str) -> bool:
        if self.in_json:
            return as_ in _BROKEN + _WHOLE and sent in (
                _WHOLE if as_ in _WHOLE else _WHOLE + _BROKEN
            )
        return self.widened and sent in _NARROWER.get(as_, ())


def _forms(first: Takes, other: Takes, in_json: bool, either: bool) -> Forms:
    tensors = first.format in _TENSORS or other.format in _TENSORS
    return Forms(in_json, not tensors, either)


def _compared(
    first: Takes, other: Takes, at: Span, names: tuple[str, str], forms: Forms
) -> Iterator[Diagnostic]:
    this, that = names
    for name in [*first.columns, *(n for n in other.columns if n not in first.columns)]:
        if name not in other.columns:
            wrong = f"{that} takes a column `{name}`, and {this} doesn't"
        elif name not in first.columns:
            wrong = f"{this} takes a column `{name}`, and {that} doesn't"
        else:
            here, there = other.columns[name], first.columns[name]
            if here is None or there is None or forms.suit(there, here):
                continue
            wrong = f"`{name}` is {here} for {this}, and {there} for {that}"
        yield Diagnostic(
            "request-mismatch",
            f"{wrong}, yet both get the same requests",
            at,
            hint="let both take the same columns, or ask them as two services",
            related=(("what the one takes", first.at), ("what the other takes", other.at)),
        )


def service_takes(subject: Subject, name: str) -> Takes | None:
    """What a request to this service has to hold; None where nobody knows."""
    spec = subject.project.find("Service", name)
    service = subject.project.body(ServiceSpec, name)
    if spec is None or service is None or service.model is None:
        return None
    return _takes(subject, spec, service, ("spec", "model"), service.model)


def _takes(
    subject: Subject, spec: Spec, service: ServiceSpec, path: Path, model: str | InlineModel
) -> Takes | None:
    """What a request has to hold for the model behind this service; None where nobody knows."""
    if service.transformer is not None:
        return None
    found = _model_takes(subject, spec, path, model)
    if found is None or service.features is None:
        return found
    gives = subject.services.get(service.features.service)
    if gives is None:
        return None
    asked: dict[str, Type | None] = {
        name: type_ for name, type_ in found.columns.items() if name not in gives.columns
    }
    return Takes({**asked, **gives.keys, **gives.request}, found.at, found.format)


def _model_takes(
    subject: Subject, spec: Spec, path: Path, model: str | InlineModel
) -> Takes | None:
    if (said := told(subject.project, spec, path, model)) is not None:
        at = said.spec.at(*said.path, "inputs")
        return Takes(said.signature.inputs, at, _format(subject, model))
    name = model.partition("@")[0] if isinstance(model, str) else ""
    makers = subject.makers.get(name, ())
    # Of several, nobody knows which made the version.
    found = _trained(subject, makers[0]) if len(makers) == 1 else None
    if found is None and (own := said_by(subject, name)) is not None:
        return Takes(own.signature.inputs, own.spec.at(*own.path, "inputs"))
    return found


def _format(subject: Subject, model: str | InlineModel) -> str:
    files = model if isinstance(model, InlineModel) else files_of(subject.project, model)
    return files.format if files is not None else ""


def said_by(subject: Subject, model: str) -> Told | None:
    """What a Model says of itself, where your own code trains it."""
    spec, body = subject.project.find("Model", model), subject.project.body(ModelSpec, model)
    if spec is None or body is None or body.signature is None:
        return None
    return Told(body.signature, spec, ("spec", "signature"))


def _trained(subject: Subject, maker: Maker) -> Takes | None:
    signature = subject.signature(maker)
    if signature is None or not signature.features:
        return None
    step = maker.graph.steps[signature.step]
    port = TRAINS[step.component.name].features if step.component is not None else ""
    at = subject.project.specs[maker.graph.pipeline].at(*under_with(step.path, port))
    columns = subject.columns(signature.table)
    found = {name: columns.get(name) for name in signature.features}
    return Takes({name: column.type if column else None for name, column in found.items()}, at)
