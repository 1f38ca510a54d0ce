"""TensorBoard on runs, under readable names."""

import getpass
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from tfapp.base.errors import ConfigError
from tfapp.runs.watching.links import Links

PINNED = ("epoch/loss", "epoch/accuracy", "step/loss")
"""Figures on top of the first view; those that no run has are left out."""
KEPT = "scalars=2000,images=50,text=50,pr_curves=50,histograms=50"
"""Points and pictures of each name that TensorBoard shows."""
REFRESH_SECONDS = 5.0
START_SECONDS = 60.0


def board(
    names: Sequence[str] = (),
    *,
    runs_folder: Path | str = "runs",
    port: int = 6006,
    host: str = "127.0.0.1",
    say: Callable[[str], None] = print,
) -> int:
    """Show runs in TensorBoard until Ctrl-C; those that begin meanwhile appear.

    Args:
        names: runs to show: folders, "NAME/NUMBER", or "NAME" for all of that name;
            none for all.
        runs_folder: where runs lie.
        port: TCP port of the page.
        host: address to listen on.
        say: receives the address of the page, and how to reach it from elsewhere.

    Returns:
        TensorBoard's exit code.

    Raises:
        ConfigError: if there is no run to show, or the port is in use.
    """
    with tempfile.TemporaryDirectory(prefix="tfapp-board-") as place:
        links = Links(Path(place) / "runs", names, Path(runs_folder))
        links.refresh()
        _require_free(host, port)
        with (Path(place) / "messages.log").open("wb") as messages:
            process = subprocess.Popen(
                command(links.folder, host, port), stderr=messages
            )
        try:
            _announce(process, host, port, say)
            if code := _watched(process, links):
                say((Path(place) / "messages.log").read_text("utf-8", "replace"))
            return code
        except KeyboardInterrupt:  # the usual way to leave
            return 0
        finally:
            process.terminate()
            process.wait()


def command(logs: Path, host: str, port: int) -> list[str]:
    """Return the command that shows a folder of logs."""
    return [
        sys.executable,
        "-m",
        "tensorboard.main",
        f"--logdir={logs}",
        f"--host={host}",
        f"--port={port}",
        f"--samples_per_plugin={KEPT}",
        f"--reload_interval={REFRESH_SECONDS:g}",
    ]


def address(host: str, port: int) -> str:
    """Return the address of the first view: pinned figures, a colour for each run."""
    name = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host
    pinned = json.dumps([{"plugin": "scalars", "tag": tag} for tag in PINNED])
    group = "regex:^([^/]+/[^/]+)"
    query = f"pinnedCards={quote(pinned)}&runColorGroup={quote(group)}"
    return f"http://{name}:{port}/?{query}#timeseries"


def has_display() -> bool:
    """Say whether a browser can be opened here: a screen, and not a remote shell."""
    if "SSH_CONNECTION" in os.environ:
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def tunnel(host: str, port: int) -> str:
    """Return the line that says how another machine reaches the page."""
    if host == "0.0.0.0":
        return f"from another machine: http://{socket.gethostname()}:{port}/"
    place = socket.gethostname()
    with suppress(OSError, KeyError):  # a user without a name, as in some containers
        place = f"{getpass.getuser()}@{place}"
    return f"from another machine: ssh -N -L {port}:{host}:{port} {place}"


def _announce(
    process: "subprocess.Popen[bytes]", host: str, port: int, say: Callable[[str], None]
) -> None:
    """Say where the page is once it answers, and open it where there is a screen."""
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if _answers(host, port):
            break
        time.sleep(0.2)
    if process.poll():  # it has failed, and says why
        return
    page = address(host, port)
    say(f"TensorBoard is at {page}")
    if has_display():
        webbrowser.open(page)
    else:
        say(tunnel(host, port))
    say("Ctrl-C ends it.")


def _watched(process: "subprocess.Popen[bytes]", links: Links) -> int:
    """Wait for the end of TensorBoard, and add runs that begin meanwhile."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=REFRESH_SECONDS)
        links.refresh()


def _answers(host: str, port: int) -> bool:
    place = "127.0.0.1" if host == "0.0.0.0" else host
    with suppress(OSError), socket.create_connection((place, port), timeout=1.0):
        return True
    return False


def _require_free(host: str, port: int) -> None:
    if _answers(host, port):
        raise ConfigError(
            f"Port {port} is in use, perhaps by another `tfapp board`. End that one, "
            f"or choose another port with `--port {port + 1}`."
        )
