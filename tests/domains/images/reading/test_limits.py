"""Pillow's limit of size, lifted for a while."""

from PIL import Image

from tfapp.domains.images.reading.limits import pillow_without_limit


def test_pillow_limit_comes_back():
    """The process-wide limit is lifted only inside the block."""
    limit = Image.MAX_IMAGE_PIXELS
    with pillow_without_limit():
        assert Image.MAX_IMAGE_PIXELS is None
    assert limit == Image.MAX_IMAGE_PIXELS
