"""Fixtures that tests of problems share."""

from tests.classifiers import *  # noqa: F403
