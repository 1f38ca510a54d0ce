"""The facts of a scan, one line an example, written while it goes."""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from tfapp.base.errors import TfappError
from tfapp.base.files import replacing

VERSION = 4
SECONDS = 5.0
"""Between two writings: what a killed scan has to inspect again."""
LONGEST_WORD = 12
"""Characters of texts that many examples share, and that are kept once."""

AnyFacts = TypeVar("AnyFacts")


@dataclass(frozen=True)
class ScanMemory(Generic[AnyFacts]):
    """Facts by name in a file of JSON lines; the last line about a name counts.

    It is the one output that grows instead of appearing whole: a line that is cut
    off or damaged costs one look at one file. A place that cannot be written costs
    time only.

    Args:
        path: of the file.
        kind: dataclass of the facts, with fields of texts, numbers and tuples of them.
    """

    path: Path
    kind: type[AnyFacts]

    @classmethod
    def of(
        cls, name: str, kind: type[AnyFacts], version: str, cache_dir: Path
    ) -> "ScanMemory[AnyFacts]":
        """Return the memory of one source, inspected in one way.

        Args:
            name: of the source.
            kind: of the facts.
            version: of the inspection.
            cache_dir: folder of all caches.
        """
        columns = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        text = json.dumps([VERSION, kind.__name__, columns, version, name])
        key = hashlib.sha256(text.encode()).hexdigest()
        return cls(cache_dir / "scan" / f"{key[:24]}.jsonl", kind)

    def recall(self) -> dict[str, AnyFacts]:
        """Return the facts by name; none if there is no file."""
        types = get_type_hints(self.kind).values()
        restorers = [_restorer(value) for value in types]

        def parsed(line: str) -> tuple[str, AnyFacts] | None:
            try:
                name, *values = json.loads(line)
                pairs = zip(restorers, values, strict=True)
                facts = self.kind(*(restored(value) for restored, value in pairs))
                return (name, facts) if isinstance(name, str) else None
            except (ValueError, TypeError):  # a damaged line
                return None

        return dict(filter(None, map(parsed, self._lines())))

    @contextmanager
    def writing(self) -> Iterator[Callable[[str, AnyFacts], None]]:
        """Yield a function that remembers facts, at intervals and on leaving."""
        waiting: list[str] = []
        last = time.monotonic()

        def write(name: str, facts: AnyFacts) -> None:
            nonlocal last
            waiting.append(_line(name, facts))
            if time.monotonic() - last > SECONDS:
                self._append(waiting)
                waiting.clear()
                last = time.monotonic()

        try:
            yield write
        finally:
            self._append(waiting)

    def tidy(
        self, facts: Mapping[str, AnyFacts], known: Mapping[str, AnyFacts]
    ) -> None:
        """Write the file anew if it holds lines that no longer count.

        Args:
            facts: of every example, by name.
            known: what `recall` returned before.
        """
        stale = sum(facts.get(name) != fact for name, fact in known.items())
        if not stale and sum(1 for _ in self._lines()) == len(facts):
            return
        with suppress(TfappError, OSError), replacing(self.path) as temporary:
            with temporary.open("w", encoding="utf-8") as file:
                file.writelines(_line(name, fact) for name, fact in facts.items())

    def _lines(self) -> Iterator[str]:
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                yield from file
        except OSError:
            return

    def _append(self, lines: list[str]) -> None:
        if not lines:
            return
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                cut_off = file.tell() and self._last_byte(file) != b"\n"
                file.write(b"\n" * bool(cut_off) + "".join(lines).encode())

    @staticmethod
    def _last_byte(file: Any) -> bytes:
        file.seek(-1, 2)
        last: bytes = file.read(1)
        return last


def _line(name: str, facts: Any) -> str:
    values = [getattr(facts, field.name) for field in fields(facts)]
    return json.dumps([name, *values], separators=(",", ":")) + "\n"


def _list(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is no list")
    return values


def _restorer(kind: Any) -> Callable[[Any], Any]:
    """Return what makes a field's value of its JSON; it raises TypeError for others."""
    if get_origin(kind) is tuple:
        restored = _restorer(get_args(kind)[0])
        return lambda values: tuple(map(restored, _list(values)))

    def plain(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind}")
        # Most examples share their short words: one object for all of them.
        short = kind is str and len(value) <= LONGEST_WORD
        return sys.intern(value) if short else value

    return plain
