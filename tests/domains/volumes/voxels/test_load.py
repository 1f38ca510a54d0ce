"""Grids with class names: what is left out, scaled, split and refused."""

import numpy as np
import pytest

from tests.domains.volumes.tiny import grid, write_grids
from tfapp.base.errors import DataError, ModelError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.detection import detect
from tfapp.data.spec import Pass
from tfapp.domains.volumes.baselines import block_means
from tfapp.domains.volumes.voxels.projections import turning_views
from tfapp.recipes.config import DataConfig, ModelConfig
from tfapp.tasks.build import build_model


def config(path, **keys):
    """Return how a place is loaded."""
    return DataConfig(kind="voxels", path=str(path), batch_size=8, **keys)


def test_grids_and_their_files(tmp_path):
    """Batches hold what the preprocessor makes of the raw file, and one-hot classes."""
    path = write_grids(tmp_path / "g")
    assert detect(str(path)).task == "volume_classification"
    dataset = load_dataset(config(path), seed=0)
    assert dataset.info.labels == ("bar", "plate")
    assert dataset.info.only_input.shape == (8, 8, 8, 1)
    examples = dataset.examples["train"][:8]
    grids, answers = next(dataset.batches(examples, Pass()).as_numpy_iterator())
    raw = [dataset.raw(e)["volume"] for e in examples]
    np.testing.assert_array_equal(grids, dataset.preprocessor({"volume": raw}))
    assert set(np.unique(grids)) == {0.0, 1.0}
    np.testing.assert_array_equal(
        answers[:, 1], [e.target == "plate" for e in examples]
    )


def test_measured_grids_are_scaled_by_training(tmp_path):
    """Numbers other than 0 and 1 get mean 0 and deviation 1."""
    path = tmp_path / "g"
    for label, shift in (("a", 0), ("b", 30)):
        (path / label).mkdir(parents=True)
        for seed in range(9):
            values = np.random.default_rng([seed, shift]).normal(
                500 + shift, 40, [6] * 3
            )
            np.save(path / label / f"{seed}.npy", values.astype(np.float32))
    dataset = load_dataset(config(path, augmentation={"noise": 0.1}), seed=0)
    grids, _ = next(
        dataset.batches(dataset.examples["train"], Pass()).as_numpy_iterator()
    )
    assert grids.mean() == pytest.approx(0, abs=0.6)
    assert grids.std() == pytest.approx(1, abs=0.2)
    again = load_test_only(
        config(path), dataset.info.labels, preprocess=dataset.preprocessor.describe()
    )
    assert again.preprocessor == dataset.preprocessor


def test_bad_grids_are_named(tmp_path):
    """Empty, full, of another shape, not finite, damaged: each has its own line."""
    path = write_grids(tmp_path / "g")
    for name, values in {
        "empty": np.zeros((8, 8, 8)),
        "full": np.ones((8, 8, 8)),
        "other": grid("bar", 99, 9),
        "nan": np.full((8, 8, 8), np.nan),
        "flat": np.zeros((8, 8)),
        "copy": grid("bar", 1),
        "small": np.eye(3)[None].repeat(3, 0),
    }.items():
        np.save(path / "bar" / f"{name}.npy", values)
    (path / "bar" / "cut.npy").write_bytes(b"\x93NUMPY")
    (path / "bar" / "notes.txt").write_text("no grid")
    (path / "empty_class").mkdir()
    report = check_data(config(path))
    kinds = {
        problem.kind: problem.path.rsplit("/", 1)[-1] for problem in report.problems
    }
    assert kinds["empty"] == "empty.npy"
    assert kinds["full"] == "full.npy"
    assert kinds["other shape"] == "other.npy"
    assert kinds["not finite"] == "nan.npy"
    assert kinds["no volume"] == "flat.npy"
    assert kinds["too small"] == "small.npy"
    assert kinds["unreadable"] == "cut.npy"
    assert {"duplicate", "foreign files", "empty class folder"} <= kinds.keys()
    with pytest.raises(DataError, match="7 of 56 files cannot be used"):
        load_dataset(config(path, check={"max_bad_share": 0.1}), seed=0)
    dataset = load_dataset(config(path, check={"max_bad_share": 0.2}), seed=0)
    assert len(dataset.names) == 49
    assert any("1 copies" in note for note in dataset.notes)


def test_folders_of_splits_and_other_folders(tmp_path):
    """train/ and test/ are followed; a mixture and a single class are refused."""
    path = tmp_path / "g"
    write_grids(path / "train", 12)
    write_grids(path / "test", 12)
    for file in (path / "test").rglob("*.np?"):
        file.unlink()
    for label in ("bar", "plate"):
        for seed in range(40, 44):
            np.save(path / "test" / label / f"{seed}.npy", grid(label, seed))
    dataset = load_dataset(config(path), seed=0)
    assert len(dataset.examples["test"]) == 8
    (path / "other").mkdir()
    with pytest.raises(DataError, match="folders of splits, each once, or of classes"):
        load_dataset(config(path), seed=0)
    one = write_grids(tmp_path / "one", labels=("bar",))
    with pytest.raises(DataError, match="single class 'bar'"):
        load_dataset(config(one), seed=0)
    with pytest.raises(DataError, match="does not know"):
        load_test_only(config(one), ("plate", "ball"))
    with pytest.raises(DataError, match="is no folder"):
        load_dataset(config(tmp_path / "nothing"), seed=0)


def test_the_built_in_shapes_and_a_network_for_them():
    """They need no files; too many convolutions for their side are refused."""
    options = {"side": 8, "examples": 6}
    dataset = load_dataset(config("shapes", options=options), seed=0)
    assert len(dataset.names) == 36
    with pytest.raises(ModelError, match="at least 16 voxels a side"):
        build_model(
            ModelConfig(name="voxel_cnn", options={"filters": [2, 2, 2, 2]}),
            dataset.info,
        )


def test_volumes_are_averaged_over_blocks():
    """Blocks are as small as the number allows, and cover the volume in order."""
    volumes = np.arange(2 * 4 * 4 * 6, dtype=np.float32).reshape(2, 4, 4, 6, 1)
    np.testing.assert_array_equal(block_means(volumes), volumes.reshape(2, -1))
    means = block_means(volumes, 12)
    assert means.shape == (2, 12)
    assert means[0, 0] == volumes[0, :2, :2, :2].mean()
    assert means[1, -1] == volumes[1, 2:, 2:, 4:].mean()


def test_a_volume_turns():
    """A bar at one side moves to the other in half a turn, and is seen all along."""
    volume = np.zeros((8, 9, 9))
    volume[2:6, 4, 8] = 1
    views = turning_views(volume)
    assert views.shape == (8, 8, 9)
    assert views[0].argmax() % 9 == 8
    assert views[4].argmax() % 9 == 0
    np.testing.assert_allclose(views[4][:, ::-1], views[0], atol=0.01)
    near, far = sorted((views[2].max(), views[6].max()), reverse=True)
    assert near == pytest.approx(1, abs=0.05)
    assert far == pytest.approx(0.25, abs=0.05)
