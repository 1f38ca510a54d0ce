"""One served model: its versions, and which of them answers a request."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tfapp.serving.models.servable import Servable, State
from tfapp.serving.models.versions import (
    find_versions,
    fingerprint,
    may_go,
    wanted_versions,
)
from tfapp.serving.settings import ModelSettings
from tfapp.serving.status import RequestError, Status

REMEMBERED = 100
"""Versions listed as END; a model that is renewed every minute must not grow."""

MakeServable = Callable[[str, int, Path, ModelSettings], Servable]
Say = Callable[[str], None]


class Model:
    """The versions of one model.

    Only `update` and `close` change them, one at a time; requests read a snapshot.

    Args:
        name: of the model.
        settings: where its versions lie and which are wanted.
        make: makes a version that is not loaded yet.
        say: shows a line to the user.
    """

    def __init__(
        self, name: str, settings: ModelSettings, make: MakeServable, say: Say
    ) -> None:
        self.name = name
        self.settings = settings
        self.versions: Mapping[int, Servable] = {}
        self._make, self._say = make, say
        self._marks: dict[int, object] = {}  # of versions that failed
        self._lock = threading.Lock()

    @property
    def serving(self) -> list[int]:
        """Numbers of the versions that answer, newest first."""
        numbers = [n for n, s in self.versions.items() if s.state is State.AVAILABLE]
        return sorted(numbers, reverse=True)

    @property
    def labels(self) -> dict[str, int]:
        """Labels whose version answers."""
        serving = self.serving
        return {k: n for k, n in self.settings.labels.items() if n in serving}

    def update(self) -> None:
        """Bring memory in line with the folder and the policy.

        New versions load and warm up first; only then do old ones drain and go.
        """
        with self._lock:
            try:
                folders = find_versions(Path(self.settings.path))
            except OSError as error:  # a network disk that is away for a moment
                self._say(f"{self.name}: cannot look for versions: {error.strerror}")
                return
            due = wanted_versions(folders, self.settings)
            for number in reversed(due):
                if self._is_due(number, folders[number]):
                    self._load(number, folders[number])
            for number in may_go(self.serving, due):
                self._unload(number)
            self._forget(folders)

    def close(self) -> None:
        """Unload every version."""
        with self._lock:
            for number in self.serving:
                self._unload(number)

    def choose(self, version: int | None, label: str) -> Servable:
        """Return the version that a request means: given, labelled, or the latest.

        Raises:
            RequestError: NOT_FOUND if it does not serve, INVALID_ARGUMENT if there is
                no such label.
        """
        if label:
            if label not in self.settings.labels:
                raise unknown_label(label)
            version = self.settings.labels[label]
        serving = self.serving
        number = version if version is not None else max(serving, default=None)
        if number is None or number not in serving:
            raise not_servable(self.name, version)
        return self.versions[number]

    def _is_due(self, number: int, path: Path) -> bool:
        servable = self.versions.get(number)
        if servable is None or servable.state is not State.END:
            return servable is None
        if servable.error is None:  # unloaded before, wanted again
            return True
        mark, before = fingerprint(path), self._marks.get(number)
        self._marks[number] = mark
        return before != mark  # more of it has been copied since it failed

    def _load(self, number: int, path: Path) -> None:
        servable = self._make(self.name, number, path, self.settings)
        self.versions = {**self.versions, number: servable}
        mark = fingerprint(path)
        if servable.load():
            self._marks.pop(number, None)
            seconds = servable.load_seconds
            self._say(f"{self.name}/{number} serves (loaded in {seconds:.1f} s)")
            return
        self._marks[number] = mark
        others = ", ".join(map(str, self.serving)) or "none"
        self._say(
            f"{self.name}/{number} cannot be loaded: {servable.error} "
            f"Versions that serve: {others}."
        )

    def _unload(self, number: int) -> None:
        self.versions[number].unload()
        self._say(f"{self.name}/{number} unloaded")

    def _forget(self, folders: Mapping[int, Path]) -> None:
        """Drop the oldest of the ended versions, and failed ones that are gone."""
        ended = [n for n, s in self.versions.items() if s.state is State.END]
        gone = [n for n in ended if self.versions[n].error and n not in folders]
        dropped = {*gone, *sorted(ended)[: max(0, len(ended) - REMEMBERED)]}
        if dropped:
            self.versions = {n: s for n, s in self.versions.items() if n not in dropped}


def not_servable(name: str, version: int | None) -> RequestError:
    """Return the error of a model or version that does not serve."""
    spec = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return RequestError(Status.NOT_FOUND, f"Servable not found for request: {spec}")


def unknown_label(label: str) -> RequestError:
    """Return the error of a label that the model does not have."""
    return RequestError(
        Status.INVALID_ARGUMENT, f"Unrecognized servable version label: {label}"
    )
