r"""Send a server malformed HTTP requests and gRPC messages, and count how they end.

    python benchmarks/fuzz.py --requests 10000 --messages 10000 --out fuzz.json

Right requests are damaged in ways that a generator with a seed draws: bits, pieces,
numbers, heads, dtypes, shapes. Every request has a connection of its own and closes its
sending side. None may end in a 5xx (but 501, for values that JSON does not have),
UNKNOWN or INTERNAL, without an end, or with the server's; in between and at the end the
server must give right answers. The smallest request of each wrong end is printed as
Python bytes, for a test.
"""

import argparse
import collections
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import grpc
from fuzz_requests import http_request, messages
from tiny_models import write_models

SECONDS = 20.0
"""Longer than the server lets anything take here; what takes longer hangs."""
RIGHT = {"instances": [[1.0, 2.0], [3.0, 4.0]]}
ANSWER = {"predictions": [[3.0, 5.0], [7.0, 9.0]]}
WRONG_CODES = ("UNKNOWN", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "DATA_LOSS")
LAST = 3000
"""Characters of the log that are shown."""
LIMITS = """
max_request_bytes = 4_000_000
max_image_pixels = 1_000_000
request_seconds = 10.0
"""
EVERY = 500
"""Requests between two right ones."""


def main() -> None:
    """Run the benchmark and print one line for each protocol."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000, help="of HTTP")
    parser.add_argument("--messages", type=int, default=10_000, help="of gRPC")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file of the figures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        write_models(Path(scratch) / "models")
        server = ServerProcess(Path(scratch))
        try:
            found = {
                "HTTP": fuzz_http(server, arguments.requests, arguments.seed),
                "gRPC": fuzz_grpc(server, arguments.messages, arguments.seed),
            }
        finally:
            lines = server.stop()
    for protocol, ends in found.items():
        print(f"{protocol}: {ends.summary()}")
        for end, data in ends.smallest.items():
            print(f"  {end}: {data!r:.2000}")
    tracebacks = lines.count("Traceback")
    if tracebacks:
        print(lines[-LAST:])
    print(f"{tracebacks} tracebacks in the log; exit code {server.code}")
    if arguments.out:
        table = {name: dict(ends.counts) for name, ends in found.items()}
        arguments.out.write_text(json.dumps(table, indent=2) + "\n")
    wrong = any(ends.smallest for ends in found.values())
    sys.exit(bool(wrong or tracebacks or server.code))


class Ends:
    """How requests ended, and the smallest of those that ended wrong."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.smallest: dict[str, Any] = {}
        self.longest = 0.0

    def add(self, end: str, is_wrong: bool, data: Any, seconds: float) -> None:
        """Count a request."""
        self.counts[end] += 1
        self.longest = max(self.longest, seconds)
        if is_wrong and len(repr(data)) < len(
            repr(self.smallest.get(end, "x" * 10**7))
        ):
            self.smallest[end] = data

    def summary(self) -> str:
        """Return the counts in words."""
        ends = ", ".join(f"{count} x {end}" for end, count in self.counts.most_common())
        wrong = sum(self.counts[end] for end in self.smallest)
        number = sum(self.counts.values())
        longest = f"longest {self.longest:.1f} s"
        return f"{number} requests, {wrong} ended wrong, {longest}: {ends}"


class ServerProcess:
    """`tfapp serve` of the tiny models, in a process of its own.

    Args:
        folder: holds `models/`.
        limits: lines of its table `limits`.
    """

    def __init__(self, folder: Path, limits: str = LIMITS) -> None:
        self.ports = [free_port(), free_port()]
        self.code: int | None = None
        self._log = folder / "log"
        config = folder / "models.toml"
        config.write_text(
            f"folder = {str(folder / 'models')!r}\nlog = 'off'\n"
            f"rest_port = {self.ports[0]}\ngrpc_port = {self.ports[1]}\n"
            f"[limits]\n{limits}"
        )
        command = [sys.executable, "-m", "tfapp", "serve", f"--config={config}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log)
        while not self.is_right():
            if self._process.poll() is not None:
                sys.exit(self._log.read_text())
            time.sleep(0.3)

    def is_right(self) -> bool:
        """Return whether a right request has the right answer."""
        address = f"http://127.0.0.1:{self.ports[0]}/v1/models/affine:predict"
        try:
            body = json.dumps(RIGHT).encode()
            with urllib.request.urlopen(address, body, SECONDS) as reply:
                return bool(json.load(reply) == ANSWER)
        except OSError:
            return False

    def stop(self) -> str:
        """End the server; return what it wrote."""
        self._process.terminate()
        self.code = self._process.wait(60)
        return self._log.read_text(errors="replace")


def fuzz_http(server: ServerProcess, number: int, seed: int) -> Ends:
    """Send malformed HTTP requests."""
    draw, ends = random.Random(seed), Ends()
    for index in range(number):
        data = http_request(draw)
        started = time.monotonic()
        end = sent(server.ports[0], data)
        is_wrong = end in ("hangs", "refused") or (end[0] == "5" and end != "501")
        ends.add(end, is_wrong, data, time.monotonic() - started)
        if index % EVERY == EVERY - 1 and not server.is_right():
            ends.add("a right request is answered wrong", True, data, 0.0)
    return ends


def sent(port: int, data: bytes) -> str:
    """Send bytes, close the sending side; return the highest status that came."""
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was refused before it was sent whole
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
    except TimeoutError:
        return "hangs"
    except ConnectionResetError:
        return "closed"
    except OSError:
        return "refused"
    starts = [part[:3].decode() for part in answer.split(b"HTTP/1.1 ")[1:]]
    return max(starts, default="closed")


def fuzz_grpc(server: ServerProcess, number: int, seed: int) -> Ends:
    """Send malformed gRPC messages."""
    ends = Ends()
    with grpc.insecure_channel(f"127.0.0.1:{server.ports[1]}") as channel:
        for index, (method, data) in enumerate(messages(random.Random(seed), number)):
            started = time.monotonic()
            try:
                channel.unary_unary(method)(data, timeout=SECONDS)
                end = "OK"
            except grpc.RpcError as error:
                end = error.code().name
            is_wrong = end in WRONG_CODES
            ends.add(end, is_wrong, (method, data), time.monotonic() - started)
            if index % EVERY == EVERY - 1 and not server.is_right():
                ends.add("a right request is answered wrong", True, data, 0.0)
    return ends


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
