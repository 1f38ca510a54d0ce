"""Lines of a file, joined to sentences at empty lines."""

from collections.abc import Iterable, Iterator

Line = tuple[int, str]
"""Number of a line, from 1, and its text."""


def blocks_of(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield the lines between empty lines; several empty lines count as one."""
    block: list[Line] = []
    for number, line in lines:
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block
