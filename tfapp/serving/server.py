"""The server: ports, signals, and an end that finishes what is in flight."""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from typing import Any

import uvicorn

from tfapp.base.reporter import Reporter
from tfapp.serving import rest, rpc
from tfapp.serving.conversion import Converters
from tfapp.serving.engine import Engine
from tfapp.serving.models.memory import freeze_what_stays
from tfapp.serving.opening import (
    bind,
    bracketed,
    loop_factory,
    read_tls,
    read_token,
)
from tfapp.serving.rest.connection import protocol_with
from tfapp.serving.settings import ServerSettings

KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048
LAST_SECONDS = 5.0
"""What an end may take after everything in flight had its time."""


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
        return f"{scheme}://{bracketed(self.settings.host)}:{self.settings.rest_port}/"

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
            await self._at_most(calls.stop(self.settings.limits.drain_seconds))
        await serving
        await self._at_most(in_daemon(self.engine.close))

    async def _at_most(self, ending: Awaitable[object]) -> None:
        """Wait for an end that may never come; a process that is told to end ends.

        gRPC can lose the event of its own end, and a call of a model can hang.
        """
        seconds = self.settings.limits.drain_seconds + LAST_SECONDS
        await asyncio.wait([asyncio.ensure_future(ending)], timeout=seconds)

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
        address = f"{bracketed(self.settings.host)}:{self.settings.grpc_port}"
        if self._tls is None:
            server.add_insecure_port(address)
        else:
            server.add_secure_port(address, self._tls)
        await server.start()
        return server

    def _announce(self) -> None:
        settings, host = self.settings, bracketed(self.settings.host)
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


def in_daemon(work: Callable[[], None]) -> Awaitable[None]:
    """Do work in a thread for which the end of the process does not wait."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def run() -> None:
        try:
            work()
        finally:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(finish)

    threading.Thread(target=run, name="end", daemon=True).start()
    return done
