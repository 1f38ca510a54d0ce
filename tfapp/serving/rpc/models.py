"""tensorflow.serving.ModelService: status, and another configuration."""

import asyncio
from pathlib import Path
from typing import Any

from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
)

from tfapp.serving.engine import Engine
from tfapp.serving.exchange import Exchange
from tfapp.serving.rpc.calls import answered, spec_of
from tfapp.serving.settings import ModelSettings, ServerSettings
from tfapp.serving.status import RequestError, Status, invalid


def register(server: Any, engine: Engine) -> None:
    """Add the service to a server."""
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(Models(engine), server)


class Models(model_service_pb2_grpc.ModelServiceServicer):  # type: ignore[misc]
    """The two methods of the service.

    Args:
        engine: holds the models.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetModelStatus(self, message: Any, context: Any) -> Any:
        """The states of a model's versions."""

        async def work(_: Exchange) -> Any:
            reply = get_model_status_pb2.GetModelStatusResponse()
            spec = spec_of(message.model_spec)
            for servable in self._engine.manager.statuses(spec):
                status = reply.model_version_status.add(
                    version=servable.version, state=servable.state.value
                )
                if servable.error:
                    status.status.error_code = servable.error.status.code
                    status.status.error_message = str(servable.error)
            return reply

        return await answered(self._engine, context, "GetModelStatus", message, work)

    async def HandleReloadConfigRequest(self, message: Any, context: Any) -> Any:
        """Serve other models; a failure is in the reply's status."""

        async def work(_: Exchange) -> Any:
            reply = model_management_pb2.ReloadConfigResponse()
            try:
                models = read_config(message.config, self._engine.settings)
                await asyncio.to_thread(self._engine.manager.reload, models)
            except RequestError as error:
                reply.status.error_code = error.status.code
                reply.status.error_message = str(error)
            return reply

        return await answered(self._engine, context, "ReloadConfig", message, work)


def read_config(config: Any, settings: ServerSettings) -> dict[str, ModelSettings]:
    """Return the models of a ModelServerConfig message.

    Raises:
        RequestError: INVALID_ARGUMENT if it is no list of models or a model is wrong,
            PERMISSION_DENIED if a folder lies outside of what is served already.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise invalid("Expected a model_config_list.")
    models: dict[str, ModelSettings] = {}
    for model in config.model_config_list.config:
        if not model.name or model.name in models:
            raise invalid(f"Illegal or duplicate model name {model.name!r}.")
        if model.model_platform not in ("", "tensorflow"):
            raise invalid(f"Unknown model platform {model.model_platform!r}.")
        require_inside(model.base_path, settings)
        models[model.name] = _model_settings(model)
    return models


def require_inside(base_path: str, settings: ServerSettings) -> None:
    """Refuse a folder that the server was not started with: SavedModels are code.

    Raises:
        RequestError: PERMISSION_DENIED, or INVALID_ARGUMENT if it is no path.
    """
    roots = [settings.folder, *(model.path for model in settings.models.values())]
    try:
        path = Path(base_path).resolve()
    except (OSError, ValueError) as error:  # too long, a null character, …
        raise invalid(f"{base_path!r} is no folder: {error}") from None
    if not any(path.is_relative_to(Path(root).resolve()) for root in roots if root):
        raise RequestError(
            Status.PERMISSION_DENIED,
            f"The folder {base_path!r} lies outside of those that this server was "
            "started with.",
        )


def _model_settings(model: Any) -> ModelSettings:
    settings: dict[str, Any] = {
        "path": model.base_path,
        "labels": dict(model.version_labels),
    }
    policy = model.model_version_policy
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        settings["versions"] = "all"
    elif kind == "specific":
        settings["versions"] = tuple(policy.specific.versions)
    elif kind == "latest":
        settings["num_versions"] = max(1, policy.latest.num_versions)
    return ModelSettings(**settings)
