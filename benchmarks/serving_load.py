"""A load generator for servers of SavedModels, and servers in processes of their own.

It is one process with plain sockets, and every request is prepared once.
"""

import asyncio
import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from serving_peers import PEERS, free_port

START_SECONDS = 600
WARM_REQUESTS = 20


def requests_of(photo, path, port):
    """Return {form: the bytes of an HTTP request}."""
    data = photo.read_bytes()
    encoded = json.dumps({"instances": [{"b64": base64.b64encode(data).decode()}]})
    pixels = json.dumps({"signature_name": "serve_images", "instances": _pixels(photo)})
    forms = {
        "jpeg": (data, "image/jpeg"),
        "base64 in json": (encoded.encode(), "application/json"),
        "pixels in json": (pixels.encode(), "application/json"),
    }
    return {name: post(path, port, kind, body) for name, (body, kind) in forms.items()}


def post(path, port, kind, body):
    """Return the bytes of a request with a body of some kind."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _pixels(photo):
    import numpy as np
    from PIL import Image

    image = Image.open(photo).convert("RGB").resize((96, 96))
    return np.asarray(image)[None].tolist()


async def ask(reader, writer, request):
    """Send one request; return its status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.index(b"content-length:") + 15
    await reader.readexactly(int(lower[at : lower.index(b"\r\n", at)]))
    return int(head[9:12])


async def client(port, request, end, latencies, failures):
    """Ask one request after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    while time.monotonic() < end():
        started = time.monotonic()
        try:
            status = await ask(reader, writer, request)
        except (OSError, asyncio.IncompleteReadError) as error:
            failures.append(repr(error))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        latencies.append(time.monotonic() - started)
        if status != 200:
            failures.append(status)
    writer.close()


async def load(port, request, clients, seconds, meanwhile=None):
    """Ask from several clients; return throughput and latencies in milliseconds."""
    latencies: list[float] = []
    failures: list[object] = []
    stop = time.monotonic() + seconds
    before, started = time.process_time(), time.monotonic()
    work = [
        client(port, request, lambda: stop, latencies, failures) for _ in range(clients)
    ]
    extra = [asyncio.to_thread(meanwhile)] if meanwhile else []
    await asyncio.gather(*work, *extra)
    elapsed = time.monotonic() - started
    ordered = sorted(latencies)
    return {
        "requests": len(ordered),
        "failures": len(failures),
        "first_failures": failures[:3],
        "per_second": round(len(ordered) / elapsed, 1),
        "p50_ms": _milliseconds(ordered, 0.5),
        "p99_ms": _milliseconds(ordered, 0.99),
        "generator_share": round((time.process_time() - before) / elapsed, 2),
    }


def _milliseconds(ordered, share):
    """Return a quantile of latencies in seconds; None where nothing was answered."""
    return round(ordered[int(len(ordered) * share)] * 1000, 2) if ordered else None


class Running:
    """A server in a process of its own, perhaps with all models next to the model."""

    def __init__(self, name, model, with_others=False):
        self.peer, self.port, self.model = PEERS[name], free_port(), model
        self.log = tempfile.TemporaryFile()
        command = self.peer.command(model.parent if with_others else model, self.port)
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, start_new_session=True
        )

    async def ready(self, request, requests=WARM_REQUESTS):
        """Wait until it answers so many requests."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                found = [await ask(reader, writer, request) for _ in range(requests)]
                writer.close()
                if found[-1] == 200:
                    return
            except (OSError, ValueError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.05)
        self.log.seek(0)
        raise SystemExit(f"{self.peer} does not answer:\n{self.log.read().decode()}")

    def stop(self):
        """End it, and give it time for it; then whatever it has left running."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
