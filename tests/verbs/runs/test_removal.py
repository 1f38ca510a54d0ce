"""Deleting runs, and nothing else."""

import pytest

from tfapp import runs
from tfapp.base.errors import ConfigError
from tfapp.verbs.runs.removal import remove_runs


@pytest.fixture
def root(tmp_path, fake_run):
    """Two runs of one name and one of another."""
    for name, number in (("a", 1), ("a", 2), ("b", 1)):
        fake_run(tmp_path, name, number, [1, 0])
    return tmp_path


def left(root):
    """Return the runs that are left."""
    return sorted(f"{p.parent.name}/{p.name}" for p in root.glob("*/*"))


def test_one_run_by_number_and_a_name_that_has_one(root):
    """The folder of a name goes with its last run."""
    assert remove_runs(["a/1", "b"], runs_folder=root) == [
        root / "a" / "1",
        root / "b" / "1",
    ]
    assert left(root) == ["a/2"]
    assert not (root / "b").exists()


def test_a_name_of_several_runs_needs_all(root):
    """Nothing goes before every name is understood."""
    with pytest.raises(ConfigError, match=r"means 2 runs.*a/1, a/2.*--all"):
        remove_runs(["b", "a"], runs_folder=root)
    assert left(root) == ["a/1", "a/2", "b/1"]
    remove_runs(["a"], every=True, runs_folder=root)
    assert left(root) == ["b/1"]


def test_what_is_no_run_stays(root, monkeypatch):
    """A folder of photos called 7 is not deleted, nor is a name that nothing has."""
    photos = root / "digits" / "7"
    photos.mkdir(parents=True)
    (photos / "a.png").touch()
    monkeypatch.chdir(root)
    for name in ("digits/7", "digits", "nothing", "."):
        with pytest.raises(ConfigError, match="nothing was deleted"):
            remove_runs([name], every=True, runs_folder=root / "none")
    assert (photos / "a.png").exists()


def test_a_run_in_use_and_a_link_stay(root, tmp_path):
    """A run at which a process works is refused, and a link is not followed."""
    run = runs.Run(root / "b" / "1")
    with run.locked(), pytest.raises(ConfigError, match="is in use"):
        remove_runs(["b"], runs_folder=root)
    (root / "c").mkdir()
    (root / "c" / "1").symlink_to(run.folder)
    with pytest.raises(ConfigError, match="is a link to"):
        remove_runs(["c/1"], runs_folder=root)
    assert run.recipe_file.is_file()


def test_a_search_goes_as_a_whole(root):
    """One trial of a search cannot be deleted; the search can."""
    (root / "a" / "identity.json").write_text("{}")
    for names, every in ((["a/1"], False), ([str(root / "a" / "2")], True)):
        with pytest.raises(ConfigError, match="a trial of the search"):
            remove_runs(names, every=every, runs_folder=root)
    assert remove_runs(["a"], every=True, runs_folder=root) == [root / "a"]
    assert left(root) == ["b/1"]
