"""What a server needs before it serves: sockets, secrets and an event loop."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from tfapp.base.errors import ConfigError, ServingError
from tfapp.serving.settings import ServerSettings


def bind(host: str, port: int) -> socket.socket | None:
    """Return a bound socket, so that a taken port fails before anything is loaded.

    Raises:
        ServingError: if the address cannot be used.
    """
    if not port:
        return None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ServingError(
            f"Cannot listen on {host}:{port}: {reason}. "
            "Choose another port with --rest-port and --grpc-port (0 = off)."
        ) from None
    return listener


def read_token(path: str) -> str:
    """Return the token of a file; "" if no file is named.

    Raises:
        ConfigError: if the file cannot be read or is empty.
    """
    token = _read(path, "token_file").decode("utf-8", "replace").strip() if path else ""
    if path and not token:
        raise ConfigError(f"token_file {path!r} is empty. Expected a token in it.")
    return token


def read_tls(settings: ServerSettings) -> Any:
    """Return gRPC's credentials of the TLS files; None without them.

    Raises:
        ConfigError: if a file cannot be read, or the two do not work together.
    """
    files = settings.tls_certificate, settings.tls_key
    if not files[0]:
        return None
    certificate, key = _read(files[0], "tls_certificate"), _read(files[1], "tls_key")
    try:  # an empty password, so that there is no prompt for one
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files, password="")
    except ssl.SSLError as error:
        raise ConfigError(
            f"tls_certificate {files[0]!r} and tls_key {files[1]!r} cannot be used: "
            f"{error.reason or error}. Expected a certificate and its own key in PEM "
            "files, the key without a password."
        ) from None
    return grpc.ssl_server_credentials([(key, certificate)])


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's maker of event loops, where it is installed."""
    try:
        import uvloop
    except ImportError:  # Windows has none
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _read(path: str, key: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"Cannot read {key} {path!r}: {error.strerror}.") from None


def bracketed(host: str) -> str:
    """Return a host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
