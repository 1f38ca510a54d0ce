"""Pictures and folders of pictures, as fixtures."""

from tests.classifiers import *  # noqa: F403
from tests.pictures import *  # noqa: F403
