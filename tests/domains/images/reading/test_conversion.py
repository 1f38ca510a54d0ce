"""TIFF, HEIC and AVIF become PNG with the pixels of the file."""

import importlib.util
import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfapp.data import check_data, load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images import INTERFACES
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.reading.conversion import (
    ConversionError,
    convert,
    decodable,
    foreign_format,
)
from tfapp.domains.images.reading.in_memory import encoded_image
from tfapp.domains.images.reading.inspection import inspect_image
from tfapp.domains.images.reading.limits import pillow_without_limit
from tfapp.domains.images.thumbnails import thumbnail
from tfapp.export.predictor import Predictor
from tfapp.recipes.config import DataConfig
from tfapp.tasks import get_interface

RNG = np.random.default_rng(0)


def pixels_of(png):
    """Return what a PNG file holds."""
    return np.asarray(Image.open(io.BytesIO(png)))


def tiff16(values, order="<", planar=False):
    """Write uint16 (h, w, bands) as an uncompressed TIFF file, by its specification."""
    height, width, bands = values.shape
    planes = np.moveaxis(values, 2, 0) if planar else values[np.newaxis]
    strips = [plane.astype(f"{order}u2").tobytes() for plane in planes]
    start = 8 + sum(map(len, strips))
    offsets = [8 + sum(map(len, strips[:i])) for i in range(len(strips))]
    lists = [[16] * bands, offsets, [len(s) for s in strips]]
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, lists[0]), 259: (3, [1])}
    tags |= {262: (3, [2]), 273: (4, lists[1]), 277: (3, [bands]), 278: (4, [height])}
    tags |= {279: (4, lists[2]), 284: (3, [1 + planar])}
    if bands == 4:
        tags[338] = (3, [2])
    directory, extra = struct.pack(f"{order}H", len(tags)), b""
    after = start + 2 + 12 * len(tags) + 4
    for tag, (kind, numbers) in sorted(tags.items()):
        form = {3: "H", 4: "I"}[kind]
        packed = struct.pack(f"{order}{len(numbers)}{form}", *numbers)
        if len(packed) > 4:
            extra += packed
            packed = struct.pack(f"{order}I", after + len(extra) - len(packed))
        directory += struct.pack(f"{order}HHI", tag, kind, len(numbers))
        directory += packed.ljust(4, b"\0")
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(f"{order}I", start)
    return head + b"".join(strips) + directory + bytes(4) + extra


@pytest.mark.parametrize(
    ("mode", "compression"),
    [("RGB", "tiff_lzw"), ("L", "tiff_adobe_deflate"), ("RGBA", None), ("RGB", "jpeg")],
)
def test_eight_bits_keep_their_values(picture, encode, mode, compression):
    """Grey, colours and alpha are those of the file, however it is compressed."""
    image = Image.fromarray(picture()).convert(mode)
    data = encode(image, "TIFF", compression=compression)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    assert foreign_format(data) == "TIFF"
    np.testing.assert_array_equal(pixels_of(decodable(data)), expected)


@pytest.mark.parametrize(("most", "shift"), [(255, 0), (4095, 4), (65535, 8)])
@pytest.mark.parametrize(("bands", "order"), [(3, "<"), (3, ">"), (4, "<")])
def test_sixteen_bits_of_colour(most, shift, bands, order):
    """All 16 bits are read; the range of the colours decides which eight stay."""
    values = RNG.integers(0, most + 1, (9, 7, bands), np.uint16)
    values[0, 0, 0] = most
    expected = values[..., :3] >> shift
    if bands == 4:
        expected = np.concatenate([expected, values[..., 3:] >> 8], axis=2)
    converted = convert(tiff16(values, order), 1000)
    np.testing.assert_array_equal(pixels_of(converted.png), expected)
    assert converted.traits == ("16-bit",)


def test_sixteen_bits_of_grey_and_odd_kinds(encode):
    """Grey of 16 bits, black and white, palettes and CMYK are read too."""
    grey = RNG.integers(0, 4096, (5, 6), np.uint16)
    grey[0, 0] = 4095
    data = encode(grey, "TIFF", compression="tiff_lzw")
    np.testing.assert_array_equal(pixels_of(decodable(data)), grey >> 4)
    black = encode(Image.fromarray(grey > 2000), "TIFF")
    np.testing.assert_array_equal(pixels_of(decodable(black)), (grey > 2000) * 255)
    colours = Image.fromarray(RNG.integers(0, 255, (5, 6, 3), np.uint8))
    few = colours.quantize(8)
    shown = pixels_of(decodable(encode(few, "TIFF")))
    np.testing.assert_array_equal(shown, np.asarray(few.convert("RGB")))
    printed = convert(encode(colours.convert("CMYK"), "TIFF"), 1000)
    assert (printed.traits, pixels_of(printed.png).shape) == (("cmyk",), (5, 6, 3))


def test_the_first_of_the_largest_pages_counts(picture, encode):
    """A preview before it and pages behind it are not read; turning is obeyed."""
    pages = [Image.fromarray(picture(i, 40, 50)) for i in range(3)]
    preview = pages[2].resize((10, 8))
    data = encode(preview, "TIFF", save_all=True, append_images=pages[:2])
    converted = convert(data, 10_000)
    assert converted.traits == ("several pages",)
    np.testing.assert_array_equal(pixels_of(converted.png), picture(0, 40, 50))
    turned = encode(pages[0], "TIFF", tiffinfo={274: 6})
    shown = pixels_of(decodable(turned))
    np.testing.assert_array_equal(shown, np.rot90(picture(0, 40, 50), -1))


