"""The tiny exported classifier of the export's own tests."""

from tests.export.conftest import exported, loaded, tiny

__all__ = ["exported", "loaded", "tiny"]
