"""Which tests of the tasks run at night."""

import pytest

BY_DAY = {"image_classification", "forecasting"}
"""Tasks whose runs are killed and resumed by day; the others share their code."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Kill runs of two tasks by day, and of all at night."""
    for item in items:
        if item.name.startswith("test_killed_and_resumed["):
            if item.callspec.params.get("place") not in BY_DAY:
                item.add_marker(pytest.mark.nightly)
