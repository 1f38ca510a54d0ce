"""Serving SavedModels to clients of TensorFlow Serving and KServe, and to people."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base import registry
from tfapp.base.errors import ConfigError
from tfapp.base.extras import require_extra
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow

if TYPE_CHECKING:
    from tfapp.serving.running import Running

NEEDED = ("starlette", "uvicorn", "httptools", "python_multipart", "grpc_health")


def serve(
    folder: str | Path = "",
    config: str | Path = "",
    *,
    reporter: Reporter | None = None,
    **options: Any,
) -> "Running | None":
    """Serve SavedModels until Ctrl-C or SIGTERM; in a notebook, until `stop`.

    Where an event loop runs already, as in notebooks, the server gets a thread of its
    own and the call returns as soon as it listens.

    Args:
        folder: serves every NAME/VERSION below; "" for `saved_models`, or for what
            `config` sets.
        config: models.toml, the same options in a file, with models and batching.
        reporter: reports what happens; the default writes to stderr.
        options: keys of ServerSettings, as `rest_port`; they win over the file. None
            stands for what the file or the default sets.

    Returns:
        The server, where it runs in a thread; None after its end otherwise.

    Raises:
        ConfigError: if an option is wrong or there is nothing to serve.
        ServingError: if a port is taken.
    """
    require_extra("serve", NEEDED, "Serving")
    from tfapp.serving.settings import read_settings

    path = Path(config) if config else None
    overrides = {**options, "folder": str(folder) or None}
    settings = read_settings(path, **overrides)
    if not settings.folder and not settings.models:
        settings = settings.model_copy(update={"folder": "saved_models"})
    check_folders(settings)
    reporter = reporter or Reporter()
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # models share a GPU
    start_tensorflow(reporter, needs_backend=False, needs_keras=False)
    from tfapp.serving.running import Running
    from tfapp.serving.server import Server

    targets = registry.union("CONVERTERS").items()
    converters = {media: registry.load_target(target) for media, target in targets}
    server = Server(settings, reporter, converters)
    if is_loop_running():
        return Running(server)
    server.run()
    return None


def is_loop_running() -> bool:
    """Return whether this thread runs an event loop, as that of a notebook does."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def check_folders(settings: Any) -> None:
    """Refuse a folder that is not there, or that is a SavedModel itself.

    Raises:
        ConfigError: with the folder that was probably meant.
    """
    places = {"folder": settings.folder} if settings.folder else {}
    places |= {f"models.{n}.path": m.path for n, m in settings.models.items()}
    for key, place in places.items():
        path = Path(place)
        if not path.is_dir():
            kind = "is a file" if path.exists() else "does not exist"
            raise ConfigError(
                f"`{key}` {place!r} {kind}. Expected a folder of SavedModels: "
                "NAME/VERSION/saved_model.pb."
            )
        if (path / "saved_model.pb").is_file():
            parent = path.absolute().parent
            meant = parent.parent if key == "folder" else parent
            raise ConfigError(
                f"`{key}` {place!r} is a SavedModel itself. Expected the folder of "
                f"NAME/VERSION: did you mean {str(meant)!r}?"
            )
