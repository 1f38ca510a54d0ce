"""The search for circles pauses, and goes on."""

import gc

import pytest

from tfapp.machine.garbage import collection_paused


def test_collection_pauses_and_goes_on():
    """It runs again afterwards, after an error too, if it ran before."""
    with collection_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="inside"), collection_paused():
        raise ValueError("inside")
    assert gc.isenabled()
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
