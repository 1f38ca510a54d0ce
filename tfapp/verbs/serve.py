"""Serving SavedModels to clients of TensorFlow Serving and KServe, and to people."""

import os
from pathlib import Path
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.base.extras import require_extra
from tfapp.base.reporter import Reporter
from tfapp.machine import processor
from tfapp.machine.start import native_stderr_aside

NEEDED = ("starlette", "uvicorn", "httptools", "python_multipart", "grpc_health")


def serve(
    folder: str | Path = "",
    config: str | Path = "",
    *,
    reporter: Reporter | None = None,
    **options: Any,
) -> None:
    """Serve SavedModels until Ctrl-C or SIGTERM.

    Args:
        folder: serves every NAME/VERSION below; "" for `saved_models`, or for what
            `config` sets.
        config: models.toml, the same options in a file, with models and batching.
        reporter: reports what happens; the default writes to stderr.
        options: keys of ServerSettings, as `rest_port`; they win over the file. None
            stands for what the file or the default sets.

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
    processor.tune_allocator()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with reporter.stage("start TensorFlow"), native_stderr_aside():
        from tfapp.serving.server import Server
    Server(settings, reporter).run()


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
