"""What is said in a long recording, from answers to parts of it that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Part:
    """The answer to one part of a recording.

    Args:
        start: where it begins, seconds.
        end: where it ends, seconds.
        tokens: that are said in it.
        times: when each begins, seconds from the beginning of the recording.
    """

    start: float
    end: float
    tokens: Sequence[str]
    times: Sequence[float]


def parts_of(samples: int, longest: int, overlap: int) -> list[tuple[int, int]]:
    """Return where parts of a recording begin and end, in samples.

    All have the same length, as nearly as can be, so that none is too short to be
    understood.

    Args:
        samples: of the recording.
        longest: most samples of a part.
        overlap: samples that neighbours share, fewer than `longest`.
    """
    count = max(1, -(-(samples - overlap) // (longest - overlap)))
    starts = [round(k * (samples - overlap) / count) for k in range(count)]
    ends = [start + overlap for start in starts[1:]]
    return list(zip(starts, [*ends, samples], strict=True))


def joined(parts: Sequence[Part]) -> tuple[list[str], list[float]]:
    """Return tokens and times of a recording.

    Where two parts overlap, the earlier one counts up to a border and the later one
    behind it; near its own end each misses what comes before or after. The border is
    the middle of the longest time, in the middle half of the overlap, at which neither
    names a token: a token is not lost, nor taken twice, if the two do not agree to the
    frame when it is said.

    Args:
        parts: in their order.
    """
    inner = [_border(one, other) for one, other in pairwise(parts)]
    borders = [float("-inf"), *inner, float("inf")]
    pairs = [
        (token, time)
        for part, (low, high) in zip(parts, pairwise(borders), strict=True)
        for token, time in zip(part.tokens, part.times, strict=True)
        if low <= time < high
    ]
    return [token for token, _ in pairs], [time for _, time in pairs]


def _border(one: Part, other: Part) -> float:
    """Return the time in the overlap of two parts up to which the first one counts."""
    quarter = (one.end - other.start) / 4
    low, high = other.start + quarter, one.end - quarter
    named = sorted(t for t in (*one.times, *other.times) if low < t < high)
    gaps = pairwise([low, *named, high])
    begin, end = max(gaps, key=lambda gap: gap[1] - gap[0])
    return (begin + end) / 2
