"""The server: ports, signals, and an end that finishes what is in flight."""

import asyncio
import logging
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import grpc
import uvicorn

from tfapp.base.errors import ConfigError, ServingError
from tfapp.base.reporter import Reporter
from tfapp.serving import rest, rpc
from tfapp.serving.conversion import Converters
from tfapp.serving.engine import Engine
from tfapp.serving.models.memory import freeze_what_stays
from tfapp.serving.rest.connection import protocol_with
from tfapp.serving.settings import ServerSettings

KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048


class Server:
    """Serves until `stop` or a signal.

    Args:
        settings: of the server.
        reporter: reports what happens.
        converters: of content that no graph can read, such as TIFF files.

    Raises:
        ServingError: if a port is taken.
        ConfigError: if the token or a TLS file cannot be read.
    """

    def __init__(
        self,
        settings: ServerSettings,
        reporter: Reporter,
        converters: Converters | None = None,
    ) -> None:
        self.settings = settings
        self._reporter = reporter
        self._token = read_token(settings.token_file)
        self._tls = read_tls(settings)
        self._socket = bind(settings.host, settings.rest_port)
        if settings.grpc_port:  # gRPC binds itself; find out early if it cannot
            bind(settings.host, settings.grpc_port).close()  # type: ignore[union-attr]
        self.engine = Engine(settings, reporter.say, converters or {})
        self.started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @property
    def url(self) -> str:
        """The address of the page and of REST; "" if they are off."""
        if not self.settings.rest_port:
            return ""
        scheme = "https" if self.settings.tls_certificate else "http"
        return f"{scheme}://{_bracketed(self.settings.host)}:{self.settings.rest_port}/"

    def run(self) -> None:
        """Serve; return when stopped and everything in flight is answered."""
        if threading.current_thread() is threading.main_thread():
            freeze_what_stays()
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self._run())

    def stop(self) -> None:
        """Ask for the end; safe from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._stop.set)
        calls = await self._start_grpc()
        web = self._web_server()
        serving = asyncio.ensure_future(self._serve_web(web))
        self.engine.manager.start()
        while self._socket is not None and not (web.started or serving.done()):
            await asyncio.sleep(0.005)  # until it listens: clients come at once
        self._announce()
        self.started.set()
        await asyncio.wait(
            [serving, asyncio.ensure_future(self._stop.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
        self._reporter.say("stopping: what is in flight is answered first")
        web.should_exit = True
        if calls is not None:
            await calls.stop(self.settings.limits.drain_seconds)
        await serving
        await asyncio.to_thread(self.engine.close)

    def _web_server(self) -> "WebServer":
        limits = self.settings.limits
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        certificate, key = self.settings.tls_certificate, self.settings.tls_key
        config = uvicorn.Config(
            rest.make_app(self.engine, self._token),
            http=protocol_with(limits.header_seconds, limits.body_seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=limits.max_connections,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=round(limits.drain_seconds),
            ssl_certfile=certificate or None,
            ssl_keyfile=key or None,
        )
        return WebServer(config)

    async def _serve_web(self, web: "WebServer") -> None:
        if self._socket is None:
            await self._stop.wait()
        else:
            await web.serve(sockets=[self._socket])

    async def _start_grpc(self) -> Any:
        if not self.settings.grpc_port:
            return None
        server = rpc.make_server(self.engine, self._token)
        address = f"{_bracketed(self.settings.host)}:{self.settings.grpc_port}"
        if self._tls is None:
            server.add_insecure_port(address)
        else:
            server.add_secure_port(address, self._tls)
        await server.start()
        return server

    def _announce(self) -> None:
        settings, host = self.settings, _bracketed(self.settings.host)
        if self.url:
            self._reporter.say(f"page and REST  {self.url}")
        if settings.grpc_port:
            self._reporter.say(f"gRPC           {host}:{settings.grpc_port}")
        if settings.host not in ("127.0.0.1", "::1", "localhost") and not self._token:
            self._reporter.say(
                "anyone who reaches this address may send requests: "
                "set token_file to change that"
            )


class WebServer(uvicorn.Server):
    """uvicorn, whose signals are ours: one end for REST, gRPC and models."""

    def capture_signals(self) -> Any:
        """Leave the signals alone."""
        return nullcontext()


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


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
