"""What a user may do wrong ends in one line, exit code 2, and nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tfapp.__main__ import main
from tfapp.base.errors import ConfigError, DataError, ExportError, TfappError
from tfapp.base.files import require_writable
from tfapp.cli import show
from tfapp.report.blocks import Fact, Table
from tfapp.runs import Run, find
from tfapp.runs.publish import RunResult
from tfapp.tasks.results import PrimaryMetric, Results
from tfapp.verbs.predict import PredictionRow, Predictions


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command line in an empty folder."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))

    def run_here(*arguments):
        monkeypatch.setattr(sys, "argv", ["tfapp", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        assert list(empty.iterdir()) == [], "something was written"
        return caught.value.code, out, err

    return run_here


@pytest.fixture(autouse=True)
def _signals_stay_as_they_are():
    """`main` changes how the process ends; tests must not."""
    kept = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dance"], "No such command 'dance'. See `tfapp --help`."),
        (["run"], "Missing argument 'recipe'. See `tfapp run --help`."),
        (["fit", "x", "--minutes=-1"], "'--minutes': Input should be greater than"),
        (["predict", "m", "x", "--with", "date"], "`--with` takes NAME=VALUE"),
        (["predict", "m", "x", "--with=a=1", "--with=a=2"], "names a value twice"),
        (["fit", "x", "--minuts=1"], "No such option: --minuts"),
    ],
)
def test_usage_mistakes_are_one_line(call, arguments, message):
    """A wrong verb or option is told in the form of every other mistake."""
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("tfapp: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_no_arguments_show_the_help(call):
    """`tfapp` alone shows the verbs and no error line."""
    code, out, err = call()
    assert code == 2
    assert "evaluate" in out
    assert "error" not in err


def test_ctrl_c_outside_a_run_is_one_line(call, monkeypatch):
    """Typer would end silently with 130."""
    import tfapp.verbs.catalogue as catalogue

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setitem(catalogue.LISTS, "models", interrupted)
    assert call("list", "models") == (2, "", "tfapp: error: Interrupted.\n")


def test_saved_models_that_is_a_file_is_told_before_training(call, tmp_path):
    """Nobody trains for an hour to hear that the export has no place."""
    place = tmp_path / "models"
    place.write_text("not a folder")
    code, out, err = call("run", "digits", "--saved-models", place)
    assert (code, out) == (2, "")
    assert err == (
        f"tfapp: error: Cannot write {place}/digits: {place} is a file, not a folder.\n"
    )


def test_a_place_that_cannot_be_written(tmp_path, monkeypatch):
    """The nearest existing folder is tried, and nothing stays behind."""
    import tempfile

    require_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(TfappError, match=r"Cannot write .*/a/b: permission denied\."):
        require_writable(tmp_path / "a" / "b")


def test_runs_that_did_not_finish_are_told_as_such(tmp_path):
    """To deny a run beside a folder runs/pets would be a riddle."""
    folder = tmp_path / "pets" / "1"
    folder.mkdir(parents=True)
    Run(folder).set_status("interrupted")
    with pytest.raises(ConfigError, match=r"No run of 'pets' is complete: .*pets/1 is"):
        find("pets", tmp_path)


def test_a_damaged_card_of_an_export(tmp_path):
    """A SavedModel's tfapp.json that was cut off is told, not a traceback."""
    from tfapp.export import read_labels

    (tmp_path / "tfapp.json").write_text("{")
    with pytest.raises(ExportError, match=r"tfapp.json is damaged: it is not JSON"):
        read_labels(tmp_path)


@pytest.mark.parametrize("content", [None, b"PK\x03\x04 cut off"])
def test_model_files_that_are_none(tmp_path, content):
    """A missing and a truncated .keras file are told apart, with the way out."""
    from tfapp.base.errors import ModelError
    from tfapp.export.keras_file import load_model

    path = tmp_path / "model.keras"
    message = "No Keras model at .* its run did not finish"
    if content is not None:
        path.write_bytes(content)
        message = "is no Keras model: it is cut off"
    with pytest.raises(ModelError, match=message):
        load_model(path)


def test_inputs_without_an_answer_are_counted():
    """The exit code 2 of a prediction has its line."""
    rows = (PredictionRow("a.jpg", "cat"), PredictionRow("b.txt", error="no image"))
    with pytest.raises(DataError, match=r"1 of 2 inputs .*: b\.txt: no image\. Rem"):
        Predictions(rows).require_good()
    Predictions(rows[:1]).require_good()


def test_next_commands_name_a_run_that_is_found(capsys):
    """Below another folder than runs/ the whole path is printed, quoted."""
    results = Results(
        metric=PrimaryMetric("error", "Error", "error"),
        figures={"error": 0.5},
        calibration={},
        scores=Table((), (), ""),
        headline=(Fact("Error", "0.5"),),
    )
    for folder, text in (
        (Path("runs/pets/1"), "tfapp evaluate pets/1 --data DATA"),
        (Path("my runs/pets/1"), "tfapp evaluate 'my runs/pets/1' --data DATA"),
    ):
        judge = "tfapp evaluate {run} --data DATA"
        exported = Path("saved_models/pets/1")
        result = RunResult(folder, exported, folder / "x", results, judge=judge)
        show.result(result, False)
        assert text in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_while_starting(tmp_path, number):
    """Ctrl-C or `kill` before the first stage: one line about it, nothing written."""
    code = "import tfapp.cli, sys; print('ready', flush=True); import tfapp.__main__"
    code += "; sys.argv = ['tfapp', 'check', 'digits']; tfapp.__main__.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"TFAPP_CACHE": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.splitlines()[-1] == "tfapp: error: Interrupted."
    assert "Traceback" not in err


@pytest.mark.nightly
def test_two_runs_that_want_the_same_version(tmp_path, monkeypatch):
    """The one that publishes later takes the next number; no training is lost."""
    import tfapp
    from tfapp.export import exporter

    first = exporter.export_model

    def overtaken(exported, interface, destination, **options):
        if destination.name == "1":
            destination.mkdir(parents=True)
            (destination / "taken").touch()
        return first(exported, interface, destination, **options)

    monkeypatch.setattr(exporter, "export_model", overtaken)
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    result = tfapp.run(
        "digits",
        ["training.epochs=1"],
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "models",
        reporter=_quiet(),
    )
    assert result.saved_model == tmp_path / "models" / "digits" / "2"
    status = json.loads((result.folder / "status.json").read_text())
    assert status["status"] == "complete"


def _quiet():
    from tfapp.base.reporter import Reporter

    return Reporter(quiet=True)


@pytest.mark.parametrize("arguments", [["--version"], ["list", "tasks", "--json"]])
def test_a_full_disk_behind_stdout_is_one_line(arguments):
    """No traceback, and nothing more when the process ends."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tfapp", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    message = "tfapp: error: Cannot write the output: No space left on device.\n"
    assert done.stderr == message


@pytest.mark.parametrize("name", ["..", ".", "...."])
def test_no_recipe_leaves_the_folder_of_runs(call, tmp_path, name):
    """Dots alone are no name."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f'name = "{name}"\ntask = "image_classification"\n')
    code, _, err = call("run", recipe)
    assert code == 2
    assert "`name`: string should match pattern" in err
