"""Every example inspected once, in parallel, and remembered between runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.scan.all_cores import on_all_cores
from tfapp.data.scan.memory import ScanMemory
from tfapp.data.spec import Example


class Facts(Protocol):
    """What the inspection of one example reports; a domain adds its own fields."""

    @property
    def stamp(self) -> str:
        """Stamp of the content that was inspected; see `Source.stamp`."""

    @property
    def fault(self) -> str:
        """Why the example cannot be used, such as "truncated"; "" if it can."""

    @property
    def detail(self) -> str:
        """One sentence about the fault."""

    @property
    def content_hash(self) -> str:
        """Hash of the content as the network will see it."""


AnyFacts = TypeVar("AnyFacts", bound=Facts)


@dataclass(frozen=True)
class Inspection(Generic[AnyFacts]):
    """How a domain inspects its examples.

    Args:
        facts: frozen dataclass of texts, numbers and tuples of them. Its fields
            `stamp`, `fault` and `detail` can be given by name, others have defaults.
        inspect: content and stamp of an example → the facts.
        version: changes whenever equal content would give other facts.
        surroundings: makes a context manager that is open while examples are inspected.
    """

    facts: type[AnyFacts]
    inspect: Callable[[bytes, str], AnyFacts]
    version: str
    surroundings: Callable[[], AbstractContextManager[object]] = nullcontext

    def failed(self, detail: str) -> AnyFacts:
        """Return the facts of an example that is gone or cannot be read."""
        return self.facts(stamp="", fault="missing", detail=detail)  # type: ignore[call-arg]


def scan(
    source: Source, context: LoadContext, inspection: Inspection[AnyFacts]
) -> Mapping[str, AnyFacts]:
    """Return the facts about every example, by its name.

    A file is read again only if its stamp has changed, see `Source.stamp`. Facts are
    written down as the scan goes, so a killed one continues.
    """
    memory = ScanMemory.of(
        source.name, inspection.facts, inspection.version, context.cache_dir
    )
    known = memory.recall()
    total, facts = len(source.examples), dict[str, AnyFacts]()
    with memory.writing() as write:
        for example, fact in _inspected(source, known, inspection):
            if known.get(example.name) != fact:
                write(example.name, fact)
            facts[example.name] = fact
            if context.progress:
                context.progress(len(facts), total)
    memory.tidy(facts, known)
    return facts


def _inspected(
    source: Source, known: Mapping[str, AnyFacts], inspection: Inspection[AnyFacts]
) -> Iterator[tuple[Example, AnyFacts]]:
    """Yield every example with its facts, in order."""

    def look(example: Example) -> AnyFacts:
        stamp = source.stamp(example)
        if not stamp:
            return inspection.failed("the file does not exist.")
        facts = known.get(example.name)
        if facts is not None and facts.stamp == stamp:
            return facts
        try:
            return inspection.inspect(source.read(example), stamp)
        except DataError as error:  # no right to read it, or gone this very moment
            return inspection.failed(str(error))

    with inspection.surroundings():
        yield from zip(
            source.examples, on_all_cores(look, source.examples), strict=True
        )
