r"""Measure how long a server keeps probes waiting while it answers large JSON.

    python benchmarks/probes.py --out probes.json

A client asks /healthz again and again while others send numbers, empty lists or base64
of up to the size that a server takes. What the large requests are answered is part of
the table: much of it is refused, and refusing must not hold others up either. The
server's default limits apply.
"""

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from fuzz import ServerProcess
from tiny_models import write_models

ROW = "[0.123456789,0.987654321],"
SECONDS = 120.0


class Large(NamedTuple):
    """A large request.

    Args:
        model: that it asks.
        body: makes it, of about so many bytes.
        share: of the size that the command line gives.
        clients: that send it at the same time.
    """

    model: str
    body: Callable[[int], bytes]
    share: float
    clients: int = 1


def numbers(size: int) -> bytes:
    """Return rows of two numbers."""
    rows = max(1, size // len(ROW))
    return ('{"instances": [' + (ROW * rows)[:-1] + "]}").encode()


def empty_lists(size: int) -> bytes:
    """Return lists of nothing, which take the most memory for their bytes."""
    return b'{"instances": [' + b"[]," * (size // 3) + b"[]]}"


def base64(size: int) -> bytes:
    """Return one file, which is no image."""
    return b'{"instances": [{"b64": "' + b"QUJD" * (size // 4) + b'"}]}'


LARGE = {
    "numbers": Large("affine", numbers, 0.5),
    "numbers, 4 clients": Large("affine", numbers, 0.5, 4),
    "numbers, refused": Large("affine", numbers, 1.0),
    "empty lists": Large("affine", empty_lists, 0.45),
    "base64": Large("image", base64, 1.0),
    "base64, 4 clients": Large("image", base64, 1.0, 4),
}


def main() -> None:
    """Run the benchmark and print one row for each large request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=60.0, help="of a request")
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    arguments = parser.parse_args()
    size = int(arguments.megabytes * 1e6)
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        write_models(Path(scratch) / "models")
        server = ServerProcess(Path(scratch), limits="")
        try:
            for name, large in LARGE.items():
                rows[name] = probed(f"http://127.0.0.1:{server.ports[0]}", large, size)
        finally:
            server.stop()
    print("| requests | MB | answered | probes | median | 99 % | worst |")
    print("|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        cells = [name, f"{row['MB']:.1f}", row["answers"], row["probes"]]
        cells += [f"{1e3 * row[key]:.0f} ms" for key in ("median", "p99", "worst")]
        print(f"| {' | '.join(map(str, cells))} |")
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n")


def probed(url: str, large: Large, size: int) -> dict[str, Any]:
    """Return how long probes took while clients were answered, in seconds."""
    body = large.body(int(size * large.share))
    address = f"{url}/v1/models/{large.model}:predict"
    seconds = []
    # Clients of their own processes: they would hold up the probes of this one.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(large.clients, spawn) as pool:
        list(pool.map(abs, range(large.clients)))  # until they have started
        calls = [pool.submit(status, address, body) for _ in range(large.clients)]
        while not all(call.done() for call in calls):
            started = time.monotonic()
            if status(f"{url}/healthz") != 200:
                raise SystemExit("a probe was not answered")
            seconds.append(time.monotonic() - started)
            time.sleep(0.005)
    seconds = sorted(seconds) or [0.0]
    answers = Counter(call.result() for call in calls)
    return {
        "MB": len(body) / 1e6,
        "answers": ", ".join(f"{count} x {code}" for code, count in answers.items()),
        "probes": len(seconds),
        "median": statistics.median(seconds),
        "p99": seconds[int(0.99 * len(seconds))],
        "worst": seconds[-1],
    }


def status(address: str, body: bytes | None = None) -> int:
    """Return the status of an answer."""
    try:
        with urllib.request.urlopen(address, body, SECONDS) as reply:
            reply.read()
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


if __name__ == "__main__":
    main()
