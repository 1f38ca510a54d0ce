"""What a text means: a SavedModel, a run, or a model that comes with tfapp."""

from pathlib import Path

import pytest

from tfapp.base.errors import ModelError
from tfapp.base.storage.checksums import require_intact_tree
from tfapp.recipes import read
from tfapp.runs import models


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Return the SavedModel "munch" of a package that brings it."""
    folder = tmp_path / "package" / "saved_models" / "munch" / "1"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    monkeypatch.setattr(read, "PACKAGE", tmp_path / "package")
    return folder


def test_a_model_that_comes_with_tfapp_is_found_by_its_name(shipped, tmp_path):
    """Behind folders and runs of that name."""
    runs = tmp_path / "runs"
    assert models.saved_model_of("munch", runs) == shipped
    for other in ("turner", "", ".", "../saved_models/munch"):
        assert models.saved_model_of(other, runs) is None
    (runs / "munch" / "1").mkdir(parents=True)
    assert models.saved_model_of("munch", runs) is None
    own = tmp_path / "munch" / "3"
    own.mkdir(parents=True)
    (own / "saved_model.pb").touch()
    assert models.saved_model_of(str(own.parent), runs) == own


def test_the_message_names_the_models_that_come_with_tfapp(shipped, tmp_path):
    """Whoever mistypes one sees it."""
    with pytest.raises(ModelError, match=r"comes with tfapp \['munch'\]"):
        models.require("monk", Path(tmp_path / "runs"))


def test_the_model_that_comes_with_tfapp_is_whole_and_of_nobodys_machine():
    """Its files are those that were sealed, and its card names no place."""
    folder = read.shipped(models.FOLDER) / "fast_style_scream" / "1"
    require_intact_tree(folder)
    card = (folder / "tfapp.json").read_text(encoding="utf-8")
    assert '"$TFAPP_DATA/' in card
    assert '"command"' not in card
