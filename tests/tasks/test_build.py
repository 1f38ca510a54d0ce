"""Networks by name, and options that no network can be built with."""

import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.shapes import image_info
from tfapp.recipes.config import ModelConfig
from tfapp.tasks import build
from tfapp.tasks.build import build_model

DIGITS = image_info((28, 28, 1), "0123456789")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("small_cnn", {"units": -1}, "'small_cnn' cannot be built .* positive integer"),
        ("small_cnn", {"dropout_rate": 3.0}, "between 0 and 1"),
        ("capsnet", {"iterations": 0}, "`iterations` must be at least 1. Received: 0"),
        ("capsnet", {"filters": -3}, "'capsnet' cannot be built .* `filters`"),
    ],
)
def test_numbers_that_no_network_has_are_one_line(name, options, message):
    """Whoever finds them: Keras, or a layer of ours."""
    with pytest.raises(ModelError, match=message) as caught:
        build_model(ModelConfig(name=name, options=options), DIGITS)
    assert "\n" not in str(caught.value)


def test_a_bug_of_a_network_keeps_its_traceback(monkeypatch):
    """Without options nobody has asked for what fails."""

    def broken(info):
        raise ValueError("broken")

    monkeypatch.setattr(build.registry, "load", lambda *_: broken)
    with pytest.raises(ValueError, match="^broken$") as caught:
        build_model(ModelConfig(name="small_cnn"), DIGITS)
    assert not isinstance(caught.value, ModelError)
