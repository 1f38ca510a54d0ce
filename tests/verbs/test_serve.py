"""`tfapp serve`: mistakes that are told before anything is loaded."""

import pytest

from tfapp.base.errors import ConfigError
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


def test_missing_packages_are_named(monkeypatch):
    """With what installs them."""
    monkeypatch.setattr("tfapp.verbs.serve.NEEDED", ("starlette", "no_such_package"))
    with pytest.raises(
        ConfigError, match=r"no_such_package.*pip install 'tfapp\[serve"
    ):
        serve()
