"""`explain` of texts: a page, a JSON file, and bad input."""

import json
from types import SimpleNamespace

import pytest

from tests.domains.text.classification.tiny import sentences, table
from tfapp.base.errors import DataError, UnknownNameError
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.domains.text.verbs.explain import explain_texts
from tfapp.export.keras_file import save_model
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model


@pytest.fixture
def run(tmp_path):
    """What a run leaves, with a network that answers as its n-grams do."""
    path = table(tmp_path / "t.csv", sentences())
    dataset = load_dataset(DataConfig(kind="texts", path=str(path)), seed=0)
    options = {"dims": 4, "filters": 2, "ngrams": 0.5}
    model = build_model(ModelConfig(name="sentence_cnn", options=options), dataset.info)
    save_model(model, tmp_path / "model.keras")
    card = {
        "class_names": ["bad", "good"],
        "preprocess": dataset.preprocessor.describe(),
        "calibration": {"temperature": 0.5},
    }
    return SimpleNamespace(
        card=lambda: card, folder=tmp_path, model_file=tmp_path / "model.keras"
    )


def ask(run, inputs, **options):
    """Explain without progress."""
    options = {"methods": (), "label": "", **options}
    options["folder"] = run.folder / "explanations"
    inputs = [str(path) for path in inputs]
    return explain_texts(run, inputs, reporter=Reporter(quiet=True), **options)


@pytest.mark.slow
def test_words_of_each_class_speak_for_it(run, tmp_path):
    """The words that tell are the strongest; a text that cannot be read stays alone."""
    good, bad = tmp_path / "one.txt", tmp_path / "bad.txt"
    good.write_text("<b>her song was warm and funny</b> שלום")
    bad.write_bytes(b"a\0b")
    new = table(tmp_path / "new.csv", [("dull and long",), ("warm",)], ("text",))
    found = ask(run, [good, new, bad])
    assert [row.label for row in found.rows] == ["good", "bad", "good", ""]
    strongest = sorted(found.rows[0].words, key=lambda pair: -pair[1])
    assert {word for word, _ in strongest[:3]} == {"warm", "and", "funny"}
    page = (tmp_path / "explanations" / "explanations.html").read_text()
    assert '<mark class="for level5">' in page
    assert "&lt; b &gt;" in page or "&lt;" in page
    facts = json.loads((tmp_path / "explanations" / "explanations.json").read_text())
    assert facts == found.to_json()
    assert facts["texts"][1]["path"].endswith("new.csv")
    heading, rows = found.table()
    assert len(heading) == len(rows[0]) == 4
    with pytest.raises(DataError, match=r"1 of 4 inputs .*bad\.txt"):
        found.require_good()
    other = ask(run, [good], label="bad").rows[0]
    assert dict(other.words)["warm"] == pytest.approx(
        -dict(found.rows[0].words)["warm"]
    )


def test_what_cannot_be_explained(run, tmp_path):
    """Unknown kinds, classes and files are refused by name."""
    (tmp_path / "one.txt").write_text("a text")
    for options in ({"methods": ["gradcam"]}, {"label": "ugly"}):
        with pytest.raises(UnknownNameError):
            ask(run, [tmp_path / "one.txt"], **options)
    with pytest.raises(DataError, match="does not exist"):
        ask(run, [tmp_path / "none.txt"])
