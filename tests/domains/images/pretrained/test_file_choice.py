"""What `weights = …` stands for."""

import hashlib
from pathlib import Path

import pytest

from tfapp.base.errors import UnknownNameError, WeightsError
from tfapp.domains.images.pretrained import file_choice, weight_files
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.file_choice import (
    available_weights,
    resolve_weights,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights; Keras' folder and tfapp's own are empty, too."""
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr(weight_files, "BUNDLED", tmp_path / "bundled")
    monkeypatch.setenv("TFAPP_WEIGHTS", str(own))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return own


def describe(folder: Path, file: str, extractor: str, **keys: object) -> None:
    """Append an entry to the folder's weights.toml."""
    entry = {"file": file, "extractor": extractor, "trained_on": "imagenet", **keys}
    lines = [f"{key} = {value!r}" for key, value in entry.items()]
    with (folder / "weights.toml").open("a") as stream:
        stream.write("\n".join(["[[weights]]", *lines, ""]))


def test_none_means_no_file() -> None:
    """`weights = "none"` asks for no file, but for an extractor that exists."""
    assert resolve_weights("vgg16", "none") is None
    with pytest.raises(UnknownNameError, match="extractor 'vgg'"):
        resolve_weights("vgg", "none")


def test_finds_a_described_file(folder: Path) -> None:
    """The file of the weights.toml is taken, checked and hashed."""
    (folder / "v.h5").write_bytes(b"v")
    digest = hashlib.sha256(b"v").hexdigest()
    describe(folder, "v.h5", "vgg16", output="block5_pool", sha256=digest)
    file = resolve_weights("vgg16", "imagenet")
    assert file is not None
    assert file.path == folder / "v.h5"
    assert (file.sha256, file.output) == (digest, "block5_pool")
    assert [(f.extractor, f.path) for f in available_weights()] == [
        ("vgg16", folder / "v.h5")
    ]


def test_refuses_a_damaged_file(folder: Path) -> None:
    """A file whose hash differs from its description is not loaded."""
    (folder / "v.h5").write_bytes(b"v")
    describe(folder, "v.h5", "vgg16", sha256="0" * 64)
    for weights in ("imagenet", str(folder / "v.h5")):
        with pytest.raises(WeightsError, match="v.h5' is damaged.*expected sha256 000"):
            resolve_weights("vgg16", weights)


def test_refuses_a_damaged_file_of_keras(tmp_path: Path) -> None:
    """Keras' own file is compared with Keras' own hash."""
    path = tmp_path / "keras" / "models" / EXTRACTORS["vgg16"].file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"v")
    with pytest.raises(WeightsError, match="expected md5 6d6bbae143d832006294945121d1"):
        resolve_weights("vgg16", "imagenet")


def test_prefers_a_file_that_reaches_the_layer(folder: Path) -> None:
    """A cut file gives way to one that holds the layer asked for."""
    for name, output in [("cut.h5", "mixed8"), ("whole.h5", "")]:
        (folder / name).write_bytes(b"x")
        describe(folder, name, "inception_v3", output=output)
    found = {
        output: resolve_weights("inception_v3", "imagenet", output=output)
        for output in ("", "mixed8", "mixed10")
    }
    names = {output: file.path.name for output, file in found.items() if file}
    assert names == {"": "cut.h5", "mixed8": "cut.h5", "mixed10": "whole.h5"}


def test_downloads_what_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a file that no folder holds is asked of the network."""

    def refuse(extractor: object, **_: object) -> None:
        raise WeightsError(f"asked for {EXTRACTORS['vgg16'] == extractor}")

    monkeypatch.setattr(file_choice, "download", refuse)
    with pytest.raises(WeightsError, match="asked for True"):
        resolve_weights("vgg16", "imagenet")
    assert available_weights() == []


def test_expands_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may hold ~ and $VAR; nothing is known about the file but its hash."""
    (folder / "v.h5").write_bytes(b"v")
    monkeypatch.setenv("SOMEWHERE", str(folder))
    monkeypatch.setenv("HOME", str(folder))
    for path in ("$SOMEWHERE/v.h5", "~/v.h5"):
        file = resolve_weights("vgg16", path)
        assert file is not None
        assert file.path == folder / "v.h5"
        assert (file.source, file.trained_on) == ("path", "")
        assert file.sha256 == hashlib.sha256(b"v").hexdigest()


def test_refuses_paths_without_a_file(folder: Path) -> None:
    """A missing file and a folder are told apart."""
    with pytest.raises(WeightsError, match=r"absent.h5' is missing. Expected an .h5"):
        resolve_weights("vgg16", str(folder / "absent.h5"))
    with pytest.raises(WeightsError, match="own' is a folder"):
        resolve_weights("vgg16", str(folder))


def test_refuses_the_file_of_another_extractor(folder: Path) -> None:
    """A description beside the file settles whose it is."""
    (folder / "v.h5").write_bytes(b"v")
    describe(folder, "v.h5", "vgg16")
    with pytest.raises(WeightsError, match="belongs to 'vgg16', not to 'vgg19'. Set"):
        resolve_weights("vgg19", str(folder / "v.h5"))
