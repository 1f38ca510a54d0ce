"""The training loop with work that is no training: a picture, "iterations"."""

import math

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from tests.training.loop.picture import Picture
from tfapp.base.errors import TrainingError
from tfapp.base.reporter import Reporter, Stage
from tfapp.report.blocks import Details
from tfapp.runs.watching.events import records
from tfapp.runs.watching.writer import TensorBoardWriter
from tfapp.tasks.watching import View
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.watching.writer import Watching


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def loop(folder, **options):
    """Return a loop that saves a state after every call."""
    reporter = options.pop("reporter", None) or Reporter(quiet=True)
    return TrainingLoop(folder, reporter, state_seconds=0.0, **options)


def kill_at(iteration):
    """Return what kills the process when it comes to an iteration."""

    def interrupt(done):
        if done == iteration:
            raise Killed

    return interrupt


@pytest.mark.parametrize("iteration", [5, 10, 25])
def test_killed_and_resumed_equals_uninterrupted(tmp_path, iteration):
    """Variables, random stream, rows and best round: all go on, to the bit."""
    whole = Picture()
    expected = loop(tmp_path / "whole").run(whole, "draw")
    with pytest.raises(Killed):
        loop(tmp_path / "cut").run(Picture(interrupt=kill_at(iteration)), "draw")
    again = Picture()
    history = loop(tmp_path / "cut").run(again, "draw")
    np.testing.assert_array_equal(again.picture.numpy(), whole.picture.numpy())
    np.testing.assert_array_equal(again.history, whole.history)
    assert history.epochs == expected.epochs
    assert (history.best_epoch, history.best) == (expected.best_epoch, expected.best)
    assert len(history.epochs) == 4


def test_a_finished_phase_is_read_back(tmp_path):
    """Its weights come from the file, and nothing is computed."""
    first = Picture()
    expected = loop(tmp_path).run(first, "draw")
    again = Picture(interrupt=kill_at(0))
    assert loop(tmp_path).run(again, "draw") == expected
    np.testing.assert_array_equal(again.picture.numpy(), first.picture.numpy())
    assert not (tmp_path / "checkpoints" / "draw.state.npz").exists()


