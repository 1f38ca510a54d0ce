"""One served model: its versions, and which of them answers a request."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tfapp.serving.models.memory import give_back_memory
from tfapp.serving.models.servable import Servable, State
from tfapp.serving.models.versions import (
    find_versions,
    fingerprint,
    may_go,
    wanted_versions,
)
from tfapp.serving.settings import ModelSettings
from tfapp.serving.status import RequestError, Status

LISTINGS = 10
"""How often a folder is listed without a version, or a model, that serves, before it
counts as removed: a network disk that comes back must find everything as it was."""
REMEMBERED = 100
"""Versions listed as END; a model that is renewed every minute must not grow."""

MakeServable = Callable[[str, int, Path, ModelSettings], Servable]
Say = Callable[[str], None]


class Model:
    """The versions of one model.

    Only `update` changes them, in one thread at a time; requests read a snapshot.

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
        self.is_wanted = True  # False as soon as nothing names the model any more
        self.versions: Mapping[int, Servable] = {}
        self._make, self._say = make, say
        self._marks: dict[int, object] = {}  # of versions that failed
        self._listings = 0  # that held nothing of what serves
        self._trouble = ""  # that was reported last
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()

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

    def follow(self) -> threading.Event:
        """Start `update` in a thread of its own, unless one is at work already.

        A load that takes long, or never ends, holds up no other model; nor does it
        hold up the end of the process.

        Returns:
            What is set as soon as no thread is at work.
        """
        if self._idle.is_set():
            self._idle = threading.Event()
            name = f"update-{self.name}"
            threading.Thread(target=self._follow, name=name, daemon=True).start()
        return self._idle

    def update(self) -> None:
        """Bring memory in line with the folder and the policy.

        New versions load and warm up first; only then do old ones drain and go.
        """
        with self._lock:
            if not self.is_wanted:
                self.close()
                return
            try:
                folders = find_versions(Path(self.settings.path))
            except OSError as error:  # a network disk that is away for a moment
                reason = error.strerror or type(error).__name__
                self._report(f"{self.name}: cannot look for versions: {reason}")
                return
            due = wanted_versions(folders, self.settings)
            if self._may_come_back(folders, due):
                return
            self._report("")
            for number in reversed(due):
                self._load_if_due(number, folders[number])
            if self.settings.versions == "latest":
                self._load_an_older_one(folders)
            for number in may_go(self.serving, due):
                self._unload(number)
            self._forget(folders)

    def close(self) -> None:
        """Unload every version that serves."""
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

    def _follow(self) -> None:
        try:
            self.update()
        except Exception as error:  # the next look may succeed
            self._say(f"{self.name}: cannot be updated: {error!r}")
        finally:
            self._idle.set()

    def _report(self, trouble: str) -> None:
        """Show a trouble once, not at every look."""
        if trouble and trouble != self._trouble:
            serving = ", ".join(map(str, self.serving)) or "none"
            self._say(f"{trouble}. Versions that serve on: {serving}.")
        self._trouble = trouble

    def _may_come_back(self, folders: Mapping[int, Path], due: list[int]) -> bool:
        """Return whether a folder that lacks all that serves is to be looked at again.

        A disk that is not mounted looks like an empty folder.
        """
        serving = self.serving
        if due or not serving or set(serving) & set(folders):
            self._listings = 0
            return False
        self._listings = (self._listings + 1) % LISTINGS
        if self._listings:
            self._report(f"{self.name}: its folder holds no versions")
        return self._listings > 0

    def _load_an_older_one(self, folders: Mapping[int, Path]) -> None:
        """Load the newest version that can be loaded where no wanted one can."""
        for number in sorted(folders, reverse=True):
            if self.serving:
                return
            self._load_if_due(number, folders[number])

    def _load_if_due(self, number: int, path: Path) -> None:
        if self._is_due(number, path):
            self._load(number, path)

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
            if not self.is_wanted:  # the end came meanwhile
                self._unload(number)
            return
        self._marks[number] = mark
        give_back_memory()
        others = ", ".join(map(str, self.serving)) or "none"
        self._say(
            f"{self.name}/{number} cannot be loaded: {servable.error} "
            f"Versions that serve: {others}."
        )

    def _unload(self, number: int) -> None:
        if self.versions[number].unload():
            give_back_memory()
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
