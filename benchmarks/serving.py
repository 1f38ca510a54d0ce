"""Throughput and latency of `tfapp serve` beside other ways to serve one SavedModel.

python benchmarks/serving.py SAVED_MODEL PHOTO.jpg [--seconds 20] [--out serving.json]
python benchmarks/serving.py SAVED_MODEL PHOTO.jpg --switches 20
python benchmarks/serving.py SAVED_MODEL PHOTO.jpg --soak 100000

Every server is a process of its own, started on a free port of this machine, warmed up,
asked by the same load generator (one process, plain sockets, the request prepared once)
and stopped before the next one starts. A peer whose package is not installed is left
out and named. The load generator's own share of the processor is reported beside every
figure: on few cores it is part of what is measured.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from serving_peers import PEERS, Tfapp, free_port, missing

CLIENTS = (1, 8, 64)
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
    return {
        name: (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for name, (body, kind) in forms.items()
    }


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
    """A server in a process of its own."""

    def __init__(self, name, model):
        self.peer, self.port, self.model = PEERS[name], free_port(), model
        self.log = tempfile.TemporaryFile()
        command = self.peer.command(model, self.port)
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, start_new_session=True
        )

    async def ready(self, request):
        """Wait until it answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                found = [
                    await ask(reader, writer, request) for _ in range(WARM_REQUESTS)
                ]
                writer.close()
                if found[-1] == 200:
                    return
            except (OSError, ValueError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.5)
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


async def compare(model, photo, seconds, chosen, forms):
    """Return the figures of every server, form and number of clients."""
    found = []
    for name in chosen:
        lacking = missing(name)
        if lacking:
            print(f"{name}: left out, {lacking} is not installed")
            continue
        server = Running(name, model)
        asked = requests_of(photo, server.peer.path(server.model), server.port)
        try:
            await server.ready(asked["base64 in json"])
            for form in server.peer.forms:
                if form not in forms:
                    continue
                for clients in CLIENTS:
                    await load(server.port, asked[form], clients, seconds / 5)
                    row = await load(server.port, asked[form], clients, seconds)
                    row = {"server": name, "form": form, "clients": clients, **row}
                    print(json.dumps(row), flush=True)
                    found.append(row)
        finally:
            server.stop()
    return found


async def switch(model, photo, number):
    """Let versions appear under the load of 64 clients; return what failed."""
    root = Path(tempfile.mkdtemp())
    folder = root / "model"
    folder.mkdir()
    _place(model, folder, 1)
    server = Running("tfapp serve", folder / "1")
    asked = requests_of(photo, server.peer.path(server.model), server.port)["jpeg"]
    served = []

    def renew():
        for version in range(2, number + 2):
            _place(model, folder, version)
            served.append(_wait_for(server.port, version))

    try:
        await server.ready(asked)
        row = await load(server.port, asked, 64, _budget(number), renew)
    finally:
        server.stop()
        shutil.rmtree(root)
    return {**row, "switches": len(served), "seconds_each": statistics.mean(served)}


def _budget(number):
    return 6.0 * number


def _place(model, folder, version):
    shutil.copytree(model, folder / f".{version}")
    (folder / f".{version}").rename(folder / str(version))


def _wait_for(port, version):
    import urllib.request

    started = time.monotonic()
    address = f"http://127.0.0.1:{port}/v1/models/model"
    while time.monotonic() < started + 300:
        with urllib.request.urlopen(address) as reply:
            states = json.load(reply)["model_version_status"]
        found = {s["version"]: s["state"] for s in states}
        if found.get(str(version)) == "AVAILABLE":
            return time.monotonic() - started
        time.sleep(0.2)
    raise SystemExit(f"version {version} does not serve")


async def soak(model, photo, number):
    """Send many requests; return the server's memory at 10, 50 and 100 %."""
    server = Running("tfapp serve", model)
    asked = requests_of(photo, server.peer.path(server.model), server.port)["jpeg"]
    memory, sent = {}, 0
    try:
        await server.ready(asked)
        for share in (10, 50, 100):
            while sent < number * share // 100:
                sent += (await load(server.port, asked, 16, 5.0))["requests"]
            memory[f"MiB at {share} %"] = _resident(server.process.pid)
    finally:
        server.stop()
    return {"requests": sent, **memory}


def _resident(pid):
    text = Path(f"/proc/{pid}/statm").read_text()
    return round(int(text.split()[1]) * resource.getpagesize() / 2**20, 1)


def main():
    """Parse, measure, print, and write a JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("saved_model", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--servers", nargs="*", default=list(PEERS))
    parser.add_argument("--forms", nargs="*", default=["jpeg", "base64 in json"])
    parser.add_argument("--config", default="", help="models.toml of `tfapp serve`")
    parser.add_argument("--switches", type=int, default=0)
    parser.add_argument("--soak", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    model, photo = given.saved_model.absolute(), given.photo
    Tfapp.config = given.config
    if given.switches:
        found = asyncio.run(switch(model, photo, given.switches))
    elif given.soak:
        found = asyncio.run(soak(model, photo, given.soak))
    else:
        work = compare(model, photo, given.seconds, given.servers, given.forms)
        found = asyncio.run(work)
    print(json.dumps(found, indent=1))
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
