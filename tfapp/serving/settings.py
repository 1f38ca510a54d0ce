"""Settings of a server: command line and models.toml, as frozen pydantic models."""

import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tfapp.base.errors import ConfigError
from tfapp.base.table_errors import explain

Model = TypeVar("Model", bound=BaseModel)

MEBIBYTE = 2**20
NAME = r"^[^/:\x00-\x1f]+$"


class Table(BaseModel):
    """A table of models.toml: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BatchingSettings(Table):
    """How requests to one signature of one model share a call."""

    max_batch_size: int = Field(16, ge=1, le=65_536, description="rows of one call")
    window_micros: int = Field(
        2000, ge=0, description="longest wait for company; a lone request never waits"
    )
    max_enqueued_batches: int = Field(
        32, ge=1, description="full batches that may wait; more is answered 503"
    )
    num_threads: int = Field(2, ge=1, le=64, description="calls at the same time")
    allowed_batch_sizes: tuple[int, ...] = Field(
        (), description="batches are padded to the next of these; () = any size"
    )
    max_batch_pixels: int = Field(
        100_000_000, ge=1, description="of the encoded images of one call"
    )

    @model_validator(mode="after")
    def _sizes_grow_to_the_largest(self) -> "BatchingSettings":
        sizes = self.allowed_batch_sizes
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1):
            raise ValueError(
                "`allowed_batch_sizes` must be positive and grow. "
                f"Received: {list(sizes)}"
            )
        if sizes and sizes[-1] != self.max_batch_size:
            raise ValueError(
                "`allowed_batch_sizes` must end with `max_batch_size` = "
                f"{self.max_batch_size}. Received: {list(sizes)}"
            )
        return self


class LimitSettings(Table):
    """What one client may use of the machine."""

    max_request_bytes: int = Field(64 * MEBIBYTE, ge=1, description="of one body")
    max_json_bytes: int = Field(
        32 * MEBIBYTE, ge=2**16, description="of one JSON body beside its files"
    )
    max_pending_bytes: int = Field(
        512 * MEBIBYTE, ge=1, description="of all bodies at one time; more is a 503"
    )
    max_image_pixels: int = Field(
        100_000_000, ge=1, description="of one encoded image, all frames together"
    )
    max_connections: int = Field(1024, ge=1, description="open at one time, REST")
    header_seconds: float = Field(10.0, gt=0, description="to send a request's head")
    body_seconds: float = Field(30.0, gt=0, description="to send a request's body")
    request_seconds: float = Field(
        30.0, gt=0, description="deadline where the client sets none"
    )
    drain_seconds: float = Field(
        30.0, gt=0, description="for what is in flight at shutdown or unloading"
    )


class ModelSettings(Table):
    """One model: where its versions lie and which of them are served."""

    path: str = Field(description="folder that holds NUMBER/saved_model.pb")
    versions: Literal["latest", "all"] | tuple[int, ...] = Field(
        "latest", description="latest, all, or a list of numbers"
    )
    num_versions: int = Field(1, ge=1, description="how many, where versions = latest")
    labels: dict[str, int] = Field({}, description="names of versions, for clients")
    batching: BatchingSettings | None = Field(None, description="None = [batching]")


class ServerSettings(Table):
    """All settings of a server."""

    folder: str = Field("", description='serves every NAME/VERSION below; "" = none')
    host: str = Field("127.0.0.1", description="address to listen on")
    rest_port: int = Field(8501, ge=0, le=65_535, description="0 = off")
    grpc_port: int = Field(8500, ge=0, le=65_535, description="0 = off")
    poll_seconds: float = Field(1.0, gt=0, description="between looks at the folders")
    cors: bool = Field(False, description="let pages of other origins send requests")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="further names in Host headers; () on 127.0.0.1 = local ones"
    )
    token_file: str = Field("", description="file with a token that requests must bear")
    tls_certificate: str = Field("", description="PEM file; with tls_key turns TLS on")
    tls_key: str = Field("", description="PEM file")
    log: Literal["errors", "all", "off"] = Field(
        "errors", description="requests logged on stderr, one JSON object a line"
    )
    batching: BatchingSettings = BatchingSettings()
    limits: LimitSettings = LimitSettings()
    models: dict[str, ModelSettings] = Field({}, description="by name")

    @model_validator(mode="after")
    def _tls_needs_both_files(self) -> "ServerSettings":
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("TLS needs both `tls_certificate` and `tls_key`.")
        if not (self.rest_port or self.grpc_port):
            raise ValueError("`rest_port` and `grpc_port` are both 0: nothing to do.")
        return self


def read_settings(path: Path | None, **overrides: Any) -> ServerSettings:
    """Return the settings of a file, changed by the overrides.

    Relative paths of models in the file are meant from the file's folder.

    Args:
        path: of models.toml; None for defaults.
        overrides: keys of ServerSettings; None where the file decides.

    Raises:
        ConfigError: one line for each key that is wrong.
    """
    table = _read(path) if path else {}
    table |= {key: value for key, value in overrides.items() if value is not None}
    settings = build(ServerSettings, table, str(path or "serve"))
    if path is None:
        return settings
    models = {
        name: model.model_copy(update={"path": str(path.parent / model.path)})
        for name, model in settings.models.items()
    }
    return settings.model_copy(update={"models": models})


def build(model: type[Model], table: dict[str, Any], where: str) -> Model:
    """Validate a table; ConfigError in a user's words."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise explain(error, where, model) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from None
