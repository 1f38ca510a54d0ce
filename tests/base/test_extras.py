"""Packages that only some verbs need."""

import pytest

from tfapp.base.errors import ConfigError
from tfapp.base.extras import require_extra


def test_what_is_missing_is_named():
    """One line has the packages and the command; what is there is not in it."""
    require_extra("serve", ("json",), "Serving")
    with pytest.raises(ConfigError) as caught:
        require_extra("serve", ("json", "no_such", "nor_this"), "Serving")
    assert str(caught.value) == (
        "Serving needs packages that are not installed (no_such, nor_this): "
        "pip install 'tfapp[serve]'."
    )
