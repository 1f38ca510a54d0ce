"""Which files are found, and what their descriptions and hashes must say."""

import hashlib
from pathlib import Path

import pytest

from tfapp.base.errors import WeightsError
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.weight_files import (
    check_hash,
    keras_folder,
    pretrained_files,
    read_catalogue,
    weight_folders,
)

VGG16 = EXTRACTORS["vgg16"]
ENTRY = """
[[weights]]
file = "own.weights.h5"
extractor = "vgg16"
arguments = { include_top = true, classes = 10 }
output = "block5_pool"
trained_on = "imagenet"
batch_norm_folded = true
sha256 = "00"
"""


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder of weights and Keras' own, both empty."""
    own, keras_home = tmp_path / "own", tmp_path / "keras"
    own.mkdir()
    (keras_home / "models").mkdir(parents=True)
    monkeypatch.setenv("TFAPP_WEIGHTS", str(own))
    monkeypatch.setenv("KERAS_HOME", str(keras_home))
    return own, keras_home / "models"


def test_finds_files_in_order(folders: tuple[Path, Path]) -> None:
    """Described files come before Keras' own there, and those before Keras' cache."""
    own, cache = folders
    (own / "weights.toml").write_text(ENTRY)
    for path in (own / "own.weights.h5", own / VGG16.file, cache / VGG16.file):
        path.write_bytes(b"x")
    files = list(pretrained_files(VGG16, "imagenet"))
    assert [(f.path.parent, f.source) for f in files] == [
        (own, "catalogue"),
        (own, "keras"),
        (cache, "keras"),
    ]
    first = files[0]
    assert first.include_top
    assert first.arguments == {"include_top": True, "classes": 10}
    assert first.output == "block5_pool"
    assert first.batch_norm_folded
    assert first.trained_on == files[1].trained_on == "imagenet"


@pytest.mark.parametrize(
    "change",
    [('"vgg16"', '"vgg19"'), ('"imagenet"', '"cells"'), ("own.w", "absent.w")],
)
def test_leaves_out_what_does_not_serve(
    folders: tuple[Path, Path], change: tuple[str, str]
) -> None:
    """Other networks, other data and absent files are no ImageNet files."""
    (folders[0] / "weights.toml").write_text(ENTRY.replace(*change))
    (folders[0] / "own.weights.h5").write_bytes(b"x")
    assert list(pretrained_files(VGG16, "imagenet")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weights = 3", "`weights`: Input should be a valid tuple"),
        (ENTRY.replace("file =", "fil ="), "`weights.0.file`: Field required"),
        (ENTRY + "fold = 1", "`weights.0.fold`: Extra inputs"),
        ("[[weights", "not valid TOML"),
    ],
)
def test_refuses_a_broken_catalogue(
    folders: tuple[Path, Path], text: str, message: str
) -> None:
    """The message names the file and the key."""
    (folders[0] / "weights.toml").write_text(text)
    with pytest.raises(WeightsError) as caught:
        read_catalogue(folders[0])
    assert str(folders[0] / "weights.toml") in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_reads_several_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TFAPP_WEIGHTS is a list, as PATH is; a folder that is none is an error."""
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("TFAPP_WEIGHTS", f"{tmp_path / 'own'}:{tmp_path / 'b'}:")
    assert weight_folders() == [tmp_path / "own", tmp_path / "b"]
    monkeypatch.setenv("TFAPP_WEIGHTS", str(tmp_path / "absent"))
    with pytest.raises(WeightsError, match="TFAPP_WEIGHTS names .*absent', which is"):
        weight_folders()


def test_keras_folder_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without KERAS_HOME the folder is the one of Keras itself."""
    monkeypatch.delenv("KERAS_HOME")
    assert keras_folder() == Path.home() / ".keras" / "models"


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_checks_hashes_of_both_kinds(tmp_path: Path, kind: str) -> None:
    """The right hash gives the file's sha256, a wrong one names both."""
    path = tmp_path / "w.h5"
    path.write_bytes(b"abc")
    right = hashlib.new(kind, b"abc").hexdigest()
    assert check_hash(path, right.upper()) == hashlib.sha256(b"abc").hexdigest()
    wrong = hashlib.new(kind, b"abd").hexdigest()
    with pytest.raises(WeightsError) as caught:
        check_hash(path, wrong)
    assert f"w.h5' is damaged or another file: expected {kind} {wrong}, found " in str(
        caught.value
    )
    assert right in str(caught.value)
