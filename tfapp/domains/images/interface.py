"""What the exported models of all tasks on images have in common."""

from functools import partial

from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.in_memory import encoded_image
from tfapp.domains.images.reading.pixels.rounding import nearly_equal
from tfapp.export.spec import Interface

image_interface = partial(
    Interface,
    convert=decodable,
    encode=encoded_image,
    suffixes=IMAGE_SUFFIXES,
    alike=nearly_equal,
)
"""An `Interface` to image files, and to arrays and Pillow images in their place."""
