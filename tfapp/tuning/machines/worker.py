"""A worker: it runs the trials of a chief on its own machine."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tfapp.base.errors import ConfigError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.recipes.tuning import TuningConfig
from tfapp.runs import numbered
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.machines.protocol import SEARCH, digest
from tfapp.tuning.oracles.dimensions import hyperparameters
from tfapp.tuning.page.wording import trial_line
from tfapp.tuning.records import History, TrialRecord
from tfapp.tuning.search import Search
from tfapp.tuning.space import Space

ALIVE_SECONDS = 10.0
"""Between two signs of life of a worker."""
CHIEF_SECONDS = 120.0
"""For how long a worker waits for a chief that does not answer."""


def be_worker(
    folder: SearchFolder,
    space: Space,
    config: TuningConfig,
    identity: Mapping[str, Any],
    address: str,
    workers: int,
    end: float,
    reporter: Reporter,
) -> int:
    """Run trials for a chief until it has no more, and return how many.

    Args:
        folder: on this machine, for the runs.
        space: what may change, as the chief has it.
        config: limits of the trials.
        identity: of the search, as the chief has it.
        address: HOST:PORT of the chief.
        workers: trials at a time.
        end: monotonic seconds at which this call ends.
        reporter: receives a line for every trial.

    Raises:
        ConfigError: if the chief has another search.
        TfappError: if the chief does not answer.
    """
    client = _client(address)
    with _chief_answers(address):
        _require_same_space(client, space, identity, address)
    machine = f"{socket.gethostname()}:{folder.folder.absolute()}"
    names = tuple(f"{machine}:{number}" for number in range(workers))
    done: list[TrialRecord] = []

    def note(record: TrialRecord) -> None:
        done.append(record)
        reporter.say(trial_line(record, History(())))
        _make_room(folder, client, config)

    search = Search(folder, space, config, client, names, end, note)
    with _signs_of_life(client, search.running), _chief_answers(address):
        search.run()
    return len(done)


def _client(address: str) -> Any:
    """Return Keras Tuner's client of a chief, which gives up after a while."""
    import keras_tuner
    from keras_tuner.src.distribute import oracle_client

    host, _, port = address.rpartition(":")
    # The client reads the environment, once, when it is made.
    os.environ |= {
        "KERASTUNER_ORACLE_IP": host,
        "KERASTUNER_ORACLE_PORT": port,
        "KERASTUNER_TUNER_ID": "worker",
    }
    oracle_client.TIMEOUT = CHIEF_SECONDS
    try:
        return oracle_client.OracleClient(keras_tuner.Oracle())
    finally:
        for key in [k for k in os.environ if k.startswith("KERASTUNER_")]:
            del os.environ[key]


def _require_same_space(
    client: Any, space: Space, identity: Mapping[str, Any], address: str
) -> None:
    from keras_tuner.src import protos
    from keras_tuner.src.engine.hyperparameters import HyperParameters

    request = protos.get_service().GetSpaceRequest()
    response, call = client.stub.GetSpace.with_call(
        request, wait_for_ready=True, timeout=CHIEF_SECONDS
    )
    theirs = HyperParameters.from_proto(response.hyperparameters)
    ours = hyperparameters(space.dimensions)
    same = {h.name for h in theirs.space} == {h.name for h in ours.space}
    if not same or dict(call.trailing_metadata()).get(SEARCH) != digest(identity):
        raise ConfigError(
            f"The chief at {address} searches another recipe or space than this "
            "machine's. Give all of them the same recipe file and --tuner."
        )


@contextmanager
def _chief_answers(address: str) -> Iterator[None]:
    """Make silence of the chief one line."""
    import grpc

    try:
        yield
    except grpc.RpcError as error:
        raise TfappError(
            f"The chief at {address} does not answer. Start it, then this command "
            "again: unfinished trials go on."
        ) from error


@contextmanager
def _signs_of_life(client: Any, running: Callable[[], list[str]]) -> Iterator[None]:
    """Tell the chief, now and then, that the trials here go on."""
    import grpc

    over = threading.Event()

    def beat() -> None:
        while not over.wait(ALIVE_SECONDS):
            for trial_id in running():
                try:
                    client.get_trial(trial_id)
                except grpc.RpcError:  # the trial's own call reports it
                    return

    thread = threading.Thread(target=beat, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _make_room(folder: SearchFolder, client: Any, config: TuningConfig) -> None:
    """Reduce the trials on this machine that are not among the best of all."""
    if config.tuner == "hyperband":  # a later round may go on from any of them
        return
    best = {int(t.trial_id) for t in client.get_best_trials(config.keep)}
    for path in numbered(folder.folder):
        ended = folder.outcome(int(path.name)).is_file()
        if ended and int(path.name) not in best:
            folder.reduce(int(path.name))
