"""All models of a server: finds, polls, switches and lends them to requests."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tfapp.serving.models.model import Model, Say, not_servable
from tfapp.serving.models.servable import CallObserver, Servable
from tfapp.serving.models.versions import find_models
from tfapp.serving.settings import ModelSettings, ServerSettings
from tfapp.serving.status import RequestError, Status


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
        self._change = threading.RLock()
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

    def update(self) -> None:
        """Look at the folders once and follow them."""
        with self._change:
            configured = self._model_settings()
            for name, settings in configured.items():
                self._adopt(name, settings).update()
            for name in set(self.models) - set(configured):
                self.models[name].close()
            self.models = {
                n: m for n, m in self.models.items() if n in configured or m.versions
            }
            self.first_look_done = True

    def reload(self, models: Mapping[str, ModelSettings]) -> None:
        """Serve these models and no others from now on; return when they are loaded.

        Raises:
            RequestError: FAILED_PRECONDITION if a version that a label names does not
                serve; labels keep what they meant then.
        """
        with self._change:
            unlabelled = {
                name: settings.model_copy(update={"labels": self._labels(name)})
                for name, settings in models.items()
            }
            self._configured, self._replaced = unlabelled, True
            self.update()
            for name, settings in models.items():
                self._require_serving(name, settings.labels)
            self._configured = dict(models)
            for name, settings in models.items():
                self._adopt(name, settings)

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
        """Stop looking; drain and unload everything."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._change:
            for model in self.models.values():
                model.close()

    def _poll(self) -> None:
        while not self._stop.is_set():
            try:
                self.update()
            except Exception as error:  # a poll that ends would end all renewal
                self._say(f"cannot look at the models: {error!r}")
            self._stop.wait(self.settings.poll_seconds)

    def _model_settings(self) -> dict[str, ModelSettings]:
        folder = self.settings.folder
        settings: dict[str, ModelSettings] = {}
        if folder and not self._replaced:
            paths = find_models(Path(folder))
            settings = {n: ModelSettings(path=str(p)) for n, p in paths.items()}
        return settings | self._configured

    def _adopt(self, name: str, settings: ModelSettings) -> Model:
        if name in self.models:
            self.models[name].settings = settings
        else:
            model = Model(name, settings, self._make, self._say)
            self.models = {**self.models, name: model}
        return self.models[name]

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
