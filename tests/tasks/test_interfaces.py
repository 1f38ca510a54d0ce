"""What exported models take and answer, named by itself."""

import pytest

from tests.domains.tiny import EXPERIMENTS
from tfapp.base import registry
from tfapp.tasks import get_interface, get_task

OPTIONS = {"fast_style": {"style": "painting.jpg"}}
"""Options without which a task is none."""


@pytest.mark.parametrize("name", sorted(registry.union("TASKS").keys() - EXPERIMENTS))
def test_the_interface_is_that_of_the_task(name):
    """A domain that names it by itself names the same one."""
    options = OPTIONS.get(name, {})
    assert get_interface(name) is get_task(name, options).interface
