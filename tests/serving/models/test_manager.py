"""Folders that go away and come back, versions that break, and loads that never end.

A manager is looked at step by step here, without its thread.
"""

import gc
import os
import shutil
import threading
import weakref

import pytest
import tensorflow as tf

from tests.serving.conftest import half_plus, running, wait_until
from tfapp.serving.metrics import Metrics
from tfapp.serving.models import loader
from tfapp.serving.models.manager import Manager, ModelSpec
from tfapp.serving.models.model import LISTINGS
from tfapp.serving.models.servable import Servable, State
from tfapp.serving.settings import BatchingSettings, LimitSettings, ServerSettings
from tfapp.serving.status import RequestError


class Looks:
    """A manager without a thread of its own, and the lines that it shows.

    Args:
        settings: of the server.
    """

    def __init__(self, **settings):
        self.lines = []
        self.manager = Manager(ServerSettings(**settings), Metrics(), self.lines.append)

    def look(self, times=1):
        """Look at the folders, each time until all is loaded or unloaded."""
        for _ in range(times):
            for event in self.manager.update():
                assert event.wait(60)
        return self

    @property
    def serving(self):
        """The versions that serve, by the name of their model."""
        return {n: m.serving for n, m in self.manager.models.items() if m.serving}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A version to be copied."""
    return half_plus(tmp_path_factory.mktemp("made") / "1", 1.0)


@pytest.fixture
def root(tmp_path, made):
    """A folder of the models m, versions 1 and 2, and n, version 1."""
    for place in ("m/1", "m/2", "n/1"):
        shutil.copytree(made, tmp_path / "root" / place)
    return tmp_path / "root"


def break_(folder):
    """Damage a version."""
    (folder / "saved_model.pb").write_bytes(b"no protocol buffer")


@pytest.mark.slow
@pytest.mark.parametrize("hide", ["rename", "file"])
@pytest.mark.parametrize("settings", ["folder", "model"])
def test_a_folder_that_is_away_is_no_deletion(root, hide, settings):
    """However long it lasts; it is reported once, and so is a second time."""
    given = {"folder": str(root)}
    if settings == "model":
        given = {"models": {"m": {"path": str(root)}}}
        shutil.copytree(root / "m", root, dirs_exist_ok=True)
    looks = Looks(**given).look()
    serving = looks.serving
    assert serving["m"] == [2]
    for _ in range(2):
        looks.lines.clear()
        root.rename(root.with_name("away"))
        if hide == "file":
            root.write_text("where the folder was")
        looks.look(3 * LISTINGS)
        assert looks.serving == serving
        assert all("cannot look for" in line for line in looks.lines)
        assert len(looks.lines) == len(set(looks.lines)) == 3 - 2 * (len(serving) == 1)
        root.unlink(missing_ok=True)
        root.with_name("away").rename(root)
        looks.look()
        assert looks.serving == serving
    looks.manager.close()


@pytest.mark.parametrize("place", ["", "m"])
def test_a_disk_that_is_not_mounted_is_an_empty_folder(root, place):
    """For some looks everything serves on; after that it counts as removed."""
    looks = Looks(folder=str(root)).look()
    away = root / place
    for back in (True, False):
        away.rename(root.with_name("away"))
        away.mkdir()
        looks.look(LISTINGS - 1)
        assert looks.serving == {"m": [2], "n": [1]}
        if back:
            away.rmdir()
            root.with_name("away").rename(away)
            looks.look(LISTINGS)
            assert looks.serving == {"m": [2], "n": [1]}
    looks.look()
    assert looks.serving == ({"n": [1]} if place else {})
    away.rmdir()
    root.with_name("away").rename(away)
    assert looks.look().serving == {"m": [2], "n": [1]}
    looks.manager.close()


def test_a_model_folder_that_goes_is_unloaded_after_some_looks(root):
    """The folder above it was listed without its name."""
    looks = Looks(folder=str(root)).look()
    shutil.rmtree(root / "m")
    assert "m" in looks.look(LISTINGS - 1).serving
    assert looks.look().serving == {"n": [1]}
    looks.manager.close()


def test_an_older_version_takes_over_at_once(root):
    """Where the listing shows others, what it lacks was removed."""
    looks = Looks(folder=str(root)).look()
    shutil.rmtree(root / "m" / "2")
    assert looks.look().serving["m"] == [1]
    looks.manager.close()


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "serving"), [([2], [1]), ([1, 2], [])])
def test_a_cold_start_serves_the_newest_version_that_loads(root, broken, serving):
    """As a server does that was running when the newest came."""
    for number in broken:
        break_(root / "m" / str(number))
    looks = Looks(folder=str(root)).look(3)
    assert looks.serving.get("m", []) == serving
    shutil.copytree(root / "n" / "1", root / "m" / "3")
    assert looks.look().serving["m"] == [3]
    looks.manager.close()


def test_only_wanted_versions_stand_in_for_each_other(root):
    """Where the settings list versions, no other is served."""
    break_(root / "m" / "2")
    models = {"m": {"path": str(root / "m"), "versions": [2]}}
    looks = Looks(models=models).look()
    assert looks.serving == {}
    looks.manager.close()


def test_a_load_that_never_ends_holds_up_nobody(root, monkeypatch):
    """Neither the other models, nor readiness for ever, nor the end of the server."""
    end = threading.Event()
    load = Servable.load
    monkeypatch.setattr("tfapp.serving.models.manager.FIRST_LOOK_SECONDS", 0.5)

    def hang(servable):
        return end.wait(60) and False if servable.name == "m" else load(servable)

    monkeypatch.setattr(Servable, "load", hang)
    with running(root, log="off") as client:
        value = {"instances": [0.0]}
        wait_until(lambda: client.predict("n", value)[0] == 200)
        assert client.predict("m", value)[0] == 404
        wait_until(lambda: client.get("/healthz")[0] == 200)
        shutil.copytree(root / "n" / "1", root / "n" / "2")
        wait_until(lambda: client.server.engine.manager.models["n"].serving == [2])
    end.set()


def broken_late(folder):
    """Write a model that is read whole before it turns out to be broken."""
    half_plus(folder)
    os.remove(folder / "variables" / "variables.index")
    return folder


@pytest.mark.slow
def test_a_failed_load_keeps_no_bytes(tmp_path, monkeypatch):
    """Its error is remembered, its graph is not."""
    graphs = []
    make = tf.Graph

    def remembered():
        graph = make()
        graphs.append(weakref.ref(graph))
        return graph

    monkeypatch.setattr(loader.tf, "Graph", remembered)
    for number in (1, 2):
        broken_late(tmp_path / "m" / str(number))
    looks = Looks(folder=str(tmp_path)).look()
    gc.collect()
    assert len(graphs) >= 2
    assert {graph() for graph in graphs} == {None}
    versions = looks.manager.models["m"].versions
    for number, servable in versions.items():
        assert servable.state is State.END, number
        assert servable.error.__context__ is servable.error.__traceback__ is None
    looks.manager.close()


def test_an_unloaded_version_keeps_no_bytes(root, monkeypatch):
    """Nor do the threads of its queues."""
    looks = Looks(models={"n": {"path": str(root / "n")}}).look()
    with looks.manager.lease(ModelSpec("n")) as servable:
        saved_model = weakref.ref(servable.saved_model)
        signature = servable.saved_model.signature("serving_default")
        value = {"x": tf.constant([1.0]).numpy()}
        prepared = servable.prepare(signature, value, float("inf"))
        assert servable.submit(signature, prepared).result(60)["y"] == [1.5]
        del signature
    looks.manager.close()
    gc.collect()
    assert saved_model() is None


@pytest.mark.parametrize(
    "name",
    ["saved_model.pb", "tfapp.json", "assets.extra/tf_serving_warmup_requests"],
)
def test_files_that_nothing_can_hold_are_refused_by_their_size(root, name):
    """A file of holes takes no room on disk, but would take it in memory."""
    path = root / "n" / "1" / name
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.truncate(2**31)
    servable = Servable(
        "n", 1, root / "n" / "1", BatchingSettings(), LimitSettings(), Metrics()
    )
    assert not servable.load()
    assert isinstance(servable.error, RequestError)
    assert f"{name} has 2,147,483,648 bytes" in str(servable.error)
