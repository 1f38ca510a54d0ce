"""Tests of tfapp.verbs.compare and of the command."""

import json
import sys

import pytest

from tfapp.__main__ import main
from tfapp.base.errors import ConfigError, TfappError
from tfapp.base.files import write_json
from tfapp.base.reporter import Reporter
from tfapp.verbs.compare import compare

GOOD = [1] * 45 + [0] * 5
BAD = [1, 0] * 25
ERRORS = [0.02, 0.03, 0.025, 0.04, 0.03, 0.05, 0.02, 0.03]


@pytest.fixture
def root(fake_run, tmp_path, monkeypatch):
    """Three runs of two recipes below runs/, in the working folder."""
    monkeypatch.chdir(tmp_path)
    runs = tmp_path / "runs"
    fake_run(runs, "good", 1, GOOD, ["training.epochs=3"])
    fake_run(runs, "good", 2, GOOD, ["training.epochs=3"], seed=1)
    fake_run(runs, "bad", 1, BAD)
    return runs


def quietly(*names, **options):
    """Compare without a word on stderr."""
    return compare(names, reporter=Reporter(quiet=True), **options)


@pytest.mark.parametrize(
    "names",
    [
        ["good", "bad"],
        ["good/1", "good/2", "bad/1"],
        ["runs/good", "runs/bad"],
        ["runs/good/1", "good", "runs/good/2/", "runs/bad/1", "bad"],
    ],
)
def test_runs_are_named_by_folder_number_or_name(root, names):
    """A name means all its finished runs, and no run counts twice."""
    found = quietly(*names)
    assert [(g.name, len(g.records)) for g in found.groups] == [("good", 2), ("bad", 1)]
    assert found.pairs[0].estimate.difference == pytest.approx(-0.4)
    assert found.pairs[0].real


def test_unfinished_runs_of_a_name_are_left_out_and_told(root, fake_run):
    """Asked for by number they are refused."""
    folder = fake_run(root, "good", 3, BAD, seed=2)
    write_json(folder / "status.json", {"status": "interrupted"})
    found = quietly("good")
    assert len(found.records) == 2
    assert found.notes[0] == "Unfinished runs of good left out: 1."
    with pytest.raises(ConfigError, match=r"3 did not finish.*--resume`, or leave"):
        quietly("good/3", "bad")


def test_three_files_are_written_whole(root, tmp_path):
    """Written only if asked for; a second time replaces them."""
    quietly("good", "bad")
    assert not (tmp_path / "comparison").exists()
    for _ in range(2):
        quietly("good", "bad", out="new/place")
        assert sorted(p.name for p in (tmp_path / "new/place").iterdir()) == [
            "comparison.csv",
            "comparison.html",
            "comparison.json",
        ]


