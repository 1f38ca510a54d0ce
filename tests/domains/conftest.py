"""Which tests of the tasks run at night."""

import pytest

SIBLINGS = {"character_language_model", "image_multilabel", "image_regression"}
"""Tasks that are killed and resumed by the same code as another one."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Kill a run of one task of each kind by day."""
    for item in items:
        if item.name.startswith("test_killed_and_resumed["):
            if item.callspec.params.get("place") in SIBLINGS:
                item.add_marker(pytest.mark.nightly)
