"""Which tests of the tasks run at night."""

import pytest

BY_DAY = {"image_classification", "forecasting"}
"""Tasks whose runs are killed and resumed by day; the others share their code."""
LONG = {"test_killed_and_resumed", "test_searched"}
"""Tests that take most of a minute for each task."""
RARE = {
    "arbitrary_style",
    "clip_classification",
    "fast_style",
    "image_captioning",
    "species_classification",
}
"""Tasks of which everything is tested at night, but for what their own tests show."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Kill runs of two tasks by day, and of all at night, when all are tuned too."""
    for item in items:
        name, _, _ = item.name.partition("[")
        by_day = BY_DAY if name == "test_killed_and_resumed" else ()
        task = item.callspec.params.get("place") if hasattr(item, "callspec") else ""
        if task in RARE or (name in LONG and task not in by_day):
            item.add_marker(pytest.mark.nightly)
