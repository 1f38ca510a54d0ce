"""models.toml: what it may say, and how mistakes are told."""

import pytest

from tfapp.base.errors import ConfigError
from tfapp.serving.settings import ServerSettings, read_settings

GOOD = """
rest_port = 9000
[batching]
max_batch_size = 8
allowed_batch_sizes = [1, 4, 8]
[limits]
max_request_bytes = 1000
[models.cats]
path = "exports/cats"
versions = [3, 5]
labels = { stable = 3, canary = 5 }
[models.cats.batching]
max_batch_size = 2
"""


def write(tmp_path, text):
    """Write models.toml."""
    path = tmp_path / "models.toml"
    path.write_text(text)
    return path


def test_a_file_and_what_wins_over_it(tmp_path):
    """Paths are meant from the file; None leaves a key to the file."""
    path = write(tmp_path, GOOD)
    settings = read_settings(path, grpc_port=0, rest_port=None)
    assert (settings.rest_port, settings.grpc_port) == (9000, 0)
    assert settings.models["cats"].path == str(tmp_path / "exports/cats")
    assert settings.models["cats"].versions == (3, 5)
    assert settings.models["cats"].batching.max_batch_size == 2
    assert read_settings(path, rest_port=9001).rest_port == 9001
    assert read_settings(None) == ServerSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rest_prot = 1", "Unknown key `rest_prot`. Did you mean 'rest_port'?"),
        ("[batching]\nmax_batch = 1", "Did you mean 'max_batch_size'?"),
        ('[models.a]\npath = "x"\nlabel = 1', "Did you mean 'labels'?"),
        ("[models.a]\nversions = 'all'", "`models.a.path` is missing"),
        ('[models.a]\npath = "x"\nversions = "newest"', "`models.a.versions"),
        ("rest_port = 70000", "`rest_port`: input should be less than"),
        ("rest_port = 0\ngrpc_port = 0", "nothing to do"),
        ("tls_key = 'x'", "TLS needs both"),
        ("[batching]\nallowed_batch_sizes = [4, 2]", "must be positive and grow"),
        ("[batching]\nallowed_batch_sizes = [4]", "must end with `max_batch_size`"),
        ("rest_port = ", "is not valid TOML"),
    ],
)
def test_mistakes_are_told(tmp_path, text, message):
    """File, key, what is expected."""
    with pytest.raises(ConfigError) as caught:
        read_settings(write(tmp_path, text))
    assert message in str(caught.value)
    assert "models.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    """One line."""
    with pytest.raises(ConfigError, match=r"Cannot read .*: No such file"):
        read_settings(tmp_path / "nothing.toml")
