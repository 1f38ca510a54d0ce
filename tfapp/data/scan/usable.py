"""Which examples of a source are usable: readable, and no copies that do harm."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.scan.inspection import Facts
from tfapp.data.spec import SPLITS, Example


@dataclass(frozen=True)
class Usable:
    """The examples of a source after the scan.

    Args:
        readable: every example that can be read, with its content hash.
        examples: those without refused copies, in the same order.
        duplicates: groups of readable examples with equal content.
        problems: faults and copies.
    """

    readable: tuple[Example, ...]
    examples: tuple[Example, ...]
    duplicates: tuple[tuple[Example, ...], ...]
    problems: tuple[Problem, ...]

    def counts(self, source: Source) -> dict[str, int]:
        """Return the number of files by what became of them; see `CheckReport`."""
        files = len(source.examples)
        return {
            "files": files,
            "usable": len(self.examples),
            "unusable": files - len(self.readable),
            "left out": files - len(self.examples),
            **source.skipped,
        }


def usable_examples(source: Source, facts: Mapping[str, Facts]) -> Usable:
    """Leave out what cannot be read, and copies that contradict each other or leak.

    Copies leak if they lie in several of the given splits: the network would learn
    what it is tested on.

    Args:
        source: of the examples.
        facts: about each example, by its name.
    """
    faults = [
        Problem(source.relative_name(e), fact.fault, "left out", fact.detail)
        for e in source.examples
        if (fact := facts[e.name]).fault
    ]
    readable = tuple(
        replace(e, content_hash=facts[e.name].content_hash)
        for e in source.examples
        if not facts[e.name].fault
    )
    groups = equal_content(readable)
    refused = {e.name: p for group in groups for e, p in _refusals(source, group)}
    notes = [p for group in groups for p in _copies(source, group, refused)]
    return Usable(
        readable,
        tuple(e for e in readable if e.name not in refused),
        groups,
        (*faults, *refused.values(), *notes),
    )


def equal_content(examples: Iterable[Example]) -> tuple[tuple[Example, ...], ...]:
    """Return the groups of two or more examples with equal content hashes."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.content_hash].append(example)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _refusals(
    source: Source, group: Sequence[Example]
) -> Iterator[tuple[Example, Problem]]:
    """Yield the copies that must go: contradictions, and leaks between splits."""
    names = {e.name: source.relative_name(e) for e in group}
    targets = sorted({e.target for e in group})
    if len(targets) > 1:
        listed = ", ".join(list(names.values())[:4])
        detail = f"the same content is labelled {targets}: {listed}."
        for e in group:
            yield e, Problem(names[e.name], "conflicting labels", "left out", detail)
        return
    held = max((e.split for e in group), key=("", *SPLITS).index)
    detail = f"the same content is in {held}: it would be learned, then tested."
    for e in group:
        if e.split != held:
            yield e, Problem(names[e.name], "copy across splits", "left out", detail)


def _copies(
    source: Source, group: Sequence[Example], refused: Mapping[str, Problem]
) -> Iterator[Problem]:
    """Yield a note about copies that stay, since they lie in one split."""
    names = [source.relative_name(e) for e in group if e.name not in refused]
    if len(names) > 1:
        detail = f"the same content as {', '.join(names[1:4])}; kept in one split."
        yield Problem(names[0], "duplicate", "note", detail)