def damage(path, how):
    """Flip a bit of a file, cut it off, or empty it."""
    data = bytearray(path.read_bytes())
    if how == "bit":
        data[len(data) // 2] ^= 4
    path.write_bytes({"bit": data, "half": data[: len(data) // 2], "empty": b""}[how])


@pytest.mark.parametrize("how", ["bit", "half", "empty"])
@pytest.mark.parametrize("file", ["draw.npz", "draw.json"])
def test_a_damaged_phase_is_named_and_trained_again(tmp_path, file, how):
    """Never used, never a traceback; the result is that of the undamaged run."""
    whole = Picture()
    expected = loop(tmp_path).run(whole, "draw")
    damage(tmp_path / "checkpoints" / file, how)
    again, runs = Picture(), loop(tmp_path)
    history = runs.run(again, "draw")
    assert history.epochs == expected.epochs
    np.testing.assert_array_equal(again.picture.numpy(), whole.picture.numpy())
    assert f"{file} is damaged" in runs.notes[0]
    assert "trained again" in runs.notes[0]


@pytest.mark.parametrize("how", ["bit", "half", "empty"])
def test_a_damaged_state_gives_way_to_the_one_before(tmp_path, how):
    """The damage is named and only a few iterations are done again."""
    whole = Picture()
    loop(tmp_path / "whole").run(whole, "draw")
    with pytest.raises(Killed):
        loop(tmp_path / "cut").run(Picture(interrupt=kill_at(25)), "draw")
    damage(tmp_path / "cut" / "checkpoints" / "draw.state.npz", how)
    first = []
    again, runs = Picture(interrupt=first.append), loop(tmp_path / "cut")
    runs.run(again, "draw")
    assert first[0] == 20
    np.testing.assert_array_equal(again.picture.numpy(), whole.picture.numpy())
    assert "draw.state.npz is damaged" in runs.notes[0]
    names = {p.name for p in (tmp_path / "cut" / "checkpoints").iterdir()}
    assert names == {"draw.npz", "draw.json", "checksums.json"}


@pytest.mark.parametrize("iteration", [25, None])
def test_what_another_split_has_taught_is_refused(tmp_path, iteration):
    """A state and a finished phase belong to the split that they were learned from."""
    interrupt = kill_at(iteration)
    if iteration is None:
        loop(tmp_path, fingerprint="one").run(Picture(), "draw")
    else:
        with pytest.raises(Killed):
            loop(tmp_path, fingerprint="one").run(Picture(interrupt=interrupt), "draw")
    with pytest.raises(TrainingError, match="another split of it"):
        loop(tmp_path, fingerprint="two").run(Picture(), "draw")
    loop(tmp_path, fingerprint="one").run(Picture(), "draw")


def test_the_best_round_is_kept(tmp_path):
    """The picture ends as it was when its score was lowest, at the second look."""
    best, short = Picture(scores=[3.0, 1.0, 2.0, 2.0]), Picture(total=20)
    history = loop(tmp_path / "best").run(best, "draw")
    loop(tmp_path / "short").run(short, "draw")
    assert (history.best_epoch, history.best) == (2, 1.0)
    np.testing.assert_array_equal(best.picture.numpy(), short.picture.numpy())


def test_higher_may_be_better(tmp_path):
    """The workload says which way its figure counts."""
    picture = Picture(scores=[3.0, 1.0, 4.0, 2.0])
    picture.better = "higher"
    assert loop(tmp_path).run(picture, "draw").best_epoch == 3


@pytest.mark.parametrize(
    ("scores", "rounds"),
    [
        ([3.0, 2.0, 2.5, 2.5, 1.0, 1.0], 4),
        ([3.0, 3.0, 3.0, 3.0, 3.0, 3.0], 3),  # a tie is no progress
        ([3.0, 3.5, 2.0, 2.5, 1.0, 1.5], 6),
    ],
)
def test_patience_ends_after_as_many_rounds_without_progress(tmp_path, scores, rounds):
    """With patience 2, the second round that is not better is the last."""
    picture = Picture(total=60, scores=scores)
    history = loop(tmp_path, patience=2).run(picture, "draw")
    assert len(history.epochs) == rounds
    assert history.stopped_by == ("patience" if rounds < 6 else "")


def test_a_phase_never_ends_worse_than_it_began(tmp_path):
    """Given the figure at the start, no worse round is kept; the start is."""
    picture = Picture(scores=[3.0, 2.0, 2.0, 2.0])
    history = loop(tmp_path).run(picture, "draw", start=1.5)
    assert (history.best_epoch, history.best) == (0, 1.5)
    np.testing.assert_array_equal(picture.picture.numpy(), 0.0)
    assert "no epoch was better" in history.summary()


def test_the_last_unit_is_not_cut_short(tmp_path, monkeypatch):
    """A deadline that passes while it is done ends nothing that was to come."""
    picture, deadline = Picture(total=20), Deadline()
    monkeypatch.setattr(deadline, "seconds_left", lambda: 19.5 - picture.done)
    history = loop(tmp_path, deadline=deadline).run(picture, "paint")
    assert picture.done == 20
    assert history.stopped_by != "deadline"


def test_the_deadline_ends_a_round_early(tmp_path, monkeypatch):
    """A phase that is cut short has scored what it reached, and says why it ended."""
    picture, deadline = Picture(total=10_000), Deadline()
    monkeypatch.setattr(deadline, "seconds_left", lambda: 45.0 - picture.done)
    runs = loop(tmp_path, deadline=deadline)
    history = runs.run(picture, "draw")
    assert history.stopped_by == "deadline"
    assert picture.done == 45
    assert len(history.epochs) == 5  # four looks, and the one that was cut short
    assert runs.notes == ["phase 'draw' ended by the time budget"]
    assert 0.0 == picture.shares[0] < picture.shares[-1] < 1.0


def test_progress_is_in_the_units_of_the_work(tmp_path, capsys, monkeypatch):
    """Iterations, not images or steps."""
    monkeypatch.setattr(Stage, "EVERY_SECONDS", 0.0)
    loop(tmp_path, reporter=Reporter()).run(Picture(), "draw")
    shown = capsys.readouterr().err
    assert "phase draw: 5 of 40 iterations" in shown
    assert "look 3: distance" in shown


def test_a_loss_that_is_no_number_names_the_place(tmp_path):
    """One line: phase, place, and where the best weights are."""
    picture = Picture()

    def spoil(done):
        if done == 15:
            picture.picture.assign(np.full((6, 6), np.nan))

    picture.interrupt = spoil
    with pytest.raises(
        TrainingError, match=r"phase 'draw', iteration 20\. The weights"
    ):
        loop(tmp_path).run(picture, "draw")
    kept = Picture()
    kept.load(tmp_path / "checkpoints" / "draw.npz")
    assert np.isfinite(kept.picture.numpy()).all()


def watched(folder, **options):
    """Return a loop that is watched as if that cost nothing."""
    watching = Watching(TensorBoardWriter, share=math.inf)
    return loop(folder, watching=watching, **options)


def shown(folder):
    """Return steps and names of everything that is written of a phase."""
    return {
        path.parent.name: [
            (event.step, value.tag)
            for data, _ in records(path)
            for event in [Event.FromString(data)]
            for value in event.summary.value
        ]
        for path in (folder / "logs" / "draw").glob("*/*")
    }


class Seen(Picture):
    """A picture that shows how far it is, and what its units are like."""

    def pulse(self):
        """Return a figure."""
        return {"loss": self.history[-1]}

    def views(self):
        """Return a text."""
        return [View("text", lambda: {"text": Details("", str(self.done))})]


def test_every_round_is_on_the_board(tmp_path):
    """TensorBoard shows each figure of each look under the name of the round."""
    history = watched(tmp_path).run(Picture(), "draw")
    names = [f"look/{name}" for name in history.epochs[0]] + ["watching/share"]
    rounds = [(number, name) for number in range(1, 5) for name in names]
    assert shown(tmp_path) == {"train": rounds}
    assert history.watching_seconds > 0


@pytest.mark.parametrize("iteration", [5, 20, 35])
def test_what_is_shown_of_a_killed_phase(tmp_path, iteration):
    """No step is there twice, none is missing."""
    watched(tmp_path / "whole").run(Seen(), "draw")
    with pytest.raises(Killed):
        watched(tmp_path / "cut").run(Seen(interrupt=kill_at(iteration)), "draw")
    watched(tmp_path / "cut").run(Seen(), "draw")
    expected = shown(tmp_path / "whole")
    assert set(expected) == {"train", "examples"}
    assert len(set(expected["train"])) == len(expected["train"]) > 8
    assert shown(tmp_path / "cut") == expected
