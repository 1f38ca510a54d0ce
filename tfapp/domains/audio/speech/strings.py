"""Recordings of single words joined to longer ones, as if they were said in a row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import overload

import numpy as np

from tfapp.data.spec import SPLITS, Example
from tfapp.domains.audio.speech.tokens import text_of

OVERLAP, PAUSE = 0.04, 0.25
"""Most seconds by which neighbours overlap, and most of silence between them."""
EDGE = 0.15
"""Most seconds of silence before and behind a string."""
FADE = 0.02
"""Seconds over which a recording comes in and goes out."""
FLOOR = 0.005
"""Level of the noise under a string, of its own: silence would give words away."""


@dataclass(frozen=True)
class Joined:
    """How one string is made.

    Args:
        parts: places of its recordings among all.
        starts: where each begins, samples.
        length: of the string, samples.
        seed: of the noise.
    """

    parts: tuple[int, ...]
    starts: tuple[int, ...]
    length: int
    seed: int


@dataclass(frozen=True, eq=False)
class Strings(Sequence[np.ndarray]):
    """Waveforms of strings, made when they are read.

    Args:
        joined: how each is made.
        waveforms: of single recordings, float32 (length,) each.
        rate: samples per second.
    """

    joined: Sequence[Joined]
    waveforms: Sequence[np.ndarray]
    rate: int

    def __len__(self) -> int:
        return len(self.joined)

    @overload
    def __getitem__(self, place: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[np.ndarray]: ...

    def __getitem__(self, place: int | slice) -> np.ndarray | Sequence[np.ndarray]:
        """Return the waveform of one string, float32 (length,)."""
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        plan = self.joined[place]
        whole = np.zeros(plan.length, np.float32)
        for part, start in zip(plan.parts, plan.starts, strict=True):
            own = faded(self.waveforms[part], round(FADE * self.rate))
            whole[start : start + len(own)] += own
        level = FLOOR * float(np.sqrt(np.mean(np.square(whole))))
        noise = np.random.default_rng(plan.seed).normal(0, level, plan.length)
        return whole + noise.astype(np.float32)


def faded(waveform: np.ndarray, fade: int) -> np.ndarray:
    """Return a waveform that comes in and goes out over some samples."""
    ramp = np.minimum(np.arange(1, len(waveform) + 1) / max(fade, 1), 1.0)
    result: np.ndarray = waveform * (ramp * ramp[::-1]).astype(np.float32)
    return result


def join_strings(
    examples: Sequence[Example],
    voices: Mapping[str, str],
    lengths: Sequence[int],
    rate: int,
    count: int,
    sizes: tuple[int, int],
    seed: int,
) -> tuple[list[Example], list[Joined]]:
    """Choose recordings of one split and voice for each string.

    Training gets `count` strings; the other splits as many as they have recordings.

    Args:
        examples: single recordings with their splits.
        voices: name of an example → speaker.
        lengths: of the recordings, samples.
        rate: samples per second.
        count: of training.
        sizes: fewest and most recordings in a string.
        seed: of all choices.
    """
    made: list[Example] = []
    plans: list[Joined] = []
    for number, split in enumerate(SPLITS):
        pools: dict[str, list[int]] = defaultdict(list)
        for place, example in enumerate(examples):
            if example.split == split:
                pools[voices.get(example.name, "")].append(place)
        places = [pools[voice] for voice in sorted(pools)]
        wanted = count if split == "train" else sum(map(len, places))
        generator = np.random.default_rng([seed, number])
        for index in range(wanted if places else 0):
            pool = places[index % len(places)]
            size = generator.integers(sizes[0], sizes[1] + 1)
            parts = tuple(int(p) for p in generator.choice(pool, size))
            plan = _planned(parts, lengths, rate, generator)
            plans.append(plan)
            made.append(_example(examples, plan, f"{split}/{index:05d}", split))
    return made, plans


def _planned(
    parts: tuple[int, ...],
    lengths: Sequence[int],
    rate: int,
    generator: np.random.Generator,
) -> Joined:
    at, starts = int(generator.uniform(0, EDGE) * rate), []
    for part in parts:
        starts.append(max(at, 0))
        at = starts[-1] + lengths[part]
        at += int(generator.uniform(-OVERLAP, PAUSE) * rate)
    ends = [s + lengths[p] for s, p in zip(starts, parts, strict=True)]
    length = max(ends) + int(generator.uniform(0, EDGE) * rate)
    return Joined(parts, tuple(starts), length, int(generator.integers(2**31)))


def _example(
    examples: Sequence[Example], plan: Joined, name: str, split: str
) -> Example:
    text = text_of([examples[p].target for p in plan.parts])
    hashes = [examples[p].content_hash for p in plan.parts]
    key = blake2b(repr((hashes, plan.starts, plan.seed)).encode(), digest_size=16)
    return Example(name, split, content_hash=key.hexdigest(), target=text)
