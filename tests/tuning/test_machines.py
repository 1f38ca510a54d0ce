"""A chief and its workers on loopback, with Keras Tuner's protocol between them."""

import socket
import threading
import time

import pytest

from tests.tuning.conftest import Killed
from tfapp.base.errors import ConfigError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.machines import chief, worker
from tfapp.tuning.machines.chief import be_chief
from tfapp.tuning.machines.protocol import parse_address
from tfapp.tuning.machines.worker import be_worker
from tfapp.tuning.records import FAILED

FOREVER = float("inf")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Let nobody wait for long."""
    monkeypatch.setattr(chief, "FAREWELL_SECONDS", 2.0)
    monkeypatch.setattr(worker, "CHIEF_SECONDS", 20.0)


@pytest.fixture
def address():
    """A free port on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def start_chief(search, address, found):
    """Start a chief in a thread; its history is appended to `found`."""

    def give_out():
        found.append(
            be_chief(
                search.folder,
                search.space,
                search.config,
                {"search": 1},
                address,
                FOREVER,
                Reporter(quiet=True),
            )
        )

    thread = threading.Thread(target=give_out, name="chief", daemon=True)
    thread.start()
    return thread


def work(search, folder, address, identity=None, workers=1):
    """Run trials for the chief here."""
    return be_worker(
        SearchFolder(folder),
        search.space,
        search.config,
        identity or {"search": 1},
        address,
        workers,
        FOREVER,
        Reporter(quiet=True),
    )


def test_workers_run_the_trials_of_a_chief(toy_search, tmp_path, address, monkeypatch):
    """Two machines share a search; failures and figures reach the chief's folder."""
    search = toy_search(trials=10, tuner="random")
    train = search.train

    def fail_once(process, on_round):
        if process.job.folder.endswith("/4"):
            return {"failure": "ended by SIGSEGV", "kind": "crash"}
        return train(process, on_round)

    monkeypatch.setattr("tfapp.tuning.process.TrialProcess.run", fail_once)
    found = []
    thread = start_chief(search, address, found)
    with pytest.raises(ConfigError, match="searches another recipe or space"):
        work(search, tmp_path / "c", address, {"search": 2})
    counts = []
    second = threading.Thread(
        target=lambda: counts.append(work(search, tmp_path / "b", address)),
        name="second machine",
    )
    second.start()
    counts.append(work(search, tmp_path / "a", address, workers=2))
    second.join()
    thread.join(30)
    (history,) = found
    assert sum(counts) == 10
    assert history.trials[4].status == FAILED
    assert history.trials[4].failure == "ended by SIGSEGV"
    assert [t.value for t in history.trials if t.value is None] == [None]
    assert history.trials[0].monitor == "val_loss"
    assert search.folder.best_recipe.is_file()
    alone = toy_search("alone_tune", trials=10, tuner="random")
    settings = [dict(t.values) for t in alone.run().trials]
    assert [dict(t.values) for t in history.trials] == settings


def test_killed_worker_gets_its_trial_again(toy_search, tmp_path, address):
    """The same machine goes on with the same trial, under the same number."""
    killed = []

    def kill(moment):
        if moment == "in a trial" and not killed:
            killed.append(moment)
            raise Killed

    search = toy_search("toy_tune", kill, trials=3)
    found = []
    thread = start_chief(search, address, found)
    with pytest.raises(Killed):
        work(search, tmp_path / "a", address)
    assert work(search, tmp_path / "a", address) == 3
    thread.join(30)
    assert search.started == [0, 0, 1, 2]
    assert sorted(found[0].ended) == [0, 1, 2]


def test_trial_of_a_lost_worker_goes_to_another(
    toy_search, tmp_path, address, monkeypatch
):
    """A machine that does not come back costs no trial."""
    monkeypatch.setattr(chief, "LOST_SECONDS", 0.3)
    killed = []

    def kill(moment):
        if moment == "in a trial" and not killed:
            killed.append(moment)
            raise Killed

    search = toy_search("toy_tune", kill, trials=2)
    found = []
    thread = start_chief(search, address, found)
    with pytest.raises(Killed):
        work(search, tmp_path / "lost", address)
    time.sleep(1.0)
    assert work(search, tmp_path / "other", address) == 2
    thread.join(30)
    assert sorted(found[0].ended) == [0, 1]


def test_silent_chief_is_one_line(toy_search, tmp_path, address, monkeypatch):
    """Without a chief a worker says so after a while."""
    monkeypatch.setattr(worker, "CHIEF_SECONDS", 0.3)
    with pytest.raises(TfappError, match="does not answer"):
        work(toy_search(), tmp_path / "a", address)


@pytest.mark.parametrize("text", ["8700", "host:", ":80", "host:0", "host:99999"])
def test_addresses(text):
    """A host and a port, or a message that shows one."""
    assert parse_address("10.0.0.5:8700") == "10.0.0.5:8700"
    with pytest.raises(ConfigError, match="Expected HOST:PORT"):
        parse_address(text)
