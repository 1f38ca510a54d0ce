"""Answers requests of any protocol; knows nothing of HTTP or gRPC."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from tfapp.serving.conversion import Converters, converted, converter, has_foreign
from tfapp.serving.examples import check_images
from tfapp.serving.exchange import Exchange, RequestLog
from tfapp.serving.metrics import Metrics
from tfapp.serving.models.manager import Manager, ModelSpec
from tfapp.serving.models.model import Say
from tfapp.serving.models.servable import Prepared
from tfapp.serving.request import Answer, Request
from tfapp.serving.settings import ServerSettings
from tfapp.serving.signature import check_inputs, check_outputs, require_plain
from tfapp.serving.status import RequestError, Status
from tfapp.serving.workers import Workers, in_time

Found = TypeVar("Found")

LARGE = 64 * 1024
"""Bytes; reading more than this would hold up the other clients of the event loop."""


MANY_ROWS = 1000
"""Dividing more of them into batches takes longer than others should wait."""


class Engine:
    """The models, and what is counted and logged of their work.

    Args:
        settings: of the server.
        say: shows a line to the user.
        converters: of content that no graph can read.
    """

    def __init__(
        self, settings: ServerSettings, say: Say, converters: Converters
    ) -> None:
        self.settings = settings
        self.converters = converters
        self.metrics = Metrics()
        self.manager = Manager(settings, self.metrics, say)
        self.log = RequestLog(settings.log)
        self.workers = Workers(settings.limits.request_seconds)
        self.pending_bytes = 0

    async def answer(self, request: Request, exchange: Exchange) -> Answer:
        """Answer a request.

        Args:
            request: translated from a protocol.
            exchange: remembers what is learned about it.

        Raises:
            RequestError: if it is wrong, late, or there is no room for it.
        """
        deadline = self._deadline(request)
        with self.manager.lease(request.spec) as servable:
            exchange.model, exchange.version = servable.name, servable.version
            exchange.signature = request.signature
            signature = servable.saved_model.signature(request.signature)
            require_plain(signature)
            check_outputs(signature, request.outputs)

            convert = converter(self.converters, servable.saved_model.card)

            def prepare(alone: bool) -> Prepared | None:
                """Return the inputs, None where they first have to be converted."""
                inputs = request.read(signature)
                check_inputs(signature, inputs)
                most = self.settings.limits.max_image_pixels
                check_images(signature, inputs, most)
                if convert and has_foreign(inputs):
                    if not alone:  # it takes longer than others should wait
                        return None
                    inputs = converted(inputs, convert, most)
                return servable.prepare(signature, inputs, deadline)

            prepared, alone = None, request.size > LARGE
            while prepared is None:
                reading = aside(alone, partial(prepare, alone))
                prepared = await in_time(reading, deadline - time.monotonic())
                alone = True
            exchange.rows = prepared.size
            started = time.monotonic()
            future = await aside(
                prepared.size > MANY_ROWS, lambda: servable.submit(signature, prepared)
            )
            answering = asyncio.wrap_future(future)
            outputs = await in_time(answering, deadline - time.monotonic())
            exchange.runtime_seconds = time.monotonic() - started
            names = request.outputs or signature.outputs
            spec = ModelSpec(servable.name, servable.version, request.spec.label)
            return Answer(spec, signature, {name: outputs[name] for name in names})

    @contextmanager
    def recorded(self, entrypoint: str, api: str) -> Iterator[Exchange]:
        """Count and log what happens in the block; errors pass through.

        Args:
            entrypoint: "REST" or "GRPC".
            api: "Predict", "Classify", ….
        """
        exchange = Exchange(entrypoint, api)
        try:
            yield exchange
        except RequestError as error:
            exchange.status, exchange.error = error.status, str(error)
            raise
        except asyncio.CancelledError:
            exchange.status = Status.CANCELLED
            raise
        except Exception as error:
            exchange.status, exchange.error = Status.INTERNAL, repr(error)
            raise
        finally:
            self.pending_bytes -= exchange.held_bytes
            self.metrics.finished(exchange)
            self.log.write(exchange)

    def check_size(self, size: int) -> None:
        """Refuse a request of so many bytes, if they are too many.

        Raises:
            RequestError: 413.
        """
        most = self.settings.limits.max_request_bytes
        if size > most:
            raise RequestError(
                Status.INVALID_ARGUMENT,
                f"The request is larger than {most:,} bytes.",
                http=413,
            )

    def hold(self, exchange: Exchange, size: int) -> None:
        """Account for the bytes of a request while it is here.

        Raises:
            RequestError: if the request, or all of them together, are too large.
        """
        self.check_size(exchange.held_bytes + size)
        self.make_room(exchange, size)

    def make_room(self, exchange: Exchange, size: int) -> None:
        """Account for memory that a request takes while it is here.

        Raises:
            RequestError: UNAVAILABLE if there is none left for it.
        """
        if self.pending_bytes + size > self.settings.limits.max_pending_bytes:
            raise RequestError(
                Status.UNAVAILABLE, "Too many bytes are being answered. Try again."
            )
        exchange.held_bytes += size
        self.pending_bytes += size

    def metrics_text(self) -> str:
        """Return the metrics of this moment in Prometheus' text format."""
        depths = {
            name: sum(servable.depth for servable in model.versions.values())
            for name, model in self.manager.models.items()
        }
        return self.metrics.text(depths)

    def close(self) -> None:
        """Drain and unload the models and write the log to its end."""
        self.manager.close()
        self.workers.close()
        self.log.close()

    def _deadline(self, request: Request) -> float:
        longest = self.settings.limits.request_seconds
        seconds = longest if request.seconds is None else request.seconds
        return time.monotonic() + seconds


async def aside(large: bool, work: Callable[[], Found]) -> Found:
    """Do work; large work in a thread, so that others are answered meanwhile."""
    return await asyncio.to_thread(work) if large else work()
