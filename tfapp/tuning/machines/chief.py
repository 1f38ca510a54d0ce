"""The chief: it has the oracle, and gives out trials."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tfapp.base.errors import TfappError
from tfapp.base.reporter import Reporter
from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.local import Keeper, open_oracle
from tfapp.tuning.machines.protocol import SEARCH, digest
from tfapp.tuning.records import History
from tfapp.tuning.space import Space

LOST_SECONDS = 90.0
"""Without a sign of life; then another worker gets the trial."""
FAREWELL_SECONDS = 15.0
"""For how long a chief that is done still says so to workers that ask."""


def be_chief(
    folder: SearchFolder,
    space: Space,
    config: TuningConfig,
    identity: Mapping[str, Any],
    address: str,
    end: float,
    reporter: Reporter,
) -> History:
    """Give out the trials of a search until all have ended.

    Args:
        folder: of the search, locked.
        space: what may change.
        config: tuner and number of trials.
        identity: of the search, which workers must share.
        address: HOST:PORT to listen on.
        end: monotonic seconds at which no more trials are given out.
        reporter: receives a line for every trial.

    Raises:
        TfappError: if the address is in use.
    """
    oracle = open_oracle(folder, space, config, workers_live=True)
    with reporter.stage("trials", unit="trials") as stage:
        keeper = Keeper(folder, space, config, oracle, stage)
        keeper.begin()
        servicer = _servicer(oracle, keeper, digest(identity))
        server = _serve(servicer, address)
        reporter.say(
            f"chief of {folder.folder} on {address}: start workers with --join"
        )
        try:
            while not servicer.is_done() and time.monotonic() < end:
                time.sleep(0.1)
                servicer.give_up_lost()
            servicer.wait_for_farewells()
        finally:
            server.stop(1.0).wait()
            keeper.write()
    return keeper.history()


def _serve(servicer: Any, address: str) -> Any:
    import grpc
    from keras_tuner.src import protos

    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
    try:
        server.add_insecure_port(address)
    except RuntimeError as error:
        raise TfappError(
            f"Cannot listen on {address}: another process does, or it is no address "
            "of this machine."
        ) from error
    server.start()
    return server


def _servicer(oracle: Any, keeper: Keeper, search: str) -> Any:
    """Return what answers workers: Keras Tuner's servicer, which notices deaths."""
    from keras_tuner.src.distribute.oracle_chief import OracleServicer

    class Servicer(OracleServicer):
        def __init__(self) -> None:
            super().__init__(oracle)
            self.heard: dict[str, float] = {}

        def GetSpace(self, request: Any, context: Any) -> Any:
            context.set_trailing_metadata(((SEARCH, search),))
            return super().GetSpace(request, context)

        def CreateTrial(self, request: Any, context: Any) -> Any:
            response = super().CreateTrial(request, context)
            self.heard[response.trial.trial_id] = time.monotonic()
            return response

        def GetTrial(self, request: Any, context: Any) -> Any:
            self.heard[request.trial_id] = time.monotonic()
            return super().GetTrial(request, context)

        def EndTrial(self, request: Any, context: Any) -> Any:
            before = len(oracle.end_order)
            response = super().EndTrial(request, context)
            if len(oracle.end_order) > before:
                keeper.note(keeper.history().trials[int(request.trial.trial_id)])
            return response

        def is_done(self) -> bool:
            return bool(self.stop_triggered and not oracle.ongoing_trials)

        def give_up_lost(self) -> None:
            """Give the trials of silent workers to others."""
            now = time.monotonic()
            for worker, trial in list(oracle.ongoing_trials.items()):
                silent = now - self.heard.setdefault(trial.trial_id, now)
                if silent > LOST_SECONDS:
                    oracle.give_up(worker)

        def wait_for_farewells(self) -> None:
            """Answer a little longer, so that waiting workers hear the end."""
            end = time.monotonic() + FAREWELL_SECONDS
            while oracle.tuner_ids and time.monotonic() < end:
                time.sleep(0.1)

    return Servicer()
