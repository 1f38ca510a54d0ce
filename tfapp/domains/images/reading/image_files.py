"""File name extensions of images."""

SUFFIXES_BY_FORMAT = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "HEIC": (".heic", ".heif"),
    "AVIF": (".avif",),
}
"""Formats that are read, and how their files are named."""

IMAGE_SUFFIXES = tuple(s for group in SUFFIXES_BY_FORMAT.values() for s in group)

OTHER_SUFFIXES = tuple(".jxl .jp2 .ppm .pgm .psd .tga .ico".split())
"""Images without a decoder here; listed so that they are reported, not overlooked."""
