"""The command and the address of TensorBoard."""

import json
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from tfapp.base.errors import ConfigError
from tfapp.verbs import board as verb


class Ended:
    """A process that is over at once."""

    code = 0

    def poll(self):
        """Return its exit code."""
        return self.code

    def wait(self, timeout=None):
        """Return its exit code."""
        return self.code

    def terminate(self):
        """Do nothing."""


@pytest.fixture
def started(tmp_path, monkeypatch):
    """A folder of runs, and the commands that were started."""
    (tmp_path / "runs" / "cats" / "1" / "logs").mkdir(parents=True)
    commands = []

    def start(command, stderr):
        commands.append(command)
        stderr.write(b"boom")
        return Ended()

    monkeypatch.setattr(verb.subprocess, "Popen", start)
    monkeypatch.setattr(verb, "has_display", lambda: False)
    return tmp_path / "runs", commands


def test_the_address_is_printed_where_there_is_no_display(started):
    """It opens the pinned figures; another machine gets its tunnel."""
    root, commands = started
    lines = []
    assert verb.board(["cats"], runs_folder=root, port=6116, say=lines.append) == 0
    assert "--port=6116" in commands[0]
    page = urlsplit(lines[0].split()[-1])
    assert (page.netloc, page.fragment) == ("localhost:6116", "timeseries")
    query = parse_qs(page.query)
    pinned = json.loads(query["pinnedCards"][0])
    assert {"plugin": "scalars", "tag": "epoch/loss"} in pinned
    assert "ssh -N -L 6116:127.0.0.1:6116" in lines[1]


def test_what_ends_tensorboard_is_shown(started, monkeypatch):
    """Its messages are hidden else: TensorFlow's notices are of no use."""
    monkeypatch.setattr(Ended, "code", 1)
    lines = []
    assert verb.board(runs_folder=started[0], port=6117, say=lines.append) == 1
    assert lines == ["boom"]


def test_a_port_in_use_is_one_line(started):
    """The next port is suggested."""
    root, commands = started
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--port {port + 1}"):
            verb.board(runs_folder=root, port=port)
    assert commands == []


def test_everyone_may_be_let_in():
    """On all addresses, another machine needs no tunnel."""
    assert verb.tunnel("0.0.0.0", 80).endswith(":80/")
    assert verb.address("0.0.0.0", 80).startswith("http://localhost:80/")
