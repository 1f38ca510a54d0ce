"""`tfapp serve`: mistakes that are told before anything is loaded."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest

from tests.serving.conftest import free_port, half_plus, wait_until
from tfapp.base.errors import ConfigError, ServingError
from tfapp.base.reporter import Reporter
from tfapp.verbs.serve import serve


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p / "nothing", "does not exist. Expected a folder of SavedModels"),
        (lambda p: p / "file", "is a file"),
        (lambda p: p / "m" / "1", "is a SavedModel itself"),
    ],
)
def test_folders_that_cannot_be_served(tmp_path, make, message):
    """One line with the folder that was meant."""
    (tmp_path / "file").touch()
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "saved_model.pb").touch()
    with pytest.raises(ConfigError, match=message) as caught:
        serve(make(tmp_path))
    assert "\n" not in str(caught.value)
    if "itself" in message:
        assert f"did you mean {str(tmp_path)!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rest_prot": 1}, "Did you mean 'rest_port'"),
        ({"rest_port": -1}, "`rest_port`"),
        ({"log": "loud"}, "`log`"),
        ({"config": "nothing.toml"}, "Cannot read nothing.toml"),
    ],
)
def test_wrong_options(options, message):
    """Named as the user wrote them."""
    with pytest.raises(ConfigError, match=message):
        serve(**options)


def test_without_an_argument_the_exports_are_served(tmp_path, monkeypatch):
    """`saved_models` is the default, and is missed by its name."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="'saved_models' does not exist"):
        serve()


def test_serving_in_a_notebook(tmp_path):
    """Where an event loop runs, the server gets a thread and a handle is returned."""
    half_plus(tmp_path / "half" / "1")

    async def cell():
        reporter = Reporter(quiet=True)
        ports = {"rest_port": free_port(), "grpc_port": 0}
        server = serve(tmp_path, reporter=reporter, log="off", **ports)
        with server:
            assert server.is_running
            assert server.url in repr(server)
            address = f"{server.url}v1/models/half:predict"
            value = b'{"instances": [1.0]}'
            wait_until(lambda: posted(address, value) == {"predictions": [2.5]})
            with pytest.raises(ServingError, match="Cannot listen"):
                serve(tmp_path, reporter=reporter, **ports)
        server.stop()
        assert not server.is_running
        assert repr(server) == "<tfapp server stopped>"

    asyncio.run(cell())


def posted(address, value):
    """Return the JSON that a server answers, None if it refuses."""
    try:
        with urllib.request.urlopen(address, value, 30) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        error.close()
        return None


def test_missing_packages_are_named(monkeypatch):
    """With what installs them."""
    monkeypatch.setattr("tfapp.verbs.serve.NEEDED", ("starlette", "no_such_package"))
    with pytest.raises(
        ConfigError, match=r"no_such_package.*pip install 'tfapp\[serve"
    ):
        serve()
