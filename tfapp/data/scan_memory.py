"""What a scan learned, one line a file, written while it goes."""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tfapp.base.errors import TfappError
from tfapp.base.files import replacing
from tfapp.domains.images.reading.decoding import DECODER_VERSION
from tfapp.domains.images.reading.inspection import ImageFacts

VERSION = f"3.{DECODER_VERSION}"
SECONDS = 5.0
"""Between two writings: what a killed scan has to look at again."""
FIELDS = tuple(f.name for f in fields(ImageFacts))

Write = Callable[[str, ImageFacts], None]
"""Takes a path and the facts about it."""


@dataclass(frozen=True)
class ScanMemory:
    """Facts by path in a file of JSON lines; the last line about a path counts.

    It is the one output that grows instead of appearing whole: a line that is cut
    off or damaged costs one look at one file. A place that cannot be written costs
    time only.

    Args:
        path: of the file.
    """

    path: Path

    @classmethod
    def of(cls, name: str, max_pixels: int, cache_dir: Path) -> "ScanMemory":
        """Return the memory of one source, decoder and pixel limit."""
        key = hashlib.sha256(f"{VERSION}|{name}|{max_pixels}".encode()).hexdigest()
        return cls(cache_dir / "scan" / f"{key[:24]}.jsonl")

    def recall(self) -> dict[str, ImageFacts]:
        """Return the facts by path; none if there is no file."""
        return dict(filter(None, map(_parsed, self._lines())))

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """Yield a function that remembers facts, at intervals and on leaving."""
        waiting: list[str] = []
        last = time.monotonic()

        def write(path: str, facts: ImageFacts) -> None:
            nonlocal last
            waiting.append(_line(path, facts))
            if time.monotonic() - last > SECONDS:
                self._append(waiting)
                waiting.clear()
                last = time.monotonic()

        try:
            yield write
        finally:
            self._append(waiting)

    def tidy(
        self, facts: Mapping[str, ImageFacts], known: Mapping[str, ImageFacts]
    ) -> None:
        """Write the file anew if it holds lines that no longer count.

        Args:
            facts: of every example, by path.
            known: what `recall` returned before.
        """
        stale = sum(facts.get(path) != fact for path, fact in known.items())
        if not stale and sum(1 for _ in self._lines()) == len(facts):
            return
        with suppress(TfappError, OSError), replacing(self.path) as temporary:
            with temporary.open("w", encoding="utf-8") as file:
                file.writelines(_line(path, fact) for path, fact in facts.items())

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


def _line(path: str, facts: ImageFacts) -> str:
    values = [getattr(facts, name) for name in FIELDS]
    return json.dumps([path, *values], separators=(",", ":")) + "\n"


def _parsed(line: str) -> tuple[str, ImageFacts] | None:
    """Return the path and the facts of a line, None if it is damaged."""
    try:
        path, stamp, format_name, width, height, colour, traits, *texts = json.loads(
            line
        )
        if not all(isinstance(v, str) for v in (path, stamp, format_name, *texts)):
            return None
        if not all(isinstance(v, int) for v in (width, height, colour)):
            return None
        # Most files share these words: one object for all of them.
        kind, traits = sys.intern(format_name), tuple(map(sys.intern, traits))
        return path, ImageFacts(stamp, kind, width, height, colour, traits, *texts)
    except (ValueError, TypeError):
        return None
