"""Lists of what recipes may name."""

from tfapp.base.registry import union
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.reading.sources import SOURCES
from tfapp.verbs import catalogue


def names(what):
    """Return the names in a list."""
    return [row["name"] for row in catalogue.rows(what)]


def test_lists_are_complete():
    """Each list holds every registered name, with a summary."""
    assert set(union("MODELS")) <= set(names("models"))
    assert {f"transfer: {e}" for e in EXTRACTORS} <= set(names("models"))
    assert {f"path: {s}" for s in SOURCES} <= set(names("datasets"))
    assert set(union("TASKS")) == set(names("tasks"))
    assert "digits" in names("recipes")
    for what in catalogue.names():
        assert all(row["summary"] for row in catalogue.rows(what))


def test_options_are_shown_with_type_and_default():
    """A model's row tells its options as the source has them."""
    row = next(r for r in catalogue.rows("models") if r["name"] == "small_cnn")
    assert row["options"]["units"] == "int | tuple[int, ...] = 64"
    assert row["options"]["kernel_size"] == "int | tuple[int, ...] = 3"


def test_weights_tell_file_address_and_hash():
    """Whoever must place a file by hand finds all there is to know about it."""
    row = next(r for r in catalogue.rows("weights") if r["name"] == "vgg16")
    assert row["options"]["file"].endswith("_notop.h5")
    assert row["options"]["address"].startswith("https://")
    assert len(row["options"]["hash"]) == 32
