"""The server's side of the processes that read and write large JSON."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from pickle import PickleBuffer
from typing import IO, Any, TypeVar, cast

import tfapp
from tfapp.serving.signature import Arrays, Signature
from tfapp.serving.status import RequestError, Status, too_late
from tfapp.serving.tensors.documents import Document, Facts
from tfapp.serving.tensors.worker import receive, send

Result = TypeVar("Result")

WORKERS = 2
"""At most; each takes 40 MB, and starts when it is needed first."""


class Worker:
    """One process; answers one question at a time."""

    def __init__(self) -> None:
        self.is_busy = False
        paths = [str(Path(tfapp.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        variables = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tfapp.serving.tensors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | variables,
        )
        self._questions = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def ask(self, *question: Any) -> Any:
        """Return the answer to a question; waits for it.

        Raises:
            RequestError: as the process raises it; UNAVAILABLE if it ended.
        """
        self.is_busy = True
        try:
            parts = (PickleBuffer(q) if isinstance(q, bytes) else q for q in question)
            send(self._questions, tuple(parts))  # bytes are sent uncopied
            kind, *answer = receive(self._answers)
            self.is_busy = False
        except (EOFError, OSError, ValueError):  # the last: it was closed meanwhile
            raise RequestError(
                Status.UNAVAILABLE, "The process that reads JSON ended. Try again."
            ) from None
        if kind == "refusal":
            status, message, http = answer
            raise RequestError(Status[status], message, http)
        if kind == "failure":
            raise RuntimeError(f"A worker failed:\n{answer[0]}")
        return answer[0]

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._questions, self._answers):
            with suppress(OSError):  # of what it did not take
                stream.close()


class Loan:
    """A worker in the hands of one request; it ends once.

    Args:
        worker: that is lent.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker


class Remote:
    """A document in another process; it can be read once.

    Args:
        facts: of the document.
        worker: holds it.
        give_back: ends the loan, in the event loop.
    """

    def __init__(
        self, facts: Facts, worker: Worker, give_back: Callable[[], None]
    ) -> None:
        self.facts, self._worker, self._give_back = facts, worker, give_back
        self._loop = asyncio.get_running_loop()

    def read(self, signature: Signature) -> Arrays:
        """Return the arrays of its inputs; waits for them, in any thread."""
        try:
            arrays: Arrays = self._worker.ask("read", replace(signature, proto=None))
        finally:
            self._loop.call_soon_threadsafe(self._give_back)
        return arrays


class Workers:
    """All processes of a server.

    Args:
        seconds: longest time of one question, its wait included.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._idle: list[Worker] = []
        self._loans: set[Loan] = set()
        self._places = asyncio.Semaphore(WORKERS)

    @asynccontextmanager
    async def opened(
        self, kind: Callable[..., Document], *arguments: Any
    ) -> AsyncIterator[Document]:
        """Lend a document that a process parsed; it is gone when the block ends.

        Raises:
            RequestError: as `kind`; DEADLINE_EXCEEDED.
        """
        loan = await self._lend()
        give_back = partial(self._take_back, loan)
        try:
            facts = await self._ask(loan, "open", kind, *arguments)
            yield Remote(facts, loan.worker, give_back)
        finally:
            give_back()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of a module returns, called in a process.

        Raises:
            RequestError: as the function; DEADLINE_EXCEEDED.
        """
        loan = await self._lend()
        try:
            return await self._ask(loan, "call", function, *arguments)
        finally:
            self._take_back(loan)

    def close(self) -> None:
        """End the processes."""
        for worker in self._idle + [loan.worker for loan in self._loans]:
            worker.end()

    async def _lend(self) -> Loan:
        await in_time(self._places.acquire(), self._seconds)
        try:
            worker = self._idle.pop() if self._idle else await asyncio.to_thread(Worker)
        except BaseException:
            self._places.release()
            raise
        loan = Loan(worker)
        self._loans.add(loan)
        return loan

    def _take_back(self, loan: Loan) -> None:
        """End a loan, unless it is over; a worker that is still at work is ended."""
        if loan not in self._loans:
            return
        self._loans.remove(loan)
        self._places.release()
        if loan.worker.is_busy:
            loan.worker.end()
        else:
            self._idle.append(loan.worker)

    async def _ask(self, loan: Loan, *question: Any) -> Any:
        asking = asyncio.to_thread(loan.worker.ask, *question)
        return await in_time(asking, self._seconds)


async def in_time(work: Awaitable[Result], seconds: float) -> Result:
    """Wait for work, but not longer than that.

    Raises:
        RequestError: DEADLINE_EXCEEDED.
    """
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise too_late() from None
