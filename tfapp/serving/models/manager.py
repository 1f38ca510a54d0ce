"""All models of a server: finds, polls, switches and lends them to requests."""

import math
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tfapp.serving.models.model import LISTINGS, Model, Say, not_servable
from tfapp.serving.models.servable import CallObserver, Servable
from tfapp.serving.models.versions import find_models
from tfapp.serving.settings import ModelSettings, ServerSettings
from tfapp.serving.status import RequestError, Status

FIRST_LOOK_SECONDS = 60.0
"""Longest wait for models that load, before those that serve make the server ready."""
LAST_LOOK_SECONDS = 1.0
"""Longest wait for a look at the folders; that at a network disk may never end."""


@dataclass(frozen=True)
class ModelSpec:
    """Which model a request means.

    Args:
        name: of the model.
        version: its number; None for the latest or the labelled one.
        label: of a version; "" for none.
    """

    name: str
    version: int | None = None
    label: str = ""


class Manager:
    """Keeps the models in memory in line with the folders.

    Args:
        settings: of the server.
        observer: receives every call of a model.
        say: shows a line to the user.
    """

    def __init__(
        self, settings: ServerSettings, observer: CallObserver, say: Say
    ) -> None:
        self.settings = settings
        self.models: Mapping[str, Model] = {}
        self.first_look_done = False
        self._observer, self._say = observer, say
        self._configured = dict(settings.models)
        self._replaced = False
        self._absent: Counter[str] = Counter()  # listings without a model's folder
        self._trouble = ""  # that was reported last
        self._change, self._reloading = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="poll", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether the first look is over and some model answers.

        One broken model among several must not take the others out of service.
        """
        models = self.models.values()
        return self.first_look_done and any(model.serving for model in models)

    def start(self) -> None:
        """Load what is there and keep looking, in a thread of its own."""
        self._thread.start()

    def update(self) -> list[threading.Event]:
        """Look at the folders once and start to follow them.

        Returns:
            One event for each model, set when it is in line with its folder.
        """
        with self._change:
            if self._stop.is_set():
                return []
            configured = self._model_settings()
            for name, settings in configured.items():
                self._adopt(name, settings)
            for name in set(self.models) - set(configured):
                self.models[name].is_wanted = False
            self.models = {
                n: m for n, m in self.models.items() if n in configured or m.versions
            }
            return [model.follow() for model in self.models.values()]

    def reload(self, models: Mapping[str, ModelSettings]) -> None:
        """Serve these models and no others from now on; return when they are loaded.

        Raises:
            RequestError: FAILED_PRECONDITION if a version that a label names does not
                serve; labels keep what they meant then.
        """
        with self._reloading:
            unlabelled = {
                name: settings.model_copy(update={"labels": self._labels(name)})
                for name, settings in models.items()
            }
            self._configured, self._replaced = unlabelled, True
            self._await(self.update())  # what is at work may follow the old ones
            self._await(self.update())
            for name, settings in models.items():
                self._require_serving(name, settings.labels)
            self._configured = dict(models)
            self.update()

    @contextmanager
    def lease(self, spec: ModelSpec) -> Iterator[Servable]:
        """Lend the version that a request means; it stays until the block ends.

        Raises:
            RequestError: NOT_FOUND or INVALID_ARGUMENT if there is none.
        """
        servable = self.model(spec).choose(spec.version, spec.label)
        while not servable.enter():  # it left between the choice and the door
            servable = self.model(spec).choose(spec.version, spec.label)
        try:
            yield servable
        finally:
            servable.leave()

    def model(self, spec: ModelSpec) -> Model:
        """Return a model by name.

        Raises:
            RequestError: NOT_FOUND.
        """
        if spec.name not in self.models:
            raise not_servable(spec.name, spec.version)
        return self.models[spec.name]

    def statuses(self, spec: ModelSpec) -> list[Servable]:
        """Return the versions of a model, or the one that is meant, newest first.

        Raises:
            RequestError: NOT_FOUND.
        """
        model = self.models.get(spec.name)
        versions = model.versions if model else {}
        if spec.version is not None and spec.version not in versions:
            raise RequestError(
                Status.NOT_FOUND,
                f"Could not find version {spec.version} of model {spec.name}",
            )
        if not versions:
            raise RequestError(
                Status.NOT_FOUND, f"Could not find any versions of model {spec.name}"
            )
        numbers = [spec.version] if spec.version is not None else versions
        return [versions[number] for number in sorted(numbers, reverse=True)]

    def close(self) -> None:
        """Stop looking; drain and unload everything. What still loads is left alone."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LAST_LOOK_SECONDS)
        for model in self.models.values():
            model.is_wanted = False
            model.close()

    def _poll(self) -> None:
        end = time.monotonic() + FIRST_LOOK_SECONDS
        while not self._stop.is_set():
            next_look = time.monotonic() + self.settings.poll_seconds
            try:
                events = self.update()
            except Exception as error:  # a poll that ends would end all renewal
                self._say(f"cannot look at the models: {error!r}")
                events = []
            if not self.first_look_done:
                self._await(events, next_look)
                is_over = all(event.is_set() for event in events)
                self.first_look_done = is_over or time.monotonic() > end
            self._stop.wait(max(0.0, next_look - time.monotonic()))

    def _await(self, events: Iterable[threading.Event], end: float = math.inf) -> None:
        """Wait for events, until a time on a monotonic clock or the server's end."""
        for event in events:
            while not (event.wait(0.05) or self._stop.is_set()):
                if time.monotonic() > end:
                    return

    def _model_settings(self) -> dict[str, ModelSettings]:
        """Return the settings of all models that are to be followed."""
        folder = self.settings.folder
        if not folder or self._replaced:
            return self._configured
        try:
            paths = find_models(Path(folder), self.models)
            trouble = ""
        except OSError as error:  # a network disk that is away for a moment
            paths = None
            reason = error.strerror or type(error).__name__
            trouble = f"cannot look for models in {folder}: {reason}. They serve on."
        if trouble and trouble != self._trouble:
            self._say(trouble)
        self._trouble = trouble
        return self._found_or_missed(paths) | self._configured

    def _found_or_missed(
        self, paths: Mapping[str, Path] | None
    ) -> dict[str, ModelSettings]:
        """Return what was found, and what was missing too seldom to count as gone."""
        settings: dict[str, ModelSettings] = {}
        for name, model in self.models.items():
            if paths is not None:
                self._absent[name] = 0 if name in paths else self._absent[name] + 1
            if model.is_wanted and self._absent[name] < LISTINGS:
                settings[name] = model.settings
        found = {n: ModelSettings(path=str(p)) for n, p in (paths or {}).items()}
        return settings | found

    def _adopt(self, name: str, settings: ModelSettings) -> None:
        if name in self.models:
            self.models[name].settings = settings
            self.models[name].is_wanted = True
        else:
            model = Model(name, settings, self._make, self._say)
            self.models = {**self.models, name: model}

    def _make(
        self, name: str, version: int, path: Path, settings: ModelSettings
    ) -> Servable:
        batching = settings.batching or self.settings.batching
        limits = self.settings.limits
        return Servable(name, version, path, batching, limits, self._observer)

    def _labels(self, name: str) -> dict[str, int]:
        return self.models[name].labels if name in self.models else {}

    def _require_serving(self, name: str, labels: Mapping[str, int]) -> None:
        for number in labels.values():
            if number not in self.models[name].serving:
                raise RequestError(
                    Status.FAILED_PRECONDITION,
                    f"Request to assign label to version {number} of model {name}, "
                    "which is not currently available for inference",
                )
