"""Throughput and latency of `tfapp serve` beside other ways to serve one SavedModel.

python benchmarks/serving.py SAVED_MODEL PHOTO.jpg [--seconds 20] [--out serving.json]
python benchmarks/serving.py SAVED_MODEL PHOTO.jpg --switches 20
python benchmarks/serving.py SAVED_MODEL PHOTO.jpg --soak 100000
python benchmarks/serving.py SAVED_MODEL PHOTO.jpg --beside --seconds 20
python benchmarks/serving.py SAVED_MODEL PHOTO.jpg --starts 3

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
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from serving_load import Running, client, load, post, requests_of
from serving_peers import PEERS, Tfapp, missing

CLIENTS = (1, 8, 64)


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


def _wait_for(port, version, name="model"):
    import urllib.error
    import urllib.request

    started = time.monotonic()
    address = f"http://127.0.0.1:{port}/v1/models/{name}"
    while time.monotonic() < started + 300:
        states = []  # a model that has just appeared is not known yet
        with contextlib.suppress(urllib.error.HTTPError):
            with urllib.request.urlopen(address) as reply:
                states = json.load(reply)["model_version_status"]
        found = {s["version"]: s["state"] for s in states}
        if found.get(str(version)) == "AVAILABLE":
            return time.monotonic() - started
        time.sleep(0.2)
    raise SystemExit(f"version {version} of {name} does not serve")


async def beside(model, photo, seconds):
    """Return how long one client waits alone, beside loading, and beside big requests.

    What is loaded is another model after the other, of the same size; what is big is
    one request after the other of 32 photos, from another client.
    """
    root = Path(tempfile.mkdtemp())
    _place(model, _folder(root, "model"), 1)
    server = Running("tfapp serve", root / "model" / "1", with_others=True)
    asked = requests_of(photo, server.peer.path(server.model), server.port)["jpeg"]
    encoded = base64.b64encode(photo.read_bytes()).decode()
    large = json.dumps({"instances": [{"b64": encoded}] * 32}).encode()
    big = post(server.peer.path(server.model), server.port, "application/json", large)
    rows: list[dict] = []
    loaded: list[float] = []

    def load_others():
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name = f"other{len(loaded)}"
            _place(model, _folder(root, name), 1)
            loaded.append(_wait_for(server.port, 1, name))

    try:
        await server.ready(asked)
        for what in ("alone", "other models are loaded", "requests of 32 photos"):
            if what == "requests of 32 photos":
                stop = time.monotonic() + seconds
                other = client(server.port, big, lambda end=stop: end, [], [])
            else:
                other = asyncio.sleep(0)
            meanwhile = load_others if what == "other models are loaded" else None
            measured = load(server.port, asked, 1, seconds, meanwhile)
            row, _ = await asyncio.gather(measured, other)
            rows.append({"beside": what, **row})
            print(json.dumps(rows[-1]), flush=True)
    finally:
        server.stop()
        shutil.rmtree(root)
    return rows


def _folder(root, name):
    (root / name).mkdir()
    return root / name


async def first_answers(model, photo, number):
    """Return the seconds from the start of the process to its first answer."""
    seconds = []
    for _ in range(number):
        started = time.monotonic()
        server = Running("tfapp serve", model)
        asked = requests_of(photo, server.peer.path(server.model), server.port)["jpeg"]
        try:
            await server.ready(asked, requests=1)
            seconds.append(round(time.monotonic() - started, 2))
        finally:
            server.stop()
    return {"seconds to the first answer": seconds}


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
    parser.add_argument("--starts", type=int, default=0)
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    model, photo = given.saved_model.absolute(), given.photo
    Tfapp.config = given.config
    if given.switches:
        found = asyncio.run(switch(model, photo, given.switches))
    elif given.starts:
        found = asyncio.run(first_answers(model, photo, given.starts))
    elif given.beside:
        found = asyncio.run(beside(model, photo, given.seconds))
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