def test_a_learning_curve_is_a_picture_of_its_own(root, fake_run, tmp_path):
    """A comparison without one takes an earlier one's away."""
    for number, size in ((1, 5), (2, 40)):
        limit = [f"data.limit={size}"]
        fake_run(root, "sizes", number, GOOD, limit, train=size)
    quietly("sizes", out="place")
    picture = tmp_path / "place" / "learning_curve.svg"
    assert "<svg" in picture.read_text()
    quietly("good", out="place")
    assert not picture.exists()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "No run to compare"),
        (["nothing"], "No run 'nothing' below"),
        (["good", "good/9"], "No run 'good/9'"),
        (["empty/1"], "is no run: it has no recipe.toml"),
        (["good", "other"], "Expected runs with the same classes"),
        (["odd"], r"(?s)Unknown key `training.epoch`.*leave the run out"),
        (["torn", "good"], "metrics.json cannot be used: it is not JSON"),
        (["cells", "nuclei"], "'nothing', 'nucleus', runs.*with the same classes"),
        (
            ["good", "cells"],
            r"cells/1 is a run of the task 'image_segmentation', with the main figure "
            r"'Pixel error'\. Expected runs of 'image_classification' with 'Accuracy', "
            r"as runs/good/1 is; compare them separately\.",
        ),
    ],
)
def test_mistakes_are_told(root, fake_run, fake_masks_run, tmp_path, names, message):
    """One clear error each, and nothing is written."""
    fake_masks_run(root, "cells", 1, ERRORS)
    for name, old, new in (("nuclei", '"cell"', '"nucleus"'), ("other", '"b"', '"z"')):
        fake = fake_masks_run if name == "nuclei" else fake_run
        metrics = fake(root, name, 1, ERRORS) / "metrics.json"
        metrics.write_text(metrics.read_text().replace(old, new))
    (root / "empty/1").mkdir(parents=True)
    odd = fake_run(root, "odd", 1, GOOD) / "recipe.toml"
    odd.write_text(odd.read_text().replace("epochs", "epoch"))
    (fake_run(root, "torn", 1, GOOD) / "metrics.json").write_text('{"accuracy": 0.')
    with pytest.raises(ConfigError, match=message):
        quietly(*names, out="out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_told_before_the_work(root, tmp_path):
    """A file is in the way of the folder."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(TfappError, match="is a file, not a folder"):
        quietly("nothing at all", out="out")


def test_two_test_sets_are_compared_unpaired(root, fake_run):
    """Other examples under the same names are other examples."""
    fake_run(root, "moved", 1, GOOD, ["data.batch_size=8"], test="u")
    found = quietly("good", "moved")
    assert not found.pairs[0].estimate.paired
    assert any("different test sets" in note for note in found.notes)


def call(monkeypatch, capsys, *arguments):
    """Run the command line in this process; return exit code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["tfapp", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code, *capsys.readouterr()


def test_the_command_prints_a_table_and_what_is_best(root, monkeypatch, capsys):
    """Figures with intervals, the verdict, and where the page is."""
    code, out, err = call(monkeypatch, capsys, "compare", "good", "bad")
    assert code == 0
    for text in (
        "90.00 ± 0.00\u00a0%",
        "−40.00\u00a0points",
        "real",
        "“good” has the highest accuracy",
        "wrong in every run: 3 of 50",
        "note: Some groups have a single run",
        "comparison/comparison.html",
    ):
        assert text in out, text
    assert "read runs" in err


def test_the_command_as_json(root, monkeypatch, capsys):
    """The same as comparison.json, and nothing else on stdout."""
    code, out, _ = call(monkeypatch, capsys, "compare", "good", "bad", "--json", "-q")
    assert code == 0
    stored = json.loads((root.parent / "comparison/comparison.json").read_text())
    assert json.loads(out) == stored
    assert stored["best"] == "good"


def test_the_command_speaks_of_segmentations(root, fake_masks_run, monkeypatch, capsys):
    """Errors in place of accuracies; a figure that is not known is not made up."""
    for seed in (0, 1):
        fake_masks_run(
            root, "sharp", 1 + seed, ERRORS, ["training.epochs=3"], seed=seed
        )
    fake_masks_run(root, "blunt", 1, [4 * e for e in ERRORS])
    code, out, _ = call(monkeypatch, capsys, "compare", "sharp", "blunt")
    assert code == 0
    for text in (
        "pixel error",
        "3.06 ± 0.00\u00a0%",
        "+9.19\u00a0points",
        "real",
        "Rand F",
        "n/a",
        "“sharp” has the lowest pixel error",
        "hard in every run: 2 of 8 test images",
    ):
        assert text in out, text
    assert "accuracy" not in out


def test_tasks_are_not_mixed(root, fake_masks_run, monkeypatch, capsys):
    """One line with what, where and the way out, exit code 2."""
    fake_masks_run(root, "cells", 1, ERRORS)
    code, out, err = call(monkeypatch, capsys, "compare", "cells", "good", "-q")
    assert (code, out) == (2, "")
    assert err == (
        "tfapp: error: runs/good/1 is a run of the task 'image_classification', with "
        "the main figure 'Accuracy'. Expected runs of 'image_segmentation' with 'Pixel "
        "error', as runs/cells/1 is; compare them separately.\n"
    )


def test_runs_of_capsules_are_classifiers(root, fake_run):
    """Networks of both tasks that know the same classes stand side by side."""
    capsules = fake_run(root, "capsules", 1, GOOD) / "recipe.toml"
    text = capsules.read_text()
    capsules.write_text(text.replace("image_classification", "capsule_classification"))
    found = quietly("bad", "capsules")
    assert found.keys == ("task",)
    assert found.pairs[0].real


def test_mistakes_are_one_line_and_exit_code_2(root, monkeypatch, capsys):
    """As everywhere."""
    code, out, err = call(monkeypatch, capsys, "compare", "nothing")
    assert (code, out) == (2, "")
    assert err.startswith("tfapp: error: No run 'nothing'")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_comparing_does_not_start_tensorflow(root, fake_masks_run, in_fresh_process):
    """Tables of finished runs need neither TensorFlow nor Keras."""
    fake_masks_run(root, "cells", 1, ERRORS)
    code = (
        "import json, tfapp, sys; found = tfapp.compare(['good', 'bad'], out='o');"
        "found = tfapp.compare('cells', out='o');"
        "print(json.dumps([m for m in ('tensorflow', 'keras') if m in sys.modules]))"
    )
    assert in_fresh_process(code) == []


def test_real_runs_are_compared(workspace, quick):
    """What a run leaves behind is all that is needed."""
    folder, result = workspace
    (group,) = quietly("digits", runs_folder=folder / "runs").groups
    assert group.scores.mean == pytest.approx(result.metrics["accuracy"])
    assert group.interval == pytest.approx(result.metrics["accuracy_interval"])
    assert group.trained_on == 200
    assert group.parameters > 1000
