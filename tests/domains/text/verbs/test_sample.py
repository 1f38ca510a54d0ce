"""`tfapp sample` on a run that is made by hand."""

import json

import pytest
from typer.testing import CliRunner

import tfapp
from tfapp.base.errors import ModelError
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import write_sealed_json
from tfapp.cli import app
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.text.language.preprocessor import CharacterPreprocessor
from tfapp.export.keras_file import save_model
from tfapp.recipes.config import ModelConfig
from tfapp.tasks.build import build_model

SYMBOLS = CharacterPreprocessor(tuple("\n abcdé"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of runs with one small language model."""
    folder = tmp_path_factory.mktemp("runs")
    run = folder / "novel" / "1"
    run.mkdir(parents=True)
    info = DataInfo(
        {"ids": InputSpec((None,), "int32", SYMBOLS.size)}, (None,), SYMBOLS.size
    )
    options = {"units": 4, "embedding_units": 3}
    name = "recurrent_language_model"
    save_model(
        build_model(ModelConfig(name=name, options=options), info), run / "model.keras"
    )
    card = {"task": "character_language_model", "preprocess": SYMBOLS.describe()}
    write_sealed_json(run / "tfapp.json", card)
    return folder


def test_sampled_alike_by_function_and_command(folder):
    """The same seed gives the same text, in Python and at the terminal."""
    written = "".join(
        tfapp.sample(
            "novel",
            "ab",
            length=20,
            seed=3,
            runs_folder=folder,
            reporter=Reporter(True),
        )
    )
    assert len(written) == 20
    assert set(written) <= set(SYMBOLS.symbols)
    options = ["--prompt", "ab", "--length", "20", "--seed", "3", "--runs", str(folder)]
    done = CliRunner().invoke(app, ["sample", "novel", "--quiet", *options])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"ab{written}\n"


def test_other_runs_are_refused(folder):
    """A run that learned something else is named in one line."""
    card = folder / "novel" / "1" / "tfapp.json"
    before = json.loads(card.read_text())
    try:
        write_sealed_json(card, {**before, "task": "forecasting"})
        with pytest.raises(ModelError, match="Run 'novel' learned 'forecasting'"):
            tfapp.sample("novel", runs_folder=folder)
    finally:
        write_sealed_json(card, before)