def test_what_cannot_be_converted_says_why(picture, encode):
    """Size, kind of numbers and damage have a fault and a sentence each."""
    data = encode(picture(), "TIFF", compression="tiff_lzw")
    floats = encode(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF")
    planes = tiff16(np.zeros((4, 4, 3), np.uint16), planar=True)
    for wrong, most, fault, message in (
        (planes, 100, "unsupported format", "in separate planes; save it interleaved"),
        (data, 100, "too large", "50 x 40 pixels are above data.options.max_pixels"),
        (floats, 100, "unsupported format", "32 bits a number; save it with 8 or 16"),
        (data[:300], 10_000, "unreadable|truncated", "damaged"),
        (data[:10], 10_000, "unreadable|truncated", "damaged"),
        (b"II*\0" + bytes(40), 10_000, "unreadable|truncated", "damaged"),
    ):
        with pytest.raises(ConversionError, match=message) as caught:
            decodable(wrong, most)
        assert caught.value.fault in fault.split("|")
        facts = inspect_image(wrong, "stamp", most)
        assert (facts.fault, facts.format) == (caught.value.fault, "TIFF")
    noise = bytearray(data)
    for _ in range(200):  # no damage raises anything else
        noise[RNG.integers(8, len(noise))] = RNG.integers(256)
        try:
            convert(bytes(noise), 10_000)
        except ConversionError:
            noise = bytearray(data)


def test_other_files_stay_as_they_are(picture, encode):
    """Formats of the graph, films and texts are no matter of conversion."""
    for data in (encode(picture()), b"", b"II", b"text", b"\0\0\0\x18ftypmp42isom"):
        assert decodable(data) is data


def test_heic_needs_an_extra(monkeypatch):
    """Without it, one line has the command that installs it."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n: None if n == "pillow_heif" else find(n)
    )
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    with pytest.raises(ConversionError, match=r"pip install 'tfapp\[heic\]'") as caught:
        decodable(data)
    assert "\n" not in str(caught.value)
    facts = inspect_image(data, "stamp", 1000)
    assert (facts.fault, facts.format) == ("unsupported format", "HEIC")


@pytest.mark.parametrize("task", INTERFACES)
def test_every_task_on_images_takes_them(task):
    """Paths, bytes and images of a program are converted for each kind of answer."""
    interface = get_interface(task)
    assert interface.convert is decodable
    assert interface.encode is encoded_image


def test_photos_of_telephones(picture, encode):
    """HEIC with its extra, and AVIF, give the pixels that their libraries decode."""
    image = Image.fromarray(picture(0, 64, 80))
    files = {"AVIF": encode(image, "AVIF", quality=95)}
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        buffer = io.BytesIO()
        pillow_heif.from_pillow(image).save(buffer, quality=95)
        files["HEIC"] = buffer.getvalue()
    for form, data in files.items():
        assert foreign_format(data) == form
        shown = pixels_of(decodable(data)).astype(int)
        assert np.abs(shown - picture(0, 64, 80)).mean() < 6
        with pillow_without_limit():
            facts = inspect_image(data, "stamp", 10_000)
        assert (facts.format, facts.fault, facts.traits) == (form, "", ())


@pytest.mark.slow
def test_folders_of_tiff_are_learned_from_and_answered(tmp_path, picture, encode):
    """They check, load, preview and predict as the same pixels in PNG files do."""
    datasets = {}
    for form in ("TIFF", "PNG"):
        for number in range(24):
            place = tmp_path / form / "ab"[number % 2]
            place.mkdir(parents=True, exist_ok=True)
            content = encode(picture(number), form)
            (place / f"{number:02d}.{form.lower()}").write_bytes(content)
        config = DataConfig(
            kind="images", path=str(tmp_path / form), options={"image_size": [12, 16]}
        )
        report = check_data(config)
        assert (report.usable, report.problems) == (24, ())
        datasets[form] = load_dataset(config, seed=0)
    tiff, png = datasets.values()
    assert tiff.info.fingerprint == png.info.fingerprint
    for streamed in (Pass(), Pass(augment=True)):
        parts = [d.batches(d.examples["train"], streamed) for d in (tiff, png)]
        for (one, _), (other, _) in zip(*parts, strict=True):
            np.testing.assert_array_equal(one, other)
    first, same = tiff.examples["test"][0], png.examples["test"][0]
    assert thumbnail(tiff.source.read, first) == thumbnail(png.source.read, same)
    predictor = Predictor(None, {"image_bytes": None}, INTERFACE)
    (row,) = predictor.rows(tmp_path / first.name)
    assert row == tiff.raw(first)
    assert row == predictor.in_memory(tiff.source.read(first))
    np.testing.assert_array_equal(
        tiff.preprocessor({k: tf.constant([v]) for k, v in row.items()}),
        png.preprocessor({k: tf.constant([v]) for k, v in png.raw(same).items()}),
    )
