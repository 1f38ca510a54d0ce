"""What `tfapp list datasets` shows."""

import subprocess
import sys

import pytest

from tfapp.base.registry import load, signature, union
from tfapp.domains.images.reading.sources import SOURCES

DATA, CHECKS = union("DATA"), union("CHECKS")


@pytest.mark.parametrize("registry", [DATA, SOURCES])
def test_every_entry_exists_and_has_a_summary(registry):
    """Names lead to functions whose first line tells what they are."""
    for name, target in registry.items():
        assert callable(load("entry", registry, name))
        assert signature(target).summary.endswith(".")


def test_every_kind_of_data_can_be_checked():
    """`tfapp check` knows all that `tfapp run` knows."""
    assert set(CHECKS) == set(DATA)
    assert all(callable(load("entry", CHECKS, name)) for name in CHECKS)


def test_options_of_images():
    """The options are exactly the keyword arguments, readable without an import."""
    assert set(signature(DATA["images"]).options) == {
        "image_size",
        "path_column",
        "label_column",
        "delimiter",
        "label_from",
        "channels",
        "resize",
        "interpolation",
        "max_pixels",
    }


def test_the_package_is_light():
    """Importing the registries imports neither TensorFlow nor NumPy's dependants."""
    code = (
        "import sys, tfapp.data, tfapp.domains.images.reading.sources; "
        "print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
