"""KServe's own application for one model: its endpoints and data plane.

In: a loaded model. Out: KServe's FastAPI application. Never starts a server, never opens a port.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from kserve.errors import InvalidInput
from kserve.model_repository import ModelRepository
from kserve.model_server import ModelServer
from kserve.model_server import app as kserve_app
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import RESTServer
from kserve.protocol.rest.v2_datamodels import InferenceRequest
from pydantic import ValidationError

from exai_components.serve.errors import add_error_handlers
from exai_components.serve.model import ServedModel
from exai_components.serve.values import Rejected

_BINARY = "inference-header-content-length"


Accepts = Callable[[], Awaitable[bool]]


class _Plane(DataPlane):  # type: ignore[misc]
    """KServe's data plane; a body that it can't decode is the caller's mistake, never a 500."""

    def __init__(self, registry: ModelRepository, accepts: Accepts, fed: Accepts) -> None:
        super().__init__(model_registry=registry)
        self._accepts = accepts
        self._fed = fed

    def decode(self, body: Any, headers: Any, **keywords: Any) -> Any:
        try:
            return super().decode(body, headers, **keywords)
        except (InvalidInput, Rejected):
            raise
        except Exception as error:
            raise Rejected("malformed", f"the body can't be decoded: {error!r}") from None

    def decode_inference_request(self, body: Any, headers: Any, model_name: str) -> Any:
        if isinstance(body, bytes) and _BINARY not in headers:
            body = _json_request(body)
        return super().decode_inference_request(body, headers, model_name)

    def metadata(self) -> dict[str, Any]:
        """The server's name and version; it offers no loading and unloading."""
        return {**super().metadata(), "extensions": []}

    async def ready(self) -> bool:
        return await self._accepts()

    async def model_ready(
        self, model_name: str, disable_predictor_health_check: bool = False
    ) -> bool:
        """KServe's own endpoints for predictions ask this, too: those find out by trying."""
        known = await super().model_ready(model_name, disable_predictor_health_check)
        return bool(known) and (disable_predictor_health_check or await self._fed())


class _Fixed(ModelRepositoryExtension):  # type: ignore[misc]
    """One model, loaded at the start and served until the end: nobody can unload it over HTTP."""

    async def load(self, model_name: str) -> None:
        raise NotImplementedError(f"{model_name} was loaded at the start; nothing else can be")

    async def unload(self, model_name: str) -> None:
        raise NotImplementedError(f"{model_name} can't be unloaded; stop the server instead")


class _Rest(RESTServer):  # type: ignore[misc]
    """KServe's REST server without its log line a request, and with errors that name the place."""

    def _add_middlewares(self, app: FastAPI) -> None:
        pass

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        add_error_handlers(app)


def build_app(model: ServedModel, accepts: Accepts, fed: Accepts) -> FastAPI:
    """KServe's application, of which a process has one.

    The server's readiness asks `accepts`, the model's asks `fed`: has it what it needs?
    """
    server = ModelServer(http_port=0, enable_grpc=False, enable_latency_logging=False)
    server.register_model(model)
    registry = server.registered_models
    rest = _Rest("", _Plane(registry, accepts, fed), _Fixed(registry), http_port=0)
    rest.create_application()
    return kserve_app


def _json_request(body: bytes) -> InferenceRequest:
    """A V2 body whose content type doesn't say JSON, as curl sends it."""
    try:
        return InferenceRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Rejected("malformed", f"{place}: {first['msg']}") from None
