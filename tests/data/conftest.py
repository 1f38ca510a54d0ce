"""Pictures and folders of pictures, as fixtures."""

from tests.pictures import *  # noqa: F403
